//! Everything that the flows of some host pairs need: their table, their openings, their time.
//!
//! A shard is given packets and gives summaries of flows that have ended. It knows no thread: the same
//! code runs inline and behind a channel. What a shard does depends only on the packets of its own host
//! pairs, so the number of threads that shards are dealt out to changes nothing.

use crate::copies::{Copied, Copies};
use crate::findings::Survey;
use crate::flow::{Direction, EndReason, Flow, IcmpErrors};
use crate::hosts::Hosts;
use crate::judge::Judge;
use crate::key::{FlowKey, Transport, protocol};
use crate::packet::{Enclosure, IcmpError, Layers, Packet, TcpHeader, Timestamp};
use crate::ports::DecodeAs;
use crate::ports::listening::{is_clients, listens};
use crate::pulse;
use crate::report::Moment;
use crate::rules::UserRules;
use crate::summary::Summary;
use crate::table::Table;
use crate::totals::Totals;
use crate::wheel::{Entry, Wheel};
use limits::LINGER_NANOS;
use std::sync::Arc;

pub use limits::Limits;

mod limits;

/// How many shards there are, whatever the number of threads: as many as threads could ever be of use here.
pub const SHARDS: usize = 16;

/// How often an eviction looks for a flow that has really been idle before it takes the next best.
const EVICTION_TRIES: u32 = 8;

/// A packet as a shard is given it.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The packet.
    pub packet: &'a Packet,
    /// The captured part of its payload.
    pub payload: &'a [u8],
    /// VLAN tags and tunnels, unless it came bare.
    pub layers: Option<&'a Layers>,
    /// The key's hash; the same function for all packets of a shard.
    pub hash: u64,
    /// Which capture it came from.
    pub file: u32,
}

/// Shows each flow that goes on to what is given to it.
pub type Alive<'a> = dyn FnMut(&mut dyn FnMut(Summary)) + 'a;

/// Takes the summaries of flows.
pub trait Sink {
    /// A flow has ended (or lasted for the active time-out).
    fn flow(&mut self, summary: Summary);
    /// Whether it wants to know when a flow's label has become another one.
    fn wants_labels(&self) -> bool {
        false
    }
    /// A flow's label has become another one; the flow goes on.
    fn relabelled(&mut self, summary: Summary) {
        drop(summary);
    }
    /// While live, from time to time: what is known so far. `alive` shows each flow that goes on.
    fn survey(&mut self, survey: &Survey, alive: &mut Alive<'_>) {
        let _ = (survey, alive);
    }
}

/// The flows of some host pairs.
#[derive(Debug)]
pub struct Shard {
    table: Table,
    wheel: Wheel,
    now: Timestamp,
    limits: Limits,
    hosts: Hosts,
    judge: Judge,
    copies: Copies,
    generation: u32,
    due: Vec<Entry>,
    /// Flows of which the pulse is felt.
    pulses: usize,
    totals: Totals,
}

impl Shard {
    /// A shard without flows. `describe` says whether attributes are wanted, `decode_as` what the user says about ports.
    #[must_use]
    pub fn new(limits: Limits, describe: bool, decode_as: Arc<[DecodeAs]>) -> Self {
        Self {
            table: Table::default(),
            wheel: Wheel::default(),
            now: Timestamp(i64::MIN),
            limits,
            hosts: Hosts::default(),
            judge: Judge::new(describe, decode_as),
            copies: Copies::default(),
            generation: 0,
            due: Vec::new(),
            pulses: 0,
            totals: Totals::default(),
        }
    }

    /// The same, with rules of the user's own.
    #[must_use]
    pub fn ruled_by(mut self, rules: &Arc<UserRules>) -> Self {
        self.judge = self.judge.ruled_by(rules);
        self
    }

    /// What was counted so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Takes a packet.
    pub fn observe(&mut self, observed: &Observed<'_>, sink: &mut impl Sink) {
        let packet = observed.packet;
        self.now = self.now.max(packet.time);
        if self.wheel.is_due(self.now) {
            self.expire(sink);
        }
        let place = self.place(observed, sink);
        self.totals.packets_in_flows += 1;
        let Some(flow) = self.table.flow_mut(place) else { return };
        flow.count(packet);
        if let Some(original) = self.copies.original(packet, observed.payload, flow.first_frame) {
            // What the capture has twice was sent once.
            let copied =
                flow.extra_mut().copies.get_or_insert_with(|| Box::new(Copied::first(original, packet)));
            copied.count(packet);
            return;
        }
        if packet.fragment {
            // Whatever stands where a header would, in the middle of a datagram, says nothing.
            return;
        }
        if flow.key.protocol() == protocol::TCP {
            let closed_before = flow.tcp.is_closed();
            if flow.learn_direction(packet) {
                Judge::turn(flow);
            }
            flow.tcp.seen().observe(packet.from_low, packet.tcp, packet.payload_wire_len, packet.time);
            if flow.tcp.is_closed() && !closed_before {
                self.generation = self.generation.wrapping_add(1);
                flow.generation = self.generation;
                let entry = Entry { place, generation: self.generation };
                self.wheel.schedule(after(self.now, LINGER_NANOS), entry);
            }
        }
        if packet.payload_wire_len > 0 {
            feel(flow, packet, &mut self.pulses);
        }
        if packet.payload_wire_len > 0 || packet.tcp.has(TcpHeader::FIN) {
            self.judge.take(flow, packet, observed.payload, &mut self.hosts);
            if flow.relabelled {
                flow.relabelled = false;
                if sink.wants_labels() {
                    sink.relabelled(self.judge.glance(flow, &self.hosts));
                }
            }
        }
        if packet.tcp.has(TcpHeader::FIN | TcpHeader::RST) {
            let side = flow.side(packet.from_low);
            if let Some(watch) = flow.extra.as_mut().and_then(|extra| extra.watch.as_mut()) {
                watch.closed(side, Moment { time: packet.time, frame: packet.frame });
            }
        }
    }

