//! What one shard's flows left behind: who was heard between which hosts, and the flows that families want.

use super::super::expected::Expectations;
use super::super::grounds::{MAX_PARTS, Part, Shown, Stream, Twice};
use super::super::{FAMILIES, beside};
use super::{MAX_KEPT, MAX_PAIRS, is_concern};
use crate::attributes::Value;
use crate::key::{Endpoint, FlowKey, HostPair};
use crate::packet::{TcpHeader, Timestamp};
use crate::report::{Moment, Report};
use crate::summary::Summary;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The port whose TCP says whether two hosts talk at all while something else beside it is silent.
const BESIDE: u16 = 443;

/// Most TCP flows per shard of which it is remembered that they have ended.
const MAX_ENDED: usize = 4096;
/// Most connections per shard of which it is known how they were opened.
const MAX_OPENED: usize = 4096;

/// A connection that was opened, to be found again under another client's address.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The sequence number of its SYN, the client's port and who listens: what two copies of a SYN have in common.
    pub mark: (u32, u16, Endpoint),
    /// Who opened it.
    pub client: IpAddr,
    /// First packet.
    pub first: Timestamp,
    /// Whether it carried anything.
    pub won: bool,
}

impl Opened {
    /// Of a connection whose handshake was seen.
    pub fn of(summary: &Summary) -> Option<Self> {
        let [client, server] = summary.endpoints;
        let [asked, answered] = summary.tcp.as_ref().map(|tcp| tcp.sides)?;
        let opened = asked.flags & answered.flags & TcpHeader::SYN != 0 && !summary.continued;
        let mark = (asked.initial.filter(|_| opened)?, client.port, server);
        let won = summary.counts.iter().any(|count| count.payload > 0);
        Some(Self { mark, client: client.address, first: summary.first, won })
    }
}

/// What is known between two hosts; arrays hold the key's low end first. There is one for every pair of hosts that a scan
/// makes: what few have is kept elsewhere.
#[derive(Clone, Debug, Default)]
pub(in crate::findings) struct Pair {
    /// Who was heard.
    pub(in crate::findings) sent: [bool; 2],
    /// Whose packets must exist, because the other acknowledges or answers them, although none is in the capture.
    pub(in crate::findings) implied: [bool; 2],
    /// TCP to port 443, both ways.
    pub(in crate::findings) beside: Option<Box<Stream>>,
    /// Packets of flows of which the other direction must exist and is not in the capture.
    pub(in crate::findings) alone: u32,
    /// The first of these flows.
    pub(in crate::findings) shown: Option<Box<Shown>>,
    /// The server name that was first asked for over TLS on port 443.
    pub(in crate::findings) name: Option<Box<str>>,
    /// Whether a Citrix session was seen.
    pub(in crate::findings) citrix: bool,
    /// First and last packet of what went both ways between the two besides heartbeats.
    pub(in crate::findings) besides: Option<(Timestamp, Timestamp)>,
}

impl Pair {
    /// Notes whose packets the other's answers imply, although this flow has none of them.
    fn imply(&mut self, implied: [bool; 2], summary: &Summary) {
        for (known, implied) in self.implied.iter_mut().zip(implied) {
            *known |= implied;
        }
        if implied != [false; 2] {
            let packets: u64 = summary.counts.iter().map(|count| count.packets).sum();
            self.alone = self.alone.saturating_add(u32::try_from(packets).unwrap_or(u32::MAX));
            self.show(Some(Shown::of(summary)));
        }
    }

    /// Notes another flow of which the other direction must exist, where it is earlier than the one known.
    fn show(&mut self, other: Option<Shown>) {
        if self.shown.as_deref().copied() != Shown::earlier(self.shown.as_deref().copied(), other) {
            self.shown = other.map(Box::new);
        }
    }
}

