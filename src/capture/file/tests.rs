//! Captures made by hand, whole and damaged, read back.

use super::*;
use crate::capture::pcapng;
use crate::capture::samples::{self, Sample};
use crate::packet::{Frame, Timestamp};
use proptest::prelude::*;
use std::io::{Cursor, Write};

/// A frame with its bytes, wherever they were in a block: time, number, bytes, wire length, link and digits.
pub(super) type Seen = (i64, u64, Vec<u8>, u32, u16, u8);

fn seen(block: &Block, frame: &Frame) -> Seen {
    (frame.time.0, frame.number, block.bytes_of(frame).to_vec(), frame.wire, frame.link, frame.digits)
}

/// Reads a capture to its end, in blocks of a size.
pub(super) fn read(bytes: &[u8], block_size: usize) -> (Vec<Seen>, Option<CaptureError>, Option<FileReader>) {
    let mut reader = match FileReader::new(Cursor::new(bytes.to_vec()), "test".to_owned()) {
        Ok(reader) => reader.with_block_size(block_size),
        Err(error) => return (Vec::new(), Some(error), None),
    };
    let (mut block, mut all) = (Block::default(), Vec::new());
    loop {
        match reader.read_block(&mut block) {
            Ok(true) => all.extend(block.frames.iter().map(|frame| seen(&block, frame))),
            Ok(false) => return (all, None, Some(reader)),
            Err(error) => {
                assert!(matches!(reader.read_block(&mut block), Ok(false)), "nothing comes after an error");
                return (all, Some(error), Some(reader));
            }
        }
    }
}

fn whole(bytes: &[u8]) -> Vec<Seen> {
    let (frames, error, _) = read(bytes, BLOCK);
    assert!(error.is_none(), "{error:?}");
    frames
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

const TEN: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

#[test]
fn what_follows_whole_gzip_data_is_told_as_that_and_not_as_a_cut() {
    let sample = Sample::little();
    let head = sample.header(0xa1b2c3d4, (2, 4), 65535, 1);
    for records in [0, 1, 3] {
        let record = sample.record(7, 8, 10, 60, TEN);
        let capture = [head.clone(), record.repeat(records)].concat();
        for garbage in [&b"x"[..], b"garbage that is longer than a gzip header", b"\x1f\x8c"] {
            let (frames, error, _) = read(&[&gzip(&capture)[..], garbage].concat(), BLOCK);
            assert_eq!(frames.len(), records);
            assert!(matches!(error, Some(CaptureError::Trailing { kind: "gzip", .. })), "{error:?}");
        }
    }
    let cut = [head.clone(), sample.record(7, 8, 10, 60, TEN)[..20].to_vec()].concat();
    let (_, error, _) = read(&[&gzip(&cut)[..], b"garbage"].concat(), BLOCK);
    assert!(matches!(error, Some(CaptureError::Cut { .. })), "{error:?}");
}

#[test]
fn a_pcap_file_is_read_in_either_order_of_bytes() {
    for sample in [Sample::little(), Sample::big()] {
        let file = [sample.header(0xa1b2c3d4, (2, 4), 65535, 1), sample.record(7, 8, 10, 60, TEN)].concat();
        assert_eq!(whole(&file), [(7_000_008_000, 1, TEN.to_vec(), 60, 1, 6)]);
    }
}

#[test]
fn a_pcap_file_with_nanoseconds_has_nine_digits() {
    let sample = Sample::big();
    let file = [sample.header(0xa1b23c4d, (2, 4), 0, 101), sample.record(7, 8, 10, 60, TEN)].concat();
    assert_eq!(whole(&file), [(7_000_000_008, 1, TEN.to_vec(), 60, 101, 9)]);
}

#[test]
fn the_modified_variant_has_eight_bytes_more_in_a_record() {
    let sample = Sample::little();
    let mut record = sample.record(7, 8, 10, 60, &[0; 8]);
    record.extend_from_slice(TEN);
    let file = [sample.header(0xa1b2cd34, (2, 4), 65535, 1), record.clone(), record].concat();
    let frames = whole(&file);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1], (7_000_008_000, 2, TEN.to_vec(), 60, 1, 6));
}

