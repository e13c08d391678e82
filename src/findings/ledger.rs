//! The heartbeat ledger: for each requesting node and route what was asked, answered, late and missed.
//!
//! A route's packets may be in several flow records: one ends after a minute of silence, or is continued
//! after the active time-out. The silence between two records is missed heartbeats too.

use super::kept::Flows;
use super::quiet::Quiet;
use crate::key::{Endpoint, FlowKey, Transport, protocol};
use crate::report::{Beats, Heartbeats, MAX_RUNS, Moment, Report, Run, Spread};
use crate::summary::Summary;
use crate::wire::Unfinished;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Numbers of missed heartbeats at which clusters give a node up: the defaults of their versions, and what
/// is recommended for clouds.
pub const THRESHOLDS: [u64; 4] = [5, 10, 20, 40];

/// The frames of the nodes' virtual adapters that a route carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tunnelled {
    /// How many.
    pub frames: u64,
    /// The largest datagram that carried one, in bytes of payload.
    pub largest: u32,
    /// Where that was.
    pub largest_at: Option<Moment>,
    /// Those that came in fragments of IP, and the first of them.
    pub fragmented: Option<(u64, Moment)>,
    /// Datagrams of which fragments did not come, as far as they are kept, and the first of them.
    pub unfinished: Option<(u64, Moment)>,
    /// Frames whose content can be read, and the first of them.
    pub readable: Option<(u64, Moment)>,
}

impl Tunnelled {
    fn add(&mut self, part: &Heartbeats) {
        let sum = |known: &mut Option<(u64, Moment)>, more: Option<(u64, Moment)>| {
            if let Some((count, at)) = more {
                let (sum, _) = known.get_or_insert((0, at));
                *sum += count;
            }
        };
        if part.largest_frame > self.largest {
            (self.largest, self.largest_at) = (part.largest_frame, part.largest_at);
        }
        self.frames += part.frames;
        sum(&mut self.fragmented, part.fragmented);
        sum(&mut self.readable, part.readable);
    }
}

/// ICMP errors about a route.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What the first of them says, in a sentence.
    pub sentence: String,
    /// Who sent it.
    pub by: IpAddr,
    /// What the first of them means.
    pub meaning: &'static str,
    /// Whether it says that nobody listens on the port.
    pub is_port: bool,
    /// When the first came.
    pub at: Moment,
    /// When the last came, as far as is known.
    pub last: Moment,
    /// Whether it may be about something else, its ports being cut off.
    pub vague: bool,
}

impl Refusal {
    /// What ICMP says about a flow, where that is that nothing gets through.
    pub(super) fn of(flow: &Summary) -> Option<Self> {
        let error = super::words::unreachable(flow).filter(|error| !error.too_big)?;
        Some(Self {
            sentence: error.sentence,
            by: error.reporter,
            meaning: error.meaning,
            is_port: error.meaning == super::words::NO_LISTENER,
            at: error.at,
            last: flow.icmp_last.unwrap_or(error.at),
            vague: flow.icmp_error.is_none(),
        })
    }

    /// What to look at, on whom, so that the asked end of a line is reached.
    pub(super) fn advice(&self, line: &Line) -> String {
        let (by, Endpoint { address, port }) = (self.by, line.to);
        let transport = line.transport.map_or("ip", Transport::name).to_ascii_uppercase();
        match self.meaning {
            super::words::PROHIBITED => format!(
                "On {by}: the rule that rejects {transport} {port} to {address}, and what turns it on and off."
            ),
            _ if by == address => format!("On {by}: what listens on {transport} {port}, and why it stops."),
            _ => format!("On {by}: its way to {address}; and whether that host is up and answers ARP."),
        }
    }

    /// Whether errors came while a run of missed heartbeats went on.
    #[must_use]
    pub fn falls_into(&self, run: &Run) -> bool {
        self.last.time >= run.start.time && run.end.is_none_or(|end| self.at.time <= end.time)
    }
}

