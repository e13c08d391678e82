//! After warm-up, a packet of a known flow allocates nothing. Synthetic flows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use support::{Capture, dns};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;
use wiretell::wire::fragments;

struct Ignore;

impl Sink for Ignore {
    fn flow(&mut self, _: Summary) {}
}

/// Packets of flows that are decided, undecided and followed: rounds of them, each some milliseconds later.
fn round(number: u16) -> Capture {
    let mut capture = Capture::default();
    for flow in 0..40_u8 {
        let at = i64::from(number) * 50_000_000 + i64::from(flow);
        let (client, server) = (([1, flow], 50_000), ([2, flow], 53));
        capture.udp(at, client, server, &dns(number, "a.example", number % 2 == 1));
        let (client, server) = (([1, flow], 50_001), ([2, flow], 22));
        let said: &[u8] = if number == 0 { b"SSH-2.0-a\r\n" } else { &[0x55; 100] };
        capture.tcp(at + 1, client, server, 0x18, u32::from(number) * 100 + 11 * u32::from(number > 0), said);
        let (client, server) = (([1, flow], 50_002), ([2, flow], 9_999));
        capture.udp(at + 2, client, server, &[0xee; 30]);
    }
    capture
}

#[test]
fn a_packet_of_a_known_flow_allocates_nothing_after_warm_up() {
    let settings = Settings {
        threads: 0,
        limits: Limits { max_flows: 10_000, ..Limits::default() },
        describe: true,
        decode_as: Arc::from([]),
        rules: Arc::default(),
        fragments: fragments::Limits::default(),
    };
    let mut pipeline = Pipeline::start(&settings, || Ignore).unwrap();
    let mut rounds = (0..200).flat_map(|number| round(number).blocks(1_000));
    for block in rounds.by_ref().take(100) {
        pipeline.feed(block);
    }
    let blocks: Vec<_> = rounds.collect();
    assert!(blocks.len() >= 100);
    let packets = pipeline.intake().packets;
    let mut fed = 0;
    let counted = allocation_counter::measure(|| {
        for block in blocks {
            fed += block.frames.len() as u64;
            pipeline.feed(block);
        }
    });
    assert_eq!(pipeline.intake().packets, packets + fed);
    // Each feed() shares its block once: that allocation is the block's, not a packet's.
    let per_block = 2 * 100;
    assert!(counted.count_total <= per_block, "{} allocations for {fed} packets", counted.count_total);
}
