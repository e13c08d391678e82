//! Wireshark's names of what flow records have, so that a display filter chooses flows as it chooses packets there.
//!
//! A flow has two directions: what Wireshark calls source is here who opened the flow.

use super::field::{self, Field, Kind, Value, address, number, of, ports, text};
use crate::attributes;
use crate::key::protocol;
use crate::summary::Summary;
use std::net::IpAddr;

/// The field of a name, as Wireshark has it ("Display Filter Reference").
pub(super) fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// Wireshark's names of fields that are known here too, and what they are.
pub fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.name, field.meaning))
}

/// Names of what flow records do not have, and what does instead.
pub(super) const OTHERWISE: &[(&str, &str)] = &[
    ("eth", ETHER),
    ("eth.addr", ETHER),
    ("eth.src", ETHER),
    ("eth.dst", ETHER),
    ("eth.type", ETHER),
    ("arp", "ARP is in no flow; --filter arp chooses frames"),
    ("frame.number", FRAME),
    ("frame.time", FRAME),
    ("frame.time_relative", FRAME),
    ("frame.len", "`bytes` is a flow's sum; --filter 'greater 1000' chooses frames"),
    ("tcp.stream", STREAM),
    ("udp.stream", STREAM),
    ("tcp.flags", FLAGS),
    ("tcp.flags.syn", FLAGS),
    ("tcp.flags.ack", FLAGS),
    ("tcp.flags.fin", FLAGS),
    ("tcp.flags.reset", "end_reason == rst says that a flow ended by a reset"),
    ("icmp.type", ICMP),
    ("icmp.code", ICMP),
    ("host", "write ip == with an address; names are not looked up"),
    ("src", "write src_ip == or src_port =="),
    ("dst", "write dst_ip == or dst_port =="),
    ("label", "write app_proto ==, or the label by itself: netft"),
    ("app", "write app_proto ==, or the label by itself: netft"),
    ("protocol", "write app_proto == for the label, proto == for tcp, udp, icmp ..."),
    ("ssl", "write tls"),
    ("smb2", "write smb"),
    ("start", "--duration and editcap choose by time"),
    ("end", "end_reason and duration are known; --duration and editcap choose by time"),
    ("net", "write ip in with a network, as 10.0.0.0/8"),
];
const ETHER: &str =
    "records have no Ethernet addresses; --filter 'ether host 00:00:5e:00:53:01' chooses frames by them";
const FRAME: &str =
    "flows have no frames of their own; --count, --duration and editcap choose by number and time";
const STREAM: &str = "flow_id and community_id name a flow";
const FLAGS: &str =
    "JSON lines have the flags of each side; --filter 'tcp[tcpflags] & tcp-syn != 0' chooses frames by them";
const ICMP: &str = "icmp by itself chooses ICMP's flows; icmp_error those that an error of ICMP was about";

/// Both ends' addresses, and those of tunnels around them.
fn addresses(flow: &Summary) -> impl Iterator<Item = [IpAddr; 2]> {
    let ends = flow.endpoints.map(|end| end.address);
    let around = flow.layers.tunnels().filter_map(|tunnel| tunnel.addresses.map(|(from, to)| [from, to]));
    std::iter::once(ends).chain(around)
}

