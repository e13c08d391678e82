//! Any payloads, cut into packets in any way, judged in both orientations, described and followed to the end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use std::sync::Arc;
use wiretell::key::{Endpoint, FlowKey, protocol};
use wiretell::packet::{Packet, Span, TcpHeader, Timestamp};
use wiretell::shard::{Limits, Observed, Shard, Sink};
use wiretell::summary::Summary;

struct Count(usize);

impl Sink for Count {
    fn flow(&mut self, summary: Summary) {
        assert!(summary.attributes.iter().count() <= wiretell::attributes::MAX_ATTRIBUTES);
        self.0 += 1;
    }
}

fuzz_target!(|data: &[u8]| {
    // Transport, the responder's port, whether there was a handshake; then packets: direction and length, bytes.
    let Some(([kind, port_high, port_low], mut rest)) = data.split_first_chunk() else { return };
    let number = [protocol::TCP, protocol::UDP, protocol::SCTP][usize::from(kind % 3)];
    let ends: [Endpoint; 2] = [(1, 50_000), (2, u16::from_be_bytes([*port_high, *port_low]))]
        .map(|(last, port)| Endpoint { address: IpAddr::from([10, 0, 0, last]), port });
    let mut shard = Shard::new(Limits::default(), true, Arc::from([]));
    let mut sink = Count(0);
    let (mut next, mut frame) = ([1_000_u32, 9_000_u32], 0_u64);
    let mut send = |by_first: bool, flags: u8, payload: &[u8]| {
        let side = usize::from(!by_first);
        let (from, to) = (ends[side], ends[1 - side]);
        let (key, from_low) = FlowKey::new(from, to, number, 0);
        frame += 1;
        let len = u32::try_from(payload.len()).unwrap();
        let packet = Packet {
            time: Timestamp(i64::try_from(frame).unwrap() * 1_000_000),
            frame,
            key,
            from_low,
            truncated: false,
            reassembled: false,
            fragmented: false,
            fragment: false,
            ident: 0,
            digits: 9,
            wire_len: len + 54,
            payload: Span { start: 0, len },
            payload_wire_len: len,
            tcp: TcpHeader { flags, sequence: next[side], acknowledgement: 0 },
        };
        next[side] = next[side].wrapping_add(len + u32::from(flags & TcpHeader::SYN != 0));
        shard.observe(&Observed { packet: &packet, payload, layers: None, hash: 1, file: 0 }, &mut sink);
    };
    if kind & 0x80 != 0 {
        send(true, TcpHeader::SYN, b"");
        send(false, TcpHeader::SYN | TcpHeader::ACK, b"");
    }
    while let Some(([head, len], after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(*len).min(after.len()));
        rest = after;
        send(head & 1 == 0, TcpHeader::ACK, payload);
    }
    shard.finish(Timestamp(i64::MAX), &mut sink);
    assert!(sink.0 <= 1 || number == protocol::TCP);
});
