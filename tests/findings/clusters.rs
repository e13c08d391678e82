//! Clusters: what heartbeats show, one by one and together.

use super::*;
use crate::quality::one;
use wiretell::findings::Severity::{Critical, Warning};
use wiretell::findings::matrix::Matrix;

pub(crate) fn node(network: u8, node: u8) -> End {
    ([network, node], 3343)
}

fn beat(is_response: bool, sequence: u32, from: End, to: End) -> Vec<u8> {
    let mut bytes = vec![0x55, 0x55, 0x55, 0x55, 1, 0, u8::from(is_response), 0, 1, 0, 32, 0];
    bytes.extend(sequence.to_le_bytes());
    bytes.extend([0, 0, 16, 0, 0, 0, 0, 0, 10, 0, from.0[0], from.0[1], 10, 0, to.0[0], to.0[1]]);
    bytes
}

/// What becomes of a heartbeat.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    Answered,
    /// Answered so many milliseconds later.
    After(i64),
    /// The request is seen, and no answer.
    Unanswered,
    /// The request is not seen either.
    Gone,
}

/// `from` asks `to` once a second; `fate` says what becomes of each request.
pub(crate) fn beats(capture: &mut Capture, from: End, to: End, count: u32, fate: impl Fn(u32) -> Fate) {
    let phase = i64::from(from.0[1]) * 37 * MILLISECOND;
    for i in 0..count {
        let at = NOON + i64::from(i) * SECOND + phase;
        let sequence = 1000 * u32::from(from.0[1]) + i;
        let fate = fate(i);
        if fate != Fate::Gone {
            capture.udp(at, from, to, &beat(false, sequence, from, to));
        }
        let delay = match fate {
            Fate::Answered => 2,
            Fate::After(milliseconds) => milliseconds,
            Fate::Unanswered | Fate::Gone => continue,
        };
        capture.udp(at + delay * MILLISECOND, to, from, &beat(true, sequence, to, from));
    }
}

const BEATS: u32 = 50;

/// All nodes ask each other on these networks; `fate` knows the network, who asks whom, and the beat.
fn cluster(networks: &[u8], nodes: &[u8], fate: impl Fn(u8, u8, u8, u32) -> Fate) -> Capture {
    let mut capture = Capture::default();
    for &network in networks {
        for &from in nodes {
            for &to in nodes.iter().filter(|&&to| to != from) {
                beats(&mut capture, node(network, from), node(network, to), BEATS, |i| {
                    fate(network, from, to, i)
                });
            }
        }
    }
    capture
}

#[test]
fn a_healthy_cluster_gives_nothing_above_info() {
    assert_found(&cluster(&[1, 2], &[1, 2, 3], |_, _, _, _| Fate::Answered), &[]);
}

#[test]
fn a_peer_that_falls_silent_on_one_route_is_one_way() {
    // From beat 20 on nothing of node 2 reaches node 1; on the other network all is well.
    let capture = cluster(&[1, 2], &[1, 2], |network, from, _, i| match (network, from) {
        (1, 1) if i >= 20 => Fate::Unanswered,
        (1, 2) if i >= 20 => Fate::Gone,
        _ => Fate::Answered,
    });
    assert_found(&capture, &[("netft-one-way", Critical)]);
}

#[test]
fn a_peer_that_is_heard_and_does_not_answer_is_told_so() {
    let capture = cluster(&[1, 2], &[1, 2], |network, from, _, i| match (network, from) {
        (1, 1) if i >= 20 => Fate::Unanswered,
        _ => Fate::Answered,
    });
    assert_found(&capture, &[("netft-requests-unanswered", Critical)]);
}

#[test]
fn two_nodes_that_ask_and_never_answer_are_told_once() {
    let capture = cluster(&[1], &[1, 2], |_, _, _, _| Fate::Unanswered);
    assert_found(&capture, &[("netft-neither-answers", Critical)]);
}

#[test]
fn missed_heartbeats_are_graded_by_the_thresholds() {
    for (missed, expected) in [(3, Notice), (6, Warning), (12, Critical)] {
        let capture = cluster(&[1], &[1, 2], |_, from, _, i| {
            if from == 1 && (20..20 + missed).contains(&i) { Fate::Unanswered } else { Fate::Answered }
        });
        assert_found(&capture, &[("netft-heartbeats-missed", expected)]);
    }
}

#[test]
fn one_missed_heartbeat_is_no_finding() {
    let capture =
        cluster(&[1], &[1, 2], |_, _, _, i| if i == 20 { Fate::Unanswered } else { Fate::Answered });
    assert_found(&capture, &[]);
}

#[test]
fn a_route_that_fails_twice_flaps() {
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| {
        if from == 1 && ((10..16).contains(&i) || (30..37).contains(&i)) {
            Fate::Unanswered
        } else {
            Fate::Answered
        }
    });
    assert_found(&capture, &[("netft-route-flap", Warning)]);
}

#[test]
fn slow_and_late_responses_are_told_apart() {
    let slow = cluster(&[1], &[1, 2], |_, _, _, _| Fate::After(700));
    assert_found(&slow, &[("netft-slow-path", Notice)]);
    let late = cluster(&[1], &[1, 2], |_, _, _, _| Fate::After(1300));
    assert_found(&late, &[("netft-heartbeats-late", Warning)]);
}

