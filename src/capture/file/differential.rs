//! Damaged captures, read by libpcap and here: where libpcap gives a frame, so does this reader, and the same one.

use super::tests::{Seen, damaged, read};
use pcap::{Capture, Precision};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Link-layer types whose frames libpcap changes for its programs: it turns numbers round, or mends lengths.
const CHANGED_BY_LIBPCAP: &[u16] = &[117, 189, 220, 227, 239, 243, 276];

/// What libpcap tells of a frame: time, bytes and length on the wire.
type Told = (i64, Vec<u8>, u32);

fn libpcap(bytes: &[u8]) -> Vec<Told> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("wiretell-differential-{}-{number}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let capture = Capture::from_file_with_precision(&path, Precision::Nano);
    let mut told = Vec::new();
    if let Ok(mut capture) = capture {
        while let Ok(packet) = capture.next_packet() {
            let time = packet.header.ts;
            let nanos = time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_usec);
            told.push((nanos, packet.data.to_vec(), packet.header.len.max(packet.header.caplen)));
        }
    }
    std::fs::remove_file(&path).unwrap();
    told
}

/// Whether two times are the same, or differ as they may.
fn same_time(file: &[u8], ours: i64, theirs: i64) -> bool {
    if file.first() != Some(&0x0a) {
        // libpcap takes the unsigned numbers of a pcap file for signed ones.
        let wrapped = |unit: i64| [0, unit << 32];
        let allowed = wrapped(1_000_000_000)
            .map(|seconds| [1, 1000].map(|unit| wrapped(unit).map(|rest| seconds + rest)));
        return allowed.as_flattened().as_flattened().contains(&(ours - theirs));
    }
    // What exceeds 64 bits of nanoseconds stays at their end here, and comes round for libpcap. So do binary
    // fractions from 2^-34 on, times 10^9.
    let finest = |option: &[u8]| matches!(option, [9, 0, 1, 0, 0xa2..=0xff] | [0, 9, 0, 1, 0xa2..=0xff]);
    let bound = i64::MAX / 2;
    ours == theirs || !(-bound..bound).contains(&ours) || file.windows(5).any(finest)
}

fn same(file: &[u8], ours: &Seen, theirs: &Told) -> bool {
    let frames = (&ours.2, ours.3) == (&theirs.1, theirs.2);
    same_time(file, ours.0, theirs.0) && (frames || CHANGED_BY_LIBPCAP.contains(&ours.4))
}

proptest! {
    #[test]
    fn whatever_frames_libpcap_gives_are_given_here(file in damaged()) {
        let theirs = libpcap(&file);
        let (ours, error, _) = read(&file, 1 << 16);
        prop_assert!(ours.len() >= theirs.len(), "{} of {}: {:?}", ours.len(), theirs.len(), error);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert!(same(&file, ours, theirs), "{:?} instead of {:?}", ours, theirs);
        }
    }
}