/// What one shard's flows left behind.
#[derive(Clone, Debug)]
pub(in crate::findings) struct Bucket {
    pub(in crate::findings) pairs: HashMap<HostPair, Pair, foldhash::fast::RandomState>,
    pub(super) kept: Vec<Vec<Arc<Summary>>>,
    pub(super) overlooked: u64,
    pub(in crate::findings) span: Option<(Timestamp, Timestamp)>,
    pub(in crate::findings) opened: Vec<Opened>,
    /// TCP connections, and those without a handshake.
    pub(in crate::findings) tcp: [u64; 2],
    /// Packets of all flows, and those that are there twice.
    pub(in crate::findings) packets: u64,
    pub(in crate::findings) copied: Option<Twice>,
    /// The first connection without a handshake.
    pub(in crate::findings) midway: Option<Shown>,
    pub(in crate::findings) digits: u8,
    /// Ends of TCP flows that have ended: what comes between them later goes on, unless it is opened anew.
    ended: HashSet<FlowKey, foldhash::fast::RandomState>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            pairs: HashMap::default(),
            kept: FAMILIES.iter().map(|_| Vec::new()).collect(),
            overlooked: 0,
            span: None,
            opened: Vec::new(),
            tcp: [0; 2],
            packets: 0,
            copied: None,
            midway: None,
            digits: 0,
            ended: HashSet::default(),
        }
    }
}

