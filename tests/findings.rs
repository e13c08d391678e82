//! Each finding's examples: synthetic traffic through the real pipeline, and exactly the findings it must give.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test may panic; its captures are small"
)]

mod support;

use std::sync::Arc;
use support::{Capture, End, SECOND};
use wiretell::findings::{CaptureFacts, Examination, Examined, Severity, document};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;
use wiretell::wire::fragments;

/// 2026-11-20T12:00:00Z.
const NOON: i64 = 1_795_176_000 * SECOND;
const MILLISECOND: i64 = 1_000_000;

struct Gather(Examination);

impl Sink for Gather {
    fn flow(&mut self, summary: Summary) {
        self.0.observe(&summary);
    }
}

fn examine(capture: &Capture, threads: usize) -> Examined {
    let settings = Settings {
        threads,
        limits: Limits::default(),
        describe: true,
        decode_as: Arc::from([]),
        fragments: fragments::Limits::default(),
    };
    let mut pipeline = Pipeline::start(&settings, || Gather(Examination::new(false))).unwrap();
    for block in capture.blocks(100) {
        pipeline.feed(block);
    }
    let (intake, _, sinks) = pipeline.finish();
    let mut all = Examination::new(false);
    for sink in sinks {
        all.merge(sink.0);
    }
    all.conclude(&CaptureFacts { packets: intake.packets, ..CaptureFacts::default() })
}

/// The ids and severities of all findings of at least this severity, sorted.
fn found(capture: &Capture, least: Severity) -> Vec<(&'static str, Severity)> {
    let examined = examine(capture, 0);
    let threaded = examine(capture, 3);
    assert_eq!(
        format!("{:?}", examined.findings),
        format!("{:?}", threaded.findings),
        "threads change nothing"
    );
    let mut found: Vec<_> = examined
        .findings
        .iter()
        .filter(|finding| finding.severity >= least)
        .inspect(|finding| {
            assert!(!finding.evidence.is_empty(), "{}", finding.diagnosis.id);
            let needs_filter = !finding.diagnosis.id.starts_with("capture-");
            assert!(!needs_filter || !finding.filter.is_empty(), "{}", finding.diagnosis.id);
        })
        .map(|finding| (finding.diagnosis.id, finding.severity))
        .collect();
    found.sort_unstable();
    found
}

fn assert_found(capture: &Capture, expected: &[(&'static str, Severity)]) {
    assert_eq!(found(capture, Notice), expected);
}

// Clusters.

fn node(network: u8, node: u8) -> End {
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
enum Fate {
    Answered,
    /// Answered so many milliseconds later.
    After(i64),
    /// The request is seen, and no answer.
    Unanswered,
    /// The request is not seen either.
    Gone,
}

/// `from` asks `to` once a second; `fate` says what becomes of each request.
fn beats(capture: &mut Capture, from: End, to: End, count: u32, fate: impl Fn(u32) -> Fate) {
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

use Severity::{Critical, Info, Notice, Warning};

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

// Remote desktop, and UDP beside TCP.

const CLIENT: [u8; 2] = [1, 1];
const SERVER: [u8; 2] = [2, 2];

const HELLO: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
    \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
    \x00\x00\x00\x02\xc0\x2f\x01\x00\
    \x00\x00\x00\x00\xaa\x1d\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\x00\x00\x1d\xaa\x1a\x00";
const VERIFY: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\
    \x03\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x07\xfe\xff\x04abcd";
const ALERT: &[u8] = b"\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02\x02\x28";

/// A session over TCP 443 that lasts for half a minute.
fn main_channel(capture: &mut Capture) {
    let (client, server) = ((CLIENT, 50_443), (SERVER, 443));
    let (mut ours, mut theirs) = (1_001, 9_001);
    capture.tcp(NOON, client, server, 0x02, 1_000, b"");
    capture.tcp(NOON + MILLISECOND, server, client, 0x12, 9_000, b"");
    capture.tcp(NOON + 2 * MILLISECOND, client, server, 0x10, 1_001, b"");
    for i in 1..31 {
        let at = NOON + i * SECOND;
        capture.tcp(at, client, server, 0x18, ours, b"\x17\x03\x03\x00\x04abcd");
        capture.tcp(at + MILLISECOND, server, client, 0x18, theirs, b"\x17\x03\x03\x00\x04abcd");
        ours += 9;
        theirs += 9;
    }
}

fn hellos(capture: &mut Capture, answer: Option<&[u8]>) {
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3391));
    for (i, after) in [0, 1, 3, 7].into_iter().enumerate() {
        let at = NOON + (2 + after) * SECOND;
        capture.udp(at, client, server, HELLO);
        if let (Some(answer), true) = (answer, i < 2) {
            capture.udp(at + MILLISECOND, server, client, answer);
        }
    }
}

#[test]
fn a_side_channel_without_answer_is_told_beside_the_main_channel_that_works() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, None);
    assert_found(&capture, &[("rdg-udp-unanswered", Warning)]);
}

#[test]
fn without_any_packet_of_the_gateway_the_same_is_told_with_less_certainty() {
    let mut capture = Capture::default();
    hellos(&mut capture, None);
    // Something else goes on for long enough.
    capture.udp(NOON + 30 * SECOND, ([7, 7], 40_000), ([8, 8], 53), &support::dns(1, "a.example", false));
    assert!(found(&capture, Warning).is_empty());
}

