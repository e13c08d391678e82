//! Tunnels: what is inside is found, both directions agree, and what only looks like a tunnel stays what it is.

use super::*;

/// The innermost packet of these tests.
fn probe() -> Bytes {
    ipv4("192.0.2.1", "192.0.2.2", 17, &udp(1000, 53, b"query"))
}

/// How it is told.
const PROBE: &str = "udp 192.0.2.1:1000 > 192.0.2.2:53";

/// An Ethernet frame with an IPv4 packet from 10.0.0.1 to 10.0.0.2.
fn outer(protocol: u8, inner: &[u8]) -> Bytes {
    ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", protocol, inner))
}

/// The same with a UDP datagram to `port`.
fn outer_udp(port: u16, payload: &[u8]) -> Bytes {
    outer(17, &udp(40_000, port, payload))
}

#[track_caller]
fn assert_inside(frame: &[u8], expected: &[&str]) -> Layers {
    let (packet, layers, payload) = decode_on(1, frame).unwrap();
    assert_eq!((told(&packet).as_str(), &payload[..]), (PROBE, &b"query"[..]));
    let kinds: Vec<_> = layers.tunnels().map(|tunnel| tunnel.kind).collect();
    assert_eq!(kinds, expected);
    layers
}

/// That the frame is a packet of the outer flow, with nothing in it.
#[track_caller]
fn assert_plain(frame: &[u8]) {
    let (packet, layers, _) = decode_on(1, frame).unwrap();
    assert!(told(&packet).contains("10.0.0.1"), "{}", told(&packet));
    assert!(layers.is_empty());
    assert_eq!(packet.key.scope(), 0);
}

#[test]
fn ip_in_ip_is_named_by_its_versions() {
    let v6 = ipv6("2001:db8::1", "2001:db8::2", 17, &udp(1000, 53, b"query"));
    assert_inside(&outer(4, &probe()), &["ip-in-ip"]);
    let (packet, layers, _) = decode_on(1, &outer(41, &v6)).unwrap();
    assert_eq!(told(&packet), "udp 2001:db8::1:1000 > 2001:db8::2:53");
    assert_eq!(layers.tunnels().next().unwrap().kind, "6in4");
    assert_inside(&ethernet(0x86dd, &ipv6("2001:db8::1", "2001:db8::2", 4, &probe())), &["4in6"]);
}

#[test]
fn frames_in_ip_are_entered() {
    let frame = ethernet(0x0800, &probe());
    let routed = [&[143, 0, 4, 0, 0, 0, 0, 0][..], &frame].concat();
    let ip = ipv6("2001:db8::1", "2001:db8::2", 43, &routed);
    assert_inside(&ethernet(0x86dd, &ip), &["ethernet-in-ip"]);
    assert_inside(&outer(97, &[&[0x30, 0][..], &frame].concat()), &["etherip"]);
    assert_inside(&outer(137, &[&[0, 1, 1, 64][..], &probe()].concat()), &["mpls-in-ip", "mpls"]);
}

#[test]
fn a_tunnel_that_holds_no_packet_is_a_flow_of_its_own() {
    assert_plain(&outer(47, &[0, 0, 0x08, 0, 0x42, 0, 0, 0]));
    assert_plain(&outer(41, &[0x60; 12]));
    assert_plain(&outer(50, &[7; 64]));
    assert_plain(&outer(115, &[0; 20]));
}

#[test]
fn gre_carries_optional_fields_and_many_dialects() {
    let plain = [&[0, 0, 0x08, 0][..], &probe()].concat();
    assert_inside(&outer(47, &plain), &["gre"]);
    let full = [&[0xb0, 0, 0x08, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1][..], &probe()].concat();
    let layers = assert_inside(&outer(47, &full), &["gre"]);
    assert_eq!(layers.tunnels().next().unwrap().id, Some(9));
    let bridged = [&[0x20, 0, 0x65, 0x58, 0, 0, 1, 0][..], &ethernet(0x0800, &probe())].concat();
    assert_inside(&outer(47, &bridged), &["gre"]);
    let wccp = [&[0, 0, 0x88, 0x3e, 0, 0, 0, 0][..], &probe()].concat();
    assert_inside(&outer(47, &wccp), &["gre"]);
    // Version 1: payload length and call identifier, sequence and acknowledgement number.
    let inner = [&[0xff, 3, 0, 0x21][..], &probe()].concat();
    let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
    let session =
        [&[0x30, 0x81, 0x88, 0x0b, length[0], length[1], 0, 5, 0, 0, 0, 1, 0, 0, 0, 1][..], &inner].concat();
    assert_inside(&outer(47, &session), &["pptp"]);
    let frame = ethernet(0x0800, &probe());
    let length = u16::try_from(frame.len()).unwrap().to_be_bytes();
    let eoip = [&[0x20, 0x01, 0x64, 0, length[0], length[1], 7, 0][..], &frame].concat();
    let layers = assert_inside(&outer(47, &eoip), &["eoip"]);
    assert_eq!(layers.tunnels().next().unwrap().id, Some(7));
}

