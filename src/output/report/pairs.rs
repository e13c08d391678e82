//! Who talked with whom: the pairs of hosts with the most bytes, within a bound.
//!
//! Pairs are counted by shard, whichever worker runs it: so the bound is met at the same flow whatever the number of
//! threads.

use crate::key::HostPair;
use crate::output::table::groups::Group;
use crate::shard::SHARDS;
use crate::summary::Summary;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::net::IpAddr;

/// Most pairs per shard that are kept when there are too many; twice as many are counted before the others are forgotten.
const KEPT: usize = 4096;
/// Most labels remembered of a pair.
const LABELS: usize = 8;

/// What two hosts exchanged; arrays hold what the first of the pair sent first.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    pub(super) flows: u64,
    pub(super) bytes: [u64; 2],
    /// What they spoke, the most bytes first in the end.
    pub(super) labels: Vec<(Group, u64)>,
}

impl Talk {
    pub(super) const fn total(&self) -> u64 {
        let [up, down] = self.bytes;
        up.saturating_add(down)
    }

    fn label(&mut self, group: Group, bytes: u64) {
        if let Some((_, sum)) = self.labels.iter_mut().find(|(known, _)| *known == group) {
            *sum += bytes;
        } else if self.labels.len() < LABELS {
            self.labels.push((group, bytes));
        }
    }
}

type Pairing = HashMap<HostPair, Talk, foldhash::fast::RandomState>;

/// The pairs.
#[derive(Debug)]
pub(super) struct Pairs {
    shards: Vec<Pairing>,
    /// Whether some pairs were forgotten.
    forgotten: bool,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| HashMap::default()).collect(), forgotten: false }
    }
}

impl Pairs {
    /// Counts a flow.
    pub(super) fn count(&mut self, summary: &Summary) {
        let pair = summary.key.hosts();
        let place = usize::try_from(pair.spread() % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get_mut(place) else { return };
        let [source, _] = summary.endpoints;
        let [low, _] = pair.addresses();
        let mut bytes = summary.counts.map(|count| count.bytes);
        if source.address.to_canonical() != low {
            bytes.reverse();
        }
        let talk = shard.entry(pair).or_default();
        talk.flows += 1;
        for (sum, bytes) in talk.bytes.iter_mut().zip(bytes) {
            *sum += bytes;
        }
        talk.label(Group::of(summary), bytes.iter().sum());
        if shard.len() >= 2 * KEPT {
            let mut sizes: Vec<u64> = shard.values().map(Talk::total).collect();
            let (_, &mut least, _) = sizes.select_nth_unstable_by_key(KEPT, |&bytes| Reverse(bytes));
            shard.retain(|_, talk| talk.total() > least);
            self.forgotten = true;
        }
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Self) {
        self.forgotten |= other.forgotten;
        for (mine, theirs) in self.shards.iter_mut().zip(other.shards) {
            for (pair, theirs) in theirs {
                let talk = mine.entry(pair).or_default();
                talk.flows += theirs.flows;
                for (sum, bytes) in talk.bytes.iter_mut().zip(theirs.bytes) {
                    *sum += bytes;
                }
                for (group, bytes) in theirs.labels {
                    talk.label(group, bytes);
                }
            }
        }
    }

    /// The `most` pairs with the most bytes; and how many there are, if none was forgotten.
    pub(super) fn top(&self, most: usize) -> (Vec<([IpAddr; 2], Talk)>, Option<usize>) {
        let all = self.shards.iter().flatten();
        let mut pairs: Vec<_> = all.map(|(pair, talk)| (pair.addresses(), talk)).collect();
        let known = (!self.forgotten).then_some(pairs.len());
        pairs.sort_unstable_by_key(|(hosts, talk)| (Reverse(talk.total()), *hosts));
        pairs.truncate(most);
        let mut top: Vec<_> = pairs.into_iter().map(|(hosts, talk)| (hosts, talk.clone())).collect();
        for (_, talk) in &mut top {
            talk.labels.sort_unstable_by_key(|(group, bytes)| (Reverse(*bytes), *group));
        }
        (top, known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::{labelled, unknown};
    use crate::verdict::Verdict;

    #[test]
    fn both_ways_of_two_hosts_are_one_pair_with_what_they_speak() {
        let mut pairs = Pairs::default();
        let mut dns = labelled("10.0.0.9:1", "10.0.0.2:53", "dns", Verdict::Confirmed);
        dns.counts[0].bytes = 1000;
        pairs.count(&dns);
        pairs.count(&unknown("10.0.0.2:7", "10.0.0.9:9"));
        let (top, known) = pairs.top(5);
        let [(hosts, talk)] = top.as_slice() else { panic!("{top:?}") };
        assert_eq!(
            (hosts.map(|host| host.to_string()), known),
            (["10.0.0.2", "10.0.0.9"].map(str::to_owned), Some(1))
        );
        assert_eq!((talk.flows, talk.bytes), (2, [600, 1300]));
        assert_eq!(talk.labels.iter().map(|(group, _)| group.name()).collect::<Vec<_>>(), ["dns", "udp"]);
    }

    #[test]
    fn those_with_the_most_bytes_are_kept_however_many_there_are() {
        let mut pairs = Pairs::default();
        for number in 0..200_000_u32 {
            let [_, a, b, c] = number.to_be_bytes();
            pairs.count(&unknown("10.0.0.1:1", &format!("11.{a}.{b}.{c}:2")));
            pairs.count(&unknown("10.0.0.1:1", "10.0.0.2:2"));
        }
        let (top, known) = pairs.top(1);
        assert_eq!((top[0].1.flows, known), (200_000, None));
        assert!(pairs.shards.iter().all(|shard| shard.len() <= 2 * KEPT));
    }
}
