//! What the table keeps of a flow, or of several that say the same, and how it is told.

use super::Look;
use super::grid::{Cell, Column, Cut};
use super::interest::Rank;
use super::why::why;
use crate::inspect::Confidence;
use crate::key::Endpoint;
use crate::output::protocol::Protocol;
use crate::output::record::has_ports;
use crate::output::text;
use crate::packet::{Layers, Timestamp, Tunnel};
use crate::place;
use crate::ports::PortClaim;
use crate::summary::Summary;
use crate::verdict::Verdict;
use anstyle::{AnsiColor, Style};

/// Longest address that is never cut: IPv4 with its port.
const ADDRESS: usize = 21;
/// Longest that any address with its port is: IPv6 in brackets.
const LONGEST: usize = 47;
/// Longest label that is never cut, the word `not` before it included; registered names have up to 15 letters.
const LABEL: usize = 20;

/// Most columns for what a flow ran in.
const WITHIN: usize = 24;

/// Stands for what is not the same for all flows of a row.
const SEVERAL: &str = "several";

/// What the table shows.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Rank of the flow that matters most among those taken together; what cannot be added up is that one's.
    best: Rank,
    flows: u64,
    /// Whether the flows come from more than one host.
    several: bool,
    /// The capture that it is in, and whether the flows are in others too.
    file: u32,
    files: bool,
    first: Timestamp,
    last: Timestamp,
    protocol: u8,
    has_ports: bool,
    endpoints: [Endpoint; 2],
    /// What the flow ran in: VLANs and tunnels, the outermost first.
    within: String,
    app: Option<&'static str>,
    verdict: Verdict,
    /// What the port promises.
    promised: Option<&'static str>,
    confidence: Option<Confidence>,
    packets: [u64; 2],
    bytes: [u64; 2],
    why: String,
}

impl Row {
    /// The row of one flow.
    pub(super) fn new(summary: &Summary, rank: Rank) -> Self {
        Self {
            best: rank,
            flows: 1,
            several: false,
            file: summary.file,
            files: false,
            first: summary.first,
            last: summary.last,
            protocol: summary.protocol,
            has_ports: has_ports(summary),
            endpoints: summary.endpoints,
            within: within(&summary.layers),
            app: summary.app,
            verdict: summary.verdict,
            promised: summary.port_claims.first().map(PortClaim::protocol),
            confidence: summary.confidence,
            packets: summary.counts.map(|count| count.packets),
            bytes: summary.counts.map(|count| count.bytes),
            why: why(summary),
        }
    }

    /// Takes another flow with the same label, verdict and listening end into this row.
    pub(super) fn join(&mut self, summary: &Summary) {
        let rank = Rank::of(summary);
        if rank < self.best {
            self.join_row(Self::new(summary, rank));
            return;
        }
        if !self.within.is_empty() || !summary.layers.is_empty() {
            self.meet(&within(&summary.layers));
        }
        self.files |= self.file != summary.file;
        // The same without the reason, which costs most and would not be shown.
        let [source, _] = summary.endpoints;
        self.add(
            1,
            self.several || self.source() != source.address,
            (summary.first, summary.last),
            summary.counts.map(|count| count.packets),
            summary.counts.map(|count| count.bytes),
        );
    }

    /// Takes another row of that kind into this one.
    pub(super) fn join_row(&mut self, mut other: Self) {
        if other.best < self.best {
            std::mem::swap(self, &mut other);
        }
        self.meet(&other.within);
        self.files |= other.files || self.file != other.file;
        let several = self.several || other.several || self.source() != other.source();
        self.add(other.flows, several, (other.first, other.last), other.packets, other.bytes);
    }

    fn add(
        &mut self,
        flows: u64,
        several: bool,
        (first, last): (Timestamp, Timestamp),
        packets: [u64; 2],
        bytes: [u64; 2],
    ) {
        self.flows += flows;
        self.several = several;
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        for (mine, theirs) in self.packets.iter_mut().zip(packets) {
            *mine += theirs;
        }
        for (mine, theirs) in self.bytes.iter_mut().zip(bytes) {
            *mine += theirs;
        }
    }

    /// Notes what another flow ran in.
    fn meet(&mut self, within: &str) {
        if self.within != within {
            SEVERAL.clone_into(&mut self.within);
        }
    }

    const fn source(&self) -> std::net::IpAddr {
        let [source, _] = self.endpoints;
        source.address
    }

