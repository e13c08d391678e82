//! Groups of flows whose bytes nobody knows, and a draft of a rule for each.
//!
//! Flows whose first four bytes are the same, and not all alike, are one group; of the rest those that go to the same port with the same size
//! and period; of what is left then those that go to the same port.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use wiretell::key::{Endpoint, Transport};
use wiretell::packet::Timestamp;

/// Bytes in front that make a group by themselves.
const PREFIX: usize = 4;
/// Bytes of a pattern that are drafted.
const MOST_BYTES: usize = 24;
/// Bytes that are taken for fixed where there is but one flow: what follows changes, more often than not.
const OF_ONE: usize = 8;
/// Samples that a draft has.
const SAMPLES: usize = 3;
/// Ports that are listed one by one.
const MOST_PORTS: usize = 8;

/// What a side said first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    /// The bytes, as far as they are kept.
    pub(super) bytes: Vec<u8>,
    /// How many there were on the wire.
    pub(super) size: u32,
}

/// What a side said.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// First.
    pub(super) first: Option<First>,
    /// When, each time.
    pub(super) times: Vec<Timestamp>,
}

/// What was heard of a flow.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    transport: Transport,
    client: Endpoint,
    server: Endpoint,
    low_is_client: bool,
    /// The label that its port gives.
    by_port: Option<&'static str>,
    by_client: Said,
    by_server: Said,
}

impl Heard {
    /// Nothing yet.
    pub(super) fn new(
        transport: Transport,
        client: Endpoint,
        server: Endpoint,
        low_is_client: bool,
        by_port: Option<&'static str>,
    ) -> Self {
        let (by_client, by_server) = (Said::default(), Said::default());
        Self { transport, client, server, low_is_client, by_port, by_client, by_server }
    }

    /// The side that is the key's low end, or the other.
    pub(super) fn side(&mut self, low: bool) -> &mut Said {
        if low == self.low_is_client { &mut self.by_client } else { &mut self.by_server }
    }

    /// What was said first: the client's, unless it was silent; and whether it is the client's.
    fn first(&self) -> Option<(&First, bool)> {
        let of = |said: &'_ Said| said.first.is_some();
        let (said, is_client) =
            if of(&self.by_client) { (&self.by_client, true) } else { (&self.by_server, false) };
        Some((said.first.as_ref()?, is_client))
    }

    /// Nanoseconds between its packets, where they come steadily.
    fn period(&self) -> Option<u64> {
        let times = if self.by_client.times.len() >= self.by_server.times.len() {
            &self.by_client.times
        } else {
            &self.by_server.times
        };
        let mut gaps: Vec<u64> = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.since(*a)).collect();
        gaps.sort_unstable();
        let at = |part: usize| gaps.get(gaps.len() * part / 100).copied();
        let (low, middle, high) = (at(20)?, at(50)?, at(80)?);
        // Most gaps within a fifth of the middle one, and not a burst.
        let is_steady =
            gaps.len() >= 4 && middle >= 50_000_000 && low * 5 >= middle * 4 && high * 5 <= middle * 6;
        is_steady.then_some(middle)
    }
}

/// Flows that are taken for one protocol.
pub(super) struct Group {
    flows: Vec<Heard>,
    /// The byte at each place that all have in common.
    fixed: Vec<Option<u8>>,
    by_client: bool,
}

/// Groups flows, the largest group first.
pub(super) fn groups(flows: Vec<Heard>) -> Vec<Group> {
    let mut found = Vec::new();
    let prefix = |flow: &Heard| {
        let (first, by_client) = flow.first()?;
        let front = first.bytes.get(..PREFIX)?;
        // Zeros, or the like, are in front of much that has nothing else in common.
        let tells = front.iter().any(|byte| Some(byte) != front.first());
        tells.then(|| (flow.transport.name(), by_client, front.to_vec()))
    };
    let alike = |flow: &Heard| {
        let (first, by_client) = flow.first()?;
        // Periods that differ by a fifth or so are one.
        let period = flow.period().map(|nanos| nanos.ilog2());
        Some((flow.transport.name(), by_client, flow.server.port, first.size, period))
    };
    let port = |flow: &Heard| {
        let (_, by_client) = flow.first()?;
        Some((flow.transport.name(), by_client, flow.server.port))
    };
    let rest = gather(flows, prefix, 2, &mut found);
    let rest = gather(rest, alike, 2, &mut found);
    gather(rest, port, 1, &mut found);
    found.sort_by_key(|group| std::cmp::Reverse(group.flows.len()));
    found
}