#[test]
fn erspan_of_every_type_holds_the_mirrored_frame() {
    let frame = ethernet(0x0800, &probe());
    assert_inside(&outer(47, &[&[0, 0, 0x88, 0xbe][..], &frame].concat()), &["erspan"]);
    let second = [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 5, 0, 0, 0, 0][..], &frame].concat();
    assert_inside(&outer(47, &second), &["erspan"]);
    for subheader in [false, true] {
        let mut third =
            vec![0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, u8::from(subheader)];
        third.extend(&[0; 8][..if subheader { 8 } else { 0 }]);
        let layers = assert_inside(&outer(47, &[third, frame.clone()].concat()), &["erspan"]);
        assert_eq!(layers.tunnels().next().unwrap().id, Some(5));
    }
}

#[test]
fn mpls_carries_ip_and_pseudowires() {
    let labels = [0, 1, 0, 64, 0, 2, 1, 64];
    let layers = assert_inside(&ethernet(0x8847, &[&labels[..], &probe()].concat()), &["mpls"]);
    assert_eq!(layers.tunnels().next().unwrap().id, Some(32));
    let frame = ethernet(0x0800, &probe());
    assert_inside(&ethernet(0x8847, &[&labels[..], &[0; 4], &frame].concat()), &["mpls"]);
    assert_inside(&ethernet(0x8847, &[&labels[..], &frame].concat()), &["mpls"]);
    // A label is no part of a flow's identity: one hop before the end it is gone.
    let inside = decode_on(1, &ethernet(0x8847, &[&labels[..], &probe()].concat())).unwrap().0;
    assert_eq!(inside.key, decode_on(1, &ethernet(0x0800, &probe())).unwrap().0.key);
}

#[test]
fn headers_between_ethernet_and_ip_are_passed() {
    let ip = probe();
    let frame = ethernet(0x0800, &ip);
    let pppoe = [&[0x11, 0, 0, 9, 0, u8::try_from(ip.len() + 2).unwrap(), 0, 0x21][..], &ip].concat();
    assert_inside(&ethernet(0x8864, &pppoe), &["pppoe"]);
    assert_inside(&ethernet(0x88e7, &[&[0, 0, 1, 2][..], &frame].concat()), &["pbb"]);
    assert_inside(&ethernet(0x8903, &[&[0x40, 0x20][..], &frame].concat()), &[]);
    assert_inside(&ethernet(0x893f, &[&[0, 0, 0, 1, 0, 0, 8, 0][..], &ip].concat()), &[]);
    assert_inside(&ethernet(0x8926, &[&[0, 0, 0, 1, 8, 0][..], &ip].concat()), &[]);
    assert_inside(&ethernet(0x894f, &[&[0, 2, 2, 1, 0, 0, 1, 1][..], &ip].concat()), &[]);
    let macsec = [&[0, 0, 0, 0, 0, 1, 8, 0][..], &ip, &[0; 16]].concat();
    assert_inside(&ethernet(0x88e5, &macsec), &[]);
    let sealed = [&[0x0c, 0, 0, 0, 0, 1, 8, 0][..], &ip, &[0; 16]].concat();
    assert_eq!(decode_on(1, &ethernet(0x88e5, &sealed)).unwrap_err(), Skip::Encrypted);
}

