//! Hand-made frames through the decoder: every link type, every tunnel, both directions, and what must not match.

use super::*;
use crate::key::{FlowKey, protocol};
use crate::packet::Timestamp;
use build::{Bytes, ethernet, frame, ipv4, ipv6, tcp, udp};

mod build;
mod fragmented;
mod links;
mod properties;
mod tunnels;

/// Decodes one frame of the given link type, all of it captured.
fn decode_on(link: u16, bytes: &[u8]) -> Result<(Packet, Layers, Vec<u8>), Skip> {
    let mut decoder = Decoder::new(Limits::default());
    decode_with(&mut decoder, &frame(link, bytes.len()), bytes)
}

/// Decodes one frame and checks what must hold for every packet; gives its payload too.
fn decode_with(
    decoder: &mut Decoder,
    frame: &Frame,
    bytes: &[u8],
) -> Result<(Packet, Layers, Vec<u8>), Skip> {
    let (packet, layers) = match decoder.decode(frame, bytes) {
        Decoded::Packet { packet, layers, .. } => (packet, layers.copied().unwrap_or_default()),
        Decoded::Skipped(skip) => return Err(skip),
    };
    let origin = if packet.reassembled { decoder.arena() } else { bytes };
    let start = packet.payload.start as usize;
    let payload = origin.get(start..start + packet.payload.len as usize).expect("a span inside its origin");
    assert!(packet.payload_wire_len >= packet.payload.len);
    Ok((packet, layers, payload.to_vec()))
}

/// The five-tuple as text: `udp 10.0.0.1:1000 > 10.0.0.2:53`, from the sender's side.
fn told(packet: &Packet) -> String {
    let key = packet.key;
    let (from, to) = if packet.from_low { (key.low(), key.high()) } else { (key.high(), key.low()) };
    let name = match key.protocol() {
        protocol::TCP => "tcp".to_owned(),
        protocol::UDP => "udp".to_owned(),
        other => other.to_string(),
    };
    format!("{name} {}:{} > {}:{}", from.address, from.port, to.address, to.port)
}

#[test]
fn a_udp_packet_over_ethernet_is_told_with_its_payload() {
    let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 17, &udp(1000, 53, b"query")));
    let (packet, layers, payload) = decode_on(1, &bytes).unwrap();
    assert_eq!(told(&packet), "udp 10.0.0.1:1000 > 10.0.0.2:53");
    assert_eq!(payload, b"query");
    assert_eq!((packet.payload_wire_len, packet.truncated, packet.key.scope()), (5, false, 0));
    assert!(layers.is_empty());
}

#[test]
fn padding_is_not_payload() {
    let mut bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 6, &tcp(1000, 80, 0x10, b"")));
    bytes.resize(60, 0xee);
    assert_eq!(decode_on(1, &bytes).unwrap().2, b"");
    // A middlebox that counts the padding of an acknowledgement into IP's length: zeros, and nobody is pushing.
    for (flags, payload, left) in
        [(0x10, &[0; 6][..], &b""[..]), (0x18, &[0; 6], &[0; 6]), (0x10, b"\0\x01", b"\0\x01")]
    {
        let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 6, &tcp(1000, 80, flags, payload)));
        assert_eq!(decode_on(1, &bytes).unwrap().2, left);
    }
    // UDP's own length bounds it further.
    let mut datagram = udp(1, 2, b"abc");
    datagram.extend(b"trailer");
    let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 17, &datagram));
    assert_eq!(decode_on(1, &bytes).unwrap().2, b"abc");
}

#[test]
fn a_total_length_of_zero_leaves_it_to_the_frame() {
    let mut bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 6, &tcp(1000, 80, 0x18, b"GET /")));
    bytes[16..18].fill(0);
    assert_eq!(decode_on(1, &bytes).unwrap().2, b"GET /");
    let mut bytes = ethernet(0x86dd, &ipv6("2001:db8::1", "2001:db8::2", 6, &tcp(1000, 80, 0x18, b"GET /")));
    bytes[18..20].fill(0);
    assert_eq!(decode_on(1, &bytes).unwrap().2, b"GET /");
}

#[test]
fn a_frame_cut_by_the_snap_length_counts_with_its_length_on_the_wire() {
    let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 17, &udp(1000, 53, &[7; 100])));
    let mut decoder = Decoder::new(Limits::default());
    for (captured, payload) in [(60, 18), (42, 0), (38, 0)] {
        let (packet, _, got) = decode_with(&mut decoder, &frame(1, bytes.len()), &bytes[..captured]).unwrap();
        assert_eq!(told(&packet), "udp 10.0.0.1:1000 > 10.0.0.2:53");
        assert_eq!(got.len(), payload);
        assert_eq!((packet.payload_wire_len, packet.truncated), (100, true), "{captured}");
    }
    let cut = decode_with(&mut decoder, &frame(1, bytes.len()), &bytes[..37]);
    assert_eq!(cut.unwrap_err(), Skip::TruncatedHeaders);
}

#[test]
fn a_tcp_header_is_told_whole_and_a_cut_one_as_far_as_it_goes() {
    let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 6, &tcp(1000, 80, 0x12, b"x")));
    let (packet, ..) = decode_on(1, &bytes).unwrap();
    assert_eq!(
        packet.tcp,
        crate::packet::TcpHeader { flags: 0x12, sequence: 0x01020304, acknowledgement: 0x05060708 }
    );
    let mut decoder = Decoder::new(Limits::default());
    let (packet, ..) = decode_with(&mut decoder, &frame(1, bytes.len()), &bytes[..14 + 20 + 16]).unwrap();
    assert_eq!((packet.tcp.flags, packet.payload_wire_len, packet.truncated), (0x12, 1, true));
}

