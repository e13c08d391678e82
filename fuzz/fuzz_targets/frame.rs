//! Any bytes as frames of any link type, one after the other through one decoder: each gives a packet whose payload
//! lies in the frame or in the arena, or a reason.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wiretell::packet::{Frame, Timestamp};
use wiretell::wire::{Decoded, Decoder, Limits};

fuzz_target!(|data: &[u8]| {
    // Small bounds are met soon.
    let limits = Limits { datagrams: 4, bytes: 70_000, wait_nanos: 1_000 };
    let mut decoder = Decoder::new(limits);
    let mut rest = data;
    let mut number = 0_u32;
    // Link type, length of what was captured, length of what was not, then the bytes.
    while let Some(([link_high, link_low, captured, missing], after)) = rest.split_first_chunk() {
        let (bytes, after) = after.split_at((usize::from(*captured) * 4).min(after.len()));
        rest = after;
        number += 1;
        let captured = u32::try_from(bytes.len()).unwrap();
        let frame = Frame {
            time: Timestamp(i64::from(number) * 50),
            number: u64::from(number),
            start: 0,
            captured,
            wire: captured + u32::from(*missing),
            link: u16::from_be_bytes([*link_high, *link_low]),
            digits: 9,
        };
        let Decoded::Packet { packet, .. } = decoder.decode(&frame, bytes) else { continue };
        let origin = if packet.reassembled { decoder.arena() } else { bytes };
        let start = packet.payload.start as usize;
        assert!(origin.get(start..start + packet.payload.len as usize).is_some());
        assert!(packet.payload_wire_len >= packet.payload.len);
        assert_eq!(packet.truncated, packet.payload_wire_len > packet.payload.len);
        assert_eq!((packet.frame, packet.wire_len), (frame.number, frame.wire));
    }
});
