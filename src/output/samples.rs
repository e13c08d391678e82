//! Summaries made by hand, for the tests of what people and programs see.

use crate::attributes::Attributes;
use crate::flow::{Count, Direction, EndReason};
use crate::inspect::{Confidence, Side};
use crate::key::{Endpoint, FlowKey, protocol};
use crate::packet::{Enclosure, IcmpError, Layers, Timestamp, Tunnel};
use crate::ports::{Basis, PortClaim};
use crate::summary::{Summary, TcpSummary};
use crate::tcp::TcpSide;
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
        layers: Enclosure::default(),
        counts: [count; 2],
        direction: Direction::FirstPacket,
        tcp: None,
        reason: EndReason::Eof,
        app: None,
        verdict: Verdict::Unknown,
        confidence: None,
        port_claims: std::sync::Arc::from([]),
        why: Vec::new(),
        attributes: Attributes::default(),
        report: None,
        icmp_error: None,
        icmp_others: Vec::new(),
        icmp_last: None,
        vague_error: None,
        copies: None,
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

/// A flow of which everything is known that can be.
pub(super) fn full() -> Summary {
    let mut summary = labelled("10.0.0.1:50000", "10.0.0.2:8443", "tls", Verdict::Contradicted);
    let [source, destination] = summary.endpoints;
    let key = FlowKey::new(source, destination, protocol::TCP, 1).0;
    summary.protocol = protocol::TCP;
    summary.key = key;
    let mut layers = Layers::default();
    layers.push_vlan(10);
    layers.push_vlan(20);
    let addresses = Some((source.address, destination.address));
    layers.push_tunnel(Tunnel { kind: "gre", addresses, id: Some(7) });
    summary.layers = Enclosure::of(&layers);
    let mut side = TcpSide::default();
    (side.flags, side.retransmitted, side.out_of_order) = (0x12, 1, 2);
    summary.tcp = Some(TcpSummary { sides: [side; 2], rtt_nanos: Some(1_250_000) });
    let error = IcmpError {
        time: NOON,
        frame: 9,
        reporter: destination.address,
        key,
        quoted_from_low: true,
        kind: 3,
        code: 3,
        v6: false,
        ports_cut: false,
        mtu: None,
    };
    summary.icmp_error = Some(Box::new((error, 2)));
    summary.port_claims = std::sync::Arc::from([registered("pcsync-https")]);
    summary.attributes.set("tls.sni", "a,\"b\"");
    summary.continued = true;
    summary.truncated = true;
    summary
}
