//! The flow record, with a type of its own: what programs read does not change when the code inside does.

use crate::attributes::{Attributes, Value};
use crate::inspect::{Confidence, Side};
use crate::output::community;
use crate::output::protocol::Protocol;
use crate::output::time::Utc;
use crate::packet::TcpHeader;
use crate::place;
use crate::summary::{Summary, TcpSummary};
use crate::tcp::TcpSide;
use serde::{Serialize, Serializer};
use std::net::IpAddr;

/// Version of the records' layout.
pub const SCHEMA: u32 = 1;

/// A flow record.
#[derive(Debug, Serialize)]
pub struct FlowRecord<'a> {
    pub(super) r#type: &'static str,
    pub(super) schema: u32,
    pub(super) ts: Text<Utc>,
    pub(super) ts_end: Text<Utc>,
    pub(super) duration: f64,
    pub(super) flow_id: String,
    pub(super) community_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<&'a str>,
    pub(super) proto: Text<Protocol>,
    pub(super) src_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) src_port: Option<u16>,
    pub(super) dst_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dst_port: Option<u16>,
    pub(super) direction: &'static str,
    pub(super) vlan: &'a [u16],
    pub(super) tunnel: Vec<TunnelRecord>,
    pub(super) app_proto: Option<&'static str>,
    pub(super) verdict: &'static str,
    pub(super) confidence: Option<&'static str>,
    pub(super) port_claim: Vec<ClaimRecord>,
    pub(super) why: Vec<WhyRecord<'a>>,
    pub(super) packets_fwd: u64,
    pub(super) packets_rev: u64,
    pub(super) bytes_fwd: u64,
    pub(super) bytes_rev: u64,
    pub(super) payload_bytes_fwd: u64,
    pub(super) payload_bytes_rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tcp: Option<TcpRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) icmp_error: Option<IcmpRecord<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) continued: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) truncated: bool,
    pub(super) end_reason: &'static str,
    pub(super) attributes: AttributesRecord<'a>,
}

/// Written as its `Display` says.
#[derive(Debug)]
pub(super) struct Text<T>(pub(super) T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TunnelRecord {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClaimRecord {
    name: &'static str,
    basis: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct WhyRecord<'a> {
    kind: &'static str,
    rule: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct TcpRecord {
    pub(super) flags_fwd: String,
    pub(super) flags_rev: String,
    pub(super) retransmitted_fwd: u32,
    pub(super) retransmitted_rev: u32,
    pub(super) out_of_order_fwd: u32,
    pub(super) out_of_order_rev: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rtt_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct IcmpRecord<'a> {
    pub(super) ts: Text<Utc>,
    pub(super) frame: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<&'a str>,
    pub(super) reporter: IpAddr,
    pub(super) r#type: u8,
    pub(super) code: u8,
    pub(super) count: u32,
}

#[derive(Debug)]
pub(super) struct AttributesRecord<'a>(pub(super) &'a Attributes);

impl Serialize for AttributesRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, ValueRecord(value))))
    }
}

struct ValueRecord<'a>(&'a Value);

impl Serialize for ValueRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => number.serialize(serializer),
            Value::Decimal(number) => number.serialize(serializer),
            Value::Flag(flag) => flag.serialize(serializer),
            Value::Text(text) => text.serialize(serializer),
            Value::List(list) => list.serialize(serializer),
        }
    }
}

/// The flags of one side in Wireshark's letters, lowest bit first, as `FSPA`.
fn flags(side: &TcpSide) -> String {
    const LETTERS: [(u8, char); 8] = [
        (TcpHeader::FIN, 'F'),
        (TcpHeader::SYN, 'S'),
        (TcpHeader::RST, 'R'),
        (0x08, 'P'),
        (TcpHeader::ACK, 'A'),
        (0x20, 'U'),
        (0x40, 'E'),
        (0x80, 'C'),
    ];
    LETTERS.iter().filter(|(bit, _)| side.flags & bit != 0).map(|(_, letter)| letter).collect()
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "only flows of more than a hundred days lose nanoseconds")]
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

impl TcpRecord {
    fn new(tcp: &TcpSummary) -> Self {
        let [forward, reverse] = &tcp.sides;
        Self {
            flags_fwd: flags(forward),
            flags_rev: flags(reverse),
            retransmitted_fwd: forward.retransmitted,
            retransmitted_rev: reverse.retransmitted,
            out_of_order_fwd: forward.out_of_order,
            out_of_order_rev: reverse.out_of_order,
            rtt_ms: tcp.rtt_nanos.map(|nanos| f64::from(nanos) / 1e6),
        }
    }
}

