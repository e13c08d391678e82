//! Flows as the page shows them without its script.

use super::Listed;
use crate::inspect::Confidence;
use crate::output::protocol::Protocol;
use crate::output::record::has_ports;
use crate::output::report::Report;
use crate::output::text::{bytes, printable};
use crate::place;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::cmp::Reverse;
use std::net::SocketAddr;

/// Flows listed for those who read without the script.
const FLOWS: usize = 25;
/// Most pieces of evidence of one flow.
const REASONS: usize = 6;

/// A flow, for those who read without the script or on paper.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) proto: String,
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) label: String,
    pub(super) verdict: &'static str,
    pub(super) confidence: &'static str,
    pub(super) sent: String,
    pub(super) received: String,
    pub(super) why: String,
    /// All evidence, within a bound.
    pub(super) reasons: Vec<String>,
}

/// The largest flows.
pub(super) fn flows(listed: &Listed, report: &Report<'_>) -> Vec<Flow> {
    let size = |flow: &Summary| flow.counts.iter().map(|count| count.bytes).sum::<u64>();
    let mut largest: Vec<&Summary> = listed.flows.iter().collect();
    largest.sort_by_key(|flow| (Reverse(size(flow)), flow.first, flow.id));
    largest.iter().take(FLOWS).map(|flow| row(flow, report)).collect()
}

pub(super) fn row(flow: &Summary, report: &Report<'_>) -> Flow {
    let end = |end: crate::key::Endpoint| {
        if has_ports(flow) {
            SocketAddr::from((end.address, end.port)).to_string()
        } else {
            end.address.to_string()
        }
    };
    let [source, destination] = flow.endpoints;
    let [sent, received] = flow.counts.map(|count| bytes(count.bytes));
    let told = |detail: &str| printable(&place::told(detail, &report.look.files)).into_owned();
    let reasons: Vec<String> = flow.why.iter().take(REASONS).map(|reason| told(&reason.detail)).collect();
    Flow {
        proto: Protocol(flow.protocol).to_string(),
        source: end(source),
        destination: end(destination),
        label: match (flow.app, flow.port_claims.first()) {
            (Some(app), _) => app.into(),
            (None, Some(claim)) if flow.verdict == Verdict::Contradicted => {
                format!("not {}", claim.protocol())
            }
            _ => "-".into(),
        },
        verdict: flow.verdict.name(),
        confidence: flow.confidence.map_or("-", Confidence::name),
        sent,
        received,
        why: reasons.first().cloned().unwrap_or_default(),
        reasons,
    }
}
