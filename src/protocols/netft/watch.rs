//! Watching a route between two cluster nodes: who asks, who answers, how fast, and what is missing.
//!
//! Both nodes ask on the same pair of ports with counters of their own, so a response is paired with a
//! request by the requester and the sequence, never by the sequence alone.

use super::node::Node;
use super::wire::{self, Tunnelled, rcp, tunnelled};
use crate::attributes::Attributes;
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Opening, Side};
use crate::report::{Beats, Heartbeats, Report};
use std::net::IpAddr;

/// The follower of one flow between two nodes.
#[derive(Debug)]
struct Route {
    addresses: [IpAddr; 2],
    nodes: [Node; 2],
    seen: Heartbeats,
    inner: Option<Tunnelled>,
}

pub(super) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Route {
        addresses: opening.endpoints.map(|end| end.address),
        nodes: Default::default(),
        seen: Heartbeats::default(),
        inner: None,
    })
}

impl Route {
    fn beats(&self) -> [Beats; 2] {
        let [one, other] = &self.nodes;
        [one.beats(other.seen.requests), other.beats(one.seen.requests)]
    }
}

impl Follower for Route {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let at = heard.at();
        let [initiator, responder] = &mut self.nodes;
        let (own, peer) = match heard.side {
            Side::Initiator => (initiator, responder),
            Side::Responder => (responder, initiator),
        };
        own.hear(at);
        let cursor = crate::cursor::Cursor::new(heard.bytes, heard.bytes.len() < heard.wire_len as usize);
        if let Ok(packet) = rcp(cursor, heard.wire_len) {
            let [low, high] = self.addresses;
            let outer = if heard.side == Side::Initiator { (low, high) } else { (high, low) };
            if let Some(pair) = packet.pair.filter(|pair| *pair != outer) {
                self.seen.mismatch.get_or_insert((pair, at));
            }
            if packet.is_response {
                if own.answer(packet.sequence, at) {
                    peer.answered(packet.sequence, at, own.seen.requests);
                }
            } else {
                own.ask(packet.sequence, at, peer.seen.requests);
            }
        } else if let Ok(inner) = tunnelled(cursor, heard.wire_len) {
            self.seen.frames += 1;
            self.seen.frame_bytes += u64::from(heard.wire_len);
            if heard.fragmented {
                let (count, _) = self.seen.fragmented.get_or_insert((0, at));
                *count += 1;
            }
            if heard.wire_len > self.seen.largest_frame {
                self.seen.largest_frame = heard.wire_len;
                self.seen.largest_at = Some(at);
            }
            if wire::is_readable(&inner, heard.bytes) {
                let (count, _) = self.seen.readable.get_or_insert((0, at));
                *count += 1;
            }
            if self.inner.is_none_or(|first| first.ports.is_none()) {
                self.inner = Some(inner);
            }
        } else {
            self.seen.foreign_count += 1;
            self.seen.foreign.get_or_insert(at);
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        let [forward, reverse] = self.beats();
        if forward.requests + reverse.requests + forward.responses + reverse.responses > 0 {
            attributes.set("netft.requests_fwd", forward.requests);
            attributes.set("netft.requests_rev", reverse.requests);
            attributes.set("netft.responses_fwd", forward.responses);
            attributes.set("netft.responses_rev", reverse.responses);
            attributes.set("netft.missed_fwd", forward.missed);
            attributes.set("netft.missed_run_fwd", longest(&forward));
            attributes.set("netft.missed_rev", reverse.missed);
            attributes.set("netft.missed_run_rev", longest(&reverse));
            attributes.set("netft.silence_ms_fwd", silence(&forward));
            attributes.set("netft.silence_ms_rev", silence(&reverse));
            let more = |own: &Beats, of: fn(&Beats) -> Option<crate::report::Spread>| {
                of(own).map(|spread| (spread.count, spread.median))
            };
            let busiest = |of: fn(&Beats) -> Option<crate::report::Spread>| {
                more(&forward, of).max(more(&reverse, of)).map(|(_, median)| milliseconds(median))
            };
            attributes.set_some("netft.interval_ms", busiest(|beats| beats.interval));
            attributes.set_some("netft.round_trip_ms", busiest(|beats| beats.round_trip));
            let restarts = forward.restarts + reverse.restarts;
            attributes.set_some("netft.counter_restarts", (restarts > 0).then_some(restarts));
        }
        let named = self.seen.mismatch.map(|((from, to), _)| format!("{from} > {to}"));
        attributes.set_some("netft.address_mismatch", named);
        if self.seen.frames > 0 {
            attributes.set("netft.tunnelled_frames", self.seen.frames);
            attributes.set("netft.tunnelled_bytes", self.seen.frame_bytes);
            attributes.set_some("netft.tunnelled_flow", self.inner.map(named_flow));
        }
    }

    fn report(&self) -> Option<Report> {
        let nodes = self.beats();
        Some(Report::Heartbeats(Heartbeats { nodes, ..self.seen.clone() }))
    }
}

/// The longest run of missed requests; one missed request alone is a run of one.
fn longest(beats: &Beats) -> u64 {
    beats.longest.map_or(u64::from(beats.missed > 0), |run| run.missed)
}

fn silence(beats: &Beats) -> f64 {
    milliseconds(beats.silence.map_or(0, |(from, to)| to.time.since(from.time)))
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
    use crate::packet::Timestamp;

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
            fragmented: false,
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
