//! The stats record: the last line of a run, and the proof that every packet is accounted for.

use crate::analysis::Outcome;
use crate::flow::EndReason;
use crate::output::record::{SCHEMA, seconds};
use crate::verdict::Verdict;
use crate::wire::Skip;
use serde::Serialize;
use std::collections::BTreeMap;

/// The record.
#[derive(Debug, Serialize)]
pub struct StatsRecord {
    r#type: &'static str,
    schema: u32,
    packets_read: u64,
    bytes_read: u64,
    packets_in_flows: u64,
    packets_skipped: BTreeMap<&'static str, u64>,
    packets_truncated: u64,
    kernel_drops: u64,
    interface_drops: u64,
    classifier_drops: u64,
    flows: u64,
    flows_by_end_reason: BTreeMap<&'static str, u64>,
    flows_by_verdict: BTreeMap<&'static str, u64>,
    evicted: u64,
    bounds_hit: BTreeMap<&'static str, u64>,
    elapsed: f64,
}

impl StatsRecord {
    /// The record of what was counted. `elapsed` is packet time, from the first packet to the last: the same
    /// input gives the same record.
    #[must_use]
    pub fn new(outcome: &Outcome) -> Self {
        let Outcome { intake, totals, drops, behind, bounds, spans: _, files: _, unfinished: _ } = outcome;
        let elapsed = match (intake.first, intake.last) {
            (Some(first), Some(last)) => seconds(last.since(first)),
            _ => 0.0,
        };
        let skipped = Skip::ALL.iter().map(|skip| skip.name()).zip(intake.skipped);
        Self {
            r#type: "stats",
            schema: SCHEMA,
            packets_read: intake.packets,
            bytes_read: intake.bytes,
            packets_in_flows: totals.packets_in_flows,
            packets_skipped: skipped.filter(|(_, n)| *n > 0).collect(),
            packets_truncated: intake.truncated,
            kernel_drops: drops.kernel,
            interface_drops: drops.interface,
            classifier_drops: *behind,
            flows: totals.flows(),
            flows_by_end_reason: EndReason::ALL.iter().map(|r| r.name()).zip(totals.ended).collect(),
            flows_by_verdict: Verdict::ALL.iter().map(|v| v.name()).zip(totals.verdicts).collect(),
            evicted: totals.ended.get(EndReason::Evicted as usize).copied().unwrap_or(0),
            bounds_hit: bounds.iter().copied().chain(totals.bounds()).filter(|(_, n)| *n > 0).collect(),
            elapsed,
        }
    }
}
