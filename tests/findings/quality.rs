//! What the capture itself is worth: how long it went on, and what it has twice.

use super::gateway::main_channel;
use super::gateway::{CLIENT, SERVER};
use super::remote::{rdp, syn};
use super::*;
use wiretell::findings::Finding;
use wiretell::findings::Severity::Warning;
use wiretell::packet::Timestamp;

/// The finding of this id.
pub(crate) fn one(capture: &Capture, id: &str) -> Finding {
    let mut of = examine(capture, 0).findings.into_iter().filter(|finding| finding.diagnosis.id == id);
    let finding = of.next();
    assert!(finding.is_some(), "no {id}");
    assert!(of.next().is_none(), "{id} twice");
    finding.unwrap()
}

/// The finding's evidence in one text.
pub(crate) fn evidence(capture: &Capture, id: &str) -> String {
    one(capture, id).evidence.join(" ")
}

/// An ARP request: a frame that is in no flow.
fn arp(capture: &mut Capture, seconds: i64) {
    let mut frame = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 7, 7, 8, 6];
    frame.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 7, 7, 10, 0, 7, 7, 0, 0, 0, 0, 0, 0, 10, 0, 7, 8]);
    capture.frame(NOON + seconds * SECOND, frame);
}

#[test]
fn the_capture_goes_on_with_frames_that_are_in_no_flow() {
    let mut capture = Capture::default();
    for after in [2, 3, 6] {
        capture.udp(NOON + after * SECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    arp(&mut capture, 28);
    let said = evidence(&capture, "rdp-udp-unanswered");
    assert!(said.contains("the capture went on for 26 s after the first"), "{said}");
}

/// The same frames, each again so many nanoseconds later.
fn mirrored(capture: &Capture, later: i64) -> Capture {
    let mut both = Capture::default();
    for (at, bytes) in capture.frames() {
        both.frame(*at, bytes.clone());
        both.frame(*at + later, bytes.clone());
    }
    both
}

#[test]
fn a_packet_that_the_capture_has_twice_was_not_sent_twice() {
    let mut single = Capture::default();
    rdp(&mut single);
    single.udp(NOON + 2 * SECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    let twice = mirrored(&single, 50_000);
    assert_found(&twice, &[]);
    // 93 of TCP, of which 31 say nothing but that they acknowledge and have no identification, and the SYN.
    let said = evidence(&twice, "capture-duplicates");
    assert!(said.contains("63 of 128 packets in flows (49.2 %) came again within a millisecond"), "{said}");
    assert!(said.contains("(frame 2) after 50 µs"), "{said}");
    let shown = one(&twice, "capture-duplicates");
    assert_eq!((shown.filter.as_str(), shown.flows.len()), ("frame.number == 1 || frame.number == 2", 1));
}

#[test]
fn tries_are_counted_once_each_in_a_mirrored_capture() {
    let mut single = Capture::default();
    rdp(&mut single);
    for after in [2, 3, 6] {
        single.udp(NOON + after * SECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    let twice = mirrored(&single, 300_000);
    assert_found(&twice, &[("rdp-udp-unanswered", Warning)]);
    let (once, again) = (evidence(&single, "rdp-udp-unanswered"), evidence(&twice, "rdp-udp-unanswered"));
    assert!(again.contains("3 reliable SYNs of 10.0.1.1:50001"), "{again}");
    let bytes = |text: &str| text.split("works: ").nth(1).unwrap().split(", from").next().unwrap().to_owned();
    assert_eq!(bytes(&again), bytes(&once));
}

#[test]
fn what_comes_again_later_is_sent_again_and_no_copy() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    assert!(lacks(&mirrored(&capture, 20_000_000), "capture-duplicates"));
    let mut burst = Capture::default();
    rdp(&mut burst);
    for after in [2_000, 2_005, 2_010] {
        burst.udp(NOON + after * MILLISECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    // Retries are a second apart: what comes in a burst is one try.
    assert_found(&burst, &[]);
}

#[test]
fn what_is_missing_is_told_with_frame_flow_and_filter() {
    let (client, server) = ((CLIENT, 50_443), (SERVER, 443));
    let mut capture = Capture::default();
    for i in 0..30 {
        let at = NOON + i64::from(i) * SECOND;
        capture.tcp(at, client, server, 0x18, 1_000 + 9 * i, b"\x17\x03\x03\x00\x04abcd");
    }
    let finding = one(&capture, "capture-one-direction");
    assert!(finding.evidence.join(" ").contains("(frame 1)"), "{:?}", finding.evidence);
    assert_eq!(
        (finding.filter.as_str(), finding.flows.len()),
        ("ip.addr == 10.0.1.1 && ip.addr == 10.0.2.2", 1)
    );
    let midway = one(&capture, "capture-started-midstream");
    assert!(midway.evidence.join(" ").contains("between 10.0.1.1 and 10.0.2.2"), "{:?}", midway.evidence);
}

#[test]
fn one_step_back_in_time_is_one_however_many_frames_follow_it() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    let mut block = capture.blocks(1_000).remove(0);
    block.frames.rotate_left(40);
    let later = block.frames.len() - 40;
    let mut pipeline = Pipeline::start(&Settings::default(), || Gather(Examination::new(false))).unwrap();
    pipeline.feed(block);
    let (intake, ..) = pipeline.finish();
    assert_eq!(intake.backwards, 1);
    assert_eq!(intake.firsts.backwards.map(|at| at.time), Some(Timestamp(NOON)), "after {later} frames");
}