#[test]
fn old_versions_tell_the_wire_length_first() {
    let sample = Sample::little();
    for (version, lengths) in
        [((2, 2), (60, 10)), ((543, 0), (60, 10)), ((2, 3), (60, 10)), ((2, 3), (10, 60))]
    {
        let file =
            [sample.header(0xa1b2c3d4, version, 65535, 1), sample.record(7, 8, lengths.0, lengths.1, TEN)]
                .concat();
        assert_eq!(whole(&file), [(7_000_008_000, 1, TEN.to_vec(), 60, 1, 6)], "{version:?} {lengths:?}");
    }
}

#[test]
fn bytes_beyond_the_snap_length_are_no_part_of_the_frame() {
    let sample = Sample::little();
    let record = sample.record(7, 8, 10, 60, TEN);
    let file = [sample.header(0xa1b2c3d4, (2, 4), 4, 1), record.clone(), record].concat();
    let frames = whole(&file);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].2, TEN[..4]);
}

#[test]
fn the_length_of_a_check_sequence_is_no_part_of_the_link_type() {
    let sample = Sample::little();
    let file = [sample.header(0xa1b2c3d4, (2, 4), 0, 0x2400_0001), sample.record(7, 8, 10, 60, TEN)].concat();
    assert_eq!(whole(&file)[0].4, 1);
}

#[test]
fn a_link_type_of_more_than_16_bits_is_unknown() {
    let sample = Sample::little();
    let file = [sample.header(0xa1b2c3d4, (2, 4), 0, 0x0001_0001), sample.record(7, 8, 10, 60, TEN)].concat();
    assert_eq!(whole(&file)[0].4, u16::MAX);
}

#[test]
fn a_wire_length_below_the_captured_one_is_raised_to_it() {
    let sample = Sample::little();
    let file = [sample.header(0xa1b2c3d4, (2, 4), 0, 1), sample.record(7, 8, 10, 3, TEN)].concat();
    assert_eq!(whole(&file)[0].3, 10);
}

#[test]
fn unknown_versions_are_refused() {
    let sample = Sample::little();
    for file in [
        sample.header(0xa1b2c3d4, (1, 4), 0, 1),
        sample.header(0xa1b2c3d4, (2, 5), 0, 1),
        sample.section((2, 0)),
        sample.section((1, 1)),
    ] {
        let (_, error, _) = read(&file, BLOCK);
        assert!(matches!(error, Some(CaptureError::Unsupported { .. })), "{error:?}");
    }
}

#[test]
fn a_pcapng_file_has_sections_of_either_order_and_interfaces_of_many_kinds() {
    let (little, big) = (Sample::little(), Sample::big());
    let file = [
        little.section((1, 0)),
        little.interface(1, 65535, &[]),
        little.interface(101, 4, &[(9, &[9])]),
        little.enhanced(1, 5_000_000_001, 10, 60, TEN),
        little.enhanced(0, 5_000_001, 10, 60, TEN),
        little.simple(60, TEN),
        big.section((1, 2)),
        big.interface(113, 4, &[(9, &[0x8a]), (14, &100_i64.to_be_bytes())]),
        big.block(0x0bad, &[0; 100]),
        big.packet(0, 3, 2048 + 512, 10, 60, TEN),
        big.simple(60, &TEN[..4]),
    ]
    .concat();
    let expected = [
        (5_000_000_001, 1, TEN.to_vec(), 60, 101, 9),
        (5_000_001_000, 2, TEN.to_vec(), 60, 1, 6),
        (0, 3, TEN.to_vec(), 60, 1, 6),
        (102_500_000_000, 4, TEN.to_vec(), 60, 113, 9),
        (100_000_000_000, 5, TEN[..4].to_vec(), 60, 113, 9),
    ];
    let (mut frames, error, reader) = read(&file, BLOCK);
    assert!(error.is_none(), "{error:?}");
    // A simple packet block's padding cannot be told from bytes when the wire length is longer.
    frames[2].2.truncate(10);
    assert_eq!(frames, expected);
    assert_eq!(reader.unwrap().drops(), Drops { interface: 3, kernel: 0 });
}

