//! What must hold for any run: the same records with any number of threads, every packet accounted for,
//! bounds kept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use support::{Capture, Keep, SECOND, mixture};
use wiretell::flow::EndReason;
use wiretell::key::Transport;
use wiretell::pipeline::{Intake, Pipeline, Settings};
use wiretell::ports::DecodeAs;
use wiretell::shard::Limits;
use wiretell::summary::Summary;
use wiretell::totals::Totals;
use wiretell::verdict::Verdict;

fn settings(threads: usize, max_flows: usize) -> Settings {
    Settings { threads, limits: Limits { max_flows, ..Limits::default() }, ..Settings::default() }
}

fn run(capture: &Capture, settings: &Settings, frames_per_block: usize) -> (Intake, Totals, Vec<Summary>) {
    let mut pipeline = Pipeline::start(settings, Keep::default).unwrap();
    for block in capture.blocks(frames_per_block) {
        pipeline.feed(block);
    }
    let (intake, totals, sinks) = pipeline.finish();
    (intake, totals, sinks.into_iter().flat_map(|sink| sink.0).collect())
}

/// All that records show of flows, in an order of its own.
fn shown(summaries: &[Summary]) -> Vec<String> {
    let mut shown: Vec<String> = summaries.iter().map(|summary| format!("{summary:?}")).collect();
    shown.sort();
    shown
}

#[test]
fn the_records_are_the_same_inline_and_on_any_number_of_threads() {
    let capture = mixture(2_000);
    let (_, totals, inline) = run(&capture, &settings(0, 1_000_000), 100);
    assert!(inline.len() > 1_000);
    for threads in [1, 2, 7] {
        let (_, other_totals, other) = run(&capture, &settings(threads, 1_000_000), 333);
        assert_eq!(shown(&inline), shown(&other), "{threads} threads");
        assert_eq!(totals, other_totals, "{threads} threads");
    }
}

#[test]
fn the_records_are_the_same_on_any_number_of_threads_when_flows_are_evicted() {
    let capture = mixture(3_000);
    let (_, totals, inline) = run(&capture, &settings(0, 160), 100);
    assert!(totals.ended[EndReason::Evicted as usize] > 500);
    let (_, _, other) = run(&capture, &settings(5, 160), 64);
    assert_eq!(shown(&inline), shown(&other));
}

#[test]
fn the_records_are_the_same_on_any_number_of_threads_when_shards_evict_flows() {
    // Two hosts have a sixteenth of the bound, and these have more flows than that.
    let mut capture = Capture::default();
    for port in 1..6_000 {
        for host in 1..4 {
            capture.udp(i64::from(port), ([1, host], port), ([2, host], 9_999), b"");
        }
    }
    let (_, totals, inline) = run(&capture, &settings(0, 1 << 16), 100);
    assert!(totals.ended[EndReason::Evicted as usize] > 500);
    let (_, _, other) = run(&capture, &settings(5, 1 << 16), 64);
    assert_eq!(shown(&inline), shown(&other));
}

#[test]
fn a_small_bound_is_that_of_all_flows_whoever_they_are_between() {
    let mut capture = Capture::default();
    for port in 1..=160 {
        capture.udp(i64::from(port), ([1, 1], port), ([2, 2], 9_999), b"");
    }
    for (bound, evicted) in [(160, 0), (100, 60), (1, 159)] {
        let (_, totals, _) = run(&capture, &settings(3, bound), 100);
        assert_eq!(totals.ended[EndReason::Evicted as usize], evicted, "at most {bound}");
    }
}

#[test]
fn whoever_opens_an_association_is_its_source_whatever_the_ports() {
    const INIT: u8 = 1;
    const INIT_ACK: u8 = 2;
    let (server, client) = (([1, 1], 1_000), ([2, 2], 40_000));
    for first in [INIT, INIT_ACK] {
        let mut capture = Capture::default();
        capture.sctp(
            1,
            if first == INIT { client } else { server },
            if first == INIT { server } else { client },
            first,
        );
        // From a port that servers have, too.
        capture.sctp(2, server, client, INIT_ACK);
        let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
        assert_eq!(summaries[0].endpoints[0].port, client.1, "first chunk {first}");
    }
    let mut capture = Capture::default();
    capture.sctp(1, server, client, INIT);
    let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
    assert_eq!(summaries[0].endpoints[0].port, server.1);
}

