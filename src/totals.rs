//! What was counted over a whole run.

use crate::flow::EndReason;
use crate::summary::Summary;
use crate::verdict::Verdict;

/// Counters of a shard, or of all of them added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets that belong to a flow.
    pub packets_in_flows: u64,
    /// Records by the reason they were made for, in the order of [`EndReason::ALL`].
    pub ended: [u64; EndReason::ALL.len()],
    /// Records by verdict, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; Verdict::ALL.len()],
    /// Openings that grew to their bound, in packets or bytes, before anybody was certain.
    pub openings_exhausted: u64,
    /// Host pairs whose facts were forgotten for lack of room.
    pub host_pairs_forgotten: u64,
}

impl Totals {
    /// Counts a record.
    pub fn count(&mut self, summary: &Summary) {
        if let Some(n) = self.ended.get_mut(summary.reason as usize) {
            *n += 1;
        }
        if let Some(n) = self.verdicts.get_mut(summary.verdict as usize) {
            *n += 1;
        }
    }

    /// Adds another shard's counters.
    pub fn add(&mut self, other: &Self) {
        self.packets_in_flows += other.packets_in_flows;
        self.openings_exhausted += other.openings_exhausted;
        self.host_pairs_forgotten += other.host_pairs_forgotten;
        for (mine, theirs) in self.ended.iter_mut().zip(other.ended) {
            *mine += theirs;
        }
        for (mine, theirs) in self.verdicts.iter_mut().zip(other.verdicts) {
            *mine += theirs;
        }
    }

    /// How often each bound was hit, by name.
    pub fn bounds(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        [("openings-exhausted", self.openings_exhausted), ("host-pairs-forgotten", self.host_pairs_forgotten)]
            .into_iter()
    }

    /// Flow records made.
    #[must_use]
    pub fn flows(&self) -> u64 {
        self.ended.iter().sum()
    }
}
