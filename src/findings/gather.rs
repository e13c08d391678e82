//! Gathers what findings need while flows end: per worker, bounded, and the same for any number of workers.
//!
//! What is kept is kept by the flow's shard, whichever worker runs that: so the bounds are met at the same
//! flow whatever the number of threads.

use super::expected::{Expectations, Standing};
use super::grounds::{CaptureFacts, Grounds, Shown, Silence, Stream, Sums, Twice};
use super::ledger::{self, Line};
use super::{FAMILIES, Family, Finding};
use crate::attributes::Value;
use crate::key::{Endpoint, FlowKey, HostPair, protocol};
use crate::packet::{TcpHeader, Timestamp};
use crate::place;
use crate::report::Report;
use crate::shard::SHARDS;
use crate::summary::Summary;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Most flows kept per family and shard; those beyond are counted as overlooked.
pub const MAX_KEPT: usize = 2048;
/// Most host pairs of which is known who was heard, per shard.
pub const MAX_PAIRS: usize = 16_384;
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

/// What is known between two hosts; arrays hold the key's low end first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    /// Who was heard.
    pub(super) sent: [bool; 2],
    /// Whose packets must exist, because the other acknowledges or answers them, although none is in the capture.
    pub(super) implied: [bool; 2],
    /// TCP to port 443, both ways.
    pub(super) beside: Option<Stream>,
    /// Packets of flows of which the other direction must exist and is not in the capture.
    pub(super) alone: u32,
    /// The first of these flows.
    pub(super) shown: Option<Shown>,
    /// The server name that was first asked for over TLS on port 443.
    pub(super) name: Option<Box<str>>,
    /// Whether a Citrix session was seen.
    pub(super) citrix: bool,
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
            self.shown = Shown::earlier(self.shown, Some(Shown::of(summary)));
        }
    }
}

/// What one shard's flows left behind.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) pairs: HashMap<HostPair, Pair, foldhash::fast::RandomState>,
    kept: Vec<Vec<Summary>>,
    overlooked: u64,
    pub(super) span: Option<(Timestamp, Timestamp)>,
    pub(super) opened: Vec<Opened>,
    /// TCP connections, and those without a handshake.
    pub(super) tcp: [u64; 2],
    /// Packets of all flows, and those that are there twice.
    pub(super) packets: u64,
    pub(super) copied: Option<Twice>,
    /// The first connection without a handshake.
    pub(super) midway: Option<Shown>,
    pub(super) digits: u8,
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

