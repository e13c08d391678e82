//! What findings may rest on: the kept flows, and how much of the truth the capture can hold.

use super::expected::Expectations;
use super::gather::{Bucket, Opened, Pair};
use super::kept::Flows;
use super::ledger::Line;
use super::words::{self, percent};
use crate::key::{Endpoint, FlowKey};
use crate::packet::Timestamp;
use crate::pipeline::Firsts;
use crate::report::Moment;
use crate::summary::Summary;
use crate::wire::Unfinished;
use std::net::IpAddr;
use std::sync::Arc;

/// What is known about the capture before any flow.
#[derive(Clone, Debug, Default)]
pub struct CaptureFacts {
    /// Frames read.
    pub packets: u64,
    /// Time of the first and of the latest frame of each timeline, whether it is in a flow or not.
    pub spans: Vec<Option<(Timestamp, Timestamp)>>,
    /// Frames that the kernel and the interface lost.
    pub lost: u64,
    /// Frames that were not looked at.
    pub behind: u64,
    /// Frames cut by the snap length.
    pub truncated: u64,
    /// Frames before the one in front of them in time, and the largest step in nanoseconds.
    pub backwards: (u64, u64),
    /// The longest time without a frame: nanoseconds, its beginning, and the number of the frame after it.
    pub pause: Option<(u64, Timestamp, u64)>,
    /// Frames put together by an adapter.
    pub oversized: u64,
    /// Where what frames are counted of was first.
    pub firsts: Firsts,
    /// Datagrams of which fragments are missing.
    pub fragments: u64,
    /// The first of them.
    pub unfinished: Vec<Unfinished>,
    /// Whether what concerns the capture as a whole has been said.
    pub told: bool,
    /// The names of the captures, where there is more than one.
    pub files: Arc<[String]>,
}

/// One of the connections of a [`Stream`].
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its first packet.
    pub first: Moment,
    /// Last packet of each side, the client's first.
    pub heard: [Timestamp; 2],
    /// The client's end.
    pub client: Endpoint,
    /// The flow.
    pub flow: u64,
}

/// Most connections of a stream that are told apart.
pub(super) const MAX_PARTS: usize = 16;

/// TCP beside something else between two hosts.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Who listens.
    pub server: IpAddr,
    /// First packet.
    pub first: Timestamp,
    /// Last packet.
    pub last: Timestamp,
    /// Last packet of each side, the client's first.
    pub heard: [Timestamp; 2],
    /// The first packet's frame.
    pub frame: u64,
    /// The first such flow.
    pub flow: u64,
    /// Bytes of payload, the client's first.
    pub payload: [u64; 2],
    /// The first connections that ended.
    pub parts: Vec<Part>,
}

/// Whether anything came from one host to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Some packet did.
    Yes,
    /// None is in the capture.
    No,
    /// None is in the capture, although there were some: the other acknowledged them.
    Uncaptured,
}

/// Whether it can be said that a host did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Yes, for this reason.
    Proven(String),
    /// Perhaps, with this caveat.
    Doubtful(String),
    /// No: the capture cannot show it.
    Unknowable,
}

/// A flow that shows what the capture lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Its first packet.
    pub at: Moment,
    /// Who sent it, and to whom.
    pub hosts: [IpAddr; 2],
    /// Its id.
    pub flow: u64,
}

impl Shown {
    pub(super) fn of(summary: &Summary) -> Self {
        let at = Moment { time: summary.first, frame: summary.first_frame };
        Self { at, hosts: summary.endpoints.map(|end| end.address), flow: summary.id }
    }

    /// The earlier one.
    pub(super) fn earlier(known: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (known, other) {
            (Some(known), Some(other)) => Some(known.min(other)),
            (known, other) => known.or(other),
        }
    }
}

/// Most host pairs heard one way only that are named.
const MAX_ALONE: usize = 6;

/// In how many ways pairs of hosts were heard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways {
    /// Pairs heard both ways.
    pub both: u64,
    /// Pairs of which one way must be missing from the capture.
    pub one: u64,
    /// Packets of the latter.
    pub packets: u64,
}

/// What was summed up over all flows.
pub(super) struct Sums {
    pub(super) span: (Timestamp, Timestamp),
    pub(super) tcp: [u64; 2],
    pub(super) packets: u64,
    pub(super) copied: Option<Twice>,
    pub(super) midway: Option<Shown>,
    pub(super) alone: Vec<Shown>,
    pub(super) ways: Ways,
    pub(super) digits: u8,
}

