//! Flows added up by label and by verdict.

use crate::output::protocol::Protocol;
use crate::summary::Summary;
use crate::verdict::Verdict;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// Sums over some flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::output) struct Tally {
    pub(in crate::output) flows: u64,
    pub(in crate::output) packets: u64,
    /// Bytes on the wire.
    pub(in crate::output) bytes: u64,
}

impl Tally {
    fn of(summary: &Summary) -> Self {
        let sum = |of: fn(&crate::flow::Count) -> u64| summary.counts.iter().map(of).sum();
        Self { flows: 1, packets: sum(|count| count.packets), bytes: sum(|count| count.bytes) }
    }

    pub(in crate::output) fn add(&mut self, other: &Self) {
        self.flows += other.flows;
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

/// What flows are added up by: their label, or for want of one, the IP protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::output) enum Group {
    Label(&'static str),
    Unlabelled(u8),
}

impl Group {
    pub(in crate::output) fn of(summary: &Summary) -> Self {
        summary.app.map_or(Self::Unlabelled(summary.protocol), Self::Label)
    }

    pub(in crate::output) fn name(self) -> String {
        match self {
            Self::Label(name) => name.to_owned(),
            Self::Unlabelled(number) => Protocol(number).to_string(),
        }
    }
}

/// The sums. There are no more groups than there are labels and IP protocols.
#[derive(Debug, Default)]
pub(in crate::output) struct Groups {
    groups: HashMap<Group, (Tally, [u64; Verdict::ALL.len()]), foldhash::fast::RandomState>,
    verdicts: [Tally; Verdict::ALL.len()],
}

impl Groups {
    pub(in crate::output) fn count(&mut self, summary: &Summary) {
        let tally = Tally::of(summary);
        let (sum, verdicts) = self.groups.entry(Group::of(summary)).or_default();
        sum.add(&tally);
        let place = summary.verdict as usize;
        if let Some(flows) = verdicts.get_mut(place) {
            *flows += 1;
        }
        if let Some(sum) = self.verdicts.get_mut(place) {
            sum.add(&tally);
        }
    }

    pub(in crate::output) fn add(&mut self, other: &Self) {
        for (group, (tally, verdicts)) in &other.groups {
            let (sum, sums) = self.groups.entry(*group).or_default();
            sum.add(tally);
            for (sum, flows) in sums.iter_mut().zip(verdicts) {
                *sum += flows;
            }
        }
        for (sum, tally) in self.verdicts.iter_mut().zip(&other.verdicts) {
            sum.add(tally);
        }
    }

    /// All groups, those with the most bytes first, with their flows by verdict.
    pub(in crate::output) fn sorted(&self) -> Vec<(Group, Tally, [u64; Verdict::ALL.len()])> {
        let mut groups: Vec<_> =
            self.groups.iter().map(|(group, (tally, verdicts))| (*group, *tally, *verdicts)).collect();
        groups.sort_unstable_by_key(|(group, tally, _)| (Reverse(tally.bytes), *group));
        groups
    }

    /// Every verdict with its sums.
    pub(in crate::output) fn verdicts(&self) -> impl Iterator<Item = (Verdict, Tally)> {
        Verdict::ALL.into_iter().zip(self.verdicts)
    }

    /// The sums over everything.
    pub(in crate::output) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for tally in &self.verdicts {
            total.add(tally);
        }
        total
    }
}