#[test]
fn a_capture_that_ends_at_once_proves_no_silence() {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3391));
    capture.udp(NOON, client, server, HELLO);
    capture.udp(NOON + SECOND, client, server, HELLO);
    assert_eq!(found(&capture, Notice), []);
}

#[test]
fn a_capture_of_one_direction_accuses_nobody() {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_443), (SERVER, 443));
    for i in 0..30 {
        let sequence = 1_000 + 9 * i;
        capture.tcp(
            NOON + i64::from(i) * SECOND,
            client,
            server,
            0x18,
            sequence,
            b"\x17\x03\x03\x00\x04abcd",
        );
    }
    hellos(&mut capture, None);
    beats(&mut capture, ([1, 1], 3343), ([2, 2], 3343), 30, |_| Fate::Unanswered);
    assert_found(&capture, &[("capture-one-direction", Warning)]);
}

#[test]
fn a_cookie_that_never_arrives_and_an_alert_are_told() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, Some(VERIFY));
    assert_found(&capture, &[("rdg-udp-cookie-lost", Warning)]);
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, Some(ALERT));
    assert_found(&capture, &[("rdg-udp-alert", Warning)]);
}

fn syn(lossy: bool) -> Vec<u8> {
    let mut bytes =
        vec![0xff, 0xff, 0xff, 0xff, 0, 0x40, if lossy { 0x02 } else { 0 }, 1, 1, 2, 3, 4, 4, 0xd0, 4, 0xd0];
    bytes.resize(1232, 0);
    bytes
}

fn rdp(capture: &mut Capture) {
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

// Transactions.

fn tip(said: &[(bool, &[u8])], source_port: u16) -> Capture {
    let mut capture = Capture::default();
    capture.connection(NOON, (CLIENT, source_port), (SERVER, 3372), said);
    // The capture goes on.
    capture.udp(NOON + 60 * SECOND, ([7, 7], 40_000), ([8, 8], 53), &support::dns(1, "a.example", false));
    capture
}

const IDENTIFY: (bool, &[u8]) = (true, b"IDENTIFY 3 3 a.example:3372/ b.example:3372/\n");
const IDENTIFIED: (bool, &[u8]) = (false, b"IDENTIFIED 3\n");

#[test]
fn a_settled_transaction_gives_nothing_above_info() {
    let capture = tip(
        &[
            IDENTIFY,
            IDENTIFIED,
            (true, b"PUSH one\n"),
            (false, b"PUSHED two\n"),
            (true, b"PREPARE\n"),
            (false, b"PREPARED\n"),
            (true, b"COMMIT\n"),
            (false, b"COMMITTED\n"),
        ],
        3372,
    );
    assert_found(&capture, &[]);
    assert!(found(&capture, Info).contains(&("tip-in-clear", Info)));
}

#[test]
fn a_prepared_transaction_whose_connection_ends_is_in_doubt() {
    let capture = tip(
        &[
            IDENTIFY,
            IDENTIFIED,
            (true, b"PUSH one\n"),
            (false, b"PUSHED two\n"),
            (true, b"PREPARE\n"),
            (false, b"PREPARED\n"),
        ],
        3372,
    );
    assert_found(&capture, &[("tip-in-doubt", Warning)]);
}

#[test]
fn versions_that_do_not_meet_refusals_and_dropped_source_ports_are_told() {
    let version =
        tip(&[(true, b"IDENTIFY 4 5 a.example:3372/ b.example:3372/\n"), (false, b"ERROR\n")], 3372);
    assert_found(&version, &[("tip-version-mismatch", Warning)]);
    let refused = tip(&[IDENTIFY, IDENTIFIED, (true, b"PULL one two\n"), (false, b"NOTPULLED\n")], 3372);
    assert_found(&refused, &[("tip-transactions-refused", Notice)]);
    let dropped = tip(&[IDENTIFY], 50_000);
    assert_found(&dropped, &[("tip-dropped", Warning)]);
}

// Ports.

#[test]
fn remote_desktop_on_another_port_is_noticed_and_http_is_not() {
    let mut capture = Capture::default();
    let http: &[(bool, &[u8])] = &[
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    capture.connection(NOON, (CLIENT, 50_000), (SERVER, 5432), http);
    assert_found(&capture, &[]);
    assert!(found(&capture, Info).contains(&("port-contradicted", Info)));
    let request = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
    let confirm = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00";
    let mut capture = Capture::default();
    capture.connection(NOON, (CLIENT, 50_000), (SERVER, 8443), &[(true, request), (false, confirm)]);
    assert_found(&capture, &[("port-guarded-protocol-elsewhere", Notice)]);
}

#[test]
fn a_host_that_tries_a_special_port_on_many_others_is_noticed() {
    let mut capture = Capture::default();
    for target in 0..20 {
        capture.tcp(
            NOON + i64::from(target) * MILLISECOND,
            (CLIENT, 50_000),
            ([3, target], 3372),
            0x02,
            1_000,
            b"",
        );
    }
    assert_found(&capture, &[("port-scanned", Notice)]);
}

// The document.

#[test]
fn the_document_is_written_from_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
    let text = document::text();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run the tests with BLESS=1 to write it anew");
}
