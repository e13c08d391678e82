//! What is written is read back, by the reader that has its own tests.

use super::*;
use crate::capture::samples::Sample;
use crate::packet::Timestamp;
use std::io::Cursor;

/// A frame as it is compared: time, bytes, length on the wire, link layer, digits, and its interface.
type Seen = (Timestamp, Vec<u8>, u32, u16, u8, Option<(Interface, u64)>);

/// All frames of a capture; what is left when it is written again with a comment; and what is read of that.
fn twice(capture: Vec<u8>, format: Format) -> (Vec<Seen>, Vec<u8>, Vec<Seen>) {
    let mut out = Vec::new();
    let (mut encoder, mut interfaces) = (Encoder::new(format), Interfaces::default());
    let before = seen(capture, |reader, block| {
        for frame in &block.frames {
            let written = interfaces.written(0, reader, block, frame, "a comment");
            encoder.frame(&written, &interfaces, &mut out).unwrap();
        }
    });
    let after = seen(out.clone(), |_, _| {});
    (before, out, after)
}

fn seen(capture: Vec<u8>, mut also: impl FnMut(&FileReader, &Block)) -> Vec<Seen> {
    let mut reader = FileReader::new(Cursor::new(capture), "sample".to_owned()).unwrap().with_origins();
    let (mut block, mut seen) = (Block::default(), Vec::new());
    while reader.read_block(&mut block).unwrap() {
        for frame in &block.frames {
            let bytes = block.bytes_of(frame).to_vec();
            let interface =
                reader.interface_of(frame).map(|(_, interface, units)| (interface.clone(), units));
            seen.push((frame.time, bytes, frame.wire, frame.link, frame.digits, interface));
        }
        also(&reader, &block);
    }
    seen
}

#[test]
fn interfaces_times_and_lengths_are_kept_whatever_the_order_of_bytes_was() {
    // Two to the power of -20 of a second, and picoseconds: neither fits into nanoseconds.
    let resolutions: [&[u8]; 4] = [&[6], &[9], &[0x94], &[12]];
    for (sample, offset) in [(Sample::little(), 5_i64.to_le_bytes()), (Sample::big(), 5_i64.to_be_bytes())] {
        for resolution in resolutions {
            let options: [(u16, &[u8]); 4] = [(2, b"eth0"), (9, resolution), (14, &offset), (11, b"\0tcp")];
            let capture = [
                sample.section((1, 0)),
                sample.interface(1, 0, &[]),
                sample.interface(101, 96, &options),
                sample.enhanced(1, 0x0123_4567_89ab_cdef, 7, 1500, b"1234567"),
                sample.enhanced(0, 77, 3, 3, b"abc"),
                sample.packet(1, 0, 1 << 50, 2, 2, b"xy"),
            ]
            .concat();
            let (before, _, after) = twice(capture, Format::Pcapng);
            assert_eq!(before.len(), 3);
            // Interfaces are numbered by their first frames.
            let described = |seen: &Seen| {
                let (interface, units) = seen.5.clone().unwrap();
                (interface.link, interface.snaplen, interface.options().to_vec(), units)
            };
            for (before, after) in before.iter().zip(&after) {
                assert_eq!((&before.0, &before.1, before.2), (&after.0, &after.1, after.2));
                assert_eq!((before.3, before.4, described(before)), (after.3, after.4, described(after)));
            }
            assert!(before[0].5.as_ref().is_some_and(|(interface, _)| {
                interface.options().windows(4).any(|bytes| bytes == b"eth0") && interface.snaplen == 96
            }));
        }
    }
}

#[test]
fn interfaces_that_several_sections_describe_alike_are_one_and_two_of_one_section_are_two() {
    let sample = Sample::little();
    let section = [
        sample.section((1, 0)),
        sample.interface(1, 0, &[(2, b"eth0")]),
        sample.interface(1, 0, &[(2, b"eth0")]),
        sample.enhanced(0, 1, 1, 1, b"a"),
        sample.enhanced(1, 2, 1, 1, b"b"),
    ]
    .concat();
    let (_, out, after) = twice(section.repeat(3), Format::Pcapng);
    let described = out.windows(8).filter(|bytes| *bytes == b"\x02\0\x04\0eth0").count();
    assert_eq!((described, after.len()), (2, 6));
}

#[test]
fn a_pcap_file_keeps_what_it_has_room_for() {
    let sample = Sample::big();
    for (magic, nanoseconds) in [(0xa1b2c3d4, false), (0xa1b23c4d, true)] {
        let capture = [
            sample.header(magic, (2, 4), 100, 101),
            sample.record(u32::MAX, 999_999, 5, 1500, b"hello"),
            sample.record(0, 1, 0, 0, b""),
        ]
        .concat();
        for format in [Format::Pcap { nanoseconds }, Format::Pcapng] {
            let (before, _, after) = twice(capture.clone(), format);
            let plain = |seen: &[Seen]| -> Vec<_> {
                seen.iter().map(|seen| (seen.0, seen.1.clone(), seen.2, seen.3, seen.4)).collect()
            };
            assert_eq!(plain(&before), plain(&after));
        }
    }
}

#[test]
fn what_does_not_fit_a_pcap_file_is_refused_and_nothing_of_it_is_written() {
    let frame = |nanos, link| Frame {
        time: Timestamp(nanos),
        number: 1,
        start: 0,
        captured: 1,
        wire: 1,
        link,
        digits: 9,
    };
    let (mut encoder, mut out) = (Encoder::new(Format::Pcap { nanoseconds: false }), Vec::new());
    let mut write = |frame: &Frame| {
        let before = out.len();
        let written = Written { frame, bytes: b"x", interface: 0, units: 0, comment: "" };
        let result = encoder.frame(&written, &Interfaces::default(), &mut out);
        (result, out.len() - before)
    };
    assert_eq!(write(&frame(1000, 1)), (Ok(()), 24 + 17));
    assert_eq!(write(&frame(2000, 101)), (Err(Unfit::LinkLayer { first: 1, this: 101 }), 0));
    for nanos in [1, -1000, (1 << 32) * 1_000_000_000] {
        assert_eq!(write(&frame(nanos, 1)), (Err(Unfit::Time), 0));
    }
    assert_eq!(write(&frame(3000, 1)), (Ok(()), 17));
}
