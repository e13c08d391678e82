//! Findings as the page shows them, with the evidence of their flows.

use super::Listed;
use super::flows::{self, Flow};
use crate::findings::{Finding, Severity};
use crate::key::Transport;
use crate::output::report::Report;
use crate::output::text::{counted, printable};
use crate::output::time::Utc;
use crate::summary::Summary;
use hashbrown::{HashMap, HashSet};

/// Most findings written out.
pub(super) const FINDINGS: usize = 1000;
/// Most findings shown unfolded: beyond, titles are what gives an overview.
const UNFOLDED: usize = 12;
/// Most flows of a finding that are written out with it.
const SHOWN: usize = 5;

/// A finding.
#[derive(Debug)]
pub(super) struct View {
    /// Where links lead.
    pub(super) place: String,
    pub(super) id: &'static str,
    pub(super) severity: &'static str,
    pub(super) open: bool,
    pub(super) title: String,
    pub(super) time: String,
    pub(super) file: Option<String>,
    pub(super) hosts: String,
    pub(super) ports: String,
    pub(super) evidence: Vec<String>,
    pub(super) caveats: Vec<String>,
    pub(super) advice: Vec<String>,
    pub(super) filter: String,
    /// Identifiers of flows, joined by blanks, and how many.
    pub(super) flows: String,
    pub(super) flow_count: String,
    /// The first of them with their evidence, and how many more there are.
    pub(super) shown: Vec<Flow>,
    pub(super) more: usize,
}

/// Findings as the page shows them; `kind` begins the names of their places.
pub(super) fn views(kind: &str, findings: &[&Finding], listed: &Listed, report: &Report<'_>) -> Vec<View> {
    // Flows in parts have one identifier: the first part is shown.
    let mut flows: HashMap<u64, &Summary, foldhash::fast::RandomState> = HashMap::default();
    let wanted: HashSet<u64, foldhash::fast::RandomState> =
        findings.iter().take(FINDINGS).flat_map(|finding| shown(finding)).collect();
    for flow in report.examined.named.iter().chain(&listed.flows).filter(|flow| wanted.contains(&flow.id)) {
        flows.entry(flow.id).or_insert(flow);
    }
    let numbered = findings.iter().take(FINDINGS).zip(1..);
    let view = |(finding, number): (&&Finding, usize)| View {
        open: finding.severity > Severity::Info && number <= UNFOLDED,
        ..view(format!("{kind}-{number}"), finding, &flows, report)
    };
    numbered.map(view).collect()
}

/// The flows of a finding that are written out.
fn shown(finding: &Finding) -> impl Iterator<Item = u64> {
    finding.flows.iter().take(SHOWN).copied()
}

fn view(
    place: String,
    finding: &Finding,
    flows: &HashMap<u64, &Summary, foldhash::fast::RandomState>,
    report: &Report<'_>,
) -> View {
    let safe = |texts: &[String]| texts.iter().map(|text| printable(text).into_owned()).collect();
    let port = |&(transport, port): &(Option<Transport>, u16)| match transport {
        Some(transport) => format!("{port}/{}", transport.name()),
        None => port.to_string(),
    };
    let hosts: Vec<String> = finding.subject.hosts.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = finding.flows.iter().map(|id| format!("{id:016x}")).collect();
    let files = &report.look.files;
    let file = finding.file.and_then(|file| files.get(file as usize)).filter(|_| files.len() > 1);
    let shown: Vec<Flow> =
        shown(finding).filter_map(|id| flows.get(&id)).map(|flow| flows::row(flow, report)).collect();
    View {
        place,
        id: finding.diagnosis.id,
        severity: finding.severity.name(),
        open: false,
        title: printable(&finding.title).into_owned(),
        time: Utc { time: finding.at, digits: finding.digits }.to_string(),
        file: file.map(|file| printable(file).into_owned()),
        hosts: hosts.join(", "),
        ports: finding.subject.ports.iter().map(port).collect::<Vec<_>>().join(", "),
        evidence: safe(&finding.evidence),
        caveats: safe(&finding.caveats),
        advice: safe(&finding.advice),
        filter: printable(&finding.filter).into_owned(),
        flow_count: counted(ids.len() as u64, "flow"),
        flows: ids.join(" "),
        more: ids.len().saturating_sub(shown.len()),
        shown,
    }
}
