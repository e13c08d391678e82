//! What captures cost that are made to be expensive, beside one that is not: time per byte, and per packet, of reading
//! them as the program does, on one thread. The table comes first; `cargo bench --bench adversarial -- nothing` prints it and
//! measures no more.

#![allow(missing_docs, reason = "criterion's macros make public functions without")]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hostile::{backwards, forwards, holes};
use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;
use wiretell::capture::FileReader;
use wiretell::findings::Examination;
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;

struct Gather(Examination);

impl Sink for Gather {
    fn flow(&mut self, summary: Summary) {
        self.0.observe(&summary);
    }
}

/// Reads a capture to its end or its damage; says how many frames there were.
#[expect(clippy::unwrap_used, reason = "no thread is asked for")]
fn read(bytes: &Arc<[u8]>) -> u64 {
    let settings =
        Settings { limits: Limits { max_flows: 160_000, ..Limits::default() }, ..Settings::default() };
    let mut pipeline = Pipeline::start(&settings, || Gather(Examination::new(false))).unwrap();
    let source = Cursor::new(Arc::clone(bytes));
    let Ok(mut reader) = FileReader::new(source, "hostile".to_owned()) else { return 0 };
    loop {
        let mut block = pipeline.block();
        match reader.read_block(&mut block) {
            Ok(true) => pipeline.feed(block),
            Ok(false) | Err(_) => break,
        }
    }
    pipeline.finish().0.packets
}

/// The captures by name; the first is the benign one. Each has some megabytes once unpacked.
fn captures() -> Vec<(&'static str, Vec<u8>, usize)> {
    const SIZE: usize = 8 << 20;
    let text = [&b"GET /"[..], &[b'a'; 1_995]].concat();
    let words = b"never quite what any protocol says, word by word ".repeat(300);
    let plain = |bytes: Vec<u8>| (bytes.len(), bytes);
    let made = [
        ("benign", plain(hostile::benign(SIZE).bytes)),
        ("scan, one datagram a flow", plain(hostile::scan(100_000).bytes)),
        ("addresses of one shard", plain(hostile::one_shard(100_000).bytes)),
        ("connections anew in one moment", plain(hostile::reconnects(100_000).bytes)),
        ("fragments far behind", plain(hostile::far_fragments(100_000).bytes)),
        ("fragments without an end", plain(hostile::endless_fragments(120).bytes)),
        ("fragments scattered", plain(hostile::scattered_fragments(200).bytes)),
        ("segments of one byte", plain(hostile::segments(50, 80, &text, 1, forwards).bytes)),
        ("segments of one byte, backwards", plain(hostile::segments(50, 80, &text, 1, backwards).bytes)),
        ("segments with holes", plain(hostile::segments(50, 80, &text.repeat(7), 100, holes).bytes)),
        ("segments backwards", plain(hostile::segments(400, 80, &text.repeat(7), 1_400, backwards).bytes)),
        ("text that nobody claims", plain(hostile::segments(400, 9, &words, 400, forwards).bytes)),
        ("tunnels, 11 deep", plain(hostile::nested(20_000, 11).bytes)),
        ("tunnels, 60 deep", plain(hostile::nested(6_000, 60).bytes)),
        ("tunnels of frames, 8 deep", plain(hostile::nested_ethernet(20_000, 8).bytes)),
        ("extension headers, 150", plain(hostile::chained_options(6_000).bytes)),
        ("options without length", plain(hostile::looping_options(50_000).bytes)),
        ("DNS that points to itself", plain(hostile::datagrams(20_000, 53, &hostile::looping_dns()).bytes)),
        ("BER in BER", plain(hostile::datagrams(7_000, 161, &hostile::deep_ber()).bytes)),
        ("QUIC to be decrypted", plain(hostile::datagrams(7_000, 443, &hostile::quic_initial()).bytes)),
        ("blocks without frames", plain(hostile::empty_blocks(SIZE))),
        ("interfaces only", plain(hostile::interfaces(SIZE))),
        ("gzip of zeros", (64 << 20, hostile::gzip_bomb(&hostile::Pcap::new(0).bytes, 64 << 20))),
        ("zstd of zeros", (64 << 20, hostile::zstd_bomb(&hostile::Pcap::new(0).bytes, 64 << 20))),
    ];
    made.into_iter().map(|(name, (size, bytes))| (name, bytes, size)).collect()
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a bench tells a person, roughly")]
fn adversarial(criterion: &mut Criterion) {
    let mut benign = None;
    println!(
        "{:32} {:>8} {:>9} {:>7} {:>9} {:>7}",
        "capture", "B/packet", "ns/byte", "ratio", "ns/packet", "ratio"
    );
    let mut group = criterion.benchmark_group("adversarial");
    group.sample_size(10);
    for (name, bytes, size) in captures() {
        let bytes: Arc<[u8]> = bytes.into();
        let frames = read(&bytes).max(1) as f64;
        let time = |_| {
            let begin = Instant::now();
            read(&bytes);
            begin.elapsed().as_nanos()
        };
        let best = (0..5).map(time).min().unwrap_or(0) as f64;
        let (per_byte, per_packet) = (best / size as f64, best / frames);
        let (byte, packet) = *benign.get_or_insert((per_byte, per_packet));
        println!(
            "{name:32} {:8.0} {per_byte:9.3} {:7.2} {per_packet:9.1} {:7.2}",
            size as f64 / frames,
            per_byte / byte,
            per_packet / packet
        );
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(name, |bencher| bencher.iter(|| read(&bytes)));
    }
    group.finish();
}

criterion_group!(benches, adversarial);
criterion_main!(benches);
