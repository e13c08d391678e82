//! The heartbeats of all routes as a matrix of nodes, and what its pattern says.
//!
//! A node has an address in each network. Which addresses are one node's is not in the packets: they are put together
//! where all networks number their nodes alike, as is usual; else each address stands for itself.

use super::ledger::{Line, THRESHOLDS};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that heartbeats go over: clusters' networks are seldom smaller than /24 and /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// The network that an address most probably is in.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !0xff).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, if self.0.is_ipv4() { 24 } else { 64 })
    }
}

/// The part of an address that tells the nodes of a network apart.
fn host_part(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits() & 0xff),
        IpAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.segments();
            [a, b, c, d].into_iter().fold(0, |sum, part| sum << 16 | u64::from(part))
        }
    }
}

/// Nodes, networks, and the most heartbeats missed in a row on each route.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The networks, by address.
    pub networks: Vec<Network>,
    /// The nodes' addresses, those of the first network first.
    pub nodes: Vec<Vec<IpAddr>>,
    /// By who asks and who is asked: the most missed in a row, per network; `None` where no heartbeat goes.
    cells: BTreeMap<(usize, usize), Vec<Option<u64>>>,
}

impl Matrix {
    /// The matrix of some lines.
    #[must_use]
    pub fn of(lines: &[Line]) -> Self {
        let addresses: BTreeSet<IpAddr> =
            lines.iter().flat_map(|line| [line.from.address, line.to.address]).collect();
        let mut numbers: BTreeMap<Network, BTreeSet<u64>> = BTreeMap::new();
        for &address in &addresses {
            numbers.entry(Network::of(address)).or_default().insert(host_part(address));
        }
        let largest = numbers.values().max_by_key(|set| set.len()).cloned().unwrap_or_default();
        let alike = numbers.len() > 1 && numbers.values().all(|set| set.is_subset(&largest));
        let mut nodes: BTreeMap<(u64, Option<IpAddr>), Vec<IpAddr>> = BTreeMap::new();
        for &address in &addresses {
            let key = if alike { (host_part(address), None) } else { (0, Some(address)) };
            nodes.entry(key).or_default().push(address);
        }
        let mut matrix = Self {
            networks: numbers.into_keys().collect(),
            nodes: nodes.into_values().collect(),
            ..Self::default()
        };
        let places: BTreeMap<IpAddr, usize> = matrix
            .nodes
            .iter()
            .enumerate()
            .flat_map(|(place, node)| node.iter().map(move |&a| (a, place)))
            .collect();
        for line in lines {
            let (from, to) = (line.from.address, line.to.address);
            let (Some(&asks), Some(&asked)) = (places.get(&from), places.get(&to)) else { continue };
            let width = matrix.networks.len();
            let network = matrix.networks.iter().position(|&network| network == Network::of(from));
            let cell = matrix.cells.entry((asks, asked)).or_insert_with(|| vec![None; width]);
            if let Some(slot) = network.and_then(|network| cell.get_mut(network)) {
                *slot = (*slot).max(Some(line.longest()));
            }
        }
        matrix
    }

    /// What one node's requests to another came to, per network.
    #[must_use]
    pub fn cell(&self, asks: usize, asked: usize) -> Option<&[Option<u64>]> {
        self.cells.get(&(asks, asked)).map(Vec::as_slice)
    }

    /// All routes: two nodes, the lower first, and a network; and whether heartbeats fail there in either direction.
    fn routes(&self) -> BTreeMap<(usize, usize, usize), bool> {
        let [lowest, ..] = THRESHOLDS;
        let mut routes = BTreeMap::new();
        for (&(asks, asked), cell) in &self.cells {
            for (network, missed) in cell.iter().enumerate() {
                if let Some(missed) = missed {
                    *routes.entry((asks.min(asked), asks.max(asked), network)).or_default() |=
                        *missed >= lowest;
                }
            }
        }
        routes
    }

    /// Nodes of which some route fails.
    #[must_use]
    pub fn troubled(&self) -> BTreeSet<usize> {
        let bad = self.routes().into_iter().filter(|(_, fails)| *fails);
        bad.flat_map(|((a, b, _), _)| [a, b]).collect()
    }

    /// A node's name: its first address.
    #[must_use]
    pub fn name(&self, node: usize) -> String {
        self.nodes.get(node).and_then(|node| node.first()).map(IpAddr::to_string).unwrap_or_default()
    }

