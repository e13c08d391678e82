//! What a packet costs on its way through keys, table and threads, and what a finished flow costs to be written.
//!
//! Throughput is in packets, or in flows where records are written, and in bytes of the capture or of the records. The
//! capture is synthetic: an office's requests and look-ups (`tests/support/hostile.rs`); the flows whose records are
//! written are those of the captures in the repository.

#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros make public items; files are there")]
#![allow(dead_code, reason = "only the benign capture is used here")]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wiretell::capture::{Block, FileReader};
use wiretell::copies::Copies;
use wiretell::flow::Flow;
use wiretell::output::csv::Csv;
use wiretell::output::destination::Destination;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::table::TablePart;
use wiretell::packet::{Packet, Span};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::Sink;
use wiretell::summary::Summary;
use wiretell::table::Table;
use wiretell::wire::{Decoded, Decoder, Limits};

/// Size of the synthetic capture in bytes: some ten thousand packets, which stay in the cache.
const SIZE: usize = 4 << 20;

/// All packets of a capture, with the bytes of their payloads.
fn packets(capture: &Arc<[u8]>) -> Vec<(Packet, Vec<u8>)> {
    let mut reader = FileReader::new(Cursor::new(Arc::clone(capture)), "memory".to_owned()).unwrap();
    let (mut block, mut decoder) = (Block::default(), Decoder::new(Limits::default()));
    let mut packets = Vec::new();
    while reader.read_block(&mut block).unwrap() {
        for frame in &block.frames {
            let bytes =
                block.bytes.get(frame.start as usize..).unwrap().get(..frame.captured as usize).unwrap();
            if let Decoded::Packet { packet, .. } = decoder.decode(frame, bytes) {
                let Span { start, len } = packet.payload;
                let payload = bytes.get(start as usize..).and_then(|rest| rest.get(..len as usize));
                packets.push((packet, payload.unwrap_or_default().to_vec()));
            }
        }
    }
    packets
}

fn steps(criterion: &mut Criterion) {
    let capture: Arc<[u8]> = hostile::benign(SIZE).bytes.into();
    let packets = packets(&capture);
    let state = foldhash::fast::RandomState::default();
    let hashes: Vec<u64> = packets.iter().map(|(packet, _)| packet.key.hash_with(&state)).collect();
    let mut table = Table::default();
    for ((packet, _), &hash) in packets.iter().zip(&hashes) {
        if table.find(hash, &packet.key).is_none() {
            table.insert(Flow::new(packet, hash, 0));
        }
    }
    for (unit, throughput) in [
        ("packets", Throughput::Elements(packets.len() as u64)),
        ("bytes", Throughput::Bytes(capture.len() as u64)),
    ] {
        let mut group = criterion.benchmark_group(format!("steps in {unit}"));
        group.throughput(throughput);
        group.bench_function("key hashed", |bencher| {
            let hash = |(packet, _): &(Packet, Vec<u8>)| black_box(packet).key.hash_with(&state);
            bencher.iter(|| packets.iter().map(hash).fold(0, u64::wrapping_add));
        });
        group.bench_function("flow found", |bencher| {
            bencher.iter(|| {
                let known = |((packet, _), &hash): (&(Packet, Vec<u8>), &u64)| table.find(hash, &packet.key);
                packets.iter().zip(&hashes).filter_map(known).count()
            });
        });
        group.bench_function("looked for copies", |bencher| {
            let mut copies = Copies::default();
            bencher.iter(|| {
                let seen = |(packet, payload): &(Packet, Vec<u8>)| copies.original(packet, payload, u64::MAX);
                packets.iter().filter_map(seen).count()
            });
        });
        for (name, threads) in [("whole run, inline", 0), ("whole run, handed over to one thread", 1)] {
            group.bench_function(name, |bencher| bencher.iter(|| run(&capture, threads)));
        }
        group.finish();
    }
}

/// Forgets every flow.
struct Nowhere;

impl Sink for Nowhere {
    fn flow(&mut self, summary: Summary) {
        drop(black_box(summary));
    }
}

fn run(capture: &Arc<[u8]>, threads: usize) -> u64 {
    let settings = Settings { threads, ..Settings::default() };
    let mut pipeline = Pipeline::start(&settings, || Nowhere).unwrap();
    let mut reader = FileReader::new(Cursor::new(Arc::clone(capture)), "memory".to_owned()).unwrap();
    loop {
        let mut block = pipeline.block();
        if !reader.read_block(&mut block).unwrap() {
            break;
        }
        pipeline.feed(block);
    }
    pipeline.finish().0.packets
}

#[derive(Default)]
struct Keep(Vec<Summary>);

impl Sink for Keep {
    fn flow(&mut self, summary: Summary) {
        self.0.push(summary);
    }
}

/// The flows of all captures in the repository.
fn shipped() -> Vec<Summary> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut flows = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng") {
            continue;
        }
        let mut pipeline = Pipeline::start(&Settings::default(), Keep::default).unwrap();
        let mut reader = FileReader::open(&path).unwrap();
        loop {
            let mut block = pipeline.block();
            if !reader.read_block(&mut block).unwrap() {
                break;
            }
            pipeline.feed(block);
        }
        for Keep(kept) in pipeline.finish().2 {
            flows.extend(kept);
        }
    }
    flows
}

fn nowhere() -> Arc<Destination> {
    Destination::new(Box::new(std::io::sink()), Arc::new(AtomicBool::new(false)))
}

fn records(criterion: &mut Criterion) {
    let flows = shipped();
    let files: Arc<[String]> = Arc::from(["capture.pcap".to_owned()]);
    let mut group = criterion.benchmark_group("records in flows");
    group.throughput(Throughput::Elements(flows.len() as u64));
    let mut written = |name: &str, sink: &mut dyn FnMut(Vec<Summary>)| {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| flows.clone(), &mut *sink, BatchSize::LargeInput);
        });
    };
    written("JSON lines", &mut |flows| {
        let mut part = JsonLines::new(Arc::clone(&files), nowhere(), false);
        for flow in flows {
            part.flow(flow);
        }
    });
    written("CSV", &mut |flows| {
        let mut part = Csv::new(Arc::clone(&files), nowhere(), false);
        for flow in flows {
            part.flow(flow);
        }
    });
    written("table", &mut |flows| {
        let mut part = TablePart::new(false);
        for flow in flows {
            part.flow(flow);
        }
    });
    group.finish();
}

criterion_group!(benches, steps, records);
criterion_main!(benches);