/// Packets that the capture has twice.
#[derive(Clone, Copy, Debug)]
pub struct Twice {
    /// How many came again.
    pub packets: u64,
    /// Where the first of them was seen first, and where it was seen again.
    pub first: (Moment, Moment),
    /// The flow of the first.
    pub flow: u64,
}

impl Twice {
    /// Both together.
    pub(super) fn with(self, other: Self) -> Self {
        let first = if (other.first, other.flow) < (self.first, self.flow) { other } else { self };
        Self { packets: self.packets + other.packets, ..first }
    }
}

impl Sums {
    /// Sums up; `None` when there was no flow.
    pub(super) fn of(buckets: &[Bucket], frames: Option<(Timestamp, Timestamp)>) -> Option<Self> {
        let both = |(first, last): (Timestamp, Timestamp), (a, b): (Timestamp, Timestamp)| {
            (first.min(a), last.max(b))
        };
        let flows = buckets.iter().filter_map(|bucket| bucket.span).reduce(both)?;
        // The capture goes on with frames that are in no flow, too.
        let span = frames.map_or(flows, |frames| both(flows, frames));
        let mut sums = Self {
            span,
            tcp: [0; 2],
            packets: 0,
            copied: None,
            midway: None,
            alone: Vec::new(),
            ways: Ways::default(),
            digits: 0,
        };
        for bucket in buckets {
            for (sum, part) in sums.tcp.iter_mut().zip(bucket.tcp) {
                *sum += part;
            }
            sums.digits = sums.digits.max(bucket.digits);
            sums.packets += bucket.packets;
            sums.copied = match (sums.copied, bucket.copied) {
                (Some(mine), Some(theirs)) => Some(mine.with(theirs)),
                (mine, theirs) => mine.or(theirs),
            };
            for pair in bucket.pairs.values() {
                let missing = pair.sent.iter().zip(pair.implied).any(|(sent, implied)| implied && !sent);
                sums.ways.both += u64::from(pair.sent == [true; 2]);
                sums.ways.one += u64::from(missing);
                sums.ways.packets += if missing { u64::from(pair.alone) } else { 0 };
                sums.alone.extend(pair.shown.as_deref().filter(|_| missing));
            }
            sums.midway = Shown::earlier(sums.midway, bucket.midway);
        }
        sums.alone.sort_unstable();
        sums.alone.truncate(MAX_ALONE);
        Some(sums)
    }
}

/// What a family is given.
#[derive(Debug)]
pub struct Grounds<'a> {
    /// The flows that concern it, by their first packet's time.
    pub flows: Flows<'a>,
    /// The heartbeats among them.
    pub heartbeats: &'a [Line],
    /// About the capture.
    pub capture: &'a CaptureFacts,
    /// First and last frame.
    pub span: (Timestamp, Timestamp),
    /// TCP connections, and those without a handshake.
    pub tcp: [u64; 2],
    /// Packets in flows.
    pub packets: u64,
    /// What of them is there twice.
    pub copied: Option<Twice>,
    /// The first connection without a handshake.
    pub midway: Option<Shown>,
    /// The first flows of which the other direction is missing, one for each host pair.
    pub alone: &'a [Shown],
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    /// What the user expects.
    pub expectations: &'a Expectations,
    buckets: &'a [Bucket],
    ways: Ways,
}

impl<'a> Grounds<'a> {
    pub(super) const fn new(
        (flows, heartbeats): (Flows<'a>, &'a [Line]),
        buckets: &'a [Bucket],
        (capture, expectations): (&'a CaptureFacts, &'a Expectations),
        sums: &'a Sums,
    ) -> Self {
        let Sums { span, tcp, packets, copied, midway, ref alone, ways, digits } = *sums;
        Self {
            flows,
            heartbeats,
            capture,
            span,
            tcp,
            packets,
            copied,
            midway,
            alone: alone.as_slice(),
            digits,
            expectations,
            buckets,
            ways,
        }
    }

    /// How many host pairs were heard both ways, and how many one way only.
    #[must_use]
    pub const fn ways(&self) -> Ways {
        self.ways
    }

    /// Whether the capture as a whole has one direction of the traffic only.
    #[must_use]
    pub const fn is_one_way(&self) -> bool {
        // A few asymmetric paths are everybody's; more of them than of the others are the capture's.
        self.ways.one > 0 && self.ways.one >= self.ways.both
    }

