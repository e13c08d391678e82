//! Tests of keeping what each side said first.

use super::side::MAX_PENDING;
use super::*;
use proptest::prelude::*;

fn arrival(bytes: &[u8], sequence: u32) -> Arrival<'_> {
    Arrival { bytes, wire_len: bytes.len() as u32, sequence, time: Timestamp(0), frame: 1, fragmented: false }
}

fn stream(parts: &[(&[u8], u32)]) -> Vec<u8> {
    let mut opening = Opening::default();
    opening.begins(true, 100);
    for (bytes, sequence) in parts {
        opening.take(Transport::Tcp, true, &arrival(bytes, *sequence));
    }
    opening.said(true).bytes().to_vec()
}

#[test]
fn segments_out_of_order_retransmitted_and_overlapping_make_one_stream() {
    assert_eq!(stream(&[(b"def", 103), (b"abc", 100)]), b"abcdef");
    assert_eq!(stream(&[(b"abc", 100), (b"abc", 100), (b"bcdef", 101)]), b"abcdef");
    assert_eq!(stream(&[(b"abc", 100), (b"XYZd", 100)]), b"abcd");
}

#[test]
fn a_stream_may_wrap_around_the_sequence_space() {
    let mut opening = Opening::default();
    opening.begins(true, u32::MAX - 1);
    opening.take(Transport::Tcp, true, &arrival(b"cd", 0));
    opening.take(Transport::Tcp, true, &arrival(b"ab", u32::MAX - 1));
    assert_eq!(opening.said(true).bytes(), b"abcd");
}

#[test]
fn a_hole_at_the_beginning_is_given_up_when_enough_waits_behind_it() {
    let mut opening = Opening::default();
    opening.begins(true, 0);
    for at in 1..=MAX_PENDING as u32 {
        opening.take(Transport::Tcp, true, &arrival(b"x", at));
        assert!(opening.said(true).is_silent());
    }
    opening.take(Transport::Tcp, true, &arrival(b"x", 99));
    assert_eq!(opening.said(true).bytes().len(), MAX_PENDING);
}

#[test]
fn a_cut_segment_ends_what_is_kept_because_the_next_is_not_adjacent() {
    let mut opening = Opening::default();
    opening.take(Transport::Tcp, true, &Arrival { wire_len: 10, ..arrival(b"abc", 0) });
    opening.take(Transport::Tcp, true, &arrival(b"xyz", 10));
    assert_eq!(opening.said(true).bytes(), b"abc");
    assert!(!opening.said(true).has_ended());
}

#[test]
fn a_fin_in_order_ends_the_stream_and_an_early_one_when_the_rest_has_come() {
    let mut opening = Opening::default();
    opening.begins(true, 0);
    opening.ends(true, 3);
    assert!(!opening.said(true).has_ended());
    opening.take(Transport::Tcp, true, &arrival(b"abc", 0));
    assert!(opening.said(true).has_ended());
}

#[test]
fn a_keep_alive_of_an_older_connection_is_none_of_the_stream() {
    let mut opening = Opening::default();
    opening.take(Transport::Tcp, true, &arrival(b"\0", 99));
    opening.take(Transport::Tcp, true, &arrival(b"\0", 99));
    opening.take(Transport::Tcp, true, &arrival(b"abc", 100));
    assert_eq!(opening.said(true).bytes(), b"abc");
}

#[test]
fn datagrams_stay_apart() {
    let mut opening = Opening::default();
    for bytes in [&b"one"[..], b"", b"two"] {
        opening.take(Transport::Udp, false, &arrival(bytes, 0));
    }
    let said = opening.said(false);
    assert_eq!(said.datagrams().map(|d| d.bytes).collect::<Vec<_>>(), [&b"one"[..], b"", b"two"]);
}

proptest! {
    #[test]
    fn any_order_of_a_streams_segments_gives_the_same_stream(
        len in 1_usize..200, cuts in prop::collection::vec(0_usize..200, 0..8), seed in any::<u64>()
    ) {
        let whole: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let mut edges: Vec<usize> = cuts.into_iter().map(|c| c % len).chain([0, len]).collect();
        edges.sort_unstable();
        let mut parts: Vec<(usize, usize)> = edges.windows(2).map(|w| (w[0], w[1])).filter(|(a, b)| a < b).collect();
        let mut state = seed | 1;
        for i in (1..parts.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            parts.swap(i, (state >> 33) as usize % (i + 1));
        }
        let mut opening = Opening::default();
        opening.begins(true, 7);
        for (a, b) in parts {
            opening.take(Transport::Tcp, true, &arrival(&whole[a..b], 7 + a as u32));
        }
        prop_assert_eq!(opening.said(true).bytes(), &whole[..]);
    }

    #[test]
    fn what_is_kept_is_bounded(parts in prop::collection::vec((any::<u32>(), 0_usize..3000), 0..100)) {
        let mut opening = Opening::default();
        let filler = [7; 3000];
        for (sequence, len) in parts {
            opening.take(Transport::Tcp, true, &arrival(&filler[..len], sequence));
            prop_assert!(opening.said(true).bytes().len() <= MAX_STREAM);
            prop_assert!(opening.kept(true).map_or(0, |side| side.pending.len()) <= MAX_PENDING);
        }
    }
}

#[test]
fn first_bytes_are_shown_as_text_if_they_are_and_else_in_hexadecimal() {
    let shown = |bytes: &[u8]| FirstBytes::of(bytes).to_string();
    assert_eq!(shown(b"GET / HTTP/1.1"), "\"GET / HTTP/1\"");
    assert_eq!(shown(b"say \"x\""), r#""say \"x\"""#);
    assert_eq!(shown(b"PING\r\n"), r#""PING\r\n""#);
    assert_eq!(shown(b"\r\n\t"), "0D 0A 09");
    assert_eq!(shown(b"\x16\x03\x01"), "16 03 01");
    assert_eq!(shown(&[0; 300]), ["00"; 12].join(" "));
}
