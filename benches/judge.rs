//! What judging costs: each protocol's own examples through the classifier, beside the first-byte tables alone.
//!
//! Throughput is in openings. The ratio of the two is what the inspectors themselves cost.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use wiretell::candidates::Candidates;
use wiretell::classify::Classifier;
use wiretell::inspect::{Opening, Piece, Said};
use wiretell::key::Endpoint;
use wiretell::packet::Timestamp;
use wiretell::protocols::INSPECTORS;

struct Held {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Held {
    fn new(parts: &[&[u8]]) -> Self {
        let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
        for (frame, part) in (1..).zip(parts) {
            bytes.extend_from_slice(part);
            let wire_len = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            pieces.push(Piece { time: Timestamp(0), frame, end, wire_len, fragmented: false });
        }
        Self { bytes, pieces }
    }

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, false)
    }
}

fn judging(criterion: &mut Criterion) {
    let examples: Vec<_> = INSPECTORS
        .iter()
        .flat_map(|inspector| inspector.examples)
        .map(|example| (example, Held::new(example.initiator), Held::new(example.responder)))
        .collect();
    let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
    let openings: Vec<Opening<'_>> = examples
        .iter()
        .map(|(example, initiator, responder)| Opening {
            transport: example.transport,
            initiator: initiator.said(),
            responder: responder.said(),
            endpoints: [end(1, 51_000), end(2, example.port)],
            responder_listens: true,
            from_start: true,
        })
        .collect();
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(openings.len() as u64));
    group.bench_function("first-byte tables", |bencher| {
        bencher.iter(|| {
            openings
                .iter()
                .filter(|opening| {
                    let mut candidates = Candidates::ALL;
                    candidates.narrow(black_box(opening));
                    candidates.is_empty()
                })
                .count()
        });
    });
    group.bench_function("all candidates, one orientation", |bencher| {
        bencher.iter(|| {
            openings.iter().filter_map(|o| Classifier::new(true).judge(black_box(o), None).claim).count()
        });
    });
    group.bench_function("all candidates, both orientations", |bencher| {
        bencher.iter(|| {
            openings.iter().filter_map(|o| Classifier::new(false).judge(black_box(o), None).claim).count()
        });
    });
    group.finish();
}

criterion_group!(benches, judging);
criterion_main!(benches);
