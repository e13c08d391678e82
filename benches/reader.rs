//! How fast frames are read from capture files: the own reader against libpcap's loop.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;
use wiretell::capture::{Block, FileReader};

/// Frames in the capture, of the mixture of lengths that the Internet has: many small, many full, some between.
const FRAMES: u32 = 100_000;
const LENGTHS: [u32; 8] = [60, 1514, 66, 1514, 66, 590, 1514, 90];

fn savefile() -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1]);
    for (number, length) in (0..FRAMES).zip(LENGTHS.into_iter().cycle()) {
        file.extend(words(&[1_700_000_000 + number / 1000, number % 1_000_000, length, length]));
        file.resize(file.len() + length as usize, number.to_le_bytes()[0]);
    }
    file
}

fn pcapng() -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28, 1, 20, 1, 262_144, 20]);
    for (number, length) in (0..FRAMES).zip(LENGTHS.into_iter().cycle()) {
        let padded = length.next_multiple_of(4);
        let total = padded + 32;
        file.extend(words(&[6, total, 0, 0x0006_0000, number, length, length]));
        file.resize(file.len() + padded as usize, number.to_le_bytes()[0]);
        file.extend(words(&[total]));
    }
    file
}

/// Reads a capture to its end; gives the number of frames.
fn drain(mut reader: FileReader, block: &mut Block) -> u64 {
    let mut frames = 0;
    while reader.read_block(block).unwrap() {
        frames += black_box(&block.frames).len() as u64;
    }
    frames
}

fn libpcap(path: &Path) -> u64 {
    let mut capture = pcap::Capture::from_file(path).unwrap();
    let mut frames = 0;
    while let Ok(packet) = capture.next_packet() {
        black_box(packet.data);
        frames += 1;
    }
    frames
}

fn readers(criterion: &mut Criterion) {
    for (format, bytes) in [("pcap", savefile()), ("pcapng", pcapng())] {
        let path = std::env::temp_dir().join(format!("wiretell-bench-{}.{format}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        for (unit, throughput) in [
            ("frames", Throughput::Elements(u64::from(FRAMES))),
            ("bytes", Throughput::Bytes(bytes.len() as u64)),
        ] {
            let mut group = criterion.benchmark_group(format!("{format} in {unit}"));
            group.throughput(throughput).sample_size(20);
            let mut block = Block::default();
            group.bench_function("wiretell from memory", |bencher| {
                bencher.iter_batched(
                    || FileReader::new(Cursor::new(bytes.clone()), "memory".to_owned()).unwrap(),
                    |reader| assert_eq!(drain(reader, &mut block), u64::from(FRAMES)),
                    BatchSize::LargeInput,
                );
            });
            group.bench_function("wiretell from a file", |bencher| {
                bencher.iter(|| {
                    assert_eq!(drain(FileReader::open(&path).unwrap(), &mut block), u64::from(FRAMES));
                });
            });
            group.bench_function("libpcap from a file", |bencher| {
                bencher.iter(|| assert_eq!(libpcap(&path), u64::from(FRAMES)));
            });
            group.finish();
        }
        std::fs::remove_file(&path).unwrap();
    }
}

criterion_group!(benches, readers);
criterion_main!(benches);