    /// Finds the packet's flow, or begins one.
    fn place(&mut self, observed: &Observed<'_>, sink: &mut impl Sink) -> u32 {
        let packet = observed.packet;
        let Some(place) = self.table.find(observed.hash, &packet.key) else {
            return self.begin(observed, sink);
        };
        let Some(flow) = self.table.flow_mut(place) else { return place };
        let over = if packet.time.since(flow.last) > self.limits.idle(flow) {
            Some(if flow.tcp.is_closed() { closed(flow) } else { EndReason::Idle })
        } else if flow.key.protocol() == protocol::TCP
            && flow.tcp.is_new_connection(packet.from_low, packet.tcp)
        {
            Some(closed(flow))
        } else {
            None
        };
        if let Some(reason) = over {
            self.end(place, reason, sink);
            return self.begin(observed, sink);
        }
        if packet.time.since(flow.first) > self.limits.active {
            let summary = self.judge.summarise(flow, EndReason::Active, &self.hosts);
            self.totals.count(&summary);
            sink.flow(summary);
            flow.first = packet.time;
            flow.first_frame = packet.frame;
            flow.file = observed.file;
            flow.counts = Default::default();
            if let Some(extra) = &mut flow.extra {
                extra.copies = None;
            }
            if flow.key.protocol() == protocol::TCP {
                flow.tcp.seen().restart_counts();
            }
            flow.continued = true;
        }
        place
    }

    fn begin(&mut self, observed: &Observed<'_>, sink: &mut impl Sink) -> u32 {
        if self.table.len() >= self.limits.max_flows {
            self.evict(sink);
        }
        let packet = observed.packet;
        let mut flow = Flow::new(packet, observed.hash, observed.file);
        if let Some(layers) = observed.layers {
            flow.extra_mut().layers = Enclosure::of(layers);
        }
        if let Some(transport) = flow.key.transport() {
            guess_direction(&mut flow, transport);
            if transport == Transport::Sctp {
                tell_direction_of_association(&mut flow, packet.from_low, observed.payload);
            }
            let announced = self.hosts.announced(flow.key.hosts(), flow.endpoints(), transport);
            if let Some(announced) = announced {
                flow.extra_mut().announced = Some(announced);
            }
            self.judge.begin(&mut flow, transport);
        }
        let deadline = after(self.now, self.limits.idle(&flow));
        self.generation = self.generation.wrapping_add(1);
        flow.generation = self.generation;
        let place = self.table.insert(flow);
        self.wheel.schedule(deadline, Entry { place, generation: self.generation });
        place
    }

    /// Takes an ICMP error that quotes a packet of some flow.
    pub fn note_icmp_error(&mut self, error: &IcmpError, hash: u64) {
        if error.ports_cut {
            self.hosts.note_error(*error);
            return;
        }
        let Some(place) = self.table.find(hash, &error.key) else { return };
        if let Some(flow) = self.table.flow_mut(place) {
            let kept = &mut flow.extra_mut().icmp_error;
            kept.get_or_insert_with(|| Box::new(IcmpErrors::begun(*error))).add(error);
        }
    }

    /// The flow of a key, if it is alive.
    #[must_use]
    pub fn flow(&self, hash: u64, key: &FlowKey) -> Option<&Flow> {
        self.table.flow(self.table.find(hash, key)?)
    }

    /// Lets time pass without a packet, while live.
    pub fn tick(&mut self, now: Timestamp, sink: &mut impl Sink) {
        self.now = self.now.max(now);
        if self.wheel.is_due(self.now) {
            self.expire(sink);
        }
    }

    /// Shows all flows that are alive, as they stand.
    pub fn glance(&mut self, each: &mut dyn FnMut(Summary)) {
        for place in self.table.places() {
            if let Some(flow) = self.table.flow_mut(place) {
                each(self.judge.glance(flow, &self.hosts));
            }
        }
    }

