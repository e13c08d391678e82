//! What it costs to parse a frame: the usual one, one with a tag over IPv6, and one in a tunnel.

#![allow(missing_docs, reason = "criterion's macros make public functions without")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use wiretell::packet::{Frame, Timestamp};
use wiretell::wire::{Decoder, Limits};

/// Ethernet's link type.
const ETHERNET: u16 = 1;
/// Bytes of payload in each frame: the size makes no difference as long as the headers are in the cache.
const PAYLOAD: [u8; 200] = [0x5a; 200];

fn ethernet(ethertype: u16, inner: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ethertype.to_be_bytes(), inner].concat()
}

fn ipv4(protocol: u8, inner: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + inner.len()).unwrap_or(0).to_be_bytes();
    let rest = [0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&[0x45, 0][..], &total, &rest, inner].concat()
}

fn ipv6(next: u8, inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inner.len()).unwrap_or(0).to_be_bytes();
    let address = |last| [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    [&[0x60, 0, 0, 0][..], &length, &[next, 64], &address(1), &address(2), inner].concat()
}

fn udp(destination: u16, inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + inner.len()).unwrap_or(0).to_be_bytes();
    [&[0x9c, 0x40][..], &destination.to_be_bytes(), &length, &[0; 2], inner].concat()
}

fn tcp(inner: &[u8]) -> Vec<u8> {
    [&[0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0][..], inner].concat()
}

fn decode(criterion: &mut Criterion) {
    let tagged = [&[0, 100, 0x86, 0xdd][..], &ipv6(17, &udp(5000, &PAYLOAD))].concat();
    let inner = ethernet(0x0800, &ipv4(6, &tcp(&PAYLOAD)));
    let tunnelled = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &inner].concat();
    let frames = [
        ("tcp-ipv4-ethernet", inner.clone()),
        ("udp-ipv6-vlan", ethernet(0x8100, &tagged)),
        ("tcp-vxlan", ethernet(0x0800, &ipv4(17, &udp(4789, &tunnelled)))),
    ];
    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Elements(1));
    for (name, bytes) in frames {
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        let frame = Frame {
            time: Timestamp(0),
            number: 1,
            start: 0,
            captured: length,
            wire: length,
            link: ETHERNET,
            digits: 6,
        };
        let mut decoder = Decoder::new(Limits::default());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(decoder.decode(black_box(&frame), black_box(&bytes)));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