#[test]
fn a_dead_node_is_silent_on_all_its_routes() {
    let dead = |network_nodes: &'static [u8]| {
        cluster(network_nodes, &[1, 2, 3], |_, from, to, i| match (from, to) {
            (3, _) if i >= 20 => Fate::Gone,
            (_, 3) if i >= 20 => Fate::Unanswered,
            _ => Fate::Answered,
        })
    };
    assert_found(&dead(&[1, 2]), &[("netft-node-silent", Critical)]);
    assert_found(&dead(&[1]), &[("netft-node-silent", Critical)]);
}

#[test]
fn the_matrix_tells_a_node_a_network_and_a_split_apart() {
    let outage =
        |bad: bool, i: u32| if bad && (20..32).contains(&i) { Fate::Unanswered } else { Fate::Answered };
    let isolated = cluster(&[1], &[1, 2, 3, 4], |_, from, to, i| outage(from == 2 || to == 2, i));
    assert_found(&isolated, &[("netft-node-isolated", Critical)]);
    let network = cluster(&[1, 2], &[1, 2, 3], |network, _, _, i| outage(network == 2, i));
    assert_found(&network, &[("netft-network-failed", Warning)]);
    let split = cluster(&[1], &[1, 2, 3, 4], |_, from, to, i| outage((from <= 2) != (to <= 2), i));
    assert_found(&split, &[("netft-site-split", Critical)]);
}

#[test]
fn a_restarted_node_is_told_by_its_counter() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 0..40_u32 {
        let at = NOON + i64::from(i) * SECOND;
        let sequence = if i < 20 { 900 + i } else { i - 20 };
        capture.udp(at, a, b, &beat(false, sequence, a, b));
        capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, sequence, b, a));
    }
    assert_found(&capture, &[("netft-node-restarted", Warning)]);
}

#[test]
fn translated_addresses_are_told() {
    let mut capture = Capture::default();
    let (a, b, inside) = (node(1, 1), node(1, 2), node(9, 9));
    for i in 0..20_u32 {
        let at = NOON + i64::from(i) * SECOND;
        capture.udp(at, a, b, &beat(false, i, inside, b));
        capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, i, b, inside));
    }
    assert_found(&capture, &[("netft-translated", Warning)]);
}

#[test]
fn a_join_over_tcp_without_heartbeats_is_blocked() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    capture.connection(
        NOON,
        ([1, 1], 50_000),
        b,
        &[(true, b"\xeb\xc4\xe6\x11\x01\0\0\0"), (false, b"\xeb\xc4\xe6\x11\x01\0\0\0")],
    );
    for i in 0..20_u32 {
        capture.udp(NOON + i64::from(i) * SECOND, a, b, &beat(false, i, a, b));
    }
    assert_found(&capture, &[("netft-join-blocked", Critical)]);
}

#[test]
fn the_ledger_says_when_heartbeats_were_missed_and_when_they_came_back() {
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| {
        if from == 1 && (20..26).contains(&i) { Fate::Unanswered } else { Fate::Answered }
    });
    let examined = examine(&capture, 0);
    let line = examined.heartbeats.iter().find(|line| line.from.address.to_string().ends_with(".1")).unwrap();
    assert_eq!((line.beats.requests, line.beats.answered, line.beats.missed), (50, 44, 6));
    let run = line.beats.longest.unwrap();
    assert_eq!((run.missed, run.start.time.0), (6, NOON + 20 * SECOND + 37 * MILLISECOND));
    assert_eq!(run.end.unwrap().time.0, NOON + 26 * SECOND + 39 * MILLISECOND);
    assert_eq!(line.beats.interval.unwrap().median, 1_000_000_000);
    assert_eq!(line.beats.round_trip.unwrap().median, 2_000_000);
}

#[test]
fn a_silent_node_whose_host_refuses_by_icmp_is_said_to_be_silent_as_a_whole() {
    let mut capture = cluster(&[1, 2], &[1, 2, 3], |_, from, to, i| match (from, to) {
        (3, _) if i >= 20 => Fate::Gone,
        (_, 3) if i >= 20 => Fate::Unanswered,
        _ => Fate::Answered,
    });
    for network in [1, 2] {
        let (a, b) = (node(network, 1), node(network, 3));
        let at = NOON + 20 * SECOND + 38 * MILLISECOND;
        capture.icmp_error(at, [network, 3], (3, 3), a, b, &beat(false, 1020, a, b));
        let a = node(network, 2);
        capture.icmp_error(at + 37 * MILLISECOND, [network, 3], (3, 3), a, b, &beat(false, 2020, a, b));
    }
    assert_found(&capture, &[("netft-node-silent", Critical)]);
    let finding = &examine(&capture, 0).findings[0];
    assert!(finding.evidence.iter().any(|sentence| sentence.contains("port unreachable")), "{finding:?}");
}

#[test]
fn a_route_that_icmp_refuses_while_the_node_is_heard_elsewhere_is_refused() {
    let mut capture = cluster(&[1, 2], &[1, 2, 3], |network, from, to, i| match (network, from, to) {
        (1, 3, _) if i >= 20 => Fate::Gone,
        (1, _, 3) if i >= 20 => Fate::Unanswered,
        _ => Fate::Answered,
    });
    let (a, b) = (node(1, 1), node(1, 3));
    capture.icmp_error(NOON + 21 * SECOND, [1, 254], (3, 13), a, b, &beat(false, 1020, a, b));
    let found = found(&capture, Notice);
    assert!(found.iter().all(|(id, _)| *id != "netft-node-silent"), "{found:?}");
    assert!(found.contains(&("netft-refused", Critical)), "{found:?}");
}

