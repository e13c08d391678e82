//! Flows that say the same about the same listening end, taken together: what matters in a large capture.

use super::interest::{Interest, Rank};
use super::row::Row;
use crate::key::Endpoint;
use crate::summary::Summary;
use crate::verdict::Verdict;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

/// Most services that are kept when there are too many: those that matter most. Twice as many are collected before
/// the others are forgotten.
const KEPT: usize = 4096;

/// What flows have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    interest: Interest,
    protocol: u8,
    responder: Endpoint,
    app: Option<&'static str>,
    verdict: Verdict,
}

/// The services that were seen.
#[derive(Debug, Default)]
pub(super) struct Services {
    rows: HashMap<Key, Row, foldhash::fast::RandomState>,
    /// Flows by interest, whether their service is kept or not.
    flows: [u64; Interest::ALL.len()],
}

impl Services {
    pub(super) fn count(&mut self, summary: &Summary, interest: Interest) {
        let [_, responder] = summary.endpoints;
        let (protocol, app, verdict) = (summary.protocol, summary.app, summary.verdict);
        if let Some(flows) = self.flows.get_mut(interest as usize) {
            *flows += 1;
        }
        match self.rows.entry(Key { interest, protocol, responder, app, verdict }) {
            Entry::Occupied(known) => known.into_mut().join(summary),
            Entry::Vacant(new) => {
                new.insert(Row::new(summary, Rank::of(summary)));
            }
        }
        self.bound();
    }

    fn bound(&mut self) {
        if self.rows.len() < 2 * KEPT {
            return;
        }
        let mut ranks: Vec<(Interest, Rank)> =
            self.rows.iter().map(|(key, row)| (key.interest, row.rank())).collect();
        let (_, &mut worst, _) = ranks.select_nth_unstable(KEPT);
        self.rows.retain(|key, row| (key.interest, row.rank()) < worst);
    }

    /// Adds what another worker saw.
    pub(super) fn add(&mut self, other: Self) {
        for (mine, theirs) in self.flows.iter_mut().zip(other.flows) {
            *mine += theirs;
        }
        for (key, row) in other.rows {
            match self.rows.entry(key) {
                Entry::Occupied(known) => known.into_mut().join_row(row),
                Entry::Vacant(new) => {
                    new.insert(row);
                }
            }
        }
        self.bound();
    }

    /// The services of one interest, those that matter most first, and how many flows there were.
    pub(super) fn of(&self, interest: Interest) -> (Vec<&Row>, u64) {
        let mut rows: Vec<&Row> =
            self.rows.iter().filter(|(key, _)| key.interest == interest).map(|(_, row)| row).collect();
        rows.sort_unstable_by_key(|row| row.rank());
        (rows, self.flows.get(interest as usize).copied().unwrap_or(0))
    }
}
