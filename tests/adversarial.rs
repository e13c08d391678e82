//! Captures that are made to be expensive: read to the end, every packet accounted for, in bounded memory and with
//! bounded work. What they cost in time is measured by `cargo bench --bench adversarial`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "support/hostile.rs"]
mod hostile;

use hostile::{Pcap, backwards, forwards, holes};
use std::io::Cursor;
use wiretell::capture::FileReader;
use wiretell::findings::{CaptureFacts, Examination};
use wiretell::flow::EndReason;
use wiretell::pipeline::{Intake, Pipeline, Settings};
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;
use wiretell::totals::Totals;
use wiretell::wire::Skip;

/// What the program takes however little it reads: blocks, tables, buffers.
const BASE: u64 = 12 << 20;
/// A test is built without optimisation: it reads less than a release.
const MANY: u32 = if cfg!(debug_assertions) { 30_000 } else { 1_000_000 };

/// Gathers for findings as the program does, and keeps nothing else.
struct Gather {
    examination: Examination,
    packets: u64,
}

impl Sink for Gather {
    fn flow(&mut self, summary: Summary) {
        self.packets += summary.counts.iter().map(|count| count.packets).sum::<u64>();
        self.examination.observe(&summary);
    }
}

/// What came of a capture.
struct Read {
    intake: Intake,
    totals: Totals,
    bounds: Vec<(&'static str, u64)>,
    error: Option<String>,
    /// Most bytes that were allocated at once.
    peak: u64,
}

impl Read {
    fn ended(&self, reason: EndReason) -> u64 {
        self.totals.ended[reason as usize]
    }

