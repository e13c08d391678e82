//! Steady exchanges of any kind.

use super::gateway::{CLIENT, SERVER};
use super::*;

/// So many equal packets at an interval of five seconds; `answered` says which are.
fn keepalives(count: i64, answered: impl Fn(i64) -> bool) -> Capture {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_000), (SERVER, 9_999));
    for i in 0..count {
        let at = NOON + 5 * i * SECOND;
        capture.udp(at, client, server, b"are you there?");
        if answered(i) {
            capture.udp(at + 20 * MILLISECOND, server, client, b"yes");
        }
    }
    capture
}

#[test]
fn a_steady_exchange_has_a_line_in_the_ledger_and_no_finding() {
    let capture = keepalives(60, |i| i % 20 != 7);
    assert_found(&capture, &[]);
    let examined = examine(&capture, 0);
    let [line] = examined.heartbeats.as_slice() else { panic!("{:?}", examined.heartbeats) };
    assert!(!line.is_cluster() && line.to.port == 9_999);
    assert_eq!(line.beats.interval.unwrap().median, 5_000_000_000);
    assert_eq!(line.beats.round_trip.unwrap().median, 20_000_000);
    // The first packets go by before it is clear that the flow is slow.
    assert!(line.beats.requests >= 50 && line.beats.missed >= 2, "{:?}", line.beats);
}

#[test]
fn a_steady_exchange_that_is_not_answered_any_more_is_noticed() {
    assert_found(&keepalives(60, |i| i < 45), &[("keepalive-unanswered", Notice)]);
    assert_found(&keepalives(60, |i| i < 57), &[]);
    assert_found(&keepalives(60, |i| !(30..45).contains(&i)), &[]);
    assert!(has(&keepalives(60, |i| !(30..45).contains(&i)), "keepalive-interrupted", Info));
    assert!(lacks(&keepalives(60, |i| !(30..34).contains(&i)), "keepalive-interrupted"));
    // Ten answers are enough for an exchange, beside those by which its rhythm was learnt.
    assert_found(&keepalives(34, |i| i < 20), &[("keepalive-unanswered", Notice)]);
    // What nobody ever answers is no question.
    assert_found(&keepalives(60, |_| false), &[]);
}

#[test]
fn who_refuses_a_steady_exchange_is_told_and_until_when() {
    let mut capture = keepalives(60, |i| i < 30);
    let (client, server) = ((CLIENT, 50_000), (SERVER, 9_999));
    for i in 30..40 {
        let at = NOON + 5 * i * SECOND + MILLISECOND;
        capture.icmp_error(at, SERVER, (3, 3), client, server, b"are you there?");
    }
    let told = quality::one(&capture, "keepalive-unanswered");
    assert!(told.title.ends_with(": ICMP says \"port unreachable\""), "{}", told.title);
    let said = told.evidence.join(" ");
    assert!(
        said.contains("10.0.2.2 said \"port unreachable\"") && said.contains("10 times in all"),
        "{said}"
    );
    assert!(said.contains("The last of these errors came at 2026-11-20T12:03:15.001Z"), "{said}");
    assert!(said.contains("for 1m 40s after that there was neither an error nor an answer"), "{said}");
    assert_eq!(told.advice, ["On 10.0.2.2: what listens on UDP 9999, and why it stops."]);
}

#[test]
fn what_has_no_period_has_no_line() {
    let mut capture = Capture::default();
    for i in 0..80_i64 {
        let at = NOON + (i * 3 + (i * 7_919) % 3) * SECOND;
        capture.udp(at, (CLIENT, 50_000), (SERVER, 9_999), &[0x42; 30]);
    }
    assert!(examine(&capture, 0).heartbeats.is_empty());
}

#[test]
fn errors_of_icmp_that_come_in_a_rhythm_are_nobodys_heartbeats() {
    let mut capture = Capture::default();
    let (client, server) = (([1, 1], 40_000), ([1, 2], 40_001));
    for second in 0..64 {
        capture.udp(NOON + second * SECOND, client, server, &[0xa7; 20]);
        let at = NOON + second * SECOND + MILLISECOND;
        capture.icmp_error(at, [1, 2], (3, 3), client, server, &[0xa7; 20]);
    }
    let from: Vec<_> = examine(&capture, 0).heartbeats.iter().map(|line| line.from.port).collect();
    assert!(from.iter().all(|&port| port == 40_000), "{from:?}");
}

/// The same over TCP, of a connection whose opening is not in the capture but for a `PONG`.
fn pings(count: i64, answered: impl Fn(i64) -> bool) -> Capture {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_000), (SERVER, 9_999));
    let (mut asked, mut replied) = (1_000, 9_000);
    for i in 0..count {
        let at = NOON + 2 * i * SECOND;
        if i > 0 {
            capture.tcp(at, client, server, 0x18, asked, b"PING is longer");
            asked += 14;
        }
        if answered(i) {
            capture.tcp(at + 5 * MILLISECOND, server, client, 0x18, replied, b"PONG");
            replied += 4;
        }
        capture.tcp(at + 9 * MILLISECOND, client, server, 0x10, asked, b"");
    }
    capture
}

#[test]
fn over_tcp_too_the_ledger_knows_who_asks_and_who_owes_answers() {
    let examined = examine(&pings(60, |_| true), 0);
    let [line] = examined.heartbeats.as_slice() else { panic!("{:?}", examined.heartbeats) };
    assert_eq!((line.from.port, line.to.port), (50_000, 9_999));
    assert_eq!(line.beats.round_trip.unwrap().median, 5_000_000);
    assert!(has(&pings(60, |i| i < 40), "keepalive-unanswered", Notice));
    assert!(has(&pings(60, |i| !(30..45).contains(&i)), "keepalive-interrupted", Info));
    let examined = examine(&pings(60, |i| i < 40), 0);
    let [line] = examined.heartbeats.as_slice() else { panic!("{:?}", examined.heartbeats) };
    assert_eq!(line.from.port, 50_000);
    // The last one may be answered yet.
    assert_eq!((line.beats.missed, line.beats.pending()), (19, 1));
    assert_eq!(line.beats.longest.map(|run| run.start.time.0), Some(NOON + 80 * SECOND));
}

#[test]
fn while_it_goes_on_what_is_not_answered_begins_and_ends_when_it_is_again() {
    let gaps = |i: i64| !(30..45).contains(&i) && !(70..80).contains(&i);
    let told = live::told_of(&keepalives(100, gaps), "keepalive-");
    let expected = [
        (176, "begun", "keepalive-unanswered"),
        (226, "ended", "keepalive-unanswered"),
        (376, "begun", "keepalive-unanswered"),
        (401, "ended", "keepalive-unanswered"),
    ];
    assert_eq!(told, expected);
}