#[test]
fn time_stamps_finer_than_nanoseconds_are_cut_and_coarse_ones_have_few_digits() {
    let sample = Sample::little();
    for (resolution, units, nanos, digits) in [
        (0, 5, 5_000_000_000, 0),
        (3, 5_001, 5_001_000_000, 3),
        (12, 5_001_000, 5_001, 9),
        (19, u64::MAX, 1_844_674_407, 9),
        (30, u64::MAX, 0, 9),
        (127, u64::MAX, 0, 9),
        (0x80, 5, 5_000_000_000, 0),
        (0x81, 5, 2_500_000_000, 1),
        (0xbf, 3 << 62, 1_500_000_000, 9),
        (0xff, u64::MAX, 0, 9),
        (0, u64::MAX, i64::MAX, 0),
    ] {
        let file = [
            sample.section((1, 0)),
            sample.interface(1, 0, &[(9, &[resolution])]),
            sample.enhanced(0, units, 10, 10, TEN),
        ]
        .concat();
        let frame = &whole(&file)[0];
        assert_eq!((frame.0, frame.5), (nanos, digits), "resolution {resolution:#x}");
    }
}

#[test]
fn time_offsets_beyond_64_bits_of_nanoseconds_stay_at_the_end() {
    let sample = Sample::little();
    for (offset, nanos) in [(i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (-1, -999_999_000)] {
        let file = [
            sample.section((1, 0)),
            sample.interface(1, 0, &[(14, &offset.to_le_bytes())]),
            sample.enhanced(0, 1, 10, 10, TEN),
        ]
        .concat();
        assert_eq!(whole(&file)[0].0, nanos);
    }
}

#[test]
fn the_last_statistics_of_each_interface_count_over_all_sections() {
    let sample = Sample::little();
    let section = [
        sample.section((1, 0)),
        sample.interface(1, 0, &[]),
        sample.interface(1, 0, &[]),
        sample.statistics(0, 3, 4),
        sample.statistics(0, 5, 6),
        sample.statistics(1, 100, 200),
        sample.statistics(2, 9999, 9999),
    ]
    .concat();
    let (_, error, reader) = read(&section.repeat(2), BLOCK);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(reader.unwrap().drops(), Drops { interface: 210, kernel: 412 });
}

#[test]
fn a_cut_capture_gives_what_is_before_the_cut_and_where_it_is() {
    let sample = Sample::little();
    let start = [sample.header(0xa1b2c3d4, (2, 4), 0, 1), sample.record(7, 8, 10, 60, TEN)].concat();
    let second = sample.record(7, 9, 10, 60, TEN);
    for length in 1..second.len() {
        let (frames, error, _) = read(&[&start, &second[..length]].concat(), BLOCK);
        assert_eq!(frames.len(), 1);
        let error = error.unwrap();
        assert!(error.is_partial());
        assert!(matches!(error, CaptureError::Cut { offset: 50, frame: 2, .. }), "{error:?}");
    }
}

#[test]
fn a_pcapng_file_can_be_cut_anywhere() {
    let sample = Sample::big();
    let start =
        [sample.section((1, 0)), sample.interface(1, 0, &[]), sample.enhanced(0, 1, 10, 60, TEN)].concat();
    for last in [sample.enhanced(0, 1, 10, 60, TEN), sample.block(77, &[0; 40])] {
        for length in 1..last.len() {
            let (frames, error, _) = read(&[&start, &last[..length]].concat(), BLOCK);
            assert_eq!(frames.len(), 1);
            let Some(CaptureError::Cut { offset, frame: 2, .. }) = error else {
                panic!("{length}: {error:?}")
            };
            assert!(offset >= start.len() as u64, "{offset}");
        }
    }
}

#[test]
fn impossible_blocks_are_damage() {
    let sample = Sample::little();
    let start =
        [sample.section((1, 0)), sample.interface(1, 0, &[]), sample.enhanced(0, 1, 10, 60, TEN)].concat();
    let with_length = |length: u32| {
        let mut block = sample.enhanced(0, 1, 10, 60, TEN);
        block[4..8].copy_from_slice(&length.to_le_bytes());
        block
    };
    let mut wrong_trailer = sample.block(77, &[0; 40]);
    *wrong_trailer.last_mut().unwrap() = 1;
    for (name, block) in [
        ("a length of zero", with_length(0)),
        ("a length below the least", with_length(8)),
        ("an odd length", with_length(45)),
        ("4 GiB", with_length(0xffff_fffc)),
        ("another length at the end", wrong_trailer),
        ("an unknown interface", sample.enhanced(1, 1, 10, 60, TEN)),
        ("more bytes than the block has", sample.enhanced(0, 1, 13, 60, TEN)),
        ("a section without an order of bytes", sample.block(0x0a0d0d0a, &[0; 16])),
        ("a section of version 3", sample.section((3, 0))),
        ("an interface without fields", sample.block(1, &[])),
    ] {
        let (frames, error, _) = read(&[&start[..], &block, &start].concat(), BLOCK);
        assert_eq!(frames.len(), 1, "{name}");
        let error = error.unwrap();
        assert!(error.is_partial());
        assert!(matches!(error, CaptureError::Damaged { frame: 2, .. }), "{name}: {error:?}");
    }
}

#[test]
fn a_record_longer_than_any_frame_is_damage_and_takes_no_memory() {
    let sample = Sample::little();
    let file = [
        sample.header(0xa1b2c3d4, (2, 4), 0, 1),
        sample.record(7, 8, 10, 60, TEN),
        sample.record(7, 8, 262_145, 262_145, TEN),
    ]
    .concat();
    let (frames, error, _) = read(&file, BLOCK);
    assert_eq!(frames.len(), 1);
    assert!(matches!(error, Some(CaptureError::Damaged { offset: 50, frame: 2, .. })), "{error:?}");
}

#[test]
fn unknown_blocks_of_any_length_are_passed_over_without_keeping_them() {
    let sample = Sample::little();
    let file = [
        sample.section((1, 0)),
        sample.interface(1, 0, &[]),
        sample.enhanced(0, 1, 10, 60, TEN),
        sample.block(77, &vec![0; 20 << 20]),
        sample.enhanced(0, 1, 10, 60, TEN),
    ]
    .concat();
    let mut reader = FileReader::new(Cursor::new(file), "test".to_owned()).unwrap();
    let (mut block, mut frames) = (Block::default(), 0);
    while reader.read_block(&mut block).unwrap() {
        frames += block.frames.len();
        assert!(block.bytes.capacity() < 2 * BLOCK, "{}", block.bytes.capacity());
    }
    assert_eq!(frames, 2);
}

#[test]
fn an_unknown_block_of_4_gib_in_a_short_file_is_a_cut() {
    let sample = Sample::little();
    let mut block = sample.block(77, &[0; 40]);
    block[4..8].copy_from_slice(&0xffff_fffc_u32.to_le_bytes());
    let start =
        [sample.section((1, 0)), sample.interface(1, 0, &[]), sample.enhanced(0, 1, 10, 60, TEN)].concat();
    let (frames, error, _) = read(&[start.clone(), block].concat(), BLOCK);
    assert_eq!(frames.len(), 1);
    let Some(CaptureError::Cut { offset, frame: 2, .. }) = error else { panic!("{error:?}") };
    assert_eq!(offset, start.len() as u64);
}

#[test]
fn options_that_overrun_their_block_are_left_alone() {
    let sample = Sample::little();
    let mut body = vec![1, 0, 0, 0, 0, 0, 0, 0];
    body.extend_from_slice(&[9, 0, 0xff, 0xff, 9]);
    let file = [sample.section((1, 0)), sample.block(1, &body), sample.enhanced(0, 1, 10, 60, TEN)].concat();
    assert_eq!(whole(&file)[0].5, 6);
}

#[test]
fn frames_of_more_interfaces_than_are_remembered_have_an_unknown_link() {
    let sample = Sample::little();
    let count = pcapng::MAX_INTERFACES + 2;
    let mut file = sample.section((1, 0));
    file.extend(sample.interface(1, 0, &[]).repeat(count));
    file.extend(sample.enhanced(count as u32 - 1, 1, 10, 60, TEN));
    file.extend(sample.enhanced(0, 1, 10, 60, TEN));
    let (frames, error, reader) = read(&file, BLOCK);
    assert!(error.is_none(), "{error:?}");
    assert_eq!((frames[0].4, frames[1].4), (u16::MAX, 1));
    assert_eq!(reader.unwrap().ignored_interfaces(), 2);
}

#[test]
fn compressed_captures_are_recognised_by_their_bytes() {
    let file = samples::capture(300);
    let frames = whole(&file);
    for compressed in [gzip(&file), zstd(&file)] {
        assert_eq!(whole(&compressed), frames);
    }
}

#[test]
fn several_compressed_members_are_one_capture() {
    let file = samples::capture(300);
    let frames = whole(&file);
    let (first, second) = file.split_at(file.len() / 2 + 3);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 5, 0, 0, 0][..], b"hello"].concat();
    assert_eq!(whole(&[gzip(first), gzip(second), vec![0; 512]].concat()), frames);
    assert_eq!(whole(&[skippable.clone(), zstd(first), skippable, zstd(second)].concat()), frames);
}

