//! Any bytes as gzip members or zstd frames of a capture, behind headers that are right, so that it is the
//! decompression that is met.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wiretell_fuzz::read_as_capture;

/// A gzip member's header (RFC 1952 section 2.3): deflate, no name, no time.
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
/// A zstd frame's header (RFC 8878 section 3.1.1.1): a window of 1 KiB, no size, no checksum.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 0, 0];
/// A pcap file's header, with frames of Ethernet.
const PCAP: &[u8] =
    &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0];

fuzz_target!(|data: &[u8]| {
    let Some((&kind, rest)) = data.split_first() else { return };
    // A block that holds the file's header as it is, and is not the last.
    let file = match kind % 4 {
        0 => [GZIP, &[0, 24, 0, !24, 0xff], PCAP, rest].concat(),
        1 => [ZSTD, &[24 << 3, 0, 0], PCAP, rest].concat(),
        2 => [GZIP, rest].concat(),
        _ => [&ZSTD[..4], rest].concat(),
    };
    read_as_capture(&file);
});
