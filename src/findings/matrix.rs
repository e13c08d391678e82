//! The heartbeats of all routes as a matrix of nodes, and what its pattern says.
//!
//! A node has an address in each network. Which addresses are one node's is not in the packets: they are put together
//! where all networks number their nodes alike, as is usual, and nothing speaks against it (see `joining`); else each
//! address stands for itself.

use super::joining::{self, Joining};
use super::ledger::{Line, THRESHOLDS};
use super::outage::{Outage, Pattern, Route};
use super::quiet::Quiet;
use super::words::{counted, span};
use crate::output::time::Utc;
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

/// Instead of a number of missed heartbeats where the capture cannot show it.
pub const UNKNOWN: u64 = u64::MAX;

/// The part of an address that tells the nodes of a network apart.
pub(super) fn host_part(address: IpAddr) -> u64 {
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
    places: BTreeMap<IpAddr, usize>,
    /// Of each network the first of those that it exchanges heartbeats with: these fail and work as one.
    planes: Vec<usize>,
    /// Whether some route was silent for a while.
    quiet: bool,
    /// Whether addresses of several networks are taken as one node's, and why.
    joining: Joining,
    reading: Vec<String>,
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
        let joining = joining::judge(&numbers, lines);
        let alike = matches!(joining, Joining::Joined(_));
        let mut nodes: BTreeMap<(u64, Option<IpAddr>), Vec<IpAddr>> = BTreeMap::new();
        for &address in &addresses {
            let key = if alike { (host_part(address), None) } else { (0, Some(address)) };
            nodes.entry(key).or_default().push(address);
        }
        let mut matrix = Self {
            networks: numbers.into_keys().collect(),
            nodes: nodes.into_values().collect(),
            joining,
            ..Self::default()
        };
        matrix.places = matrix
            .nodes
            .iter()
            .enumerate()
            .flat_map(|(place, node)| node.iter().map(move |&a| (a, place)))
            .collect();
        matrix.planes = planes(&matrix.networks, lines);
        for line in lines {
            let (from, to) = (line.from.address, line.to.address);
            let (Some(asks), Some(asked)) = (matrix.place(from), matrix.place(to)) else { continue };
            let width = matrix.networks.len();
            let network = matrix.networks.iter().position(|&network| network == Network::of(from));
            let cell = matrix.cells.entry((asks, asked)).or_insert_with(|| vec![None; width]);
            if let Some(slot) = network.and_then(|network| cell.get_mut(network)) {
                let silent = line.quiet.map_or(0, |quiet| quiet.missing).max(unheard(line, lines));
                *slot = (*slot).max(Some(if line.known { line.longest().max(silent) } else { UNKNOWN }));
            }
        }
        matrix.quiet = lines.iter().any(|line| line.quiet.is_some());
        matrix.reading = matrix.read(lines);
        matrix
    }

    /// What one node's requests to another came to, per network.
    #[must_use]
    pub fn cell(&self, asks: usize, asked: usize) -> Option<&[Option<u64>]> {
        self.cells.get(&(asks, asked)).map(Vec::as_slice)
    }

    /// Nodes of which some route fails.
    #[must_use]
    pub fn troubled(&self) -> BTreeSet<usize> {
        let [lowest, ..] = THRESHOLDS;
        let fails = |cell: &[Option<u64>]| {
            cell.iter().flatten().any(|missed| *missed >= lowest && *missed != UNKNOWN)
        };
        let bad = self.cells.iter().filter(|(_, cell)| fails(cell));
        bad.flat_map(|(&(a, b), _)| [a, b]).collect()
    }

    /// A node's name: its first address.
    #[must_use]
    pub fn name(&self, node: usize) -> String {
        self.nodes.get(node).and_then(|node| node.first()).map(IpAddr::to_string).unwrap_or_default()
    }

    /// Where a node or an address is among the nodes.
    pub(super) fn place(&self, address: IpAddr) -> Option<usize> {
        self.places.get(&address).copied()
    }

    /// The route of a line, which is the same asked from either end.
    pub(super) fn route(&self, line: &Line) -> Option<Route> {
        let end = |address| Some((self.place(address)?, self.network(address)?));
        let (from, to) = (end(line.from.address)?, end(line.to.address)?);
        let ((a, first), (b, second)) = (from.min(to), from.max(to));
        Some((a, b, self.plane(line.from.address)?, (first, second)))
    }

    fn network(&self, address: IpAddr) -> Option<usize> {
        self.networks.iter().position(|&network| network == Network::of(address))
    }

    /// The network of an address, or the first of several that exchange heartbeats.
    pub(super) fn plane(&self, address: IpAddr) -> Option<usize> {
        self.planes.get(self.network(address)?).copied()
    }

    /// The names of networks that exchange heartbeats, of which this is the first.
    pub(super) fn plane_name(&self, plane: usize) -> String {
        let own = self.networks.iter().zip(&self.planes).filter(|(_, of)| **of == plane);
        own.map(|(network, _)| network.to_string()).collect::<Vec<_>>().join(" and ")
    }

    /// The network of a node's first address.
    pub(super) fn network_of(&self, node: usize) -> Option<usize> {
        self.plane(*self.nodes.get(node)?.first()?)
    }

    /// Whether it is not known which addresses are one node's, of several networks.
    pub(super) fn is_apart(&self) -> bool {
        self.planes.iter().any(|&plane| plane > 0) && self.nodes.iter().all(|node| node.len() == 1)
    }

    /// What is to be said of findings that rest on several addresses being one node's, or one cluster's.
    pub(super) fn doubt(&self) -> Option<&str> {
        self.joining.ground()
    }

    /// What the pattern says.
    #[must_use]
    pub fn reading(&self) -> String {
        self.reading.join(" ")
    }

    fn read(&self, lines: &[Line]) -> Vec<String> {
        let mut sentences = Vec::new();
        let known: Vec<&Line> = lines.iter().filter(|line| line.known).collect();
        if known.len() < lines.len() {
            let unknown = lines.len() - known.len();
            sentences.push(format!(
                "Of {} only one direction is in the capture (?): what they missed cannot be told.",
                counted(unknown as u64, "line")
            ));
        }
        let outages = super::outage::read(self, &known);
        // Of a path what happened to it at all its times is one thing.
        let mut told: Vec<(Pattern, Vec<&Outage<'_>>)> = Vec::new();
        for outage in &outages {
            let same = told
                .iter_mut()
                .find(|(pattern, _)| matches!(pattern, Pattern::Path(..)) && *pattern == outage.pattern);
            match same {
                Some((_, outages)) => outages.push(outage),
                None => told.push((outage.pattern.clone(), vec![outage])),
            }
        }
        // What stays below every threshold on a single path shows in the cells.
        let [lowest, ..] = THRESHOLDS;
        let longest =
            |outages: &[&Outage<'_>]| outages.iter().map(|outage| outage.longest()).max().unwrap_or(0);
        told.retain(|(pattern, outages)| !matches!(pattern, Pattern::Path(..)) || longest(outages) >= lowest);
        told.sort_by_key(|(_, outages)| outages.iter().map(|outage| outage.start()).min());
        let several = told.len() > 1;
        for (pattern, outages) in &told {
            let said = self.say(pattern, outages, several);
            sentences.push(format!("{}{said}", when(outages)));
        }
        let groups = super::quiet::groups(known.iter().copied());
        sentences.extend(groups.iter().filter_map(|group| self.quiet(group)));
        if told.is_empty() && groups.is_empty() && !known.is_empty() {
            sentences.push("No route misses five heartbeats in a row.".to_owned());
        }
        sentences.extend(self.joining.ground().map(str::to_owned));
        if let [one] = self.networks.as_slice() {
            sentences.push(format!("All heartbeats go over {one}: no second network was seen."));
        }
        sentences
    }

    /// What can be said of networks that miss no answers.
    const fn rest(&self) -> &'static str {
        if self.quiet {
            "on the other networks no request stays unanswered"
        } else {
            "the other networks work"
        }
    }

    /// What routes say on which both nodes are silent at once.
    fn quiet(&self, group: &[(&Line, Quiet)]) -> Option<String> {
        let (first, quiet) = group.first()?;
        let of = |line: &Line| Network::of(line.from.address);
        let networks: BTreeSet<Network> = group.iter().map(|(line, _)| of(line)).collect();
        let networks: Vec<String> = networks.iter().map(Network::to_string).collect();
        let routes = match group {
            [_] => {
                let (a, b) = (self.place(first.from.address)?, self.place(first.to.address)?);
                format!("between {} and {}", self.name(a), self.name(b))
            }
            _ => format!("on {}", counted(group.len() as u64, "route")),
        };
        let lasted = match quiet.until {
            Some(_) => format!("for {}", span(quiet.end.since(quiet.from.time))),
            None => "to the end".to_owned(),
        };
        let clock = Utc { time: quiet.from.time, digits: 0 }.to_string();
        Some(format!(
            "From {} on, {lasted}: neither side sends anything {routes} of {}.",
            clock.get(11..20).unwrap_or_default(),
            networks.join(", ")
        ))
    }

    /// What one pattern says; `others` says that it is not the only one.
    fn say(&self, pattern: &Pattern, outages: &[&Outage<'_>], others: bool) -> String {
        let network = |plane: usize| self.plane_name(plane);
        let names = |nodes: &mut dyn Iterator<Item = usize>| {
            nodes.map(|node| self.name(node)).collect::<Vec<_>>().join(", ")
        };
        match pattern {
            Pattern::Silent(nodes) => {
                let who = names(&mut nodes.iter().copied());
                let mut faults = outages.iter().flat_map(|outage| &outage.faults);
                let what =
                    if faults.any(|fault| fault.run.heard > 1) { "Hardly anything" } else { "Nothing" };
                format!("{what} is heard of {who} on any route: look at that node first.")
            }
            Pattern::Isolated(node) => {
                format!("All routes of {} fail: look at that node first.", self.name(*node))
            }
            Pattern::Adapter(node, on) if others => format!(
                "On {} all routes of {} fail: its adapter, cable or switch port there.",
                network(*on),
                self.name(*node)
            ),
            Pattern::Network(on) if others => format!("On {} nothing gets through.", network(*on)),
            Pattern::Adapter(node, on) => format!(
                "All that fails is on {}, and {}: only {} fails there: its adapter, cable or switch port.",
                network(*on),
                self.rest(),
                self.name(*node)
            ),
            Pattern::Network(on) => {
                format!(
                    "All that fails is on {}, and {}: there nothing gets through.",
                    network(*on),
                    self.rest()
                )
            }
            Pattern::Split(group) => {
                let who = names(&mut group.iter().copied());
                let carried: BTreeSet<usize> =
                    outages.iter().flat_map(|outage| &outage.carried).copied().collect();
                let failing: BTreeSet<usize> = outages
                    .iter()
                    .flat_map(|outage| &outage.faults)
                    .filter_map(|fault| Some(self.route(fault.line)?.2))
                    .collect();
                let list =
                    |planes: BTreeSet<usize>| planes.into_iter().map(network).collect::<Vec<_>>().join(", ");
                if outages.iter().any(|outage| outage.carried.is_empty()) {
                    format!(
                        "{who} lost the others and keep each other: the link between two sites or switches."
                    )
                } else {
                    format!(
                        "On {} {who} do not reach the others: the link between two switches there. All reach each other \
                         over {}.",
                        list(failing),
                        list(carried)
                    )
                }
            }
            Pattern::Everything => "Nothing gets through anywhere.".to_owned(),
            Pattern::Scattered => {
                "Losses are scattered over routes of several nodes: congestion, or hosts under load."
                    .to_owned()
            }
            Pattern::Lossy(node) => {
                format!(
                    "Losses are on routes of {}: its load, its adapter, or the way to it.",
                    self.name(*node)
                )
            }
            Pattern::Path(a, b) => {
                let faults = outages.iter().flat_map(|outage| &outage.faults);
                let on: BTreeSet<usize> = faults
                    .filter_map(|fault| self.route(fault.line))
                    .map(|(_, _, network, _)| network)
                    .collect();
                let networks: Vec<String> = on.into_iter().map(network).collect();
                format!(
                    "{} is between {} and {} on {}: the path between these two.",
                    if others { "What fails" } else { "Everything that fails" },
                    self.name(*a),
                    self.name(*b),
                    networks.join(", ")
                )
            }
        }
    }
}

/// The most requests in a row of who asks that were not heard where the other one's went on: fewer than half of them.
fn unheard(line: &Line, lines: &[Line]) -> u64 {
    let [lowest, ..] = THRESHOLDS;
    let back =
        lines.iter().find(|back| (back.from, back.to) == (line.to, line.from) && back.flows == line.flows);
    let runs = back.into_iter().flat_map(|back| back.beats.runs.iter().chain(&back.beats.open));
    let alone = runs.filter(|run| run.missed >= lowest && run.heard * 2 < run.missed);
    alone.map(|run| run.missed - run.heard).max().unwrap_or(0)
}

/// Of each network the first of those that it exchanges heartbeats with, directly or through others.
fn planes(networks: &[Network], lines: &[Line]) -> Vec<usize> {
    let place = |address| networks.iter().position(|&network| network == Network::of(address));
    let mut planes: Vec<usize> = (0..networks.len()).collect();
    for line in lines {
        let of = |address| planes.get(place(address)?).copied();
        let Some((a, b)) = of(line.from.address).zip(of(line.to.address)) else { continue };
        for plane in planes.iter_mut().filter(|plane| **plane == a.max(b)) {
            *plane = a.min(b);
        }
    }
    planes
}

/// When outages were: `22:13:50Z, 45 s: `.
fn when(outages: &[&Outage<'_>]) -> String {
    if let [one] = outages
        && let Some((from, until)) = one.common()
    {
        let clock = Utc { time: from.time, digits: 0 }.to_string();
        let clock = clock.get(11..20).unwrap_or_default();
        return match until {
            Some(until) => format!("At {clock}, for {}: ", span(until.time.since(from.time))),
            None => format!("From {clock} on: "),
        };
    }
    let Some(first) = outages.iter().map(|outage| outage.start()).min() else { return String::new() };
    let clock = Utc { time: first.time, digits: 0 }.to_string();
    // Of `1970-01-01T00:00:00Z`.
    let clock = clock.get(11..20).unwrap_or_default().to_owned();
    match outages {
        [one] => match one.end() {
            Some(end) => format!("At {clock}, for {}: ", span(end.time.since(first.time))),
            None => format!("From {clock} on: "),
        },
        several => format!("{} times from {clock} on: ", several.len()),
    }
}

/// Pairs of nodes or addresses, the lower first.
type Pairs<T> = BTreeSet<(T, T)>;

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
        let longest = (missed > 0).then_some(Run { missed, start: at, end: None, heard: missed });
        let beats = Beats { requests: 50, missed, longest, open: longest, ..Beats::default() };
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
        says(&both, "What fails is between 10.1.0.1 and 10.1.0.2 on 10.2.0.0/24");
    }

    #[test]
    fn nodes_are_put_together_only_where_networks_number_them_alike() {
        assert_eq!(matrix(&[1, 2], &[1, 2, 3], |_, _, _| 0).nodes.len(), 3);
        let odd = [line([10, 1, 0, 1], [10, 1, 0, 2], 0), line([10, 2, 0, 7], [10, 2, 0, 8], 0)];
        assert_eq!(Matrix::of(&odd).nodes.len(), 4);
    }
}