    /// What the pattern says.
    #[must_use]
    pub fn reading(&self) -> String {
        let mut routes = self.routes();
        let mut sentences = Vec::new();
        if routes.values().all(|fails| !fails) {
            sentences.push("No route misses five heartbeats in a row.".to_owned());
        } else {
            while let Some(node) = self.lost_node(&routes) {
                sentences.push(format!("All routes of {} fail: look at that node first.", self.name(node)));
                routes.retain(|&(a, b, _), _| a != node && b != node);
            }
            sentences.extend(self.pattern(&routes, !sentences.is_empty()));
        }
        if let [one] = self.networks.as_slice() {
            sentences.push(format!("All heartbeats go over {one}: no second network was seen."));
        }
        sentences.join(" ")
    }

    /// A node of which all routes fail, where there are routes of others that do not.
    fn lost_node(&self, routes: &BTreeMap<(usize, usize, usize), bool>) -> Option<usize> {
        (0..self.nodes.len()).find(|&node| {
            let (own, others): (Vec<_>, Vec<_>) =
                routes.iter().partition(|((a, b, _), _)| *a == node || *b == node);
            own.len() > 1 && own.iter().all(|(_, fails)| **fails) && others.iter().any(|(_, fails)| !**fails)
        })
    }

    /// What the routes say together; `others` says that some nodes were told already.
    fn pattern(&self, routes: &BTreeMap<(usize, usize, usize), bool>, others: bool) -> Option<String> {
        let pairs = |of: &dyn Fn(usize, bool) -> bool| -> Pairs<usize> {
            routes
                .iter()
                .filter(|((_, _, network), fails)| of(*network, **fails))
                .map(|((a, b, _), _)| (*a, *b))
                .collect()
        };
        let (all, bad) = (pairs(&|_, _| true), pairs(&|_, fails| fails));
        let failing: BTreeSet<usize> =
            routes.iter().filter(|(_, fails)| **fails).map(|((_, _, network), _)| *network).collect();
        let what = if others { "Whatever else fails" } else { "Everything that fails" };
        if let ([pair], 2..) = (bad.iter().copied().collect::<Vec<_>>().as_slice(), routes.len()) {
            let networks: Vec<String> = failing
                .iter()
                .filter_map(|&network| self.networks.get(network))
                .map(Network::to_string)
                .collect();
            return Some(format!(
                "{what} is between {} and {} on {}: the path between these two.",
                self.name(pair.0),
                self.name(pair.1),
                networks.join(", ")
            ));
        }
        let &network = failing.first()?;
        if failing.len() == 1 && self.networks.len() > 1 {
            let name = self.networks.get(network).map(Network::to_string).unwrap_or_default();
            let whole = pairs(&|which, _| which == network);
            let who = match only_node(&whole, &bad) {
                Some(node) => {
                    format!("only {} fails there: its adapter, cable or switch port.", self.name(node))
                }
                None if whole == bad => "there nothing gets through.".to_owned(),
                None => format!("there {} of {} pairs fail.", bad.len(), whole.len()),
            };
            return Some(format!("{what} is on {name}, and the other networks work: {who}"));
        }
        Some(if let Some(group) = blocks(&all, &bad) {
            let names: Vec<String> = group.iter().map(|&node| self.name(node)).collect();
            format!(
                "{} lost the others and keep each other: the link between two sites or switches.",
                names.join(", ")
            )
        } else if all == bad {
            "Nothing gets through anywhere.".to_owned()
        } else {
            format!("{what} is scattered: congestion, or hosts under load.")
        })
    }
}

/// Pairs of nodes or addresses, the lower first.
type Pairs<T> = BTreeSet<(T, T)>;

/// The node that all bad pairs have in common, if all its pairs are bad and there are good ones among others.
pub(super) fn only_node<T: Copy + Ord>(all: &Pairs<T>, bad: &Pairs<T>) -> Option<T> {
    let &(a, b) = bad.first()?;
    let of = |pairs: &Pairs<T>, node| pairs.iter().filter(|(a, b)| *a == node || *b == node).count();
    [a, b].into_iter().find(|&node| {
        of(bad, node) == bad.len() && of(all, node) == bad.len() && bad.len() > 1 && all.len() > bad.len()
    })
}