#[test]
fn a_refusal_whose_ports_were_cut_explains_what_was_missed_meanwhile_and_nothing_else() {
    let mut capture = cluster(&[1], &[1, 2], |_, from, _, i| match i {
        20..26 if from == 1 => Fate::Unanswered,
        20..26 => Fate::Gone,
        _ => Fate::Answered,
    });
    let (a, b) = (node(1, 1), node(1, 2));
    let mut elsewhen = capture.clone();
    for i in 20..26 {
        let at = NOON + i * SECOND + 38 * MILLISECOND;
        capture.icmp_error(at, [1, 2], (3, 3), a, b, &beat(false, 1000 + i as u32, a, b));
    }
    let capture = capture.cut(64);
    let finding = one(&capture, "netft-refused");
    let said = finding.evidence.join(" ");
    assert!(said.contains("6 times in all; the snap length cut off which port that is about"), "{said}");
    assert!(
        finding.caveats.iter().any(|caveat| caveat.contains("about another packet")),
        "{:?}",
        finding.caveats
    );
    assert!(finding.filter.ends_with("|| (icmp && ip.addr == 10.0.1.1)"), "{}", finding.filter);
    assert!(lacks(&capture, "netft-heartbeats-missed"));

    elsewhen.icmp_error(NOON + 40 * SECOND, [1, 2], (3, 3), a, b, &beat(false, 1040, a, b));
    let elsewhen = elsewhen.cut(64);
    assert!(lacks(&elsewhen, "netft-refused"));
    assert_found(&elsewhen, &[("netft-heartbeats-missed", Warning)]);
}

/// A frame of the virtual adapter between two nodes, with this content in a TCP segment.
fn tunnelled(content: &[u8]) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0".to_vec();
    frame.extend((20 + content.len() as u16).to_be_bytes());
    frame.extend(b"\x06\x40\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02");
    frame.extend(b"\xc0\x1d\x0d\x0f\0\0\0\x01\0\0\0\x01\x50\x18\xff\xff\0\0\0\0");
    frame.extend(content);
    frame
}