/// An ICMP error that says that a datagram of a route is too large for the path.
#[derive(Clone, Debug)]
pub struct TooBig {
    /// What it says, in a sentence.
    pub sentence: String,
    /// When the first came.
    pub at: Moment,
    /// The largest packet in bytes that the path takes, where it says so.
    pub mtu: Option<u32>,
}

/// One node's requests to another over one route.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who asks.
    pub from: Endpoint,
    /// Who is asked.
    pub to: Endpoint,
    /// What was seen of the asking node.
    pub beats: Beats,
    /// What was seen of the asked one.
    pub peer: Beats,
    /// The route's flow records.
    pub flows: Vec<u64>,
    /// A display filter for the route.
    pub filter: String,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    /// What ICMP says about the route: that nothing gets through.
    pub refused: Option<Refusal>,
    /// The first that says that something was too large.
    pub too_big: Option<TooBig>,
    /// The addresses that a packet named where they were not its own.
    pub translated: Option<(String, Moment)>,
    /// What else went over the route, both ways.
    pub tunnelled: Tunnelled,
    /// What carries it.
    pub transport: Option<Transport>,
    /// The flow's label: `netft` for a cluster's heartbeats.
    pub app: Option<&'static str>,
    /// Whether the capture can show what was not answered.
    pub known: bool,
    /// Missed heartbeats that are told of with other routes.
    pub(super) explained: u64,
    /// When neither node of its route sent anything.
    pub quiet: Option<Quiet>,
    /// Which of the captures it is in, where each is a timeline of its own.
    pub file: Option<u32>,
}

/// The label of a cluster's heartbeats.
const CLUSTER: &str = "netft";

impl Line {
    /// Whether it is between a cluster's nodes, to which thresholds of missed heartbeats mean something.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.app == Some(CLUSTER)
    }

    /// A line of which nothing else is known.
    #[cfg(test)]
    pub fn between(from: Endpoint, to: Endpoint, beats: Beats) -> Self {
        Self {
            from,
            to,
            beats,
            peer: Beats::default(),
            flows: Vec::new(),
            filter: String::new(),
            digits: 6,
            refused: None,
            too_big: None,
            translated: None,
            tunnelled: Tunnelled::default(),
            transport: Some(Transport::Udp),
            app: Some(CLUSTER),
            known: true,
            explained: 0,
            quiet: None,
            file: None,
        }
    }

    /// Takes those of the datagrams that were not put together that went over its route.
    pub(super) fn miss_fragments(&mut self, unfinished: &[Unfinished]) {
        let route = [(self.from, self.to), (self.to, self.from)];
        for datagram in unfinished.iter().filter(|datagram| datagram.protocol == protocol::UDP) {
            let ((source, destination), (from, to)) = (datagram.ends, datagram.ports);
            let end = |address, port| Endpoint { address, port };
            if route.contains(&(end(source, from), end(destination, to))) {
                let (count, _) = self.tunnelled.unfinished.get_or_insert((0, datagram.at));
                *count += 1;
            }
        }
    }

    /// Leaves out what was not answered: the capture cannot show it.
    pub(super) fn withhold(&mut self) {
        self.known = false;
        let beats = &mut self.beats;
        beats.missed = 0;
        beats.runs.clear();
        (beats.more_runs, beats.longest, beats.open, beats.lost) = (0, None, None, None);
        self.quiet = None;
    }

    /// The time between requests that was measured, or one second.
    #[must_use]
    pub fn interval(&self) -> u64 {
        let known =
            |beats: &Beats| beats.interval.filter(|spread| spread.count >= 3).map(|spread| spread.median);
        known(&self.beats).or_else(|| known(&self.peer)).unwrap_or(1_000_000_000)
    }

    /// The ICMP errors that came while a run went on.
    #[must_use]
    pub fn refusal(&self, run: &Run) -> Option<&Refusal> {
        self.refused.as_ref().filter(|refusal| refusal.falls_into(run))
    }

    /// Whether a run was the asked node's service starting: its host says that nobody listens yet, and then it answers.
    #[must_use]
    pub fn is_start(&self, run: &Run) -> bool {
        let refused =
            self.refusal(run).is_some_and(|refusal| refusal.is_port && refusal.by == self.to.address);
        refused && run.end.is_some() && self.peer.first.is_none_or(|first| first.time >= run.start.time)
    }

    /// The most heartbeats missed in a row.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.beats.longest.map_or(u64::from(self.beats.missed > 0), |run| run.missed)
    }
}