#[test]
fn both_directions_have_one_key() {
    let key = |a, b, sport, dport| -> FlowKey {
        let bytes =
            ethernet(0x8100, &[&[0, 5, 0x08, 0][..], &ipv4(a, b, 17, &udp(sport, dport, b""))].concat());
        decode_on(1, &bytes).unwrap().0.key
    };
    let there = key("10.0.0.1", "10.0.0.2", 1000, 53);
    assert_eq!(there, key("10.0.0.2", "10.0.0.1", 53, 1000));
    assert_ne!(there.scope(), 0);
}

#[test]
fn an_echo_request_and_its_reply_are_one_flow() {
    let echo = |a, b, kind| {
        let bytes = ethernet(0x0800, &ipv4(a, b, 1, &[kind, 0, 0, 0, 0, 1, 0, 1]));
        decode_on(1, &bytes).unwrap().0
    };
    let (request, reply) = (echo("10.0.0.1", "10.0.0.2", 8), echo("10.0.0.2", "10.0.0.1", 0));
    assert_eq!(request.key, reply.key);
    assert_eq!(told(&request), "1 10.0.0.1:8 > 10.0.0.2:0");
}

#[test]
fn an_icmp_error_names_the_flow_that_it_quotes() {
    let quoted = ipv4("10.0.0.1", "10.0.0.2", 17, &udp(1000, 53, b"query"));
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0], &quoted[..28]].concat();
    let bytes = ethernet(0x0800, &ipv4("10.0.0.2", "10.0.0.1", 1, &error));
    let mut decoder = Decoder::new(Limits::default());
    let Decoded::Packet { icmp_error: Some(error), .. } = decoder.decode(&frame(1, bytes.len()), &bytes)
    else {
        panic!("an ICMP error")
    };
    let udp_bytes = ethernet(0x0800, &quoted);
    let (packet, ..) = decode_with(&mut decoder, &frame(1, udp_bytes.len()), &udp_bytes).unwrap();
    assert_eq!((error.key, error.quoted_from_low), (packet.key, packet.from_low));
    assert_eq!((error.kind, error.code, error.v6), (3, 3, false));
}

#[test]
fn an_icmpv6_error_quotes_in_the_scope_that_it_came_in() {
    let tagged = |inner: &[u8]| ethernet(0x8100, &[&[0, 5, 0x86, 0xdd][..], inner].concat());
    let quoted = ipv6("2001:db8::1", "2001:db8::2", 17, &udp(1000, 53, &[7; 900]));
    let error = [&[1, 4, 0, 0, 0, 0, 0, 0], &quoted[..48]].concat();
    let bytes = tagged(&ipv6("2001:db8::9", "2001:db8::1", 58, &error));
    let mut decoder = Decoder::new(Limits::default());
    let Decoded::Packet { icmp_error: Some(error), .. } = decoder.decode(&frame(1, bytes.len()), &bytes)
    else {
        panic!("an ICMPv6 error")
    };
    let (packet, ..) = decode_on(1, &tagged(&quoted)).unwrap();
    assert_eq!((error.key, error.quoted_from_low), (packet.key, packet.from_low));
    assert_eq!(
        (error.reporter.to_string().as_str(), error.kind, error.code, error.v6),
        ("2001:db8::9", 1, 4, true)
    );
}

#[test]
fn an_icmp_error_that_quotes_too_little_names_nobody() {
    let quoted = ipv4("10.0.0.1", "10.0.0.2", 17, &udp(1000, 53, b"query"));
    let mut second = quoted.clone();
    // A fragment other than the first has no ports.
    second[7] = 8;
    for quoted in [&quoted[..22], &second[..28], &[0x45; 28]] {
        let error = [&[3, 3, 0, 0, 0, 0, 0, 0], quoted].concat();
        let bytes = ethernet(0x0800, &ipv4("10.0.0.2", "10.0.0.1", 1, &error));
        let mut decoder = Decoder::new(Limits::default());
        let outcome = decoder.decode(&frame(1, bytes.len()), &bytes);
        assert!(matches!(outcome, Decoded::Packet { icmp_error: None, .. }), "{outcome:?}");
    }
}

#[test]
fn other_protocols_make_flows_without_ports() {
    let bytes = ethernet(0x0800, &ipv4("10.0.0.1", "224.0.0.5", 89, b"hello"));
    let (packet, _, payload) = decode_on(1, &bytes).unwrap();
    assert_eq!((told(&packet).as_str(), &payload[..]), ("89 10.0.0.1:0 > 224.0.0.5:0", &b"hello"[..]));
}

#[test]
fn extension_headers_are_passed_over() {
    let mut inner: Bytes = vec![60, 0, 1, 4, 0, 0, 0, 0];
    inner.extend([17, 0, 1, 4, 0, 0, 0, 0]);
    inner.extend(udp(1000, 53, b"query"));
    let bytes = ethernet(0x86dd, &ipv6("2001:db8::1", "2001:db8::2", 0, &inner));
    let (packet, _, payload) = decode_on(1, &bytes).unwrap();
    assert_eq!(told(&packet), "udp 2001:db8::1:1000 > 2001:db8::2:53");
    assert_eq!(payload, b"query");
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    let names: std::collections::HashSet<_> = Skip::ALL.iter().map(|skip| skip.name()).collect();
    assert_eq!(names.len(), Skip::ALL.len());
}