fn noise(len: u32) -> Vec<u8> {
    (1..=len).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A healthy pair of nodes with so many frames of this content in their tunnel.
fn with_frames(count: i64, content: &[u8]) -> Capture {
    let mut capture = cluster(&[1], &[1, 2], |_, _, _, _| Fate::Answered);
    for i in 0..count {
        let at = NOON + i * SECOND + 500 * MILLISECOND;
        capture.udp(at, node(1, 1), node(1, 2), &tunnelled(content));
    }
    capture
}

#[test]
fn tunnelled_traffic_that_can_be_read_is_told_and_encrypted_is_not() {
    let text = b"What the nodes of a cluster tell each other, in words. ".repeat(6);
    assert!(has(&with_frames(5, &text), "netft-readable", Info));
    assert!(lacks(&with_frames(2, &text), "netft-readable"), "two may be anything");
    assert!(lacks(&with_frames(5, &noise(400)), "netft-readable"));
}

#[test]
fn large_tunnelled_frames_are_told_and_a_path_too_narrow_for_them_is_a_warning() {
    let capture = with_frames(5, &noise(1450));
    assert!(has(&capture, "netft-large-frames", Info));
    assert_found(&capture, &[]);
    let mut capture = with_frames(5, &noise(1300));
    assert!(lacks(&capture, "netft-large-frames"));
    let (a, b) = (node(1, 1), node(1, 2));
    capture.icmp_error(NOON + 2 * SECOND, [1, 254], (3, 4), a, b, &tunnelled(&[]));
    assert_found(&capture, &[("netft-large-frames", Warning)]);
    let told = the(&capture, "netft-large-frames");
    says(&told, "its next hop takes packets of 1280 bytes");
    assert!(told.title.contains("takes packets of 1280 bytes"), "{}", told.title);
    assert!(told.advice.iter().any(|advice| advice.contains("ping -f -l 1252,")), "{:?}", told.advice);
    assert!(told.caveats.is_empty(), "{:?}", told.caveats);
}

#[test]
fn tunnelled_frames_in_fragments_are_counted_and_missing_fragments_are_a_notice() {
    let ends = (node(1, 1), node(1, 2));
    let mut capture = with_frames(1, &noise(100));
    for i in 1..5 {
        capture.udp_fragments(NOON + i * SECOND + 500 * MILLISECOND, ends, &tunnelled(&noise(1300)), 1256, 2);
    }
    assert_found(&capture, &[]);
    let tunnel = |capture: &Capture| examine(capture, 0).heartbeats.first().unwrap().tunnelled;
    assert_eq!((tunnel(&capture).frames, tunnel(&capture).fragmented.unwrap().0), (5, 4));
    assert!(tunnel(&capture).unfinished.is_none());
    let told = one(&capture, "netft-large-frames");
    assert!(
        told.evidence.join(" ").contains("4 datagrams of them came in fragments of IP"),
        "{:?}",
        told.evidence
    );
    assert!(told.filter.contains("ip.frag_offset > 0"), "{}", told.filter);

    for i in 5..8 {
        capture.udp_fragments(NOON + i * SECOND + 500 * MILLISECOND, ends, &tunnelled(&noise(1300)), 1256, 1);
    }
    assert_found(&capture, &[("netft-large-frames", Notice)]);
    assert_eq!((tunnel(&capture).frames, tunnel(&capture).unfinished.unwrap().0), (5, 3));
    let missing = one(&capture, "capture-fragments-missing");
    let said = missing.evidence.join(" ");
    assert!(said.contains("3 datagrams of 10.0.1.1 to 10.0.1.2, the first (udp, 10.0.1.1:3343 to"), "{said}");
}

#[test]
fn fragments_of_what_is_no_tunnel_change_nothing_about_it() {
    let mut capture = with_frames(1, &noise(100));
    let other = (([1, 1], 40_000), ([1, 2], 40_001));
    capture.udp_fragments(NOON + 3 * SECOND, other, &noise(2000), 1256, 1);
    assert!(lacks(&capture, "netft-large-frames"));
    assert!(has(&capture, "capture-fragments-missing", Info));
}

/// 170 segments of 60 kB: ten megabytes within so many seconds.
fn bulk(capture: &mut Capture, begin: i64, seconds: i64) {
    let content = vec![0xa5; 60_000];
    let said: Vec<Said<'_>> =
        (0..170).map(|i| (begin * 1000 + 10 + i * seconds * 1000 / 170, true, content.as_slice())).collect();
    tcp(capture, begin * 1000, ([1, 1], 50_000), ([1, 2], 445), &said, None);
}

#[test]
fn losses_during_a_copy_between_the_same_nodes_are_told_with_it() {
    let lossy = |range: std::ops::Range<u32>| {
        cluster(&[1], &[1, 2], move |_, from, _, i| {
            if from == 1 && range.contains(&i) { Fate::Unanswered } else { Fate::Answered }
        })
    };
    let mut capture = lossy(22..25);
    bulk(&mut capture, 20, 8);
    assert_found(&capture, &[("netft-behind-bulk", Notice), ("netft-heartbeats-missed", Notice)]);
    let mut elsewhere = lossy(5..8);
    bulk(&mut elsewhere, 20, 8);
    assert_found(&elsewhere, &[("netft-heartbeats-missed", Notice)]);
    let mut always = lossy(22..25);
    bulk(&mut always, 0, 49);
    assert!(lacks(&always, "netft-behind-bulk"), "a copy that never ends coincides with everything");
}

#[test]
fn a_refusal_while_a_service_started_does_not_hide_what_was_missed_later() {
    let mut capture = cluster(&[1], &[1, 2], |_, from, _, i| match i {
        0 | 20..26 if from == 1 => Fate::Unanswered,
        _ => Fate::Answered,
    });
    let (a, b) = (node(1, 1), node(1, 2));
    capture.icmp_error(NOON + 38 * MILLISECOND, [1, 2], (3, 3), a, b, &beat(false, 1000, a, b));
    assert_found(&capture, &[("netft-heartbeats-missed", Warning)]);
    let mut started =
        cluster(
            &[1],
            &[1, 2],
            |_, from, _, i| {
                if from == 1 && i < 4 { Fate::Unanswered } else { Fate::Answered }
            },
        );
    started.icmp_error(NOON + 38 * MILLISECOND, [1, 2], (3, 3), a, b, &beat(false, 1000, a, b));
    assert_found(&started, &[]);
    assert!(has(&started, "netft-refused", Info));
}

/// Node 1 misses these answers of node 2 while ICMP errors of a host fall into `errors`, a second each.
fn refused(missed: std::ops::Range<u32>, by: [u8; 2], code: u8, errors: std::ops::Range<u32>) -> Capture {
    let mut capture = cluster(&[1], &[1, 2], |_, from, _, i| match (from, missed.contains(&i)) {
        (1, true) => Fate::Unanswered,
        (_, true) => Fate::Gone,
        _ => Fate::Answered,
    });
    let (a, b) = (node(1, 1), node(1, 2));
    for i in errors {
        let at = NOON + i64::from(i) * SECOND + 38 * MILLISECOND;
        capture.icmp_error(at, by, (3, code), a, b, &beat(false, 1000 + i, a, b));
    }
    capture
}

#[test]
fn an_outage_is_as_bad_as_it_is_long_whatever_icmp_says() {
    let (host, router) = ([1, 2], [1, 254]);
    assert_found(&refused(10..40, router, 1, 13..40), &[("netft-refused", Critical)]);
    assert_found(&refused(10..40, router, 13, 10..40), &[("netft-refused", Critical)]);
    assert_found(&refused(10..40, host, 3, 10..40), &[("netft-refused", Critical)]);
    assert_found(&refused(10..16, host, 3, 10..16), &[("netft-refused", Warning)]);
    // What was never heard before was starting, if its own host says so.
    assert_found(&refused(0..8, host, 3, 0..8), &[]);
    assert_found(&refused(0..8, router, 13, 0..8), &[("netft-refused", Warning)]);
}

#[test]
fn an_outage_that_outlasts_the_icmp_errors_is_said_to() {
    let capture = refused(10..50, [1, 2], 3, 10..20);
    assert_found(&capture, &[("netft-refused", Critical)]);
    let told = the(&capture, "netft-refused");
    says(&told, "39 requests of 10.0.1.1 to 10.0.1.2 in a row were not answered");
    says(&told, "The last of these errors came at 2026-11-20T12:00:19.038Z");
    says(&told, "for 30 s after that there was neither an error nor an answer");
    let told = the(&refused(10..30, [1, 2], 3, 10..30), "netft-refused");
    assert!(!told.evidence.join(" ").contains("neither an error"), "{:?}", told.evidence);
}

#[test]
fn a_flap_names_the_icmp_error_of_one_of_its_outages_and_is_as_bad_as_the_worst() {
    let flapping = |first: std::ops::Range<u32>| {
        cluster(&[1], &[1, 2], move |_, from, _, i| {
            let is_lost = first.contains(&i) || (30..36).contains(&i);
            if from == 1 && is_lost { Fate::Unanswered } else { Fate::Answered }
        })
    };
    assert_found(&flapping(10..23), &[("netft-route-flap", Critical)]);
    assert_found(&flapping(10..19), &[("netft-route-flap", Warning)]);
    let mut capture = flapping(10..19);
    let (a, b) = (node(1, 1), node(1, 2));
    capture.icmp_error(NOON + 11 * SECOND, [1, 2], (3, 3), a, b, &beat(false, 1010, a, b));
    says(&the(&capture, "netft-route-flap"), "said \"port unreachable\"");
    let advice = the(&capture, "netft-route-flap").advice;
    assert_eq!(advice, ["On 10.0.1.2: what listens on UDP 3343, and why it stops."]);
    // One that was refused is mentioned where only something later is told.
    let mut single = cluster(&[1], &[1, 2], |_, from, _, i| match i {
        10 | 20..26 if from == 1 => Fate::Unanswered,
        _ => Fate::Answered,
    });
    single.icmp_error(NOON + 10 * SECOND + 38 * MILLISECOND, [1, 2], (3, 3), a, b, &beat(false, 1010, a, b));
    says(&the(&single, "netft-heartbeats-missed"), "said \"port unreachable\"");
}

#[test]
fn each_kind_of_icmp_error_is_counted_for_itself_and_for_who_sends_it() {
    let mut capture = cluster(&[1], &[1, 2], |_, from, _, i| {
        if from == 1 && (10..29).contains(&i) { Fate::Unanswered } else { Fate::Answered }
    });
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 10..29 {
        let (by, code) = match i {
            10..20 => ([1, 254], 13),
            20..26 => ([1, 2], 3),
            _ => ([1, 254], 1),
        };
        let at = NOON + i * SECOND + 38 * MILLISECOND;
        capture.icmp_error(at, by, (3, code), a, b, &beat(false, 1000 + i as u32, a, b));
    }
    let told = the(&capture, "netft-refused");
    says(
        &told,
        "10.0.1.254 said \"administratively prohibited\" by ICMP at 2026-11-20T12:00:10.038Z (frame 42), 10 times in all",
    );
    says(&told, "10.0.1.2 said \"port unreachable\" 6 times, first at 2026-11-20T12:00:20.038Z");
    says(&told, "10.0.1.254 said \"host unreachable\" 3 times, first at 2026-11-20T12:00:26.038Z");
}

#[test]
fn what_was_all_answered_has_no_first_that_was_not() {
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| {
        if from == 1 && (20..40).contains(&i) { Fate::After(1_200) } else { Fate::Answered }
    });
    says(&the(&capture, "netft-heartbeats-late"), "50 were answered and none was missed.");
}