/// The first of two groups of at least two nodes, good within and bad between, into which the nodes fall.
pub(super) fn blocks<T: Copy + Ord>(all: &Pairs<T>, bad: &Pairs<T>) -> Option<BTreeSet<T>> {
    let &(first, _) = all.first()?;
    let good: Vec<_> = all.difference(bad).collect();
    // Everything that the first node reaches over good pairs.
    let mut group = BTreeSet::from([first]);
    loop {
        let before = group.len();
        for (a, b) in &good {
            if group.contains(a) || group.contains(b) {
                group.extend([*a, *b]);
            }
        }
        if group.len() == before {
            break;
        }
    }
    let nodes: BTreeSet<T> = all.iter().flat_map(|&(a, b)| [a, b]).collect();
    let between = bad.iter().all(|(a, b)| group.contains(a) != group.contains(b));
    (group.len() >= 2 && nodes.len() >= group.len() + 2 && between).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Endpoint;
    use crate::report::{Beats, Moment, Run};

    fn line(from: [u8; 4], to: [u8; 4], missed: u64) -> Line {
        let at = Moment { time: crate::packet::Timestamp(0), frame: 1 };
        let longest = (missed > 0).then_some(Run { missed, start: at, end: None });
        let beats = Beats { requests: 50, missed, longest, ..Beats::default() };
        let end = |address: [u8; 4]| Endpoint { address: address.into(), port: 3343 };
        Line::between(end(from), end(to), beats)
    }

    /// All nodes ask each other on these networks.
    fn matrix(networks: &[u8], nodes: &[u8], missed: impl Fn(u8, u8, u8) -> u64) -> Matrix {
        let mut lines = Vec::new();
        for &network in networks {
            for &from in nodes {
                for &to in nodes.iter().filter(|&&to| to != from) {
                    lines.push(line([10, network, 0, from], [10, network, 0, to], missed(network, from, to)));
                }
            }
        }
        Matrix::of(&lines)
    }

    fn says(matrix: &Matrix, what: &str) {
        assert!(matrix.reading().contains(what), "{}", matrix.reading());
    }

    #[test]
    fn a_row_and_column_is_a_node_and_two_blocks_are_a_split() {
        let bad = |is: bool| if is { 9 } else { 0 };
        says(&matrix(&[1, 2], &[1, 2, 3], |_, _, _| 0), "No route misses five");
        says(&matrix(&[1, 2], &[1, 2, 3, 4], |_, a, b| bad(a == 2 || b == 2)), "All routes of 10.1.0.2 fail");
        says(
            &matrix(&[1], &[1, 2, 3, 4], |_, a, b| bad((a <= 2) != (b <= 2))),
            "10.1.0.1, 10.1.0.2 lost the others",
        );
        says(&matrix(&[1], &[1, 2, 3, 4], |_, a, b| bad((a + b) % 4 == 3)), "scattered");
        says(&matrix(&[1], &[1, 2, 3, 4], |_, a, b| bad(a + b == 3)), "the path between these two");
    }

    #[test]
    fn one_network_and_one_adapter_are_told_apart() {
        let bad = |is: bool| if is { 9 } else { 0 };
        says(&matrix(&[1, 2], &[1, 2, 3], |network, _, _| bad(network == 2)), "10.2.0.0/24");
        says(&matrix(&[1, 2], &[1, 2, 3], |network, _, _| bad(network == 2)), "nothing gets through");
        says(
            &matrix(&[1, 2], &[1, 2, 3], |network, a, b| bad(network == 2 && (a == 3 || b == 3))),
            "its adapter",
        );
        says(&matrix(&[1], &[1, 2], |_, _, _| 0), "no second network");
    }

    #[test]
    fn a_node_and_a_path_at_once_are_both_read() {
        let both = matrix(&[1, 2], &[1, 2, 3, 4], |network, a, b| {
            if a == 3 || b == 3 || (network == 2 && a + b == 3) { 9 } else { 0 }
        });
        says(&both, "All routes of 10.1.0.3 fail: look at that node first.");
        says(&both, "Whatever else fails is between 10.1.0.1 and 10.1.0.2 on 10.2.0.0/24");
    }

    #[test]
    fn nodes_are_put_together_only_where_networks_number_them_alike() {
        assert_eq!(matrix(&[1, 2], &[1, 2, 3], |_, _, _| 0).nodes.len(), 3);
        let odd = [line([10, 1, 0, 1], [10, 1, 0, 2], 0), line([10, 2, 0, 7], [10, 2, 0, 8], 0)];
        assert_eq!(Matrix::of(&odd).nodes.len(), 4);
    }
}