/// Whether the numbers beside a flow's addresses are ports.
#[must_use]
pub fn has_ports(summary: &Summary) -> bool {
    /// DCCP has ports, though its payload is not inspected.
    const DCCP: u8 = 33;
    summary.key.transport().is_some() || summary.protocol == DCCP
}

fn tunnels(summary: &Summary) -> Vec<TunnelRecord> {
    let record = |tunnel: &crate::packet::Tunnel| TunnelRecord {
        kind: tunnel.kind,
        src_ip: tunnel.addresses.map(|(source, _)| source),
        dst_ip: tunnel.addresses.map(|(_, destination)| destination),
        id: tunnel.id,
    };
    summary.layers.tunnels().map(record).collect()
}

fn reasons<'a>(summary: &'a Summary, files: &'a [String]) -> Vec<WhyRecord<'a>> {
    let mut records = Vec::with_capacity(summary.why.len());
    for reason in &summary.why {
        records.push(WhyRecord {
            kind: reason.kind.name(),
            rule: reason.rule,
            detail: reason.detail.as_ref(),
            frame: reason.frame.map(place::number),
            file: reason.frame.and_then(|frame| place::file_of(frame, files)),
            side: reason.side.map(Side::name),
        });
    }
    records
}

/// Tells that a flow has got a label, or another one, while it goes on; its flow record comes when it ends.
#[derive(Debug, Serialize)]
pub struct LabelRecord<'a> {
    r#type: &'static str,
    schema: u32,
    ts: Text<Utc>,
    flow_id: String,
    proto: Text<Protocol>,
    src_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    dst_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port: Option<u16>,
    app_proto: Option<&'static str>,
    verdict: &'static str,
    confidence: Option<&'static str>,
    port_claim: Vec<ClaimRecord>,
    why: Vec<WhyRecord<'a>>,
}

impl<'a> From<FlowRecord<'a>> for LabelRecord<'a> {
    fn from(flow: FlowRecord<'a>) -> Self {
        Self {
            r#type: "label",
            schema: SCHEMA,
            ts: flow.ts_end,
            flow_id: flow.flow_id,
            proto: flow.proto,
            src_ip: flow.src_ip,
            src_port: flow.src_port,
            dst_ip: flow.dst_ip,
            dst_port: flow.dst_port,
            app_proto: flow.app_proto,
            verdict: flow.verdict,
            confidence: flow.confidence,
            port_claim: flow.port_claim,
            why: flow.why,
        }
    }
}

impl<'a> FlowRecord<'a> {
    /// The record of a summary; `files` are the captures' names.
    #[must_use]
    pub fn new(summary: &'a Summary, files: &'a [String]) -> Self {
        let [source, destination] = summary.endpoints;
        let [forward, reverse] = summary.counts;
        let has_ports = has_ports(summary);
        let utc = |time| Text(Utc { time, digits: summary.digits });
        let claims = summary.port_claims.iter();
        Self {
            r#type: "flow",
            schema: SCHEMA,
            ts: utc(summary.first),
            ts_end: utc(summary.last),
            duration: seconds(summary.last.since(summary.first)),
            flow_id: format!("{:016x}", summary.id),
            community_id: community::id(summary.endpoints, summary.protocol),
            file: files.get(summary.file as usize).map(String::as_str),
            proto: Text(Protocol(summary.protocol)),
            src_ip: source.address,
            src_port: has_ports.then_some(source.port),
            dst_ip: destination.address,
            dst_port: has_ports.then_some(destination.port),
            direction: summary.direction.name(),
            vlan: summary.layers.vlans(),
            tunnel: tunnels(summary),
            app_proto: summary.app,
            verdict: summary.verdict.name(),
            confidence: summary.confidence.map(Confidence::name),
            port_claim: claims.map(|c| ClaimRecord { name: c.name, basis: c.basis.name() }).collect(),
            why: reasons(summary, files),
            packets_fwd: forward.packets,
            packets_rev: reverse.packets,
            bytes_fwd: forward.bytes,
            bytes_rev: reverse.bytes,
            payload_bytes_fwd: forward.payload,
            payload_bytes_rev: reverse.payload,
            tcp: summary.tcp.as_ref().map(TcpRecord::new),
            icmp_error: summary.icmp_error.as_deref().map(|&(error, count)| IcmpRecord {
                ts: utc(error.time),
                frame: place::number(error.frame),
                file: place::file_of(error.frame, files),
                reporter: error.reporter,
                r#type: error.kind,
                code: error.code,
                count,
            }),
            continued: summary.continued,
            truncated: summary.truncated,
            end_reason: summary.reason.name(),
            attributes: AttributesRecord(&summary.attributes),
        }
    }
}