#[test]
fn a_route_on_which_both_nodes_fall_silent_is_told_by_how_much_is_missing() {
    for (silent, expected) in [(20..40, Critical), (20..28, Warning)] {
        let network = cluster(&[1, 2], &[1, 2, 3], |network, _, _, i| {
            if network == 2 && silent.contains(&i) { Fate::Gone } else { Fate::Answered }
        });
        assert_found(&network, &[("netft-route-silent", expected)]);
        let told = the(&network, "netft-route-silent");
        says(&told, "No heartbeat at all goes on 3 routes of 10.0.2.0/24 for a while");
        says(&told, "Heartbeats on other routes went on");
        let said = reading(&network);
        assert!(said.contains("neither side sends anything on 3 routes of 10.0.2.0/24"), "{said}");
        assert!(!said.contains("No route misses"), "{said}");
    }
    let brief = cluster(&[1, 2], &[1, 2, 3], |network, _, _, i| {
        if network == 2 && (20..24).contains(&i) { Fate::Gone } else { Fate::Answered }
    });
    assert_found(&brief, &[]);
}

#[test]
fn heartbeats_that_stop_for_good_are_told_where_something_else_of_the_hosts_goes_on() {
    let stopped = || cluster(&[1], &[1, 2], |_, _, _, i| if i >= 20 { Fate::Gone } else { Fate::Answered });
    let mut alone = stopped();
    goes_on(&mut alone, 49);
    assert!(lacks(&alone, "netft-route-silent"), "the capture may have them no longer");
    let mut capture = stopped();
    let said: Vec<Said<'_>> = (0..49).map(|i| (i * 1000 + 500, i % 2 == 0, b"x".as_slice())).collect();
    tcp(&mut capture, 100, ([1, 1], 50_000), ([1, 2], 445), &said, None);
    assert_found(&capture, &[("netft-route-silent", Critical)]);
    let told = the(&capture, "netft-route-silent");
    says(&told, "to the end of the capture");
    says(&told, "Something else went between 10.0.1.1 and 10.0.1.2");
}

#[test]
fn a_capture_that_pauses_as_a_whole_makes_no_route_silent() {
    let pause = cluster(
        &[1, 2],
        &[1, 2],
        |_, _, _, i| {
            if (20..35).contains(&i) { Fate::Gone } else { Fate::Answered }
        },
    );
    assert!(lacks(&pause, "netft-route-silent"));
    let mut watched = pause.clone();
    for second in 20..35 {
        goes_on(&mut watched, second);
    }
    // All that is known is that the capture went on.
    assert!(has(&watched, "netft-route-silent", Warning));
}

