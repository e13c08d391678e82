//! RDP over UDP beside RDP over TCP.

use super::gateway::main_channel;
use super::gateway::{CLIENT, SERVER};
use super::quality::{evidence, one};
use super::*;
use wiretell::findings::Severity::Warning;

pub(crate) fn syn(lossy: bool) -> Vec<u8> {
    let mut bytes =
        vec![0xff, 0xff, 0xff, 0xff, 0, 0x40, if lossy { 0x02 } else { 0 }, 1, 1, 2, 3, 4, 4, 0xd0, 4, 0xd0];
    bytes.resize(1232, 0);
    bytes
}

pub(crate) fn rdp(capture: &mut Capture) {
    rdp_until(capture, 31);
}

/// A session over TCP whose server dies after so many seconds: the client sends the same again and again.
fn rdp_until(capture: &mut Capture, dead: i64) {
    let (client, server) = ((CLIENT, 50_389), (SERVER, 3389));
    let request = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
    let confirm = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00";
    let (mut ours, mut theirs) = (1_001_u32, 9_001_u32);
    capture.tcp(NOON, client, server, 0x02, 1_000, b"");
    capture.tcp(NOON + MILLISECOND, server, client, 0x12, 9_000, b"");
    capture.tcp(NOON + 2 * MILLISECOND, client, server, 0x10, 1_001, b"");
    for i in 1..31 {
        let at = NOON + i * SECOND;
        let (said, answer): (&[u8], &[u8]) =
            if i == 1 { (request, confirm) } else { (b"\x17\x03\x03\0\x02ab", b"\x17\x03\x03\0\x02ab") };
        capture.tcp(at, client, server, 0x18, ours, said);
        if i >= dead {
            continue;
        }
        capture.tcp(at + MILLISECOND, server, client, 0x18, theirs, answer);
        ours += said.len() as u32;
        theirs += answer.len() as u32;
    }
}

