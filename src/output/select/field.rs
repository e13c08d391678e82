//! The fields that an expression may name: those of flow records, and a few that take two of them together.

use crate::attributes;
use crate::flow::EndReason;
use crate::inspect::Confidence;
use crate::output::community;
use crate::output::protocol::Protocol;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::net::IpAddr;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(f64),
    Flag(bool),
    Address(IpAddr),
    Confidence(Confidence),
}

/// What a field can be compared with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// One of the words.
    Word(fn() -> Vec<&'static str>),
    Number,
    Flag,
    Address,
    Confidence,
    /// An attribute in brackets, whose value may be of any kind.
    Attribute,
}

type Values = fn(&Summary, Option<&str>, &mut dyn FnMut(Value<'_>));

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) values: Values,
    pub(super) meaning: &'static str,
}

/// Every field's name and meaning, for help.
pub fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.name, field.meaning))
}

/// The field of a name.
pub(super) fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The values of an attribute.
pub(super) fn attribute(summary: &Summary, key: &str, see: &mut dyn FnMut(Value<'_>)) {
    match summary.attributes.value(key) {
        None => {}
        Some(attributes::Value::Text(text)) => see(Value::Text(text)),
        Some(attributes::Value::List(list)) => list.iter().for_each(|text| see(Value::Text(text))),
        Some(attributes::Value::Flag(flag)) => see(Value::Flag(*flag)),
        Some(attributes::Value::Decimal(number)) => see(Value::Number(*number)),
        Some(attributes::Value::Number(number)) => see(of(*number)),
    }
}

/// A count as it is compared: exactly up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody asks for the last byte of eight petabytes")]
pub(super) const fn of<'a>(number: u64) -> Value<'a> {
    Value::Number(number as f64)
}

fn verdicts() -> Vec<&'static str> {
    Verdict::ALL.map(Verdict::name).to_vec()
}

fn end_reasons() -> Vec<&'static str> {
    EndReason::ALL.map(EndReason::name).to_vec()
}

fn directions() -> Vec<&'static str> {
    vec!["syn", "synack", "protocol", "port", "first-packet"]
}

/// The ports, if the protocol has any.
pub(super) fn ports(summary: &Summary) -> Option<[u16; 2]> {
    super::super::record::has_ports(summary).then(|| summary.endpoints.map(|end| end.port))
}

fn sum(summary: &Summary, of: fn(&crate::flow::Count) -> u64) -> u64 {
    summary.counts.iter().map(of).sum()
}