#[test]
fn an_outage_in_which_both_ask_and_neither_answers_is_no_single_nodes_fault() {
    for end in [36, 50] {
        let both =
            cluster(
                &[1],
                &[1, 2],
                |_, _, _, i| {
                    if (20..end).contains(&i) { Fate::Unanswered } else { Fate::Answered }
                },
            );
        assert_found(&both, &[("netft-neither-answers", Critical)]);
    }
    let other = cluster(&[1], &[1, 2], |_, from, _, i| {
        let lost = if from == 1 { 5..20 } else { 25..40 };
        if lost.contains(&i) { Fate::Unanswered } else { Fate::Answered }
    });
    assert!(lacks(&other, "netft-neither-answers"), "at different times");
}

#[test]
fn of_an_outage_that_is_over_it_is_said_what_the_peer_sent_meanwhile() {
    for (peer, words) in [
        (Fate::Answered, "Meanwhile 10.0.1.2 sent 12 requests of its own: it was heard"),
        (Fate::Gone, "Meanwhile 10.0.1.2 sent 0 requests of its own: it was hardly heard"),
    ] {
        let capture = cluster(&[1], &[1, 2], |_, from, _, i| match (from, (20..32).contains(&i)) {
            (1, true) => Fate::Unanswered,
            (_, true) => peer,
            _ => Fate::Answered,
        });
        says(&the(&capture, "netft-heartbeats-missed"), words);
    }
}

#[test]
fn two_counters_from_one_address_are_told_once_and_no_restarts() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 0..20_u32 {
        for (counter, phase) in [(90_000, 0), (500, 700)] {
            let at = NOON + i64::from(i) * SECOND + phase * MILLISECOND;
            capture.udp(at, a, b, &beat(false, counter + i, a, b));
            capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, counter + i, b, a));
        }
    }
    let told = the(&capture, "netft-node-restarted");
    says(&told, "Two heartbeat counters come from 10.0.1.1 in turns");
    says(&told, "goes far back 20 times");
    assert!(
        told.caveats.iter().any(|caveat| caveat.contains("Two hosts with one address")),
        "{:?}",
        told.caveats
    );
}

#[test]
fn the_reading_says_when_and_by_which_rule_addresses_are_one_nodes() {
    let capture = cluster(&[1, 2], &[1, 2, 3], |_, from, to, i| {
        if (from == 3 || to == 3) && (20..32).contains(&i) { Fate::Unanswered } else { Fate::Answered }
    });
    let said = reading(&capture);
    assert!(said.contains("At 12:00:20Z, for 12.1 s: All routes of 10.0.1.3 fail"), "{said}");
    assert!(
        said.contains("10.0.2.0/24 that end alike are taken as one node's, since all of these"),
        "{said}"
    );
    let one = reading(&cluster(&[1], &[1, 2, 3], |_, _, _, _| Fate::Answered));
    assert!(!one.contains("end alike"), "{one}");
}

#[test]
fn a_long_refusal_does_not_hide_a_shorter_outage_later() {
    for (later, expected) in [(40..46, Warning), (25..37, Critical), (40..43, Notice)] {
        let mut capture = cluster(&[1], &[1, 2], |_, from, _, i| match i {
            0..15 if from == 1 => Fate::Unanswered,
            i if later.contains(&i) && from == 1 => Fate::Unanswered,
            _ => Fate::Answered,
        });
        let (a, b) = (node(1, 1), node(1, 2));
        capture.icmp_error(NOON + 38 * MILLISECOND, [1, 2], (3, 3), a, b, &beat(false, 1000, a, b));
        assert!(has(&capture, "netft-refused", Info));
        assert!(has(&capture, "netft-heartbeats-missed", expected), "{later:?}: {:?}", found(&capture, Info));
        let said = one(&capture, "netft-heartbeats-missed").evidence.join(" ");
        let told = format!("{} requests of 10.0.1.1 to 10.0.1.2 in a row", later.end - later.start);
        assert!(said.contains(&told), "{said}");
    }
}

#[test]
fn of_a_capture_with_one_nodes_packets_only_nothing_is_said_about_the_other() {
    let (own, other) = (node(1, 1), node(1, 2));
    let one_sided = |responds: bool| {
        let mut capture = Capture::default();
        for i in 0..18 {
            let at = NOON + i64::from(i) * SECOND;
            capture.udp(at, own, other, &beat(false, 1000 + i, own, other));
            if responds {
                capture.udp(at + 400 * MILLISECOND, own, other, &beat(true, 2000 + i, own, other));
            }
        }
        capture
    };
    assert!(!lacks(&one_sided(false), "netft-one-way"));
    // Its answers prove that it was asked.
    let answers = one_sided(true);
    assert!(lacks(&answers, "netft-one-way"));
    assert!(!lacks(&answers, "capture-one-direction"));
}

/// The one finding of this id.
fn the(capture: &Capture, id: &str) -> wiretell::findings::Finding {
    let findings = examine(capture, 0).findings;
    let mut same = findings.iter().filter(|finding| finding.diagnosis.id == id);
    let found = same.next().cloned();
    assert!(found.is_some(), "no {id}: {findings:?}");
    assert!(same.next().is_none(), "{id} is told twice");
    found.unwrap()
}

fn says(finding: &wiretell::findings::Finding, what: &str) {
    let said = finding.evidence.iter().chain([&finding.title]).chain(&finding.advice);
    assert!(said.clone().any(|sentence| sentence.contains(what)), "{what}: {said:?}");
}

