//! Summaries made by hand, for the tests of what people and programs see.

use crate::attributes::Attributes;
use crate::flow::{Count, Direction, EndReason};
use crate::inspect::{Confidence, Side};
use crate::key::{Endpoint, FlowKey, protocol};
use crate::packet::{Layers, Timestamp};
use crate::ports::{Basis, PortClaim};
use crate::summary::Summary;
use crate::verdict::{Reason, ReasonKind, Verdict};

/// 2026-11-20T12:00:00Z.
pub(super) const NOON: Timestamp = Timestamp(1_795_176_000_000_000_000);

fn end(text: &str) -> Endpoint {
    let address: std::net::SocketAddr = text.parse().unwrap();
    Endpoint { address: address.ip(), port: address.port() }
}

/// A UDP flow of 1.25 s between two ends, of 300 bytes each way, that nobody knows.
pub(super) fn unknown(source: &str, destination: &str) -> Summary {
    let endpoints = [end(source), end(destination)];
    let [from, to] = endpoints;
    let count = Count { packets: 3, bytes: 300, payload: 174 };
    Summary {
        id: u64::from(from.port) << 16 | u64::from(to.port),
        key: FlowKey::new(from, to, protocol::UDP, 0).0,
        endpoints,
        protocol: protocol::UDP,
        file: 0,
        first: NOON,
        last: Timestamp(NOON.0 + 1_250_000_000),
        digits: 6,
        first_frame: 1,
        layers: Layers::default(),
        counts: [count; 2],
        direction: Direction::FirstPacket,
        tcp: None,
        reason: EndReason::Eof,
        app: None,
        verdict: Verdict::Unknown,
        confidence: None,
        port_claims: Vec::new(),
        why: Vec::new(),
        attributes: Attributes::default(),
        icmp_error: None,
        continued: false,
        truncated: false,
    }
}

/// The same with a label.
pub(super) fn labelled(source: &str, destination: &str, app: &'static str, verdict: Verdict) -> Summary {
    Summary {
        app: Some(app),
        verdict,
        confidence: Some(Confidence::Message),
        why: vec![Reason {
            kind: ReasonKind::Payload,
            rule: "a-rule",
            detail: "what was seen".into(),
            frame: Some(7),
            side: Some(Side::Initiator),
        }],
        ..unknown(source, destination)
    }
}

/// A promise of the registry.
pub(super) const fn registered(name: &'static str) -> PortClaim {
    PortClaim { name, basis: Basis::Registered, about: "" }
}