/// The lines of all routes, by requester.
#[must_use]
pub(super) fn lines(flows: Flows<'_>) -> Vec<Line> {
    let mut routes: BTreeMap<(Endpoint, Endpoint, u64), Route> = BTreeMap::new();
    for flow in flows {
        if flow.key.transport() != Some(Transport::Udp) {
            continue;
        }
        let Some(Report::Heartbeats(report)) = flow.report.as_deref() else { continue };
        let (low, high) = (flow.key.low(), flow.key.high());
        let low_first = flow.endpoints.first() == Some(&low);
        let mut report = report.clone();
        if !low_first {
            report.nodes.reverse();
        }
        let route = routes.entry((low, high, flow.key.scope())).or_insert_with(|| Route::new(flow));
        route.add(flow, report);
    }
    let both = routes.into_iter().flat_map(|((low, high, _), route)| route.lines(low, high));
    both.filter(|line| line.beats.requests > 0).collect()
}

/// The lines of steady exchanges of any other kind: one per flow and side that asks, flows that go on included.
///
/// A record that is continued holds what the ones before it told.
#[must_use]
pub(super) fn keepalives(flows: Flows<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut last: HashMap<FlowKey, usize> = HashMap::new();
    for flow in flows {
        let Some(Report::Keepalives(sides)) = flow.report.as_deref() else { continue };
        let [one, other] = flow.endpoints;
        let asking = sides.iter().zip([(one, other), (other, one)]).find(|(beats, _)| beats.requests > 0);
        let Some((beats, (from, to))) = asking else { continue };
        let line = Line {
            from,
            to,
            beats: beats.clone(),
            peer: Beats::default(),
            flows: vec![flow.id],
            filter: super::words::flow_filter(flow),
            digits: flow.digits,
            refused: Refusal::of(flow).filter(|refusal| refusal.by != from.address),
            too_big: None,
            translated: None,
            tunnelled: Tunnelled::default(),
            transport: flow.key.transport(),
            app: flow.app,
            known: true,
            explained: 0,
            quiet: None,
            file: None,
        };
        let before = last.get(&flow.key).filter(|_| flow.continued).and_then(|&place| lines.get_mut(place));
        if let Some(before) = before {
            let mut flows = std::mem::replace(before, line).flows;
            flows.truncate(MAX_FLOWS - 1);
            flows.append(&mut before.flows);
            before.flows = flows;
        } else {
            last.insert(flow.key, lines.len());
            lines.push(line);
        }
    }
    lines
}

/// The records of one route, the low end first.
struct Route {
    parts: Vec<Heartbeats>,
    flows: Vec<u64>,
    filter: String,
    digits: u8,
    refused: Option<Refusal>,
    too_big: Option<TooBig>,
}

/// Most records of a route whose ids are named.
const MAX_FLOWS: usize = 12;

impl Route {
    fn new(flow: &Summary) -> Self {
        let filter = super::words::flow_filter(flow);
        Self {
            parts: Vec::new(),
            flows: Vec::new(),
            filter,
            digits: flow.digits,
            refused: None,
            too_big: None,
        }
    }

