//! Rules are tried on openings as captures bring them.

use super::pattern::{Length, Masked, regex};
use super::strength::strength;
use super::*;
use crate::inspect::Piece;
use crate::inspect::Said;
use crate::packet::Timestamp;

fn exact(bytes: &[u8]) -> Vec<Masked> {
    bytes.iter().map(|&value| Masked { value, mask: 0xFF }).collect()
}

fn pattern(whose: Whose, test: Test) -> Pattern {
    Pattern { whose, test }
}

fn rule(patterns: Vec<Pattern>) -> Rule {
    Rule { name: label("own"), origin: "rules.toml, line 1".to_owned(), patterns, ..Rule::default() }
}

fn fit_of(rule: &Rule, transport: Transport, said: [&[u8]; 2], ended: bool) -> Fit {
    let pieces = said.map(|bytes| {
        let size = u32::try_from(bytes.len()).unwrap();
        [Piece { time: Timestamp(0), frame: 1, end: size, wire_len: size, fragmented: false }]
    });
    let [[a], [b]] = pieces;
    let [client, server] = said;
    let (a, b) = ([a], [b]);
    let of = |bytes, pieces: &'static [Piece]| Said::new(bytes, pieces, ended);
    let leak = |pieces: [Piece; 1]| -> &'static [Piece] { Box::leak(Box::new(pieces)) };
    let end = |port| Endpoint { address: [10, 0, 0, 1].into(), port };
    let opening = Opening {
        transport,
        initiator: of(client, leak(a)),
        responder: of(server, leak(b)),
        endpoints: [end(50_000), end(7001)],
        responder_listens: true,
        from_start: true,
    };
    rule.judge(&opening).0
}

#[test]
fn bytes_have_to_stand_where_the_rule_says_and_a_stream_may_still_bring_them() {
    let mut wanted = exact(b"MC");
    wanted.insert(0, Masked { value: 0x40, mask: 0xF0 });
    let rule = rule(vec![pattern(Whose::Client, Test::Bytes { offset: 1, bytes: wanted })]);
    let tcp = |bytes: &[u8], ended| fit_of(&rule, Transport::Tcp, [bytes, b""], ended);
    assert_eq!(tcp(b"xAMC", false), Fit::Yes);
    assert_eq!(tcp(b"xOMC+", false), Fit::Yes);
    assert_eq!((tcp(b"xAM", false), tcp(b"xAM", true)), (Fit::More, Fit::No));
    assert_eq!((tcp(b"xaMC", false), tcp(b"", false)), (Fit::No, Fit::More));
    // A datagram is all there is.
    assert_eq!(fit_of(&rule, Transport::Udp, [b"xAM", b""], false), Fit::No);
}

#[test]
fn a_number_tells_the_length_of_a_datagram_and_of_a_message_in_a_stream() {
    let length = |big_endian| Length { at: 1, width: 2, big_endian, plus: 3 };
    let big = rule(vec![pattern(Whose::Client, Test::Length(length(true)))]);
    let little = rule(vec![pattern(Whose::Client, Test::Length(length(false)))]);
    let udp = |rule: &Rule, bytes: &[u8]| fit_of(rule, Transport::Udp, [bytes, b""], false);
    assert_eq!(udp(&big, b"\x01\0\x02ab"), Fit::Yes);
    assert_eq!(udp(&big, b"\x01\0\x02abc"), Fit::No);
    assert_eq!((udp(&little, b"\x01\x02\0ab"), udp(&little, b"\x01\0\x02ab")), (Fit::Yes, Fit::No));
    let tcp = |bytes: &[u8]| fit_of(&big, Transport::Tcp, [bytes, b""], false);
    assert_eq!(
        (tcp(b"\x01\0\x02a"), tcp(b"\x01\0\x02ab"), tcp(b"\x01\0\x02abc")),
        (Fit::More, Fit::Yes, Fit::Yes)
    );
    assert_eq!(tcp(b"\x01\xFF\xFFa"), Fit::No, "longer than any opening");
}