/// What the matrix of all heartbeats says.
fn reading(capture: &Capture) -> String {
    Matrix::of(&examine(capture, 0).heartbeats).reading()
}

/// Node 3 is silent from beat 20 to 30 and comes back with its counter begun anew.
fn rebooted(networks: &[u8], nodes: &[u8]) -> Capture {
    let mut capture = Capture::default();
    for &network in networks {
        for &from in nodes {
            for &to in nodes.iter().filter(|&&to| to != from) {
                let (a, b) = (node(network, from), node(network, to));
                for i in (0..BEATS).filter(|i| from != 3 || !(20..30).contains(i)) {
                    let sequence = if from == 3 && i >= 30 { i - 29 } else { 90_000 + i };
                    let at = NOON + i64::from(i) * SECOND + i64::from(10 * from + to) * 7 * MILLISECOND;
                    capture.udp(at, a, b, &beat(false, sequence, a, b));
                    if to != 3 || !(20..30).contains(&i) {
                        capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, sequence, b, a));
                    }
                }
            }
        }
    }
    capture
}

#[test]
fn a_node_that_is_silent_and_comes_back_with_a_new_counter_was_rebooted() {
    let clusters: [(&[u8], &[u8]); 4] =
        [(&[1, 2], &[1, 2, 3]), (&[1], &[1, 2, 3]), (&[1], &[1, 2, 3, 4]), (&[1, 2], &[1, 3])];
    for (networks, nodes) in clusters {
        let capture = rebooted(networks, nodes);
        assert_found(&capture, &[("netft-node-restarted", Warning), ("netft-node-silent", Critical)]);
        let silent = the(&capture, "netft-node-silent");
        says(&silent, "it was restarted");
        assert!(silent.subject.hosts.iter().all(|host| host.to_string().ends_with(".3")), "{silent:?}");
        assert!(reading(&capture).contains("Nothing is heard of 10.0.1.3"), "{}", reading(&capture));
        let restarted = the(&capture, "netft-node-restarted");
        says(&restarted, "11 s earlier");
    }
}

#[test]
fn a_node_that_is_never_heard_is_silent_where_others_are() {
    for networks in [&[1_u8, 2] as &[u8], &[1]] {
        let capture = cluster(networks, &[1, 2, 3], |_, from, to, _| match (from, to) {
            (2, _) => Fate::Gone,
            (_, 2) => Fate::Unanswered,
            _ => Fate::Answered,
        });
        assert_found(&capture, &[("netft-node-silent", Critical)]);
    }
}

#[test]
fn what_a_node_sent_meanwhile_is_counted_from_the_first_missed_heartbeat_on() {
    // Node 2 asks twice more, then never again: it fell silent.
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| match from {
        1 if i >= 20 => Fate::Unanswered,
        2 if i >= 22 => Fate::Gone,
        _ => Fate::Answered,
    });
    let found = found(&capture, Notice);
    assert!(found.iter().any(|(id, _)| *id == "netft-one-way"), "{found:?}");
    // It loses half of what it asks: neither silent nor quite there.
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| match from {
        1 if i >= 20 => Fate::Unanswered,
        2 if i >= 20 && i % 5 < 2 => Fate::Gone,
        _ => Fate::Answered,
    });
    says(&the(&capture, "netft-heartbeats-missed"), "sent 18 requests");
}

#[test]
fn two_faults_at_different_times_are_two_findings() {
    let capture = cluster(&[1], &[1, 2, 3], |_, from, to, i| match (from, to) {
        (3, _) if (5..15).contains(&i) => Fate::Gone,
        (_, 3) if (5..15).contains(&i) => Fate::Unanswered,
        (1, 2) if (35..42).contains(&i) => Fate::Unanswered,
        _ => Fate::Answered,
    });
    assert_found(&capture, &[("netft-heartbeats-missed", Warning), ("netft-node-silent", Critical)]);
    let reading = reading(&capture);
    assert!(reading.contains("Nothing is heard of 10.0.1.3"), "{reading}");
    assert!(reading.contains("between 10.0.1.1 and 10.0.1.2"), "{reading}");
    assert!(!reading.contains("Nothing gets through"), "{reading}");
}

#[test]
fn losses_on_routes_of_three_nodes_are_scattered_and_those_of_one_node_are_told_together() {
    let lost = |from: u8, to: u8, i: u32| (i * 7 + u32::from(from) * 3 + u32::from(to) * 5).is_multiple_of(4);
    let capture =
        cluster(
            &[1, 2],
            &[1, 2, 3],
            |_, from, to, i| {
                if lost(from, to, i) { Fate::Unanswered } else { Fate::Answered }
            },
        );
    assert_found(&capture, &[("netft-losses-scattered", Warning)]);
    assert!(reading(&capture).contains("scattered"), "{}", reading(&capture));
    let capture = cluster(&[1, 2], &[1, 2, 3], |_, from, to, i| {
        if (from == 2 || to == 2) && lost(from, to, i) { Fate::Unanswered } else { Fate::Answered }
    });
    assert_found(&capture, &[("netft-heartbeats-missed", Notice)]);
    says(&the(&capture, "netft-heartbeats-missed"), "several routes of 10.0.1.2");
}

#[test]
fn the_direction_that_misses_more_is_told() {
    let capture = cluster(&[1], &[1, 2], |_, from, _, i| {
        let lost = if from == 1 { i.is_multiple_of(3) } else { i.is_multiple_of(7) };
        if lost { Fate::Unanswered } else { Fate::Answered }
    });
    says(&the(&capture, "netft-heartbeats-missed"), "10.0.1.1 asks 10.0.1.2");
}

