//! What the table keeps of a flow, how much it matters, and how it is told.

use super::grid::{Cell, Column, Cut};
use crate::attributes::Value;
use crate::explain;
use crate::inspect::Confidence;
use crate::key::Endpoint;
use crate::output::record::{Protocol, has_ports};
use crate::output::text::{self, printable};
use crate::packet::{IcmpError, Timestamp};
use crate::summary::Summary;
use crate::verdict::Verdict;
use anstyle::{AnsiColor, Style};
use std::cmp::Reverse;
use std::fmt::Write;

/// Most facts that a protocol told which are shown.
const MAX_FACTS: usize = 2;
/// Longest such fact, in columns: a name of a host, mostly.
const MAX_FACT: usize = 40;
/// Longest address that is never cut: IPv4 with its port.
const ADDRESS: usize = 21;

/// How much a flow matters to a person; the first is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Interest {
    /// The port promises one thing and the bytes are another.
    Contradicted,
    /// Its label, as bytes or port say it, is one of those whose ports mislead.
    Special,
    /// It carried payload that nobody knows.
    Unknown,
    /// Everything else.
    Ordinary,
}

impl Interest {
    pub(super) const ALL: [Self; 4] = [Self::Contradicted, Self::Special, Self::Unknown, Self::Ordinary];

    pub(super) fn of(summary: &Summary) -> Self {
        let payload: u64 = summary.counts.iter().map(|count| count.payload).sum();
        match summary.verdict {
            Verdict::Contradicted => Self::Contradicted,
            _ if summary.app.is_some_and(explain::concerns_a_system) => Self::Special,
            Verdict::Unknown if payload > 0 && summary.key.transport().is_some() => Self::Unknown,
            _ => Self::Ordinary,
        }
    }
}

/// Among flows of one interest: where a special protocol was promised or found, then the most bytes, then the
/// earliest; the identifier makes the order the same in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    ordinary: bool,
    bytes: Reverse<u64>,
    first: Timestamp,
    id: u64,
}

impl Rank {
    pub(super) fn of(summary: &Summary) -> Self {
        let mut names = summary.app.into_iter().chain(summary.port_claims.first().map(|claim| claim.name));
        Self {
            ordinary: !names.any(explain::concerns_a_system),
            bytes: Reverse(summary.counts.iter().map(|count| count.bytes).sum()),
            first: summary.first,
            id: summary.id,
        }
    }
}

/// What the table shows of a flow.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) rank: Rank,
    first: Timestamp,
    nanos: u64,
    protocol: u8,
    has_ports: bool,
    endpoints: [Endpoint; 2],
    app: Option<&'static str>,
    verdict: Verdict,
    confidence: Option<Confidence>,
    packets: [u64; 2],
    bytes: [u64; 2],
    why: String,
}

impl Row {
    pub(super) fn new(summary: &Summary, rank: Rank) -> Self {
        Self {
            rank,
            first: summary.first,
            nanos: summary.last.since(summary.first),
            protocol: summary.protocol,
            has_ports: has_ports(summary),
            endpoints: summary.endpoints,
            app: summary.app,
            verdict: summary.verdict,
            confidence: summary.confidence,
            packets: summary.counts.map(|count| count.packets),
            bytes: summary.counts.map(|count| count.bytes),
            why: why(summary),
        }
    }

    /// The columns for a table of `width`.
    pub(super) fn columns(width: usize) -> Vec<Column> {
        let address =
            Column { most: (width / 4).clamp(ADDRESS, 47), cut: Cut::Middle, ..Column::left("SOURCE") };
        vec![
            Column::right("START").rank(5),
            Column::right("LASTED").rank(4),
            Column::left("PROTO"),
            address,
            Column { title: "DESTINATION", ..address },
            Column::left("LABEL"),
            Column::left("VERDICT"),
            Column::left("CONFIDENCE").rank(3),
            Column::right("PACKETS").rank(6),
            Column::right("SENT").rank(1),
            Column::right("RECEIVED").rank(1),
            Column::left("WHY").rank(2),
        ]
    }