/// Takes those flows together that have something in common, where they are at least so many and some of their bytes are
/// the same; gives back the rest.
fn gather<K: Ord>(
    flows: Vec<Heard>,
    key: impl Fn(&Heard) -> Option<K>,
    fewest: usize,
    found: &mut Vec<Group>,
) -> Vec<Heard> {
    let mut by_key: BTreeMap<K, Vec<Heard>> = BTreeMap::new();
    let mut rest = Vec::new();
    for flow in flows {
        match key(&flow) {
            Some(key) => by_key.entry(key).or_default().push(flow),
            None => rest.push(flow),
        }
    }
    for flows in by_key.into_values() {
        match Group::of(flows, fewest) {
            Ok(group) => found.push(group),
            Err(flows) => rest.extend(flows),
        }
    }
    rest
}

impl Group {
    fn of(flows: Vec<Heard>, fewest: usize) -> Result<Self, Vec<Heard>> {
        if flows.len() < fewest {
            return Err(flows);
        }
        let firsts: Vec<&First> = flows.iter().filter_map(Heard::first).map(|(first, _)| first).collect();
        let shortest = firsts.iter().map(|first| first.bytes.len()).min().unwrap_or(0);
        let most = if flows.len() == 1 { OF_ONE } else { MOST_BYTES };
        let mut fixed: Vec<Option<u8>> = (0..shortest.min(most))
            .map(|place| {
                let mut here = firsts.iter().map(|first| first.bytes.get(place).copied());
                let one = here.next()??;
                here.all(|byte| byte == Some(one)).then_some(one)
            })
            .collect();
        while fixed.last() == Some(&None) {
            fixed.pop();
        }
        let by_client = flows.iter().find_map(Heard::first).is_none_or(|(_, by_client)| by_client);
        if fixed.is_empty() { Err(flows) } else { Ok(Self { flows, fixed, by_client }) }
    }

    fn firsts(&self) -> impl Iterator<Item = &First> {
        self.flows.iter().filter_map(Heard::first).map(|(first, _)| first)
    }

    fn transport(&self) -> Transport {
        self.flows.first().map_or(Transport::Udp, |flow| flow.transport)
    }

    /// A number that tells the payload's length in all flows: where, of which type, and what is to be added.
    fn length(&self) -> Option<(usize, &'static str, i64)> {
        const KINDS: [(&str, usize, bool); 5] = [
            ("u32be", 4, true),
            ("u32le", 4, false),
            ("u16be", 2, true),
            ("u16le", 2, false),
            ("u8", 1, true),
        ];
        let sizes: BTreeSet<u32> = self.firsts().map(|first| first.size).collect();
        if sizes.len() < 2 {
            return None;
        }
        let told = |first: &First, at: usize, width: usize, big: bool| {
            let field = first.bytes.get(at..at + width)?;
            let add = |number: i64, byte: &u8| number << 8 | i64::from(*byte);
            Some(if big { field.iter().fold(0, add) } else { field.iter().rev().fold(0, add) })
        };
        for at in 0..16 {
            for (name, width, big) in KINDS {
                let mut rest = self
                    .firsts()
                    .map(|first| told(first, at, width, big).map(|number| i64::from(first.size) - number));
                let Some(Some(plus)) = rest.next() else { continue };
                if (-64..=64).contains(&plus) && rest.all(|other| other == Some(plus)) {
                    return Some((at, name, plus));
                }
            }
        }
        None
    }

