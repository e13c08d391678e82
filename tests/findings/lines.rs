//! Several lines to one place: failover, and connections raced over all of them.

use super::*;

/// So many datagrams a second both ways on port 3353, from one second to another.
fn line(capture: &mut Capture, client: End, server: [u8; 2], from: i64, to: i64) {
    for i in from * 4..to * 4 {
        let at = NOON + i * SECOND / 4;
        capture.udp(at, client, (server, 3353), b"something between two sites");
        capture.udp(at + MILLISECOND, (server, 3353), client, b"and back");
    }
}

#[test]
fn a_line_that_takes_over_from_another_is_told() {
    let mut capture = Capture::default();
    line(&mut capture, ([1, 1], 50_000), [2, 1], 0, 20);
    line(&mut capture, ([3, 1], 50_000), [4, 1], 22, 60);
    assert_found(&capture, &[("line-failover", Notice)]);
}

#[test]
fn lines_that_work_side_by_side_or_one_after_the_other_are_no_failover() {
    let mut both = Capture::default();
    line(&mut both, ([1, 1], 50_000), [2, 1], 0, 60);
    line(&mut both, ([3, 1], 50_000), [4, 1], 0, 60);
    assert_found(&both, &[]);
    let mut late = Capture::default();
    line(&mut late, ([1, 1], 50_000), [2, 1], 0, 20);
    line(&mut late, ([3, 1], 50_000), [4, 1], 40, 80);
    assert_found(&late, &[]);
    let mut same = Capture::default();
    line(&mut same, ([1, 1], 50_000), [2, 1], 0, 20);
    line(&mut same, ([1, 2], 50_000), [2, 1], 22, 60);
    assert_found(&same, &[]);
}

/// A SYN over another line a little later, whose connection the client resets at once.
fn second_line(capture: &mut Capture, client: End, server: End, after: i64, sequence: u32) {
    let at = |milliseconds: i64| NOON + milliseconds * MILLISECOND;
    capture.tcp(at(after), client, server, 0x02, sequence, b"");
    capture.tcp(at(after + 1), server, client, 0x12, 77, b"");
    capture.tcp(at(after + 2), client, server, 0x04, sequence + 1, b"");
}

#[test]
fn a_connection_raced_over_two_lines_is_told_by_its_equal_syns() {
    let server = ([9, 9], 443);
    let with = |after: i64, sequence: u32, port: u16| {
        let mut capture = Capture::default();
        let said: &[Said<'_>] =
            &[(10, true, b"\x17\x03\x03\x00\x04abcd"), (20, false, b"\x17\x03\x03\x00\x04abcd")];
        tcp(&mut capture, 0, ([1, 1], 50_000), server, said, Some(30));
        second_line(&mut capture, ([3, 1], port), server, after, sequence);
        capture
    };
    assert!(has(&with(5, 1_000, 50_000), "line-raced", Info));
    assert!(lacks(&with(5, 4_711, 50_000), "line-raced"), "another sequence number");
    assert!(lacks(&with(200, 1_000, 50_000), "line-raced"), "much later");
    assert!(lacks(&with(5, 1_000, 50_001), "line-raced"), "another port");
}

#[test]
fn only_what_begins_in_the_middle_is_told_as_begun_before_the_capture() {
    let (client, server) = (([1, 1], 40_000), ([2, 2], 9_000));
    let mut seen = Capture::default();
    tcp(&mut seen, 0, client, server, &[(10, true, b"one"), (20, false, b"two")], None);
    // Longer than the idle time-out, and then the same connection goes on.
    seen.tcp(NOON + 900 * SECOND, client, server, 0x18, 1_004, b"three");
    assert!(lacks(&seen, "capture-started-midstream"));
    let mut midway = Capture::default();
    midway.tcp(NOON, client, server, 0x18, 1_004, b"three");
    assert!(!lacks(&midway, "capture-started-midstream"));
    // Cut before the flags: nothing is known about them.
    let mut cut = Capture::default();
    cut.tcp(NOON, client, server, 0, 1_004, b"three");
    assert!(lacks(&cut, "capture-started-midstream"));
}