    /// The cells of [`Self::columns`]; times count from `start`.
    pub(super) fn cells(&self, start: Timestamp) -> Vec<Cell> {
        let dim = Style::new().dimmed();
        let style = style_of(self.verdict);
        let [source, destination] = self.endpoints.map(|end| self.end(end));
        let [packets_sent, packets_received] = self.packets.map(text::count);
        let [sent, received] = self.bytes.map(text::bytes);
        vec![
            Cell::styled(seconds(self.first.since(start)), dim),
            Cell::styled(text::duration(self.nanos), dim),
            Cell::plain(Protocol(self.protocol).to_string()),
            Cell::plain(source),
            Cell::plain(destination),
            Cell::styled(self.app.unwrap_or("-"), if self.app.is_some() { style.bold() } else { dim }),
            Cell::styled(self.verdict.name(), style),
            Cell::styled(self.confidence.map_or("-", Confidence::name), dim),
            Cell::plain(format!("{packets_sent}/{packets_received}")),
            Cell::plain(sent),
            Cell::plain(received),
            Cell::plain(self.why.clone()),
        ]
    }

    fn end(&self, end: Endpoint) -> String {
        match (self.has_ports, end.address) {
            (true, std::net::IpAddr::V6(address)) => format!("[{address}]:{}", end.port),
            (true, address) => format!("{address}:{}", end.port),
            (false, address) => address.to_string(),
        }
    }
}

/// The colour of a verdict.
pub(super) const fn style_of(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Confirmed => AnsiColor::Green,
        Verdict::Recognised => AnsiColor::Cyan,
        Verdict::Contradicted => AnsiColor::Red,
        Verdict::Plausible => AnsiColor::Yellow,
        Verdict::Unverifiable => AnsiColor::BrightBlack,
        Verdict::Unknown => AnsiColor::Magenta,
    };
    color.on_default()
}

/// Seconds with three decimals, as Wireshark counts them from the first packet on.
fn seconds(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1_000_000_000, nanos / 1_000_000 % 1000)
}

/// Why the flow is shown as it is, the most telling first: parts of a sentence, printable.
fn why(summary: &Summary) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some((error, count)) = &summary.icmp_error {
        parts.push(icmp(error, *count));
    }
    if summary.verdict == Verdict::Contradicted
        && let Some(claim) = summary.port_claims.first()
    {
        let [_, responder] = summary.endpoints;
        parts.push(format!("not {} (port {})", claim.name, responder.port));
    }
    let facts = summary.attributes.iter().filter_map(|(key, value)| fact(key, value));
    parts.extend(facts.take(MAX_FACTS));
    // What could not be checked says more than what the port is registered for.
    let unchecked = summary.why.iter().find(|reason| reason.rule == "nothing-to-check");
    if let Some(reason) = unchecked.or_else(|| summary.why.first()) {
        let mut detail = reason.detail.to_string();
        if let Some(frame) = reason.frame {
            // Writing to a string cannot fail.
            let _ = write!(detail, " (frame {frame})");
        }
        parts.push(detail);
    }
    printable(&parts.join("; ")).into_owned()
}

/// What the protocol told in words: a name, mostly.
fn fact(key: &str, value: &Value) -> Option<String> {
    let (_, name) = key.split_once('.')?;
    let said = match value {
        Value::Text(said) => said.as_str(),
        Value::List(list) => list.first()?,
        Value::Number(_) | Value::Decimal(_) | Value::Flag(_) => return None,
    };
    let said = printable(said);
    (!said.is_empty()).then(|| format!("{} {}", name.replace('_', " "), text::cut(&said, MAX_FACT)))
}

/// An ICMP error in words (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1; RFC 4443 section 3).
fn icmp(error: &IcmpError, count: u32) -> String {
    let what = match (error.v6, error.kind, error.code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => "network unreachable",
        (false, 3, 1 | 7 | 12) | (true, 1, 3) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 4) | (true, 2, _) => "packet too big",
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => "administratively prohibited",
        (false, 3, _) | (true, 1, _) => "unreachable",
        (false, 11, 0) | (true, 3, 0) => "hop limit exceeded",
        (false, 11, _) | (true, 3, _) => "fragments missing",
        (false, 5, _) => "redirected",
        _ => "ICMP error",
    };
    let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
    format!("{what}, says {}{times}", error.reporter)
}
