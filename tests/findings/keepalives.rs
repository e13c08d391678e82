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
    // What nobody ever answers is no question.
    assert_found(&keepalives(60, |_| false), &[]);
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
