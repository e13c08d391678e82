//! Watching a route between two cluster nodes: who asks, who answers, how fast, and what is missing.
//!
//! Both nodes ask on the same pair of ports with counters of their own, so a response is paired with a
//! request by the requester and the sequence, never by the sequence alone.

use super::wire::{Tunnelled, rcp, tunnelled};
use crate::attributes::Attributes;
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Opening, Side};
use crate::packet::Timestamp;
use crate::samples::Samples;
use std::net::IpAddr;

/// Requests of one node that may await their responses at a time: the largest threshold of missed
/// heartbeats that can be set is 120 requests, those that matter are the last few.
const AWAITED: usize = 32;

/// A request that went out and was not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    sequence: u32,
    time: Timestamp,
}

/// One node as a requester, and what it answered.
#[derive(Debug, Default)]
struct Node {
    requests: u64,
    responses: u64,
    missed: u64,
    missed_run: u64,
    longest_run: u64,
    restarts: u64,
    awaited: [Option<Asked>; AWAITED],
    next: usize,
    last_request: Option<Asked>,
    last_heard: Option<Timestamp>,
    silence: u64,
}

impl Node {
    fn ask(&mut self, sequence: u32, time: Timestamp, interval: &mut Samples) {
        let Asked { sequence: last, time: before } = self.last_request.unwrap_or(Asked { sequence, time });
        if self.last_request.is_some() && sequence == last {
            // The same request again: seen twice on its way through the capturing host.
            return;
        }
        if self.last_request.is_some() {
            // Wrapping takes 2^32 requests: a lower number is a counter that began anew.
            self.restarts += u64::from(sequence < last);
            interval.observe(time.since(before));
        }
        self.requests += 1;
        self.last_request = Some(Asked { sequence, time });
        if let Some(slot) = self.awaited.get_mut(self.next) {
            if slot.replace(Asked { sequence, time }).is_some() {
                self.missed += 1;
            }
            self.next = (self.next + 1) % AWAITED;
        }
        self.missed_run += 1;
    }

    /// Pairs a response to this node with its request, and gives the round trip in nanoseconds.
    fn answered(&mut self, sequence: u32, time: Timestamp) -> Option<u64> {
        let slot = self.awaited.iter_mut().find(|slot| slot.is_some_and(|asked| asked.sequence == sequence))?;
        let asked = slot.take()?;
        // The request just answered belongs to no run.
        self.longest_run = self.longest_run.max(self.missed_run.saturating_sub(1));
        self.missed_run = 0;
        Some(time.since(asked.time))
    }

    fn hear(&mut self, time: Timestamp) {
        if let Some(before) = self.last_heard {
            self.silence = self.silence.max(time.since(before));
        }
        self.last_heard = Some(time);
    }

    /// Requests without an answer, but for those that the end of the flow may have overtaken.
    fn unanswered(&self, patience: u64) -> (u64, u64) {
        let Some(end) = self.last_heard else { return (0, 0) };
        let overtaken = |asked: &&Asked| end.since(asked.time) < patience;
        let open = self.awaited.iter().flatten();
        let young = open.clone().filter(overtaken).count() as u64;
        let missed = self.missed + open.count() as u64 - young;
        (missed, self.longest_run.max(self.missed_run.saturating_sub(young)))
    }
}

/// The follower of one flow between two nodes.
#[derive(Debug)]
struct Route {
    addresses: [IpAddr; 2],
    nodes: [Node; 2],
    interval: Samples,
    round_trip: Samples,
    mismatch: Option<(IpAddr, IpAddr)>,
    frames: u64,
    frame_bytes: u64,
    inner: Option<Tunnelled>,
}

pub(super) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Route {
        addresses: opening.endpoints.map(|end| end.address),
        nodes: Default::default(),
        interval: Samples::default(),
        round_trip: Samples::default(),
        mismatch: None,
        frames: 0,
        frame_bytes: 0,
        inner: None,
    })
}