    /// How much it matters among rows of the same interest.
    pub(super) fn rank(&self) -> Rank {
        self.best.with_bytes(self.bytes.iter().sum())
    }

    /// How many flows it stands for.
    pub(super) const fn flows(&self) -> u64 {
        self.flows
    }

    /// The columns for a table of `width`.
    pub(super) fn columns(width: usize) -> Vec<Column> {
        let address =
            Column { most: (width / 4).clamp(ADDRESS, LONGEST), cut: Cut::Middle, ..Column::left("SOURCE") };
        vec![
            Column::right("START").rank(5),
            Column::right("LASTED").rank(4),
            Column { most: WITHIN, optional: true, cut: Cut::Middle, ..Column::left("FILE") },
            Column::left("PROTO"),
            address,
            Column { title: "DESTINATION", ..address },
            Column { most: WITHIN, optional: true, ..Column::left("WITHIN") },
            Column { most: LABEL, ..Column::left("LABEL") },
            Column::left("VERDICT"),
            Column::left("CONFIDENCE").rank(3),
            Column::right("PACKETS").rank(6),
            Column::right("SENT").rank(1),
            Column::right("RECEIVED").rank(1),
            Column::left("WHY").rank(2),
        ]
    }

    /// The cells of [`Self::columns`]; times count from `start`, and `look` knows the captures' names.
    pub(super) fn cells(&self, start: Timestamp, look: &Look) -> Vec<Cell> {
        let dim = Style::new().dimmed();
        let style = style_of(self.verdict);
        let [source, destination] = self.endpoints;
        let source = match (self.flows, self.several) {
            (1, _) => text::endpoint(source, self.has_ports),
            (_, false) => source.address.to_string(),
            (_, true) => "several hosts".into(),
        };
        let label = match (self.app, self.promised, self.verdict) {
            (Some(app), ..) => Cell::styled(app, style.bold()),
            (None, Some(promised), Verdict::Contradicted) => Cell::styled(format!("not {promised}"), style),
            _ => Cell::styled("-", dim),
        };
        let [packets_sent, packets_received] = self.packets.map(text::count);
        let [sent, received] = self.bytes.map(text::bytes);
        // Where a column has the file, frames need not be told with it.
        let files = if look.each { &[][..] } else { &look.files };
        let file = match look.files.get(self.file as usize).filter(|_| look.each && look.files.len() > 1) {
            Some(_) if self.files => SEVERAL.into(),
            Some(name) => text::printable(name).into_owned(),
            None => String::new(),
        };
        vec![
            Cell::styled(seconds(self.first.since(start)), dim),
            Cell::styled(text::duration(self.last.since(self.first)), dim),
            Cell::plain(file),
            Cell::plain(Protocol(self.protocol).to_string()),
            Cell::plain(source),
            Cell::plain(text::endpoint(destination, self.has_ports)),
            Cell::styled(self.within.clone(), dim),
            label,
            Cell::styled(self.verdict.name(), style),
            Cell::styled(self.confidence.map_or("-", Confidence::name), dim),
            Cell::plain(format!("{packets_sent}/{packets_received}")),
            Cell::plain(sent),
            Cell::plain(received),
            Cell::plain(text::printable(&place::told(&self.why, files))),
        ]
    }
}

/// `vlan 10.20`, `vxlan 42`, `vlan 5 gre`: tags and tunnels as far as a table has room for them; records have all.
fn within(layers: &Layers) -> String {
    let tags: Vec<String> = layers.vlans().iter().map(u16::to_string).collect();
    let tags = (!tags.is_empty()).then(|| ["vlan ", &tags.join(".")].concat());
    let tunnel = |tunnel: &Tunnel| match tunnel.id {
        Some(id) => format!("{} {id}", tunnel.kind),
        None => tunnel.kind.to_owned(),
    };
    tags.into_iter().chain(layers.tunnels().map(tunnel)).collect::<Vec<_>>().join(" ")
}

/// The colour of a verdict.
pub(super) const fn style_of(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Confirmed => AnsiColor::Green,
        Verdict::Recognised => AnsiColor::Cyan,
        Verdict::Contradicted => AnsiColor::Red,
        Verdict::Plausible => AnsiColor::Yellow,
        Verdict::Unverifiable => return Style::new().dimmed(),
        Verdict::Unknown => AnsiColor::Magenta,
    };
    color.on_default()
}

/// Seconds with three decimals, as Wireshark counts them from the first packet on.
fn seconds(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1_000_000_000, nanos / 1_000_000 % 1000)
}