#[test]
fn every_packet_is_in_a_flow_or_skipped_for_a_reason() {
    let (intake, totals, summaries) = run(&mixture(2_500), &settings(1, 1_000_000), 128);
    let skipped: u64 = intake.skipped.iter().sum();
    let counted: u64 = summaries.iter().flat_map(|summary| summary.counts).map(|count| count.packets).sum();
    assert!(skipped > 0);
    assert_eq!(intake.packets, totals.packets_in_flows + skipped);
    assert_eq!(totals.packets_in_flows, counted);
}

#[test]
fn a_flow_without_packets_for_its_time_out_is_over_and_the_next_packet_begins_another() {
    let (client, server) = (([1, 1], 40_000), ([2, 2], 9_999));
    let mut capture = Capture::default();
    for at in [0, 30, 59, 200, 230] {
        capture.udp(at * SECOND, client, server, b"beat");
    }
    let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
    let mut packets: Vec<_> = summaries.iter().map(|s| (s.counts[0].packets, s.reason)).collect();
    packets.sort_unstable();
    assert_eq!(packets, [(2, EndReason::Eof), (3, EndReason::Idle)]);
}

#[test]
fn a_flow_that_outlasts_the_active_time_out_is_recorded_in_parts_that_keep_its_label() {
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    let mut capture = Capture::default();
    for at in 0..100_u16 {
        let time = i64::from(at) * 30 * SECOND;
        capture.udp(time, client, server, &support::dns(at, "a.example", false));
        capture.udp(time + 1, server, client, &support::dns(at, "a.example", true));
    }
    let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
    assert_eq!(summaries.len(), 2);
    assert!(summaries.iter().all(|summary| summary.app == Some("dns")));
    assert!(summaries.iter().any(|s| s.continued) && summaries.iter().any(|s| s.reason == EndReason::Active));
}

#[test]
fn a_new_connection_on_the_same_ports_is_another_flow() {
    let (client, server) = (([1, 1], 40_000), ([2, 2], 22));
    let mut capture = Capture::default();
    capture.connection(0, client, server, &[(false, b"SSH-2.0-a\r\n"), (true, b"SSH-2.0-b\r\n")]);
    let mut again = Capture::default();
    again.tcp(SECOND, client, server, 0x02, 777_777, b"");
    let blocks = capture.blocks(100).into_iter().chain(again.blocks(100));
    let mut pipeline = Pipeline::start(&settings(0, 100), Keep::default).unwrap();
    blocks.for_each(|block| pipeline.feed(block));
    let (_, _, mut sinks) = pipeline.finish();
    assert_eq!(sinks.remove(0).0.len(), 2);
}

#[test]
fn what_the_user_says_about_a_port_is_contradicted_by_other_bytes() {
    let mut capture = Capture::default();
    let said: [(bool, &[u8]); 2] = [(false, b"SSH-2.0-a\r\n"), (true, b"SSH-2.0-b\r\n")];
    capture.connection(0, ([1, 1], 40_000), ([2, 2], 22), &said);
    let rule = DecodeAs { transport: Transport::Tcp, first: 22, last: 22, name: "http" };
    let settings = Settings { decode_as: Arc::from([rule]), ..settings(0, 100) };
    let (_, _, summaries) = run(&capture, &settings, 10);
    assert_eq!(summaries[0].app, Some("ssh"));
    assert_eq!(summaries[0].verdict, Verdict::Contradicted);
}

#[test]
fn what_was_seen_instead_of_what_the_port_promises_is_shown() {
    let mut capture = Capture::default();
    capture.udp(0, ([1, 1], 40_000), ([2, 2], 3391), b"hello, is anybody there?");
    let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
    assert_eq!((summaries[0].app, summaries[0].verdict), (None, Verdict::Contradicted));
    let said = &*summaries[0].why[0].detail;
    assert!(said.contains("not what rdg-udp sends: \"hello, is an\""), "{said}");
}

#[test]
fn whoever_uses_a_port_without_its_promise_does_not_stand_up_for_other_bytes_there() {
    // Telegram and OpenVPN use 443 too, and either could be behind random bytes; HTTPS could not.
    let mut capture = Capture::default();
    capture.connection(
        0,
        ([1, 1], 40_000),
        ([2, 2], 443),
        &[(true, b"\xf1\x02\x13\x24\x35\x46\x57\x68\x79\x8a")],
    );
    let (_, _, summaries) = run(&capture, &settings(0, 100), 10);
    assert_eq!((summaries[0].app, summaries[0].verdict), (None, Verdict::Contradicted));
}