/// From the first of both to the last.
fn both((first, last): (Timestamp, Timestamp), (a, b): (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    (first.min(a), last.max(b))
}

impl Bucket {
    pub(super) fn observe(&mut self, summary: &Summary, expectations: &Expectations) {
        let (first, last) = self.span.unwrap_or((summary.first, summary.last));
        self.span = Some((first.min(summary.first), last.max(summary.last)));
        self.digits = summary.digits;
        self.packets += summary.counts.iter().map(|count| count.packets).sum::<u64>();
        if let Some(copied) = &summary.copies {
            let packets = copied.counts.iter().map(|count| count.packets).sum();
            let twice = Twice { packets, first: (copied.original, copied.again), flow: summary.id };
            self.copied = Some(self.copied.map_or(twice, |known| known.with(twice)));
        }
        self.note_pair(summary);
        if let (Some(tcp), false) = (&summary.tcp, summary.continued) {
            let flags = tcp.sides.iter().fold(0, |flags, side| flags | side.flags);
            // Without any flag, the capture has cut them off; and what goes on after a time-out, or trickles in after
            // the end, is no connection of its own.
            let is_known = flags != 0 && self.is_new(summary, flags);
            let [connections, midway] = &mut self.tcp;
            *connections += u64::from(is_known);
            let joined = is_known && flags & TcpHeader::SYN == 0;
            *midway += u64::from(joined);
            if joined {
                self.midway = Shown::earlier(self.midway, Some(Shown::of(summary)));
            }
        }
        if self.opened.len() < MAX_OPENED {
            self.opened.extend(Opened::of(summary));
        }
        // One copy for all families whom it concerns.
        let mut shared = None;
        for (family, kept) in FAMILIES.iter().zip(&mut self.kept) {
            if is_concern(family, summary, expectations) {
                if kept.len() < MAX_KEPT {
                    kept.push(Arc::clone(shared.get_or_insert_with(|| Arc::new(summary.clone()))));
                } else {
                    self.overlooked += 1;
                }
            }
        }
    }

    /// Whether a connection begins with this flow, as far as the capture can tell; remembers that it was seen.
    fn is_new(&mut self, summary: &Summary, flags: u8) -> bool {
        let opened = flags & TcpHeader::SYN != 0;
        if self.ended.len() < MAX_ENDED {
            return self.ended.insert(summary.key) || opened;
        }
        // What is not remembered any more is not counted as seen for the first time.
        opened
    }

    fn note_pair(&mut self, summary: &Summary) {
        let pair = summary.key.hosts();
        let low_first = summary.endpoints.first() == Some(&summary.key.low());
        let order = |[initiator, responder]: [bool; 2]| {
            if low_first { [initiator, responder] } else { [responder, initiator] }
        };
        let room = self.pairs.len() < MAX_PAIRS;
        let known = match self.pairs.entry(pair) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) if room => place.insert(Pair::default()),
            Entry::Vacant(_) => {
                self.overlooked += 1;
                return;
            }
        };
        let spoke = summary.counts.map(|count| count.packets > 0);
        for (sent, spoke) in known.sent.iter_mut().zip(order(spoke)) {
            *sent |= spoke;
        }
        let is_heard = spoke == [true; 2];
        if is_heard && !matches!(summary.report.as_deref(), Some(Report::Heartbeats(_))) {
            let span = (summary.first, summary.last);
            known.besides = Some(known.besides.map_or(span, |known| both(known, span)));
        }
        if let Some(Report::Heartbeats(report)) = summary.report.as_deref() {
            // Who answers was asked, although no question is in the capture.
            let [one, other] = report.nodes.each_ref().map(|node| node.responses > 0);
            let [forward, reverse] = spoke;
            known.imply(order([!forward && other, !reverse && one]), summary);
        }
        let Some(tcp) = &summary.tcp else { return };
        let [forward, reverse] = &tcp.sides;
        let [up, down] = summary.sent();
        // Data is sent only when the other has acknowledged the handshake; and it did not do that unseen.
        let proves = |flags: u8, payload: u64| flags & TcpHeader::ACK != 0 && payload > 0;
        let implied = [
            up.packets == 0 && proves(reverse.flags, down.payload),
            down.packets == 0 && proves(forward.flags, up.payload),
        ];
        known.imply(order(implied), summary);
        known.citrix |= matches!(summary.app, Some("ica" | "cgp"));
        let [_, to] = summary.endpoints;
        if to.port == BESIDE
            && known.name.is_none()
            && let Some(Value::Text(name)) = summary.attributes.value("tls.sni")
        {
            known.name = Some(name.as_str().into());
        }
        if to.port == BESIDE && up.payload > 0 && down.payload > 0 {
            let heard = beside::heard(summary);
            let stream = known.beside.get_or_insert_with(|| {
                Box::new(Stream {
                    server: to.address,
                    first: summary.first,
                    last: summary.last,
                    heard,
                    frame: summary.first_frame,
                    flow: summary.id,
                    payload: [0; 2],
                    parts: Vec::new(),
                })
            });
            stream.last = stream.last.max(summary.last);
            for (known, last) in stream.heard.iter_mut().zip(heard) {
                *known = (*known).max(last);
            }
            if summary.first < stream.first {
                (stream.first, stream.frame, stream.flow) = (summary.first, summary.first_frame, summary.id);
            }
            if stream.parts.len() < MAX_PARTS {
                let first = Moment { time: summary.first, frame: summary.first_frame };
                let [client, _] = summary.endpoints;
                stream.parts.push(Part { first, heard, client, flow: summary.id });
            }
            for (sum, count) in stream.payload.iter_mut().zip([up, down]) {
                *sum += count.payload;
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (pair, theirs) in other.pairs {
            let mine = self.pairs.entry(pair).or_default();
            for (mine, theirs) in mine.sent.iter_mut().zip(theirs.sent) {
                *mine |= theirs;
            }
            for (mine, theirs) in mine.implied.iter_mut().zip(theirs.implied) {
                *mine |= theirs;
            }
            mine.besides = match (mine.besides, theirs.besides) {
                (Some(mine), Some(theirs)) => Some(both(mine, theirs)),
                (mine, theirs) => mine.or(theirs),
            };
            mine.beside = mine.beside.take().or(theirs.beside);
            mine.alone = mine.alone.saturating_add(theirs.alone);
            mine.show(theirs.shown.as_deref().copied());
            mine.name = mine.name.take().or(theirs.name);
            mine.citrix |= theirs.citrix;
        }
        for (mine, theirs) in self.kept.iter_mut().zip(other.kept) {
            mine.extend(theirs);
        }
        self.opened.extend(other.opened);
        self.overlooked += other.overlooked;
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        for (mine, theirs) in self.tcp.iter_mut().zip(other.tcp) {
            *mine += theirs;
        }
        self.digits = self.digits.max(other.digits);
        self.midway = Shown::earlier(self.midway, other.midway);
        self.packets += other.packets;
        self.copied = match (self.copied, other.copied) {
            (Some(mine), Some(theirs)) => Some(mine.with(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
    }
}