#[test]
fn an_authentication_header_is_passed_over() {
    let ah = [&[4, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &[0; 12], &probe()].concat();
    assert_inside(&outer(51, &ah), &["ip-in-ip"]);
}

#[test]
fn unencrypted_esp_shows_what_it_carries() {
    let datagram = udp(1000, 53, b"query!");
    let mut sealed: Bytes = vec![0, 0, 0, 1, 0, 0, 0, 1];
    sealed.extend(datagram);
    sealed.extend([0, 17]);
    sealed.extend([0x5a; 12]);
    let (packet, _, payload) = decode_on(1, &outer(50, &sealed)).unwrap();
    assert_eq!((told(&packet).as_str(), &payload[..]), ("udp 10.0.0.1:1000 > 10.0.0.2:53", &b"query!"[..]));
}

#[test]
fn virtual_networks_are_told_apart_by_their_identifier() {
    let frame = ethernet(0x0800, &probe());
    let vxlan = |network: u8| [&[8, 0, 0, 0, 0, 0, network, 0][..], &frame].concat();
    let geneve = |network: u8| [&[1, 0, 0x65, 0x58, 0, 0, network, 0, 1, 2, 3, 4][..], &frame].concat();
    let layers = assert_inside(&outer_udp(4789, &vxlan(7)), &["vxlan"]);
    assert_eq!(layers.tunnels().next().unwrap().id, Some(7));
    assert_inside(&outer_udp(8472, &vxlan(7)), &["vxlan"]);
    assert_inside(&outer_udp(6081, &geneve(7)), &["geneve"]);
    let gpe = [&[0x0c, 0, 0, 1, 0, 0, 7, 0][..], &probe()].concat();
    assert_inside(&outer_udp(4790, &gpe), &["vxlan-gpe"]);
    let key = |bytes: &[u8]| decode_on(1, bytes).unwrap().0.key;
    assert_ne!(key(&outer_udp(4789, &vxlan(7))), key(&outer_udp(4789, &vxlan(8))));
    assert_ne!(key(&outer_udp(4789, &vxlan(7))), key(&outer_udp(6081, &geneve(7))));
}

#[test]
fn a_tunnel_between_the_same_ends_is_one_scope_in_both_directions() {
    let one =
        |from: &str, to: &str, source: &str, destination: &str, endpoint: u8, (sport, dport): (u16, u16)| {
            let inner = ipv4(source, destination, 17, &udp(sport, dport, b"query"));
            let length = u8::try_from(inner.len()).unwrap();
            let gtp = [&[0x30, 0xff, 0, length, 0, 0, 0, endpoint][..], &inner].concat();
            let bytes = ethernet(0x0800, &ipv4(from, to, 17, &udp(2152, 2152, &gtp)));
            decode_on(1, &bytes).unwrap().0.key
        };
    let up = one("10.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.2", 1, (1000, 53));
    let down = one("10.0.0.2", "10.0.0.1", "192.0.2.2", "192.0.2.1", 9, (53, 1000));
    assert_eq!(up, down);
    assert_ne!(up.scope(), 0);
}

#[test]
fn gtp_u_passes_extension_headers_and_leaves_control_alone() {
    let length = u8::try_from(probe().len() + 8).unwrap();
    let extended = [&[0x34, 0xff, 0, length, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0][..], &probe()].concat();
    assert_inside(&outer_udp(2152, &extended), &["gtp-u"]);
    assert_plain(&outer_udp(2152, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn l2tp_data_is_entered_and_control_is_not() {
    let ppp = [&[0xff, 3, 0, 0x21][..], &probe()].concat();
    let length = u8::try_from(ppp.len() + 8).unwrap();
    assert_inside(&outer_udp(1701, &[&[0x40, 2, 0, length, 0, 1, 0, 2][..], &ppp].concat()), &["l2tp"]);
    assert_inside(&outer_udp(1701, &[&[0x02, 2, 0, 1, 0, 2, 0, 2, 0, 0][..], &ppp].concat()), &["l2tp"]);
    assert_plain(&outer_udp(1701, &[0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]));
    let third = [&[0, 0, 0, 5, 1, 2, 3, 4][..], &ethernet(0x0800, &probe())].concat();
    assert_inside(&outer(115, &third), &["l2tp"]);
}

#[test]
fn teredo_is_known_by_its_bytes_on_any_port() {
    let inner = ipv6("2001:0:1::1", "2001:db8::2", 17, &udp(1000, 53, b"query"));
    let origin = [&[0, 0, 1, 2, 3, 4, 5, 6][..], &inner].concat();
    let authentic = [&[0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0][..], &origin].concat();
    for (port, payload) in [(3544, &inner), (3544, &origin), (3544, &authentic), (50_000, &inner)] {
        let (packet, layers, _) = decode_on(1, &outer_udp(port, payload)).unwrap();
        assert_eq!(told(&packet), "udp 2001:0:1::1:1000 > 2001:db8::2:53");
        assert_eq!(layers.tunnels().next().unwrap().kind, "teredo");
    }
    // A bubble holds nothing.
    assert_plain(&outer_udp(3544, &ipv6("2001:0:1::1", "2001:db8::2", 59, &[])));
}

#[test]
fn the_other_tunnels_in_udp_are_entered() {
    let ip = probe();
    let frame = ethernet(0x0800, &ip);
    let wlan = [&[8, 1, 0, 0][..], &[2; 18], &[0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip].concat();
    assert_inside(&outer_udp(4341, &[&[0; 8][..], &ip].concat()), &["lisp"]);
    assert_inside(&outer_udp(4342, &[&[0x80, 0, 0, 0][..], &ip].concat()), &["lisp"]);
    assert_inside(&outer_udp(5247, &[&[0, 0x10, 0x03, 0, 0, 0, 0, 0][..], &wlan].concat()), &["capwap"]);
    assert_inside(&outer_udp(5247, &[&[0, 0x10, 0x02, 0, 0, 0, 0, 0][..], &frame].concat()), &["capwap"]);
    assert_inside(
        &outer_udp(5072, &[&[0x41, 0x52, 0x11, 4, 0, 0, 0, 0][..], &[0; 36], &ip].concat()),
        &["ayiya"],
    );
    assert_inside(&outer_udp(6635, &[&[0, 1, 1, 64][..], &ip].concat()), &["mpls-in-udp", "mpls"]);
    assert_inside(&outer_udp(6080, &ip), &["gue"]);
    assert_inside(&outer_udp(6080, &[&[0, 4, 0, 0][..], &ip].concat()), &["gue"]);
    assert_inside(&outer_udp(37008, &[&[1, 0, 0, 1, 10, 1, 9, 1][..], &frame].concat()), &["tzsp"]);
    let length = u8::try_from(ip.len()).unwrap();
    let old = [&[0x1e, 0xff, 0, length][..], &[0; 16], &ip].concat();
    assert_inside(&outer_udp(3386, &old), &["gtp-u"]);
}

#[test]
fn fragments_of_a_wireless_tunnel_are_put_together() {
    let inner = ipv4("192.0.2.1", "192.0.2.2", 17, &udp(1000, 53, &[7; 200]));
    let mirrored = ethernet(0x0800, &inner);
    let (head, tail) = mirrored.split_at(96);
    let mut decoder = Decoder::new(Limits::default());
    let mut feed = |flags: u8, offset: u8, part: &[u8]| {
        let bytes = outer_udp(5247, &[&[0, 0x10, 0x02, flags, 0, 9, 0, offset][..], part].concat());
        decode_with(&mut decoder, &frame(1, bytes.len()), &bytes).unwrap()
    };
    assert!(told(&feed(0x80, 0, head).0).contains("10.0.0.1"));
    let (packet, layers, payload) = feed(0xc0, 96, tail);
    assert_eq!((told(&packet).as_str(), payload), (PROBE, vec![7; 200]));
    assert!(packet.reassembled && layers.tunnels().next().is_some());
}

#[test]
fn a_port_alone_makes_no_tunnel() {
    for port in [1701, 2152, 3386, 3544, 4341, 4342, 4789, 4790, 5072, 5247, 6080, 6081, 6635, 8472, 37008] {
        for payload in [&b"GET / HTTP/1.1\r\nHost: example.net\r\n\r\n"[..], &[0; 80], &[0xff; 80], &[]] {
            assert_plain(&outer_udp(port, payload));
        }
        // An inner packet that claims to be longer than what encloses it.
        let mut inner = probe();
        inner[3] = 200;
        let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &ethernet(0x0800, &inner)].concat();
        assert_plain(&outer_udp(port, &vxlan));
    }
}

#[test]
fn nesting_ends_at_a_bound() {
    let mut packet = probe();
    for _ in 0..40 {
        packet = ipv4("10.0.0.1", "10.0.0.2", 4, &packet);
    }
    assert_eq!(decode_on(1, &ethernet(0x0800, &packet)).unwrap_err(), Skip::TunnelTooDeep);
}

#[test]
fn a_fragmented_tunnel_is_entered_once_it_is_whole() {
    let inner = ethernet(0x0800, &ipv4("192.0.2.1", "192.0.2.2", 17, &udp(1000, 53, b"query")));
    let whole = udp(40_000, 4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &inner].concat());
    let mut decoder = Decoder::new(Limits::default());
    let mut feed = |offset: usize, end: usize, more: u8| {
        let mut packet = ipv4("10.0.0.1", "10.0.0.2", 17, &whole[offset..end]);
        packet[6..8].copy_from_slice(&[more << 5, u8::try_from(offset / 8).unwrap()]);
        let bytes = ethernet(0x0800, &packet);
        decode_with(&mut decoder, &frame(1, bytes.len()), &bytes).unwrap()
    };
    assert_eq!(told(&feed(0, 24, 1).0), "udp 10.0.0.1:40000 > 10.0.0.2:4789");
    let (packet, _, payload) = feed(24, whole.len(), 0);
    assert_eq!((told(&packet).as_str(), &payload[..]), (PROBE, &b"query"[..]));
}