#[test]
fn an_unanswered_syn_beside_a_session_is_told() {
    let mut capture = Capture::default();
    rdp(&mut capture);
    for after in [2, 3, 6] {
        capture.udp(NOON + after * SECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    assert_found(&capture, &[("rdp-udp-unanswered", Warning)]);
}

#[test]
fn a_session_without_udp_gives_nothing_above_info() {
    let mut capture = Capture::default();
    rdp(&mut capture);
    main_channel(&mut capture);
    assert_found(&capture, &[]);
}

#[test]
fn another_channel_that_works_is_told_beside_the_one_that_is_not_answered_and_makes_it_milder() {
    for (lossy, when) in [(false, "10 s after the first try"), (true, "500 ms before the first try")] {
        let mut capture = Capture::default();
        rdp(&mut capture);
        let first = if lossy { NOON + SECOND + 500 * MILLISECOND } else { NOON + 2 * SECOND };
        for after in [0, 1, 4] {
            capture.udp(first + after * SECOND, (CLIENT, 50_002), (SERVER, 3389), &syn(lossy));
        }
        udp_from(&mut capture, 50_001, if lossy { 1 } else { 12 }, 28);
        let finding = one(&capture, "rdp-udp-unanswered");
        assert_eq!(finding.severity, Notice);
        let said = finding.evidence.join(" ");
        let mode = if lossy { "3 lossy SYNs of" } else { "3 reliable SYNs of" };
        assert!(said.contains(mode) && said.contains("Another one (reliable), of 10.0.1.1:50001"), "{said}");
        assert!(said.contains(when), "{said}");
    }
    let mut died = dies();
    let said = one(&died, "rdp-udp-died").title;
    assert!(!said.contains("another one works"), "{said}");
    udp_again(&mut died, 20);
    let again = one(&died, "rdp-udp-died");
    assert_eq!(again.severity, Notice);
    assert!(again.evidence.join(" ").contains("13 s after the last answer"), "{:?}", again.evidence);
}

/// SYNs that an ICMP error answers.
fn refused(port: u16, reporter: [u8; 2], code: u8) -> Capture {
    let mut capture = Capture::default();
    rdp(&mut capture);
    let (client, server) = ((CLIENT, 50_001), (SERVER, port));
    for after in [2, 3, 6] {
        capture.udp(NOON + after * SECOND, client, server, &syn(false));
        let at = NOON + after * SECOND + 400_000;
        capture.icmp_error(at, reporter, (3, code), client, server, &syn(false));
    }
    capture
}

#[test]
fn a_refusal_says_what_was_tried_and_advises_whoever_refused() {
    let listens_not = one(&refused(3389, SERVER, 3), "rdp-udp-refused");
    let said = listens_not.evidence.join(" ");
    assert!(said.contains("3 reliable SYNs of 10.0.1.1:50001 to 10.0.2.2:3389"), "{said}");
    assert!(said.contains("the first error came 400 µs after the first"), "{said}");
    assert!(said.contains("3 times in all"), "{said}");
    assert!(said.contains("begun over TCP 2 s before the first try and went on there, for 24 s"), "{said}");
    assert!(listens_not.advice[0].contains("netstat"));
    let filtered = one(&refused(3389, [9, 9], 13), "rdp-udp-refused");
    assert_eq!(filtered.advice, ["On 10.0.9.9: the rule that rejects UDP 3389 to 10.0.2.2."]);
    let elsewhere = one(&refused(8443, SERVER, 3), "rdp-udp-refused");
    assert!(elsewhere.advice[0].contains("findstr 8443"), "{:?}", elsewhere.advice);
}

#[test]
fn errors_of_another_code_that_follow_are_counted_too() {
    let mut capture = refused(3389, SERVER, 3);
    let (client, server) = ((CLIENT, 50_001), (SERVER, 3389));
    for after in [8, 9] {
        capture.icmp_error(NOON + after * SECOND, [9, 9], (3, 1), client, server, &syn(false));
    }
    let said = one(&capture, "rdp-udp-refused").evidence.join(" ");
    assert!(said.contains("3 times in all"), "{said}");
    assert!(
        said.contains("Other errors came too: 10.0.9.9 said \"host unreachable\" 2 times, first at"),
        "{said}"
    );
}

#[test]
fn a_refusal_whose_ports_the_snap_length_cut_is_told_with_less_certainty() {
    let finding = one(&refused(3389, SERVER, 3).cut(64), "rdp-udp-refused");
    assert_eq!(finding.severity, Notice);
    let said = finding.evidence.join(" ");
    assert!(said.contains("the snap length cut off which port that is about"), "{said}");
    assert!(said.contains("3 times in all"), "{said}");
    assert!(lacks(&refused(3389, SERVER, 3).cut(64), "rdp-udp-unanswered"));
    assert_eq!(one(&refused(3389, SERVER, 3).cut(68), "rdp-udp-refused").severity, Warning);
}

/// RDP over UDP whose server says nothing more after seven seconds.
fn dies() -> Capture {
    let mut capture = Capture::default();
    rdp(&mut capture);
    udp_dies(&mut capture);
    capture
}

fn udp_dies(capture: &mut Capture) {
    udp_until(capture, 8);
}

/// Another channel, which works from a second on.
fn udp_again(capture: &mut Capture, begin: i64) {
    udp_from(capture, 50_003, begin, 28);
}

/// RDP over UDP whose server says nothing more after so many seconds.
fn udp_until(capture: &mut Capture, servers: i64) {
    udp_from(capture, 50_001, 1, servers);
}

fn udp_from(capture: &mut Capture, port: u16, begin: i64, servers: i64) {
    let (client, server) = ((CLIENT, port), (SERVER, 3389));
    let mut answer = syn(false);
    answer[6..8].copy_from_slice(&[0, 0x05]);
    answer.splice(12..12, [1, 2, 3, 4]);
    answer.truncate(1232);
    capture.udp(NOON + begin * SECOND, client, server, &syn(false));
    capture.udp(NOON + begin * SECOND + MILLISECOND, server, client, &answer);
    // Data of either side: an acknowledgement, its vector, and the numbers of the packet (MS-RDPEUDP 2.2.2).
    let data = |number: u8| {
        let mut bytes = vec![1, 2, 3, 4, 0, 0x40, 0, 0x0c, 0, 1, 0, 0];
        bytes.extend([1, 2, 3, number, 1, 2, 3, number]);
        bytes.extend([0x17; 60]);
        bytes
    };
    for second in begin + 1..28 {
        capture.udp(NOON + second * SECOND, client, server, &data(second as u8));
        if second < servers {
            capture.udp(NOON + second * SECOND + MILLISECOND, server, client, &data(second as u8));
        }
    }
}

#[test]
fn udp_that_died_names_the_side_that_fell_silent() {
    let capture = dies();
    let said = evidence(&capture, "rdp-udp-died");
    assert!(said.contains("The last packet of 10.0.2.2:3389 came at"), "{said}");
    assert!(said.contains("10.0.1.1:50001 went on for"), "{said}");
}

#[test]
fn udp_that_died_under_icmp_errors_says_which_and_whose() {
    let mut capture = dies();
    let (client, server) = ((CLIENT, 50_001), (SERVER, 3389));
    capture.icmp_error(NOON + 9 * SECOND + MILLISECOND, [9, 9], (3, 1), client, server, &[0; 20]);
    let died = one(&capture, "rdp-udp-died");
    let said = died.evidence.join(" ");
    assert!(said.contains("10.0.9.9 said \"host unreachable\" by ICMP"), "{said}");
    assert!(died.advice[0].starts_with("On 10.0.9.9: its way to 10.0.2.2"), "{:?}", died.advice);
}

#[test]
fn a_host_that_dies_is_not_said_to_work_over_tcp() {
    let mut died = Capture::default();
    rdp_until(&mut died, 8);
    udp_dies(&mut died);
    let mut unanswered = Capture::default();
    rdp_until(&mut unanswered, 3);
    for after in [2, 3, 6] {
        let at = NOON + after * SECOND + 500 * MILLISECOND;
        unanswered.udp(at, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    for (capture, id, last) in
        [(died, "rdp-udp-died", "12:00:07.001Z"), (unanswered, "rdp-udp-unanswered", "12:00:02.001Z")]
    {
        let finding = one(&capture, id);
        let said = finding.evidence.join(" ");
        assert_eq!(finding.severity, Notice, "{said}");
        assert!(finding.title.starts_with("10.0.2.2 is not heard any more"), "{}", finding.title);
        assert!(said.contains(last) && !said.contains("works") && !said.contains("went on."), "{said}");
        assert!(finding.advice.iter().all(|advice| !advice.contains("UDP 3389")), "{:?}", finding.advice);
    }
}

#[test]
fn udp_that_works_says_how_often_it_was_tried_before() {
    let mut capture = Capture::default();
    rdp(&mut capture);
    capture.udp(NOON + 10 * MILLISECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    udp_until(&mut capture, 28);
    let said = evidence(&capture, "rdp-udp-works");
    assert!(said.contains("2 SYNs, the first at 2026-11-20T12:00:00.010Z"), "{said}");
}