impl Follower for Route {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let [initiator, responder] = &mut self.nodes;
        let (own, peer) = match heard.side {
            Side::Initiator => (initiator, responder),
            Side::Responder => (responder, initiator),
        };
        own.hear(heard.time);
        let cursor = crate::cursor::Cursor::new(heard.bytes, heard.bytes.len() < heard.wire_len as usize);
        if let Ok(packet) = rcp(cursor, heard.wire_len) {
            let [low, high] = self.addresses;
            let outer = if heard.side == Side::Initiator { (low, high) } else { (high, low) };
            if let Some(pair) = packet.pair.filter(|pair| *pair != outer) {
                self.mismatch.get_or_insert(pair);
            }
            if packet.is_response {
                own.responses += 1;
                if let Some(round_trip) = peer.answered(packet.sequence, heard.time) {
                    self.round_trip.observe(round_trip);
                }
            } else {
                own.ask(packet.sequence, heard.time, &mut self.interval);
            }
        } else if let Ok(inner) = tunnelled(cursor, heard.wire_len) {
            self.frames += 1;
            self.frame_bytes += u64::from(heard.wire_len);
            if self.inner.is_none_or(|first| first.ports.is_none()) {
                self.inner = Some(inner);
            }
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        // A response may come as late as the next request goes out; with no interval known, one second.
        let patience = self.interval.median().unwrap_or(1_000_000_000);
        let [forward, reverse] = &self.nodes;
        if forward.requests + reverse.requests + forward.responses + reverse.responses > 0 {
            attributes.set("netft.requests_fwd", forward.requests);
            attributes.set("netft.requests_rev", reverse.requests);
            attributes.set("netft.responses_fwd", forward.responses);
            attributes.set("netft.responses_rev", reverse.responses);
            let (missed, run) = forward.unanswered(patience);
            attributes.set("netft.missed_fwd", missed);
            attributes.set("netft.missed_run_fwd", run);
            let (missed, run) = reverse.unanswered(patience);
            attributes.set("netft.missed_rev", missed);
            attributes.set("netft.missed_run_rev", run);
            attributes.set("netft.silence_ms_fwd", milliseconds(forward.silence));
            attributes.set("netft.silence_ms_rev", milliseconds(reverse.silence));
            attributes.set_some("netft.interval_ms", self.interval.median().map(milliseconds));
            attributes.set_some("netft.round_trip_ms", self.round_trip.median().map(milliseconds));
            let restarts = forward.restarts + reverse.restarts;
            attributes.set_some("netft.counter_restarts", (restarts > 0).then_some(restarts));
        }
        let named = self.mismatch.map(|(from, to)| format!("{from} > {to}"));
        attributes.set_some("netft.address_mismatch", named);
        if self.frames > 0 {
            attributes.set("netft.tunnelled_frames", self.frames);
            attributes.set("netft.tunnelled_bytes", self.frame_bytes);
            attributes.set_some("netft.tunnelled_flow", self.inner.map(named_flow));
        }
    }
}