impl Bucket {
    fn observe(&mut self, summary: &Summary, expectations: &Expectations) {
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
        for (family, kept) in FAMILIES.iter().zip(&mut self.kept) {
            if is_concern(family, summary, expectations) {
                if kept.len() < MAX_KEPT {
                    kept.push(summary.clone());
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
            let stream = known.beside.get_or_insert(Stream {
                server: to.address,
                first: summary.first,
                last: summary.last,
                frame: summary.first_frame,
                flow: summary.id,
                payload: [0; 2],
            });
            stream.last = stream.last.max(summary.last);
            if summary.first < stream.first {
                (stream.first, stream.frame, stream.flow) = (summary.first, summary.first_frame, summary.id);
            }
            for (sum, count) in stream.payload.iter_mut().zip([up, down]) {
                *sum += count.payload;
            }
        }
    }

    fn add(&mut self, other: Self) {
        for (pair, theirs) in other.pairs {
            let mine = self.pairs.entry(pair).or_default();
            for (mine, theirs) in mine.sent.iter_mut().zip(theirs.sent) {
                *mine |= theirs;
            }
            for (mine, theirs) in mine.implied.iter_mut().zip(theirs.implied) {
                *mine |= theirs;
            }
            mine.beside = mine.beside.or(theirs.beside);
            mine.alone = mine.alone.saturating_add(theirs.alone);
            mine.shown = Shown::earlier(mine.shown, theirs.shown);
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

/// Whether a flow concerns a family, as the user's expectations have it: what breaks them concerns theirs, and of the port of
/// what they speak of nothing else is said.
fn is_concern(family: &Family, summary: &Summary, expectations: &Expectations) -> bool {
    if family.title == super::expectations::FAMILY.title {
        return matches!(expectations.judge(summary), Standing::Other(_) | Standing::Elsewhere(_));
    }
    let is_ports = family.title == super::ports::FAMILY.title;
    (family.concerns)(summary) && !(is_ports && expectations.quiets(summary))
}

/// What one worker gathers, and in the end what all of them did.
#[derive(Clone, Debug)]
pub struct Examination {
    each: bool,
    expectations: Arc<Expectations>,
    timelines: BTreeMap<u32, Vec<Bucket>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Examined {
    /// The findings: what limits the capture first, then the worst first.
    pub findings: Vec<Finding>,
    /// Heartbeats, by requester and route.
    pub heartbeats: Vec<Line>,
    /// The flows that findings name, as far as they were kept.
    pub named: Vec<Summary>,
    /// Flows and host pairs that were not kept for lack of room.
    pub overlooked: u64,
}

impl Examination {
    /// Nothing gathered yet. With `each`, every capture is a timeline of its own.
    #[must_use]
    pub fn new(each: bool) -> Self {
        Self { each, expectations: Arc::default(), timelines: BTreeMap::new() }
    }

    /// The same, of flows of which something is expected.
    #[must_use]
    pub fn expecting(self, expectations: Arc<Expectations>) -> Self {
        Self { expectations, ..self }
    }

    /// Looks at a flow that has ended.
    pub fn observe(&mut self, summary: &Summary) {
        let timeline = if self.each { summary.file } else { 0 };
        let buckets = self.timelines.entry(timeline).or_default();
        if buckets.is_empty() {
            buckets.resize_with(SHARDS, Bucket::default);
        }
        let place = usize::try_from(summary.key.hosts().spread() % SHARDS as u64).unwrap_or(0);
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.observe(summary, &self.expectations);
        }
    }

    /// How many flows are kept, by all families together.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.timelines.values().flatten().flat_map(|bucket| &bucket.kept).map(Vec::len).sum()
    }

    /// Takes what another worker has gathered.
    pub fn merge(&mut self, other: Self) {
        if self.expectations.entries.is_empty() {
            self.expectations = other.expectations;
        }
        for (timeline, theirs) in other.timelines {
            let mine = self.timelines.entry(timeline).or_default();
            if mine.is_empty() {
                *mine = theirs;
                continue;
            }
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.add(theirs);
            }
        }
    }

    /// Asks every family.
    #[must_use]
    pub fn conclude(self, capture: &CaptureFacts) -> Examined {
        let mut examined = Examined::default();
        let mut capture = capture.clone();
        for (timeline, buckets) in self.timelines {
            let (before, lines) = (examined.findings.len(), examined.heartbeats.len());
            let span = usize::try_from(timeline).ok().and_then(|place| *capture.spans.get(place)?);
            conclude(buckets, (&capture, &self.expectations), span, &mut examined);
            for finding in examined.findings.iter_mut().skip(before).filter(|_| self.each) {
                finding.file = Some(timeline);
            }
            for line in examined.heartbeats.iter_mut().skip(lines).filter(|_| self.each) {
                line.file = Some(timeline);
            }
            // What concerns all captures is said once.
            capture.told = true;
        }
        for sentence in examined.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
            *sentence = place::told(sentence, &capture.files).into_owned();
        }
        let order = |finding: &Finding| {
            // By name: a constant may be at several places.
            let limits = FAMILIES.first().is_some_and(|family| {
                family.diagnoses.iter().any(|diagnosis| diagnosis.id == finding.diagnosis.id)
            });
            (!limits, std::cmp::Reverse(finding.severity), finding.at, finding.diagnosis.id)
        };
        examined
            .findings
            .sort_by(|a, b| (order(a), &a.subject, &a.flows).cmp(&(order(b), &b.subject, &b.flows)));
        examined
    }
}

fn conclude(
    mut buckets: Vec<Bucket>,
    given: (&CaptureFacts, &Expectations),
    span: Option<(Timestamp, Timestamp)>,
    examined: &mut Examined,
) {
    let Some(sums) = Sums::of(&buckets, span) else { return };
    examined.overlooked += buckets.iter().map(|bucket| bucket.overlooked).sum::<u64>();
    let mut gathered: Vec<(Vec<Summary>, Vec<Line>)> = Vec::new();
    for (place, family) in FAMILIES.iter().enumerate() {
        let mut flows: Vec<Summary> = buckets
            .iter_mut()
            .filter_map(|bucket| bucket.kept.get_mut(place))
            .flat_map(std::mem::take)
            .collect();
        flows.sort_by_key(|flow| (flow.first, flow.id));
        let is_any = family.title == super::keepalives::FAMILY.title;
        let mut lines = if is_any { ledger::keepalives(&flows) } else { ledger::lines(&flows) };
        let grounds = Grounds::new((&flows, &[]), &buckets, given, &sums);
        for line in lines.iter_mut().filter(|line| line.is_cluster()) {
            line.miss_fragments(&given.0.unfinished);
            if grounds.silence(line.to.address, line.from.address) == Silence::Unknowable {
                line.withhold();
            }
        }
        gathered.push((flows, lines));
    }
    for (family, (flows, lines)) in FAMILIES.iter().zip(gathered) {
        let grounds = Grounds::new((&flows, &lines), &buckets, given, &sums);
        let before = examined.findings.len();
        (family.examine)(&grounds, &mut examined.findings);
        let findings = examined.findings.iter().skip(before);
        let named: BTreeSet<u64> = findings.flat_map(|finding| &finding.flows).copied().collect();
        examined.named.extend(flows.iter().filter(|flow| named.contains(&flow.id)).cloned());
        examined.heartbeats.extend(lines);
    }
}

/// Whether a TCP flow opened and both sides sent something in it.
pub(super) fn is_two_way_tcp(summary: &Summary) -> bool {
    summary.protocol == protocol::TCP && summary.counts.iter().all(|count| count.payload > 0)
}