    fn bound(&self, name: &str) -> u64 {
        self.bounds.iter().find(|(bound, _)| *bound == name).map_or(0, |(_, count)| *count)
    }
}

/// Reads a capture to its end, with room for so many flows.
fn read(bytes: Vec<u8>, max_flows: usize) -> Read {
    let mut result = None;
    let counted = allocation_counter::measure(|| result = Some(run(bytes, max_flows)));
    let mut result = result.unwrap();
    result.peak = counted.bytes_max;
    assert_eq!(
        result.intake.packets,
        result.totals.packets_in_flows + result.intake.skipped.iter().sum::<u64>()
    );
    result
}

fn run(bytes: Vec<u8>, max_flows: usize) -> Read {
    let settings = Settings { limits: Limits { max_flows, ..Limits::default() }, ..Settings::default() };
    let sink = || Gather { examination: Examination::new(false), packets: 0 };
    let mut pipeline = Pipeline::start(&settings, sink).unwrap();
    let mut error = None;
    match FileReader::new(Cursor::new(bytes), "hostile".to_owned()) {
        Err(failed) => error = Some(failed.to_string()),
        Ok(mut reader) => loop {
            let mut block = pipeline.block();
            match reader.read_block(&mut block) {
                Ok(true) => pipeline.feed(block),
                Ok(false) => break,
                Err(failed) => error = Some(failed.to_string()),
            }
        },
    }
    let bounds: Vec<_> = pipeline.bounds().collect();
    let (intake, totals, sinks) = pipeline.finish();
    let bounds = bounds.into_iter().chain(totals.bounds()).collect();
    for Gather { examination, packets } in sinks {
        assert_eq!(packets, totals.packets_in_flows, "every packet is in one summary");
        let _ = examination.conclude(&CaptureFacts::default());
    }
    Read { intake, totals, bounds, error, peak: 0 }
}

fn read_pcap(pcap: Pcap, max_flows: usize) -> Read {
    let frames = pcap.frames;
    let read = read(pcap.bytes, max_flows);
    assert_eq!((read.intake.packets, &read.error), (frames, &None));
    read
}

#[test]
fn more_flows_than_there_is_room_for_take_no_more_memory() {
    let read = read_pcap(hostile::scan(MANY), 10_000);
    assert_eq!(read.totals.flows(), u64::from(MANY));
    assert!(read.ended(EndReason::Evicted) >= u64::from(MANY) - 10_000);
    // Findings keep who spoke to whom besides, of so many hosts.
    let peak = read.peak;
    assert!(peak < BASE + (48 << 20), "{peak}");
}

#[test]
fn addresses_that_all_fall_to_one_shard_meet_the_bound_and_no_more() {
    let (many, room) = (MANY / 10, 100_u32);
    let read = read_pcap(hostile::one_shard(many), room as usize);
    assert!(read.ended(EndReason::Evicted) >= u64::from(many - room));
    assert!(read.peak < BASE + (8 << 20), "{}", read.peak);
}

#[test]
fn connections_opened_anew_in_one_moment_leave_nothing_behind() {
    let read = read_pcap(hostile::reconnects(MANY), 1_000_000);
    assert_eq!(read.totals.flows(), u64::from(MANY));
    let few = read_pcap(hostile::reconnects(MANY / 4), 1_000_000);
    // All of them go to what findings gather, whose room is bounded, and nowhere else.
    assert!(read.peak < few.peak + (256 << 10), "{} after {}", read.peak, few.peak);
}

#[test]
fn a_flow_of_very_many_packets_is_one_flow_in_the_same_memory() {
    let pcap = |packets: u32| {
        let mut pcap = Pcap::new(1_000);
        for i in 0..packets {
            pcap.udp((1, 50_000), (2, 9), &i.to_be_bytes());
        }
        pcap
    };
    let (few, many) = (read_pcap(pcap(1_000), 1_000), read_pcap(pcap(MANY), 1_000));
    assert_eq!(many.totals.flows(), 1);
    assert!(many.peak < few.peak + BASE, "{} after {}", many.peak, few.peak);
}

#[test]
fn fragments_that_never_become_datagrams_are_held_within_bounds() {
    for pcap in [
        hostile::far_fragments(MANY / 4),
        hostile::endless_fragments(MANY / 100),
        hostile::scattered_fragments(MANY / 1000),
    ] {
        let read = read_pcap(pcap, 1_000);
        assert!(read.peak < BASE + (8 << 20), "{}", read.peak);
        assert!(read.bound("fragments-evicted") + read.bound("fragments-dropped") > 0, "{:?}", read.bounds);
    }
}

#[test]
fn segments_of_one_byte_in_any_order_are_put_together_within_bounds() {
    let text = [&b"GET /"[..], &[b'a'; 1_995]].concat();
    for order in [forwards, backwards, holes] {
        let read = read_pcap(hostile::segments(MANY / 10_000, 80, &text, 1, order), 1_000);
        assert_eq!(read.totals.flows(), u64::from(MANY / 10_000));
        assert!(read.peak < BASE, "{}", read.peak);
    }
}

#[test]
fn a_line_without_an_end_is_kept_up_to_its_bound_only() {
    for port in [21, 25, 80, 110, 143, 1935, 6667] {
        let (mut pcap, part) = (Pcap::new(1_000), vec![b'A'; 60_000]);
        for place in 0..280 {
            for (from, to) in [((1, 40_000), (2, port)), ((2, port), (1, 40_000))] {
                pcap.tcp(from, to, 0x18, 1_000 + place * 60_000, &part);
            }
        }
        let size = pcap.bytes.len() as u64;
        let read = read_pcap(pcap, 1_000);
        assert_eq!(read.totals.flows(), 1);
        assert!(size > 32 << 20 && read.peak < BASE, "{}", read.peak);
    }
}

#[test]
fn tunnels_in_tunnels_are_followed_to_a_bound_and_headers_of_options_to_their_end() {
    for depth in [5, 20, 60] {
        let read = read_pcap(hostile::nested(100, depth), 1_000);
        let too_deep = read.intake.skipped[Skip::TunnelTooDeep as usize];
        assert_eq!(too_deep, if depth > 24 { 100 } else { 0 }, "{depth}");
        read_pcap(hostile::nested_ethernet(100, depth / 2), 1_000);
    }
    read_pcap(hostile::chained_options(100), 1_000);
    let read = read_pcap(hostile::looping_options(100), 1_000);
    assert_eq!(read.totals.flows(), 1);
}

#[test]
fn messages_that_point_to_themselves_or_never_end_inwards_are_read_once() {
    for (port, message) in [
        (53, hostile::looping_dns()),
        (5353, hostile::looping_dns()),
        (161, hostile::deep_ber()),
        (389, hostile::deep_ber()),
        (88, hostile::deep_ber()),
        (443, hostile::quic_initial()),
    ] {
        let read = read_pcap(hostile::datagrams(50, port, &message), 1_000);
        assert_eq!(read.totals.flows(), 50);
        read_pcap(hostile::segments(2, port, &message.repeat(12), 500, forwards), 1_000);
    }
}

#[test]
fn a_compressed_bomb_is_unfolded_block_by_block() {
    // Zeros are frames without bytes; or one block that nobody reads, or a frame that is longer than any.
    let zeros = if cfg!(debug_assertions) { 4 << 20 } else { 512 << 20 };
    let header = Pcap::new(0).bytes;
    for (bomb, window) in
        [(hostile::gzip_bomb(&header, zeros), 0), (hostile::zstd_bomb(&header, zeros), 128 << 20)]
    {
        let packed = bomb.len() as u64;
        assert!(packed < zeros as u64 / 100);
        let read = read(bomb, 1_000);
        assert_eq!(read.intake.packets, zeros as u64 / 16);
        assert!(read.peak < packed + window + BASE, "{}", read.peak);
    }
    let head = &hostile::claiming_block(0x0bad, 0xffff_fffc)[..];
    let read = read(hostile::gzip_bomb(head, zeros), 1_000);
    assert!(read.error.is_some() && read.intake.packets == 0);
    assert!(read.peak < BASE, "{}", read.peak);
}

#[test]
fn a_block_that_claims_four_gigabytes_takes_no_room_for_them() {
    for kind in [0x0a0d_0d0a_u32, 1, 2, 3, 5, 6, 0x0bad, 0x8000_0001] {
        let read = read(hostile::claiming_block(kind, 0xffff_fffc), 1_000);
        let error = read.error.unwrap();
        assert!(error.contains("byte "), "{error}");
        assert!(read.peak < BASE, "{kind}: {}", read.peak);
    }
}

#[test]
fn a_file_of_blocks_without_frames_is_passed_over() {
    for bytes in [hostile::empty_blocks(8 << 20), hostile::interfaces(8 << 20)] {
        let size = bytes.len() as u64;
        let read = read(bytes, 1_000);
        assert_eq!((read.error, read.intake.packets), (None, 0));
        assert!(read.peak < size + BASE, "{}", read.peak);
    }
}