const FIELDS: &[Field] = &[
    text("app_proto", "the label", |flow, _, see| {
        if let Some(app) = flow.app {
            see(Value::Text(app));
        }
    }),
    Field {
        name: "verdict",
        kind: Kind::Word(verdicts),
        values: |flow, _, see| see(Value::Text(flow.verdict.name())),
        meaning: "how port and bytes relate",
    },
    Field {
        name: "confidence",
        kind: Kind::Confidence,
        values: |flow, _, see| {
            if let Some(confidence) = flow.confidence {
                see(Value::Confidence(confidence));
            }
        },
        meaning: "how sure the label is, from port to dialogue",
    },
    text("port_claim", "what the destination's port promises, each name", |flow, _, see| {
        flow.port_claims.iter().for_each(|claim| see(Value::Text(claim.name)));
    }),
    Field {
        name: "proto",
        kind: Kind::Text,
        values: |flow, _, see| see(Value::Text(&Protocol(flow.protocol).to_string())),
        meaning: "the IP protocol: tcp, udp, icmp ... or its number",
    },
    address("ip", "either address", |flow, _, see| {
        flow.endpoints.iter().for_each(|end| see(Value::Address(end.address)));
    }),
    address("src_ip", "who opened the flow", |flow, _, see| {
        flow.endpoints.first().into_iter().for_each(|end| see(Value::Address(end.address)));
    }),
    address("dst_ip", "who was listening", |flow, _, see| {
        flow.endpoints.last().into_iter().for_each(|end| see(Value::Address(end.address)));
    }),
    number("port", "either port", |flow, _, see| {
        ports(flow).into_iter().flatten().for_each(|port| see(of(port.into())));
    }),
    number("src_port", "the port of who opened the flow", |flow, _, see| {
        if let Some([port, _]) = ports(flow) {
            see(of(port.into()));
        }
    }),
    number("dst_port", "the port that was listened on", |flow, _, see| {
        if let Some([_, port]) = ports(flow) {
            see(of(port.into()));
        }
    }),
    number("bytes", "bytes on the wire, both ways", |flow, _, see| see(of(sum(flow, |count| count.bytes)))),
    number("bytes_fwd", "bytes of the source", |flow, _, see| {
        flow.counts.first().into_iter().for_each(|count| see(of(count.bytes)));
    }),
    number("bytes_rev", "bytes of the destination", |flow, _, see| {
        flow.counts.last().into_iter().for_each(|count| see(of(count.bytes)));
    }),
    number("payload_bytes", "bytes of payload, both ways", |flow, _, see| {
        see(of(sum(flow, |count| count.payload)));
    }),
    number("packets", "packets, both ways", |flow, _, see| see(of(sum(flow, |count| count.packets)))),
    number("packets_fwd", "packets of the source", |flow, _, see| {
        flow.counts.first().into_iter().for_each(|count| see(of(count.packets)));
    }),
    number("packets_rev", "packets of the destination", |flow, _, see| {
        flow.counts.last().into_iter().for_each(|count| see(of(count.packets)));
    }),
    number("duration", "seconds from the first packet to the last", |flow, _, see| {
        let Value::Number(nanos) = of(flow.last.since(flow.first)) else { return };
        see(Value::Number(nanos / 1e9));
    }),
    number("retransmitted", "TCP segments that were sent again, both ways", |flow, _, see| {
        if let Some(tcp) = &flow.tcp {
            see(of(tcp.sides.iter().map(|side| u64::from(side.retransmitted)).sum()));
        }
    }),
    number("rtt_ms", "milliseconds of the TCP handshake's round trip", |flow, _, see| {
        if let Some(nanos) = flow.tcp.as_ref().and_then(|tcp| tcp.rtt_nanos) {
            see(Value::Number(f64::from(nanos) / 1e6));
        }
    }),
    number("vlan", "each VLAN tag", |flow, _, see| {
        flow.layers.vlans().iter().for_each(|&id| see(of(id.into())));
    }),
    text("tunnel", "each tunnel's kind: gre, vxlan ...", |flow, _, see| {
        flow.layers.tunnels().for_each(|tunnel| see(Value::Text(tunnel.kind)));
    }),
    Field {
        name: "icmp_error",
        kind: Kind::Flag,
        values: |flow, _, see| see(Value::Flag(flow.icmp_error.is_some())),
        meaning: "whether an ICMP error told of the flow",
    },
    Field {
        name: "truncated",
        kind: Kind::Flag,
        values: |flow, _, see| see(Value::Flag(flow.truncated)),
        meaning: "whether the capture cut payload off",
    },
    Field {
        name: "direction",
        kind: Kind::Word(directions),
        values: |flow, _, see| see(Value::Text(flow.direction.name())),
        meaning: "why the source is the source",
    },
    Field {
        name: "end_reason",
        kind: Kind::Word(end_reasons),
        values: |flow, _, see| see(Value::Text(flow.reason.name())),
        meaning: "why the record was made",
    },
    text("rule", "the name of each rule in `why`", |flow, _, see| {
        flow.why.iter().for_each(|reason| see(Value::Text(reason.rule)));
    }),
    text("file", "the capture's name", |_, file, see| {
        if let Some(file) = file {
            see(Value::Text(file));
        }
    }),
    Field {
        name: "flow_id",
        kind: Kind::Text,
        values: |flow, _, see| see(Value::Text(&format!("{:016x}", flow.id))),
        meaning: "the flow's number, as records have it",
    },
    Field {
        name: "community_id",
        kind: Kind::Text,
        values: |flow, _, see| see(Value::Text(&community::id(flow.endpoints, flow.protocol))),
        meaning: "the Community ID",
    },
    Field {
        name: "attributes",
        kind: Kind::Attribute,
        values: |_, _, _| {},
        meaning: "an attribute, as in attributes[\"tls.sni\"]",
    },
];

pub(super) const fn text(name: &'static str, meaning: &'static str, values: Values) -> Field {
    Field { name, kind: Kind::Text, values, meaning }
}

pub(super) const fn number(name: &'static str, meaning: &'static str, values: Values) -> Field {
    Field { name, kind: Kind::Number, values, meaning }
}

pub(super) const fn address(name: &'static str, meaning: &'static str, values: Values) -> Field {
    Field { name, kind: Kind::Address, values, meaning }
}
