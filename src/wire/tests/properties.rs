//! What holds for any bytes whatever: no panic, payload inside its origin, lengths that agree, one key for both directions.

use super::*;
use proptest::prelude::*;

/// Link types that are decoded, and two that are not.
const LINKS: &[u16] = &[
    0, 1, 6, 7, 8, 9, 10, 12, 14, 50, 51, 100, 101, 104, 105, 106, 107, 108, 113, 119, 123, 127, 129, 147,
    163, 166, 178, 179, 180, 181, 192, 197, 204, 205, 206, 226, 228, 229, 239, 258, 274, 276, 281, 282, 284,
    285, 9999,
];

/// Ports whose datagrams are looked into.
const PORTS: &[u16] =
    &[1701, 2152, 3386, 3544, 4341, 4342, 4789, 4790, 5072, 5247, 6080, 6081, 6635, 8472, 37008];

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..max)
}

/// Bytes that look more like headers than random ones do.
fn likely(max: usize) -> impl Strategy<Value = Bytes> {
    let word = prop_oneof![
        any::<[u8; 4]>(),
        Just([0x08, 0x00, 0x45, 0x00]),
        Just([0x86, 0xdd, 0x60, 0x00]),
        Just([0x81, 0x00, 0x00, 0x05]),
        Just([0x88, 0x47, 0x00, 0x01]),
        Just([0x00, 0x01, 0x01, 0x40]),
        Just([0x45, 0x00, 0x00, 0x40]),
        Just([0x40, 0x11, 0x00, 0x00]),
        Just([0x40, 0x2f, 0x00, 0x00]),
        Just([0x20, 0x00, 0x88, 0x0b]),
        Just([0; 4]),
    ];
    prop::collection::vec(word, 0..max / 4).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_bytes_give_a_sound_packet_or_a_reason(
        link in prop::sample::select(LINKS),
        bytes in prop_oneof![bytes(400), likely(400)],
        uncaptured in 0_usize..100,
    ) {
        // What must hold is checked by `decode_with`.
        let mut decoder = Decoder::new(Limits::default());
        let _ = decode_with(&mut decoder, &frame(link, bytes.len() + uncaptured), &bytes);
    }

    #[test]
    fn any_bytes_in_ip_give_a_packet_of_some_flow(protocol: u8, bytes in prop_oneof![bytes(200), likely(200)]) {
        let whole = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", protocol, &bytes));
        let found = decode_on(1, &whole);
        prop_assert!(found.is_ok() || bytes.len() < 5 || found == Err(Skip::TunnelTooDeep) || protocol == 51, "{found:?}");
    }

    #[test]
    fn any_bytes_in_a_tunnel_leave_at_least_the_outer_flow(
        port in prop::sample::select(PORTS),
        bytes in prop_oneof![bytes(200), likely(200)],
    ) {
        let whole = ethernet(0x0800, &ipv4("10.0.0.1", "10.0.0.2", 17, &udp(40_000, port, &bytes)));
        let found = decode_on(1, &whole);
        prop_assert!(found.is_ok() || found == Err(Skip::TunnelTooDeep));
    }

    #[test]
    fn both_directions_have_one_key_whatever_the_ends(
        a: [u8; 4], b: [u8; 4], ports: (u16, u16), vlan in 0_u16..4096, in_tcp: bool,
    ) {
        let key = |from: [u8; 4], to: [u8; 4], (sport, dport): (u16, u16)| {
            let [from, to] = [from, to].map(|octets| std::net::Ipv4Addr::from(octets).to_string());
            let (protocol, inner) = if in_tcp { (6, tcp(sport, dport, 0x10, b"")) } else { (17, udp(sport, dport, b"")) };
            let tag = [&vlan.to_be_bytes()[..], &[0x08, 0x00]].concat();
            let bytes = ethernet(0x8100, &[&tag[..], &ipv4(&from, &to, protocol, &inner)].concat());
            decode_on(1, &bytes).map(|found| found.0.key)
        };
        prop_assert_eq!(key(a, b, ports), key(b, a, (ports.1, ports.0)));
    }

    #[test]
    fn a_datagram_comes_out_as_it_was_cut_however_its_fragments_are_shuffled(
        payload in prop::collection::vec(any::<u8>(), 1..600),
        cuts in prop::collection::btree_set(1_usize..75, 0..12),
        shuffle in any::<prop::sample::Index>(),
        v6: bool,
    ) {
        let whole = udp(1000, 53, &payload);
        let ends = cuts.into_iter().map(|cut| cut * 8).filter(|&cut| cut < whole.len()).chain([whole.len()]);
        let mut start = 0;
        let mut parts: Vec<_> = ends.map(|end| (std::mem::replace(&mut start, end), end)).collect();
        let len = parts.len();
        parts.rotate_left(shuffle.index(len));
        let mut decoder = Decoder::new(Limits::default());
        let mut last = None;
        for &(start, end) in &parts {
            let more = end < whole.len();
            let bytes = fragmented::fragment(v6, 7, start as u16, more, &whole[start..end]);
            let (packet, _, found) = decode_with(&mut decoder, &frame(1, bytes.len()), &bytes).unwrap();
            prop_assert!(last.is_none());
            if !packet.fragment {
                last = Some(found);
            }
        }
        prop_assert_eq!(last, Some(payload));
    }

    #[test]
    fn any_fragments_stay_within_the_limits(
        pieces in prop::collection::vec((0_u16..4, 0_u16..40, any::<bool>(), 0_usize..80, any::<bool>()), 0..60),
    ) {
        let limits = Limits { datagrams: 3, bytes: 400, ..Limits::default() };
        let mut decoder = Decoder::new(limits);
        for (id, unit, more, len, v6) in pieces {
            let bytes = fragmented::fragment(v6, id, unit * 8, more, &vec![id as u8; len]);
            let _ = decode_with(&mut decoder, &frame(1, bytes.len()), &bytes);
            prop_assert!(decoder.fragments.held_bytes() <= limits.bytes);
        }
    }
}