    fn add(&mut self, flow: &Summary, report: Heartbeats) {
        if flow.continued {
            // A follower goes on where the record is continued: it has told the earlier part already.
            self.parts.pop();
        }
        self.parts.push(report);
        if self.flows.len() < MAX_FLOWS {
            self.flows.push(flow.id);
        }
        if let Some(error) = super::words::unreachable(flow).filter(|error| error.too_big) {
            self.too_big.get_or_insert(TooBig { sentence: error.sentence, at: error.at, mtu: error.mtu });
            return;
        }
        let Some(refused) = Refusal::of(flow) else { return };
        let last = refused.last;
        let refusal = self.refused.get_or_insert(refused);
        refusal.last = refusal.last.max(last);
    }

    fn lines(self, low: Endpoint, high: Endpoint) -> [Line; 2] {
        let mut nodes = [Beats::default(), Beats::default()];
        let (mut translated, mut tunnelled) = (None, Tunnelled::default());
        for part in &self.parts {
            for (sum, part) in nodes.iter_mut().zip(&part.nodes) {
                join(sum, part);
            }
            let named = part.mismatch.map(|((from, to), at)| (format!("{from} > {to}"), at));
            translated = translated.or(named);
            tunnelled.add(part);
        }
        let [first, second] = nodes;
        let line = |from: Endpoint, to, beats, peer| Line {
            from,
            to,
            beats,
            peer,
            flows: self.flows.clone(),
            filter: self.filter.clone(),
            digits: self.digits,
            // No host refuses what it asks itself.
            refused: self.refused.clone().filter(|refusal| refusal.by != from.address),
            translated: translated.clone(),
            too_big: self.too_big.clone(),
            tunnelled,
            transport: Some(Transport::Udp),
            app: Some(CLUSTER),
            known: true,
            explained: 0,
            quiet: None,
            file: None,
        };
        [line(low, high, first.clone(), second.clone()), line(high, low, second, first)]
    }
}

/// Adds a later record of the same node.
fn join(sum: &mut Beats, part: &Beats) {
    let between = sum.last.zip(part.first);
    let requested = sum.requests > 0;
    sum.requests += part.requests;
    sum.responses += part.responses;
    sum.answered += part.answered;
    sum.missed += part.missed;
    sum.late += part.late;
    sum.first_late = sum.first_late.or(part.first_late);
    for run in &part.runs {
        sum.note(*run);
    }
    sum.more_runs += part.more_runs;
    if let Some(open) = sum.open
        && part.answered > 0
    {
        // It did not go on: the later record has answers.
        let runs = sum.runs.iter_mut().chain(&mut sum.longest);
        for run in runs.filter(|run| run.start == open.start && run.end.is_none()) {
            run.end = part.first;
        }
    }
    sum.open = part.open;
    if let Some((from, to)) = part.lost {
        sum.lose(from, to);
    }
    sum.interval = spread(sum.interval, part.interval);
    sum.round_trip = spread(sum.round_trip, part.round_trip);
    sum.first = sum.first.or(part.first);
    sum.last = part.last.or(sum.last);
    sum.last_answered = part.last_answered.or(sum.last_answered);
    sum.restarts += part.restarts;
    let room = MAX_RUNS.saturating_sub(sum.restarted.len());
    sum.restarted.extend(part.restarted.iter().take(room));
    sum.duplicates += part.duplicates;
    sum.first_duplicate = sum.first_duplicate.or(part.first_duplicate);
    let longer = |a: Option<(Moment, Moment)>, b: Option<(Moment, Moment)>| {
        let len = |pair: &(Moment, Moment)| pair.1.time.since(pair.0.time);
        [a, b].into_iter().flatten().max_by_key(len)
    };
    sum.silence = longer(longer(sum.silence, part.silence), between.filter(|_| requested));
}

/// The larger series stands for both; their largest is the largest.
fn spread(a: Option<Spread>, b: Option<Spread>) -> Option<Spread> {
    let (Some(first), Some(second)) = (a, b) else { return a.or(b) };
    let larger = if second.count > first.count { second } else { first };
    Some(Spread {
        count: first.count + second.count,
        largest: first.largest.max(second.largest),
        p99: first.p99.max(second.p99),
        ..larger
    })
}