#[test]
fn both_sides_have_to_fit_where_both_are_asked_for_and_one_where_it_may_be_either() {
    let bytes = |bytes: &[u8]| Test::Bytes { offset: 0, bytes: exact(bytes) };
    let both = rule(vec![pattern(Whose::Client, bytes(b"Q")), pattern(Whose::Server, bytes(b"A"))]);
    let tcp = |rule: &Rule, said| fit_of(rule, Transport::Tcp, said, false);
    assert_eq!(tcp(&both, [b"Q", b""]), Fit::More);
    assert_eq!(tcp(&both, [b"Q", b"A"]), Fit::Yes);
    assert_eq!((tcp(&both, [b"Q", b"B"]), both.confidence()), (Fit::No, Confidence::Dialogue));
    let either = rule(vec![pattern(Whose::Either, bytes(b"Q")), pattern(Whose::Either, Test::Size(1, 2))]);
    let udp = |said| fit_of(&either, Transport::Udp, said, false);
    assert_eq!((udp([b"x", b"Q"]), udp([b"Qx", b"x"])), (Fit::Yes, Fit::Yes));
    // Not the one from here and the other from there.
    assert_eq!(udp([b"Qxx", b"x"]), Fit::No);
}

#[test]
fn expressions_are_about_bytes_and_cannot_grow_without_bound() {
    let rule = rule(vec![pattern(Whose::Client, Test::Regex(regex(r"^\xFF[a-z]+\x00").unwrap()))]);
    assert_eq!(fit_of(&rule, Transport::Udp, [b"\xFFabc\0", b""], false), Fit::Yes);
    assert_eq!(fit_of(&rule, Transport::Udp, [b"\xC3\xBFabc\0", b""], false), Fit::No);
    assert!(regex("((a{100}){100}){100}").is_err_and(|said| said.contains("too large")));
    assert!(regex("(").is_err_and(|said| said.contains("no regular expression")));
}

#[test]
fn strength_counts_fixed_bits_and_bounds_expressions_from_above() {
    let bits = |patterns| strength(&rule(patterns)).bits;
    let bytes = |bytes: &[u8]| pattern(Whose::Client, Test::Bytes { offset: 0, bytes: exact(bytes) });
    assert!((bits(vec![bytes(b"ACME")]) - 32.0).abs() < 1e-9);
    // The same bytes asked for twice are no more than once.
    assert!((bits(vec![bytes(b"ACME"), bytes(b"AC")]) - 32.0).abs() < 1e-9);
    let expression = |text| pattern(Whose::Client, Test::Regex(regex(text).unwrap()));
    assert!((bits(vec![expression("^ACME")]) - 32.0).abs() < 1e-9);
    // Anywhere in 512 bytes: nine bits less.
    assert!((bits(vec![expression("ACME")]) - 23.0).abs() < 0.1);
    assert!((bits(vec![expression("^(ACME|acme)")]) - 31.0).abs() < 1e-9);
    assert!(bits(vec![expression(".*")]) < 1e-9);
    assert!(bits(vec![expression("^A.*B")]) < 8.5, "{}", bits(vec![expression("^A.*B")]));
    assert!((bits(vec![expression("^[0-9]{4}")]) - 4.0 * (25.6f64).log2()).abs() < 1e-6);
    let mut udp = rule(vec![pattern(
        Whose::Client,
        Test::Length(Length { at: 0, width: 2, big_endian: true, plus: 0 }),
    )]);
    assert!((strength(&udp).bits - 7.0).abs() < 1e-9, "of a stream every short message fits");
    udp.transports = vec![Transport::Udp];
    assert!((strength(&udp).bits - 16.0).abs() < 1e-9);
}

#[test]
fn a_label_can_be_seen_and_is_kept_once() {
    for good in ["acme", "Acme Telemetry v2", "<script>", "a\"b", "ä"] {
        assert_eq!(unfit_label(good), None, "{good}");
    }
    for bad in ["", " a", "a\n", "a\u{1b}[31m", "a\u{202e}b", &"x".repeat(65)] {
        assert!(unfit_label(bad).is_some(), "{bad:?}");
    }
    assert!(std::ptr::eq(label("kept once"), label("kept once")));
}