/// Shows the addresses of one version of IP, of both ends or of one.
fn show(flow: &Summary, is_v4: bool, ends: &[usize], see: &mut dyn FnMut(Value<'_>)) {
    for pair in addresses(flow) {
        let shown = ends.iter().filter_map(|&end| pair.get(end));
        shown.filter(|address| address.is_ipv4() == is_v4).for_each(|&address| see(Value::Address(address)));
    }
}

/// Shows the ports of one transport, of both ends or of one.
fn show_ports(flow: &Summary, protocols: &[u8], ends: &[usize], see: &mut dyn FnMut(Value<'_>)) {
    let Some(pair) = ports(flow).filter(|_| protocols.contains(&flow.protocol)) else { return };
    ends.iter().filter_map(|&end| pair.get(end)).for_each(|&port| see(of(port.into())));
}

/// Shows several attributes as one.
fn show_attributes(flow: &Summary, keys: &[&str], see: &mut dyn FnMut(Value<'_>)) {
    for key in keys {
        field::attribute(flow, key, see);
    }
}

/// Wireshark takes UDP-Lite's ports for UDP's.
const UDP: &[u8] = &[protocol::UDP, protocol::UDP_LITE];
const TCP: &[u8] = &[protocol::TCP];
const SCTP: &[u8] = &[protocol::SCTP];

const FIELDS: &[Field] = &[
    address("ip.addr", "either address, of IPv4; tunnels' too", |flow, _, see| {
        show(flow, true, &[0, 1], see);
    }),
    address("ip.src", "who opened the flow", |flow, _, see| show(flow, true, &[0], see)),
    address("ip.dst", "who was listening", |flow, _, see| show(flow, true, &[1], see)),
    address("ipv6.addr", "the same for IPv6", |flow, _, see| show(flow, false, &[0, 1], see)),
    address("ipv6.src", "the same for IPv6", |flow, _, see| show(flow, false, &[0], see)),
    address("ipv6.dst", "the same for IPv6", |flow, _, see| show(flow, false, &[1], see)),
    Field {
        name: "ipv6",
        kind: Kind::Flag,
        values: |flow, _, see| see(Value::Flag(flow.endpoints.iter().any(|end| end.address.is_ipv6()))),
        meaning: "whether the flow is of IPv6",
    },
    number("ip.proto", "the IP protocol's number", |flow, _, see| see(of(flow.protocol.into()))),
    number("tcp.port", "either port, of TCP", |flow, _, see| show_ports(flow, TCP, &[0, 1], see)),
    number("tcp.srcport", "that of who opened the flow", |flow, _, see| show_ports(flow, TCP, &[0], see)),
    number("tcp.dstport", "that which was listened on", |flow, _, see| show_ports(flow, TCP, &[1], see)),
    number("udp.port", "the same for UDP", |flow, _, see| show_ports(flow, UDP, &[0, 1], see)),
    number("udp.srcport", "the same for UDP", |flow, _, see| show_ports(flow, UDP, &[0], see)),
    number("udp.dstport", "the same for UDP", |flow, _, see| show_ports(flow, UDP, &[1], see)),
    number("sctp.port", "the same for SCTP", |flow, _, see| show_ports(flow, SCTP, &[0, 1], see)),
    number("sctp.srcport", "the same for SCTP", |flow, _, see| show_ports(flow, SCTP, &[0], see)),
    number("sctp.dstport", "the same for SCTP", |flow, _, see| show_ports(flow, SCTP, &[1], see)),
    number("vlan.id", "each VLAN tag", |flow, _, see| {
        flow.layers.vlans().iter().for_each(|&id| see(of(id.into())));
    }),
    Field {
        name: "tcp.analysis.retransmission",
        kind: Kind::Flag,
        values: |flow, _, see| {
            let again =
                |tcp: &crate::summary::TcpSummary| tcp.sides.iter().any(|side| side.retransmitted > 0);
            see(Value::Flag(flow.tcp.as_ref().is_some_and(again)));
        },
        meaning: "whether TCP sent a segment again",
    },
    text("dns.qry.name", "dns.queries", |flow, _, see| show_attributes(flow, &["dns.queries"], see)),
    text("tls.handshake.extensions_server_name", "tls.sni, quic.sni", |flow, _, see| {
        show_attributes(flow, &["tls.sni", "quic.sni"], see);
    }),
    text("dtls.handshake.extensions_server_name", "dtls.sni", |flow, _, see| {
        show_attributes(flow, &["dtls.sni"], see);
    }),
    text("tls.handshake.ja3", "tls.ja3", |flow, _, see| show_attributes(flow, &["tls.ja3"], see)),
    text("tls.handshake.ja4", "tls.ja4, quic.ja4", |flow, _, see| {
        show_attributes(flow, &["tls.ja4", "quic.ja4"], see);
    }),
    text("http.request.method", "http.method", |flow, _, see| show_attributes(flow, &["http.method"], see)),
    text("http.request.uri", "http.target", |flow, _, see| show_attributes(flow, &["http.target"], see)),
    number("http.response.code", "http.status", |flow, _, see| {
        if let Some(attributes::Value::Number(code)) = flow.attributes.value("http.status") {
            see(of(*code));
        }
    }),
];
