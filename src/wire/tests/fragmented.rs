//! Datagrams in fragments: in order, backwards, twice, overlapping, late, too many.

use super::*;

/// A fragment of a datagram between two hosts, in Ethernet.
pub(super) fn fragment(v6: bool, id: u16, offset: u16, more: bool, payload: &[u8]) -> Bytes {
    if v6 {
        let field = offset | u16::from(more);
        let header = [&[17, 0][..], &field.to_be_bytes(), &[0; 2], &id.to_be_bytes()].concat();
        return ethernet(0x86dd, &ipv6("2001:db8::1", "2001:db8::2", 44, &[&header, payload].concat()));
    }
    let mut packet = ipv4("10.0.0.1", "10.0.0.2", 17, payload);
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet[6..8].copy_from_slice(&((u16::from(more) << 13) | (offset / 8)).to_be_bytes());
    ethernet(0x0800, &packet)
}

fn fragment_v4(id: u16, offset: u16, more: bool, payload: &[u8]) -> Bytes {
    fragment(false, id, offset, more, payload)
}

fn fragment_v6(id: u16, offset: u16, more: bool, payload: &[u8]) -> Bytes {
    fragment(true, id, offset, more, payload)
}

fn at(seconds: i64, len: usize) -> Frame {
    Frame { time: Timestamp(seconds * 1_000_000_000), ..frame(1, len) }
}

fn feed(decoder: &mut Decoder, bytes: &[u8]) -> (Packet, Vec<u8>) {
    let (packet, _, payload) = decode_with(decoder, &at(0, bytes.len()), bytes).unwrap();
    (packet, payload)
}

#[test]
fn the_last_fragment_brings_the_whole_datagram() {
    let whole = udp(1000, 53, &(0..100).collect::<Vec<u8>>());
    for v6 in [false, true] {
        let part = |offset: u16, end: usize, more| {
            let bytes = &whole[usize::from(offset)..end];
            if v6 { fragment_v6(9, offset, more, bytes) } else { fragment_v4(9, offset, more, bytes) }
        };
        let mut decoder = Decoder::new(Limits::default());
        let (first, payload) = feed(&mut decoder, &part(0, 48, true));
        assert!(first.fragment && payload.is_empty());
        let (middle, _) = feed(&mut decoder, &part(48, 96, true));
        assert_eq!(middle.key, first.key);
        let (last, payload) = feed(&mut decoder, &part(96, 108, false));
        assert!(last.reassembled && !last.fragment);
        assert_eq!((last.key, payload), (first.key, (0..100).collect()));
        assert_eq!(decoder.fragment_counts().reassembled, 1);
    }
}

#[test]
fn fragments_may_come_backwards_and_twice() {
    let whole = udp(1000, 53, &[9; 64]);
    let mut decoder = Decoder::new(Limits::default());
    for bytes in [fragment_v4(1, 48, false, &whole[48..]), fragment_v4(1, 48, false, &whole[48..])] {
        let (packet, _) = feed(&mut decoder, &bytes);
        assert_eq!(told(&packet), "udp 10.0.0.1:0 > 10.0.0.2:0");
    }
    feed(&mut decoder, &fragment_v4(1, 24, true, &whole[24..48]));
    let (packet, payload) = feed(&mut decoder, &fragment_v4(1, 0, true, &whole[..24]));
    assert_eq!((told(&packet).as_str(), payload.len()), ("udp 10.0.0.1:1000 > 10.0.0.2:53", 64));
}

#[test]
fn of_overlapping_ipv4_fragments_the_first_wins() {
    let whole = udp(1000, 53, &[1; 24]);
    let mut decoder = Decoder::new(Limits::default());
    feed(&mut decoder, &fragment_v4(1, 8, true, &whole[8..24]));
    feed(&mut decoder, &fragment_v4(1, 16, false, &[2; 16]));
    let (packet, payload) = feed(&mut decoder, &fragment_v4(1, 0, true, &[&whole[..8], &[3; 8]].concat()));
    assert!(packet.reassembled);
    assert_eq!(payload, [&[1; 16][..], &[2; 8]].concat());
}

#[test]
fn overlapping_ipv6_fragments_drop_the_datagram_and_repeated_ones_do_not() {
    let whole = udp(1000, 53, &[1; 24]);
    let mut decoder = Decoder::new(Limits::default());
    feed(&mut decoder, &fragment_v6(1, 0, true, &whole[..16]));
    feed(&mut decoder, &fragment_v6(1, 0, true, &whole[..16]));
    feed(&mut decoder, &fragment_v6(1, 8, true, &[2; 16]));
    assert_eq!(decoder.fragment_counts().dropped, 1);
    let (packet, _) = feed(&mut decoder, &fragment_v6(1, 16, false, &whole[16..]));
    assert!(packet.fragment);
    assert_eq!(told(&packet), "udp 2001:db8::1:1000 > 2001:db8::2:53");
}

#[test]
fn a_datagram_whose_time_is_up_is_forgotten() {
    let whole = udp(1000, 53, &[1; 24]);
    let mut decoder = Decoder::new(Limits::default());
    feed(&mut decoder, &fragment_v4(1, 0, true, &whole[..16]));
    let late = fragment_v4(1, 16, false, &whole[16..]);
    let (packet, ..) = decode_with(&mut decoder, &at(31, late.len()), &late).unwrap();
    assert!(packet.fragment);
    assert_eq!(decoder.fragment_counts().expired, 1);
    // The late one now waits in its turn, for a moment only so far.
    let (waiting, all) = decoder.unfinished(Timestamp(31_500_000_000));
    assert_eq!((waiting, all.len(), all[0].ports, all[0].at.time), (0, 1, (1000, 53), Timestamp(0)));
    let (waiting, all) = decoder.unfinished(Timestamp(33_000_000_000));
    assert_eq!((waiting, all.len(), all[1].ports), (1, 2, (0, 0)));
}

#[test]
fn what_is_held_stays_within_the_limits() {
    let limits = Limits { datagrams: 8, bytes: 4096, ..Limits::default() };
    let mut decoder = Decoder::new(limits);
    for id in 0..100 {
        feed(&mut decoder, &fragment_v4(id, 0, true, &[0; 1400]));
    }
    assert!(decoder.fragments.held_bytes() <= limits.bytes);
    assert_eq!(decoder.fragment_counts().evicted, 98);
}

#[test]
fn a_fragment_that_ends_behind_the_longest_datagram_is_dropped() {
    let mut decoder = Decoder::new(Limits::default());
    feed(&mut decoder, &fragment_v4(1, 65_528, false, &[0; 64]));
    assert_eq!(decoder.fragment_counts().dropped, 1);
}