    fn pair(&self, a: IpAddr, b: IpAddr) -> Option<(&'a Pair, bool)> {
        let end = |address| Endpoint { address, port: 0 };
        let (key, a_is_low) = FlowKey::new(end(a), end(b), 0, 0);
        let pair = self.buckets.iter().find_map(|bucket| bucket.pairs.get(&key.hosts()))?;
        Some((pair, a_is_low))
    }

    /// Whether anything came from one host to another.
    #[must_use]
    pub fn heard(&self, from: IpAddr, to: IpAddr) -> Heard {
        let Some((pair, from_low)) = self.pair(from, to) else { return Heard::No };
        let of = |[low, high]: [bool; 2]| if from_low { low } else { high };
        match (of(pair.sent), of(pair.implied)) {
            (true, _) => Heard::Yes,
            (false, true) => Heard::Uncaptured,
            (false, false) => Heard::No,
        }
    }

    /// First and last packet of what went both ways between two hosts besides heartbeats.
    #[must_use]
    pub fn besides(&self, a: IpAddr, b: IpAddr) -> Option<(Timestamp, Timestamp)> {
        let (pair, _) = self.pair(a, b)?;
        pair.besides
    }

    /// What the client and the server had over TCP port 443, both ways.
    #[must_use]
    pub fn beside(&self, client: IpAddr, server: IpAddr) -> Option<&Stream> {
        let (pair, _) = self.pair(client, server)?;
        pair.beside.as_deref().filter(|stream| stream.server == server)
    }

    /// The name that the client asked the server for over TLS on TCP port 443, the first of them.
    #[must_use]
    pub fn name_asked(&self, client: IpAddr, server: IpAddr) -> Option<&'a str> {
        let (pair, _) = self.pair(client, server)?;
        pair.name.as_deref()
    }

    /// Whether the two hosts have a Citrix session.
    #[must_use]
    pub fn has_citrix(&self, a: IpAddr, b: IpAddr) -> bool {
        self.pair(a, b).is_some_and(|(pair, _)| pair.citrix)
    }

    /// What hosts had over TCP port 443 of others: of each the client, and the stream.
    pub fn streams(&self) -> impl Iterator<Item = (IpAddr, &'a Stream)> + use<'a> {
        let pairs = self.buckets.iter().flat_map(|bucket| &bucket.pairs);
        pairs.filter_map(|(hosts, pair)| {
            let stream = pair.beside.as_deref()?;
            let client = hosts.addresses().into_iter().find(|&address| address != stream.server)?;
            Some((client, stream))
        })
    }

    /// Connections that were opened, as far as they are remembered.
    pub fn opened(&self) -> impl Iterator<Item = &'a Opened> + use<'a> {
        self.buckets.iter().flat_map(|bucket| &bucket.opened)
    }

    /// How long the capture went on after a time, in nanoseconds.
    #[must_use]
    pub fn watched_after(&self, time: Timestamp) -> u64 {
        self.span.1.since(time)
    }

    /// That the capture itself lost so much that answers may be among it.
    #[must_use]
    pub fn losses(&self) -> Option<String> {
        let lost = self.capture.lost + self.capture.behind;
        // Answers come in threes and more: one packet in a hundred missing does not explain all of them away.
        (lost * 100 > self.capture.packets).then(|| {
            format!(
                "{} of the packets were lost before they were captured; the answers may be among them.",
                percent(lost, self.capture.packets + lost)
            )
        })
    }

    /// Whether it can be said that `silent` did not answer `asker`.
    #[must_use]
    pub fn silence(&self, silent: IpAddr, asker: IpAddr) -> Silence {
        let heard = self.heard(silent, asker);
        if heard == Heard::Uncaptured || (self.is_one_way() && heard != Heard::Yes) {
            return Silence::Unknowable;
        }
        if let Some(caveat) = self.losses() {
            return Silence::Doubtful(caveat);
        }
        if heard == Heard::Yes {
            return Silence::Proven(format!(
                "Other packets from {silent} to {asker} are in the capture, so that direction was captured."
            ));
        }
        Silence::Doubtful(format!(
            "No packet of any kind from {silent} to {asker} is in the capture: it may be down or unreachable, or \
             the capture may have only one direction between them."
        ))
    }

    /// A time in UTC.
    #[must_use]
    pub fn utc(&self, time: Timestamp) -> String {
        words::utc(time, self.digits)
    }
}