    fn expire(&mut self, sink: &mut impl Sink) {
        let mut due = std::mem::take(&mut self.due);
        self.wheel.advance(self.now, &mut due);
        for entry in due.drain(..) {
            let Some(flow) = self.current(entry) else { continue };
            let idle = self.limits.idle(flow);
            if self.now.since(flow.last) > idle {
                let reason = if flow.tcp.is_closed() { closed(flow) } else { EndReason::Idle };
                self.end(entry.place, reason, sink);
            } else {
                let deadline = after(flow.last, idle);
                self.wheel.schedule(deadline, entry);
            }
        }
        self.due = due;
    }

    /// The flow that an entry of the wheel means, unless it has ended or was scheduled anew.
    fn current(&self, entry: Entry) -> Option<&Flow> {
        self.table.flow(entry.place).filter(|flow| flow.generation == entry.generation)
    }

    /// Makes room: ends the flow that has been idle for long, among those that are due first.
    fn evict(&mut self, sink: &mut impl Sink) {
        let mut tries = 0;
        while let Some(entry) = self.wheel.pop_first() {
            let Some(flow) = self.current(entry) else { continue };
            let idle = self.limits.idle(flow);
            tries += 1;
            if tries >= EVICTION_TRIES || self.now.since(flow.last) >= idle / 2 {
                self.end(entry.place, EndReason::Evicted, sink);
                return;
            }
            let deadline = after(flow.last, idle);
            self.wheel.schedule(deadline, entry);
        }
    }

    fn end(&mut self, place: u32, reason: EndReason, sink: &mut impl Sink) {
        let Some(mut flow) = self.table.remove(place) else { return };
        let felt = flow.extra.as_ref().is_some_and(|extra| extra.pulse.is_some());
        self.pulses -= usize::from(felt);
        let summary = self.judge.summarise(&mut flow, reason, &self.hosts);
        self.totals.count(&summary);
        self.judge.release(flow);
        sink.flow(summary);
    }

    /// The capture has ended, its last packet (of whichever shard) at `end`: all flows do.
    pub fn finish(&mut self, end: Timestamp, sink: &mut impl Sink) {
        for place in self.table.places() {
            let Some(flow) = self.table.flow(place) else { continue };
            let reason = if flow.tcp.is_closed() {
                closed(flow)
            } else if end.since(flow.last) > self.limits.idle(flow) {
                EndReason::Idle
            } else {
                EndReason::Eof
            };
            self.end(place, reason, sink);
        }
        self.totals.openings_exhausted += std::mem::take(&mut self.judge.exhausted);
        self.totals.host_pairs_forgotten += std::mem::take(&mut self.hosts.forgotten);
    }
}

/// Most flows of a shard of which the pulse is felt.
const MAX_PULSES: usize = 4096;

/// Feels the pulse of a flow that lasts, is slow and is watched by nobody.
fn feel(flow: &mut Flow, packet: &Packet, pulses: &mut usize) {
    let (time, size) = (packet.time, packet.payload_wire_len);
    if let Some(pulse) = flow.extra.as_mut().and_then(|extra| extra.pulse.as_mut()) {
        let reached = flow.tcp.side(packet.from_low).reached();
        pulse.hear(packet.from_low, time, packet.frame, size, reached);
        return;
    }
    let packets = flow.counts.iter().map(|count| count.packets).sum();
    // What has no ports has nobody who asks and answers: errors of ICMP come in a rhythm that is another's.
    let has_ports = flow.key.transport().is_some();
    if has_ports
        && pulse::may_beat(packets, time.since(flow.first))
        && *pulses < MAX_PULSES
        && flow.extra.as_ref().is_none_or(|extra| extra.watch.is_none())
    {
        *pulses += 1;
        flow.extra_mut().pulse = Some(Box::default());
    }
}

fn closed(flow: &Flow) -> EndReason {
    if flow.tcp.was_reset() { EndReason::Rst } else { EndReason::Fin }
}

fn after(time: Timestamp, nanos: u64) -> Timestamp {
    Timestamp(time.0.saturating_add_unsigned(nanos))
}

/// Who opens an association says so in its first chunk, INIT or INIT ACK (RFC 9260 section 3.2).
fn tell_direction_of_association(flow: &mut Flow, from_low: bool, chunks: &[u8]) {
    const INIT: u8 = 1;
    const INIT_ACK: u8 = 2;
    (flow.low_initiates, flow.direction) = match chunks.first() {
        Some(&INIT) => (from_low, Direction::Syn),
        Some(&INIT_ACK) => (!from_low, Direction::SynAck),
        _ => return,
    };
}

/// Takes the side for the responder whose port servers rather listen on, where it is no client's.
fn guess_direction(flow: &mut Flow, transport: Transport) {
    let [initiator, responder] = flow.ports();
    if !is_clients(initiator) && listens(transport, initiator) > listens(transport, responder) {
        flow.low_initiates = !flow.low_initiates;
        flow.direction = Direction::Port;
        flow.guess = (flow.low_initiates, flow.direction);
    }
}