#[test]
fn a_cut_compressed_capture_gives_what_is_before_the_cut() {
    let file = samples::capture(20_000);
    let frames = whole(&file);
    for compressed in [gzip(&file), zstd(&file)] {
        let (before, error, _) = read(&compressed[..compressed.len() / 2], BLOCK);
        assert!(matches!(error, Some(CaptureError::Cut { .. })), "{error:?}");
        assert!(before.len() > frames.len() / 10, "only {} of {}", before.len(), frames.len());
        assert_eq!(before, frames[..before.len()]);
    }
}

#[test]
fn a_damaged_compressed_capture_says_so() {
    let file = samples::capture(2_000);
    for mut compressed in [gzip(&file), zstd(&file)] {
        // The checksum at the end; gzip has the length after it.
        let from_end = if compressed[0] == 0x1f { 8 } else { 1 };
        let length = compressed.len();
        compressed[length - from_end] ^= 1;
        let (frames, error, _) = read(&compressed, BLOCK);
        assert!(matches!(error, Some(CaptureError::Damaged { .. })), "{error:?}");
        assert_eq!(frames.len(), 2_000);
    }
}

#[test]
fn rubbish_after_a_compressed_capture_is_told_after_its_frames() {
    let file = samples::capture(20);
    for compressed in [gzip(&file), zstd(&file)] {
        let (frames, error, _) = read(&[&compressed[..], b"rubbish!"].concat(), BLOCK);
        assert_eq!(frames.len(), 20);
        assert!(error.as_ref().is_some_and(CaptureError::is_partial), "{error:?}");
    }
}