#[test]
fn a_counter_that_runs_over_is_no_restart() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 0..40_u32 {
        let at = NOON + i64::from(i) * SECOND;
        let sequence = (u32::MAX - 20).wrapping_add(i);
        capture.udp(at, a, b, &beat(false, sequence, a, b));
        capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, sequence, b, a));
    }
    assert_found(&capture, &[]);
}

#[test]
fn of_one_direction_nothing_is_said_to_be_missed() {
    let mut capture = Capture::default();
    for other in [2, 3] {
        let (a, b) = (node(1, 1), node(1, other));
        for i in 0..30 {
            let at = NOON + i64::from(i) * SECOND;
            capture.udp(at, a, b, &beat(false, 1000 + i, a, b));
            capture.udp(at + 400 * MILLISECOND, a, b, &beat(true, 2000 + i, a, b));
        }
    }
    let lines = examine(&capture, 0).heartbeats;
    assert!(
        lines.iter().all(|line| !line.known && line.beats.missed == 0 && line.longest() == 0),
        "{lines:?}"
    );
    let reading = reading(&capture);
    assert!(reading.contains("only one direction") && !reading.contains("Nothing gets through"), "{reading}");
}

#[test]
fn heartbeats_that_were_captured_twice_count_once_and_are_told() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 0..20_u32 {
        let at = NOON + i64::from(i) * SECOND;
        for copy in [0, 150_000] {
            capture.udp(at + copy, a, b, &beat(false, i, a, b));
            capture.udp(at + 2 * MILLISECOND + copy, b, a, &beat(true, i, b, a));
        }
    }
    assert_found(&capture, &[]);
    says(&the(&capture, "capture-duplicates"), "40 of 80 packets");
    let line = &examine(&capture, 0).heartbeats[0];
    assert_eq!((line.beats.requests, line.beats.answered, line.peer.responses), (20, 20, 20));
}

#[test]
fn another_interval_and_a_large_frame_are_told_with_their_frames() {
    let mut capture = Capture::default();
    let (a, b) = (node(1, 1), node(1, 2));
    for i in 0..20_u32 {
        let at = NOON + i64::from(i) * 2 * SECOND;
        capture.udp(at, a, b, &beat(false, i, a, b));
        capture.udp(at + 2 * MILLISECOND, b, a, &beat(true, i, b, a));
    }
    says(&the(&capture, "netft-interval"), "(frame 1)");
    let large = with_frames(1, &noise(1450));
    // The frame half a second after the first heartbeats.
    says(&the(&large, "netft-large-frames"), "12:00:00.500Z (frame 5)");
}

#[test]
fn icmp_names_who_refuses_a_nodes_tcp() {
    let mut capture = cluster(&[1], &[1, 2], |_, _, _, _| Fate::Answered);
    let (client, server) = (([1, 1], 50_000), ([1, 2], 3343));
    unanswered_syns(&mut capture, 5_000, client, server);
    let blocked = one(&capture, "netft-tcp-blocked");
    assert!(!blocked.title.contains("ICMP"), "{}", blocked.title);
    let mut quoted = [50_000_u16.to_be_bytes(), 3343_u16.to_be_bytes()].concat();
    quoted.extend(5_000_u32.to_be_bytes());
    capture.icmp_quote(NOON + 5_001 * MILLISECOND, [9, 9], (3, 13), (client, server, 6), &quoted);
    let refused = one(&capture, "netft-tcp-blocked");
    let said = refused.evidence.join(" ");
    assert!(said.contains("10.0.9.9 said \"administratively prohibited\" by ICMP"), "{said}");
    assert_eq!(refused.advice[0], "On 10.0.9.9: the rule that rejects TCP 3343 to 10.0.1.2.");
}

#[test]
fn a_network_that_is_back_before_the_other_leaves_the_other_ones_fault_to_its_adapter() {
    let capture = cluster(&[1, 2], &[1, 2, 3], |network, from, to, i| {
        let node = network == 1 && (from == 3 || to == 3) && (20..45).contains(&i);
        let all = network == 2 && (12..28).contains(&i);
        if node || all { Fate::Unanswered } else { Fate::Answered }
    });
    let examined = examine(&capture, 0);
    let reading = Matrix::of(&examined.heartbeats).reading();
    assert!(reading.contains("On 10.0.1.0/24 all routes of 10.0.1.3 fail: its adapter"), "{reading}");
    assert!(reading.contains("On 10.0.2.0/24 nothing gets through."), "{reading}");
}

#[test]
fn requests_that_are_not_seen_show_in_the_row_of_who_does_not_send_them() {
    let lost = |a: u8, b: u8, i: u32| (a <= 2) != (b <= 2) && (20..32).contains(&i);
    let capture = cluster(&[1], &[1, 2, 3, 4], |_, from, to, i| match (lost(from, to, i), from <= 2) {
        (true, true) => Fate::Gone,
        (true, false) => Fate::Unanswered,
        (false, _) => Fate::Answered,
    });
    let matrix = Matrix::of(&examine(&capture, 0).heartbeats);
    assert_eq!(matrix.cell(2, 0), Some([Some(12)].as_slice()));
    // The first goes unanswered before the other node's first is missing.
    assert_eq!(matrix.cell(0, 2), Some([Some(11)].as_slice()), "as many are not seen");
    assert_eq!(matrix.cell(0, 1), Some([Some(0)].as_slice()));
}