/// As people write a flow: `tcp [fe80::1]:49183 > [fe80::2]:3343`.
fn named_flow(inner: Tunnelled) -> String {
    let protocol = match inner.protocol {
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "icmpv6".to_owned(),
        number => format!("protocol {number}"),
    };
    match inner.ports {
        Some((from, to)) => {
            let [from, to] = [(inner.source, from), (inner.destination, to)].map(std::net::SocketAddr::from);
            format!("{protocol} {from} > {to}")
        }
        None => format!("{protocol} {} > {}", inner.source, inner.destination),
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds below 2^53 are 104 days")]
fn milliseconds(nanoseconds: u64) -> f64 {
    // Microseconds are what captures resolve and a heartbeat needs.
    (nanoseconds / 1_000) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Value;
    use crate::inspect::Said;
    use crate::key::{Endpoint, Transport};

    fn route() -> Box<dyn Follower> {
        let end = |last: u8| Endpoint { address: [10, 0, 0, last].into(), port: 3343 };
        let silent = Said::default();
        follow(&Opening {
            transport: Transport::Udp,
            initiator: silent,
            responder: silent,
            endpoints: [end(1), end(2)],
            responder_listens: true,
            from_start: false,
        })
    }

    fn packet(response: bool, sequence: u32, from: u8, to: u8) -> Vec<u8> {
        let mut bytes = vec![0x55, 0x55, 0x55, 0x55, 1, 0, u8::from(response), 0, 1, 0, 32, 0];
        bytes.extend(sequence.to_le_bytes());
        bytes.extend([0, 0, 16, 0, 0, 0, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
        bytes
    }

    fn hear(route: &mut dyn Follower, side: Side, milliseconds: i64, bytes: &[u8]) {
        let heard = Heard {
            side,
            bytes,
            wire_len: bytes.len() as u32,
            time: Timestamp(milliseconds * 1_000_000),
            frame: 1,
            gap: false,
        };
        route.hear(&heard, &mut Told::default());
    }

    fn number(attributes: &Attributes, key: &str) -> u64 {
        match attributes.value(key) {
            Some(Value::Number(number)) => *number,
            Some(Value::Decimal(decimal)) => decimal.round() as u64,
            other => panic!("{key} is {other:?}"),
        }
    }

    #[test]
    fn requests_are_paired_with_responses_and_the_missing_ones_counted() {
        let mut route = route();
        for beat in 0..10_i64 {
            let sequence = 100 + beat as u32;
            hear(&mut *route, Side::Initiator, beat * 1000, &packet(false, sequence, 1, 2));
            if !(3..6).contains(&beat) {
                hear(&mut *route, Side::Responder, beat * 1000 + 4, &packet(true, sequence, 2, 1));
            }
            // The responder's own counter happens to run through the same numbers.
            hear(&mut *route, Side::Responder, beat * 1000 + 500, &packet(false, sequence, 2, 1));
            hear(&mut *route, Side::Initiator, beat * 1000 + 504, &packet(true, sequence, 1, 2));
        }
        let mut attributes = Attributes::default();
        route.conclude(&mut attributes);
        let value = |key| number(&attributes, key);
        assert_eq!((value("netft.requests_fwd"), value("netft.responses_rev")), (10, 7));
        assert_eq!((value("netft.missed_fwd"), value("netft.missed_run_fwd")), (3, 3));
        assert_eq!((value("netft.missed_rev"), value("netft.missed_run_rev")), (0, 0));
        assert_eq!((value("netft.interval_ms"), value("netft.round_trip_ms")), (1000, 4));
        assert!(attributes.value("netft.address_mismatch").is_none());
        assert!(attributes.value("netft.counter_restarts").is_none());
    }

    #[test]
    fn a_restarted_counter_and_a_translated_address_are_noticed() {
        let mut route = route();
        hear(&mut *route, Side::Initiator, 0, &packet(false, 5000, 1, 2));
        hear(&mut *route, Side::Initiator, 60_000, &packet(false, 3, 1, 9));
        let mut attributes = Attributes::default();
        route.conclude(&mut attributes);
        assert_eq!(number(&attributes, "netft.counter_restarts"), 1);
        assert_eq!(number(&attributes, "netft.silence_ms_fwd"), 60_000);
        let expected = Value::Text("10.0.0.1 > 10.0.0.9".to_owned());
        assert_eq!(attributes.value("netft.address_mismatch"), Some(&expected));
    }

    #[test]
    fn tunnelled_frames_are_counted_and_their_flow_named() {
        let mut route = route();
        hear(&mut *route, Side::Initiator, 0, super::super::FRAME);
        let mut attributes = Attributes::default();
        route.conclude(&mut attributes);
        assert_eq!(number(&attributes, "netft.tunnelled_frames"), 1);
        let expected = Value::Text("tcp [fe80::1]:49181 > [fe80::2]:3343".to_owned());
        assert_eq!(attributes.value("netft.tunnelled_flow"), Some(&expected));
    }
}