#[test]
fn what_is_no_capture_says_what_it_looks_like() {
    for (bytes, says) in [
        (b"".to_vec(), "empty"),
        (b"12:00:01 IP a.b > c.d: tcp 0\n".to_vec(), "text"),
        (b"PK\x03\x04abcdefghijklmnopqrstuvwxyz".to_vec(), "ZIP"),
        (gzip(b"hello, world, this is no capture"), "compressed, and of what is in it: it is text"),
        (zstd(&gzip(b"hello, world, this is no capture")), "compressed twice"),
        (gzip(b""), "empty"),
        (vec![0xfe, 0xed], "none of the magic numbers"),
    ] {
        let (_, error, _) = read(&bytes, BLOCK);
        let error = error.unwrap();
        assert!(!error.is_partial());
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn what_the_system_refuses_has_a_sentence_of_its_own() {
    let missing = FileReader::open(Path::new("/nonexistent/capture.pcap")).unwrap_err();
    assert!(matches!(missing, CaptureError::Missing { .. }), "{missing:?}");
    let directory = FileReader::open(Path::new("/")).unwrap_err();
    assert!(matches!(directory, CaptureError::Directory { .. }), "{directory:?}");
}

#[test]
fn a_header_cut_short_is_a_cut_capture() {
    let file = Sample::little().header(0xa1b2c3d4, (2, 4), 0, 1);
    let (_, error, _) = read(&file[..20], BLOCK);
    assert!(matches!(error, Some(CaptureError::Cut { offset: 0, frame: 1, .. })), "{error:?}");
}

/// Delivers one byte at a time, as the slowest of pipes.
struct Trickle(Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn a_pipe_delivers_each_frame_as_soon_as_it_is_whole() {
    let file = samples::capture(50);
    let source = Box::new(Trickle(Cursor::new(file.clone())));
    let input = Input::begin(source, "pipe", true).unwrap();
    let mut reader = FileReader::read_from(input, "pipe".to_owned());
    let (mut block, mut frames) = (Block::default(), Vec::new());
    while reader.read_block(&mut block).unwrap() {
        assert_eq!(block.frames.len(), 1);
        frames.extend(block.frames.iter().map(|frame| seen(&block, frame)));
    }
    assert_eq!(frames, whole(&file));
}

#[test]
fn timestamps_after_2038_are_not_negative() {
    let sample = Sample::little();
    let file = [sample.header(0xa1b2c3d4, (2, 4), 0, 1), sample.record(u32::MAX, 0, 10, 60, TEN)].concat();
    assert_eq!(Timestamp(whole(&file)[0].0), Timestamp(4_294_967_295_000_000_000));
}

/// Captures of either format, some of them with a few bytes changed or cut off.
pub(super) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let format = prop_oneof![
        Just(samples::capture(40)),
        Just(samples::sections(Sample::little(), Sample::big())),
        Just(samples::sections(Sample::big(), Sample::little())),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (format, changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut file, changes, end, cut)| {
            for (place, value) in changes {
                let place = place.index(file.len());
                file[place] = value;
            }
            if cut {
                file.truncate(end.index(file.len()));
            }
            file
        },
    )
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = read(&bytes, BLOCK);
    }

    #[test]
    fn any_bytes_after_a_magic_are_read_without_a_panic(bytes: Vec<u8>, kind in 0..5_usize) {
        let sample = Sample::little();
        let start = [
            sample.header(0xa1b2c3d4, (2, 4), 0, 1),
            [sample.section((1, 0)), sample.interface(1, 0, &[])].concat(),
            sample.section((1, 0)),
            vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
            vec![0x28, 0xb5, 0x2f, 0xfd],
        ];
        let _ = read(&[&start[kind], &bytes[..]].concat(), 64);
    }

    #[test]
    fn the_size_of_blocks_does_not_change_the_frames(file in damaged(), block_size in 1..400_usize) {
        let (one, one_error, _) = read(&file, BLOCK);
        let (many, many_error, _) = read(&file, block_size);
        prop_assert_eq!(one, many);
        prop_assert_eq!(one_error.map(|error| error.to_string()), many_error.map(|error| error.to_string()));
    }
}