    /// The rule, under a name.
    fn text(&self, name: &str) -> String {
        let transport = self.transport();
        let ports: BTreeSet<u16> = self.flows.iter().map(|flow| flow.server.port).collect();
        let clients: BTreeSet<_> = self.flows.iter().map(|flow| flow.client.address).collect();
        let servers: BTreeSet<_> = self.flows.iter().map(|flow| flow.server.address).collect();
        let count =
            |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let mut note = format!(
            "{} of {} to {}",
            count(self.flows.len(), "flow"),
            count(clients.len(), "client"),
            count(servers.len(), "server")
        );
        let mut periods: Vec<u64> = self.flows.iter().filter_map(Heard::period).collect();
        periods.sort_unstable();
        if let Some(nanos) = periods.get(periods.len() / 2) {
            let _ = write!(note, "; a packet every {} ms", nanos / 1_000_000);
        }
        let sizes: BTreeSet<u32> = self.firsts().map(|first| first.size).collect();
        if let (Some(first), Some(last)) = (sizes.first(), sizes.last()) {
            let to = if first == last { String::new() } else { format!(" to {last}") };
            let _ = write!(note, "; first payload {first}{to} bytes");
        }
        let by_port: BTreeSet<&str> = self.flows.iter().filter_map(|flow| flow.by_port).collect();
        if let (Some(name), 1) = (by_port.first(), by_port.len()) {
            let _ = write!(note, "; by its port {}", name.escape_debug());
        }
        let mut text = String::new();
        if self.flows.len() == 1 {
            text.push_str("# One flow only: which of these bytes change, it cannot tell.\n");
        }
        let _ = write!(text, "[[rule]]\nname = \"{name}\"\ntransport = \"{}\"\n", transport.name());
        if ports.len() <= MOST_PORTS {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            let _ = writeln!(text, "port = [{}]", ports.join(", "));
        }
        let _ = writeln!(text, "note = \"{note}\"");
        let mut samples: Vec<&First> = self.firsts().filter(|f| f.bytes.len() == f.size as usize).collect();
        samples.sort_unstable();
        samples.dedup();
        if !samples.is_empty() {
            text.push_str("must_match = [\n");
            for first in samples.iter().take(SAMPLES) {
                let key = if self.by_client { "client" } else { "server" };
                let _ = writeln!(text, "    {{ {key} = \"{}\" }},", hex(&first.bytes));
            }
            text.push_str("]\n");
        }
        text.push_str("[[rule.payload]]\n");
        if !self.by_client {
            text.push_str("side = \"server\"\n");
        }
        let skipped = self.fixed.iter().take_while(|byte| byte.is_none()).count();
        if skipped > 0 {
            let _ = writeln!(text, "offset = {skipped}");
        }
        let bytes: Vec<String> = self
            .fixed
            .iter()
            .skip(skipped)
            .map(|byte| byte.map_or_else(|| "??".to_owned(), |byte| format!("{byte:02x}")))
            .collect();
        let _ = writeln!(text, "bytes = \"{}\"", bytes.join(" "));
        if let Some((at, kind, plus)) = self.length() {
            let _ = writeln!(text, "length = {{ at = {at}, type = \"{kind}\", plus = {plus} }}");
        } else if let (Some(size), 1, false) = (sizes.first(), sizes.len(), transport == Transport::Tcp)
            && self.flows.len() > 1
        {
            let _ = writeln!(text, "size = {size}");
        }
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// The file.
pub(super) fn text(groups: &[Group], captures: usize) -> String {
    let files = if captures == 1 { "a capture".to_owned() } else { format!("{captures} captures") };
    let mut text = format!(
        "# Rules for bytes that nobody knows, drafted by wiretell from {files}: look at each, name it, and strike out what is chance.\n\
         # Try them with: wiretell rules check FILE; use them with: wiretell read --rules FILE CAPTURE\n"
    );
    if groups.is_empty() {
        text.push_str(
            "# Nothing was found: the bytes of every flow are known, or what is left has none in common.\n",
        );
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for group in groups {
        let port = group.flows.first().map_or(0, |flow| flow.server.port);
        let base = format!("unknown-{}-{port}", group.transport().name());
        let times = names.entry(base.clone()).or_default();
        *times += 1;
        let name = if *times == 1 { base } else { format!("{base}-{times}") };
        let _ = write!(text, "\n{}", group.text(&name));
    }
    text
}
