//! Whether the addresses of several networks that end alike may be taken as one node's, and on what ground.
//!
//! No packet says whose an address is. What speaks for it: all networks number their nodes alike. What speaks against it:
//! two that exchange heartbeats, directly or through others, on one network and not on another where both are; and
//! networks whose nodes ask at different intervals, which a cluster has one of within its subnets.

use super::ledger::Line;
use super::matrix::{Network, host_part};
use super::words::span;
use std::collections::{BTreeMap, BTreeSet};

/// What is made of it; in a sentence, why.
#[derive(Clone, Debug, Default)]
pub(super) enum Joining {
    /// There is one network only.
    #[default]
    Needless,
    /// Addresses that end alike are one node's.
    Joined(String),
    /// Each address stands for itself.
    Apart(String),
}

impl Joining {
    /// Why it is so.
    pub(super) fn ground(&self) -> Option<&str> {
        match self {
            Self::Needless => None,
            Self::Joined(ground) | Self::Apart(ground) => Some(ground),
        }
    }
}

/// Intervals by which a network's is known.
const MIN_INTERVALS: u64 = 10;

/// Judges by what networks number their nodes, and by who talks to whom on them.
pub(super) fn judge(numbers: &BTreeMap<Network, BTreeSet<u64>>, lines: &[Line]) -> Joining {
    let networks: Vec<String> = numbers.keys().map(Network::to_string).collect();
    if networks.len() < 2 {
        return Joining::Needless;
    }
    let apart = |why: String| {
        Joining::Apart(format!(
            "Each address stands for itself, since {why}: these may be networks of one cluster, or of several."
        ))
    };
    let largest = numbers.values().max_by_key(|set| set.len()).cloned().unwrap_or_default();
    if !numbers.values().all(|set| set.is_subset(&largest)) {
        return apart(format!("{} do not number their nodes alike", networks.join(" and ")));
    }
    // No node asks itself.
    let own = lines.iter().map(|line| (line.from.address, line.to.address));
    if let Some((a, b)) = own.into_iter().find(|&(a, b)| host_part(a) == host_part(b)) {
        return apart(format!("{a} and {b} exchange heartbeats with each other"));
    }
    if let Some((one, other)) = torn(lines) {
        return apart(format!("nodes that exchange heartbeats on {one} do not on {other}, where both are"));
    }
    if let Some(((one, a), (other, b))) = uneven(lines) {
        return apart(format!("nodes ask every {} on {one} and every {} on {other}", span(a), span(b)));
    }
    Joining::Joined(format!(
        "Addresses on {} that end alike are taken as one node's, since all of these networks number their nodes alike and the \
         same ones exchange heartbeats: the packets do not say whose they are, and two clusters that are numbered alike look \
         the same.",
        networks.join(" and ")
    ))
}

/// Groups of nodes that reach each other over heartbeats, by network.
fn groups(lines: &[Line]) -> BTreeMap<Network, Vec<BTreeSet<u64>>> {
    let mut all: BTreeMap<Network, Vec<BTreeSet<u64>>> = BTreeMap::new();
    for line in lines {
        let (from, to) = (line.from.address, line.to.address);
        if Network::of(from) != Network::of(to) {
            continue;
        }
        let groups = all.entry(Network::of(from)).or_default();
        let mut joined = BTreeSet::from([host_part(from), host_part(to)]);
        for group in groups.extract_if(.., |group| !group.is_disjoint(&joined)).collect::<Vec<_>>() {
            joined.extend(group);
        }
        groups.push(joined);
    }
    all
}

/// Two networks of which the first joins two nodes that the other has in different groups.
fn torn(lines: &[Line]) -> Option<(Network, Network)> {
    let all = groups(lines);
    for (&one, mine) in &all {
        for (&other, theirs) in all.iter().filter(|(other, _)| **other != one) {
            let split =
                mine.iter().any(|group| theirs.iter().filter(|their| !their.is_disjoint(group)).count() > 1);
            if split {
                return Some((one, other));
            }
        }
    }
    None
}

/// Two networks on which nodes of one subnet ask at intervals that differ by more than a fifth.
fn uneven(lines: &[Line]) -> Option<((Network, u64), (Network, u64))> {
    let mut intervals: BTreeMap<Network, Vec<u64>> = BTreeMap::new();
    for line in lines.iter().filter(|line| Network::of(line.from.address) == Network::of(line.to.address)) {
        if let Some(spread) = line.beats.interval.filter(|spread| spread.count >= MIN_INTERVALS) {
            intervals.entry(Network::of(line.from.address)).or_default().push(spread.median);
        }
    }
    let medians = intervals.into_iter().filter_map(|(network, mut all)| {
        all.sort_unstable();
        Some((network, *all.get(all.len() / 2)?))
    });
    let medians: Vec<(Network, u64)> = medians.collect();
    let slowest = *medians.iter().max_by_key(|(_, median)| *median)?;
    let fastest = *medians.iter().min_by_key(|(_, median)| *median)?;
    (slowest.1 * 4 > fastest.1 * 5).then_some((fastest, slowest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::matrix::Matrix;
    use crate::key::Endpoint;
    use crate::report::{Beats, Spread};

    fn line(network: u8, from: u8, to: u8, interval: u64) -> Line {
        let end = |host: u8| Endpoint { address: [10, network, 0, host].into(), port: 3343 };
        let spread = Spread { count: 50, median: interval, p99: interval, largest: interval };
        let beats = Beats { requests: 50, answered: 50, interval: Some(spread), ..Beats::default() };
        Line::between(end(from), end(to), beats)
    }

    const USUAL: u64 = 1_000_000_000;

    fn says(lines: &[Line], nodes: usize, why: &str) {
        let matrix = Matrix::of(lines);
        assert_eq!(matrix.nodes.len(), nodes, "{}", matrix.reading());
        assert!(matrix.reading().contains(why), "{}", matrix.reading());
    }

    #[test]
    fn networks_that_number_alike_and_join_the_same_nodes_are_one_clusters_with_the_ground_said() {
        let lines = [line(1, 1, 2, USUAL), line(1, 2, 3, USUAL), line(2, 1, 2, USUAL)];
        says(&lines, 3, "Addresses on 10.1.0.0/24 and 10.2.0.0/24 that end alike");
        says(&lines, 3, "two clusters that are numbered alike look the same");
    }

    #[test]
    fn who_talks_to_whom_and_how_often_tells_clusters_apart() {
        let torn = [
            line(1, 1, 2, USUAL),
            line(1, 3, 4, USUAL),
            line(2, 1, 2, USUAL),
            line(2, 2, 3, USUAL),
            line(2, 3, 4, USUAL),
        ];
        says(&torn, 8, "exchange heartbeats on 10.2.0.0/24 do not on 10.1.0.0/24");
        says(
            &[line(1, 1, 2, USUAL), line(2, 1, 2, USUAL / 2)],
            4,
            "every 500 ms on 10.2.0.0/24 and every 1 s on 10.1.0.0/24",
        );
        says(&[line(1, 1, 2, USUAL), line(2, 7, 8, USUAL)], 4, "do not number their nodes alike");
        says(&[line(1, 1, 2, USUAL)], 2, "no second network was seen");
    }

    #[test]
    fn a_capture_that_sees_one_nodes_routes_only_does_not_tear_a_cluster() {
        let lines = [
            line(1, 1, 2, USUAL),
            line(1, 1, 3, USUAL),
            line(1, 2, 3, USUAL),
            line(2, 1, 2, USUAL),
            line(2, 1, 3, USUAL),
        ];
        says(&lines, 3, "are taken as one node's");
    }
}
