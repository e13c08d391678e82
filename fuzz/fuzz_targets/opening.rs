//! Any payloads, cut into packets in any way, judged in both orientations, by rules of the user's own too, described and
//! followed to the end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use std::sync::Arc;
use wiretell::key::{Endpoint, FlowKey, protocol};
use wiretell::packet::{Packet, Span, TcpHeader, Timestamp};
use wiretell::rules::pattern::{Length, Masked, Pattern, Test, Whose, regex};
use wiretell::rules::{Rule, UserRules, label};
use wiretell::shard::{Limits, Observed, Shard, Sink};
use wiretell::summary::Summary;

struct Count(usize);

impl Sink for Count {
    fn flow(&mut self, summary: Summary) {
        assert!(summary.attributes.iter().count() <= wiretell::attributes::MAX_ATTRIBUTES);
        self.0 += 1;
    }
}

/// Rules that ask for what the input itself says, so that some of them fit.
fn rules(data: &[u8]) -> Arc<UserRules> {
    let byte = |place: usize| data.get(place).copied().unwrap_or_default();
    let [at, width, whose] = [byte(3), byte(4), byte(5)];
    let whose = [Whose::Client, Whose::Server, Whose::Either][usize::from(whose % 3)];
    let bytes = data
        .iter()
        .rev()
        .take(usize::from(width % 8) + 1)
        .map(|&value| Masked { value: value & 0xF0, mask: 0xF0 });
    let tests = [
        Test::Bytes { offset: u32::from(at) * 64, bytes: bytes.collect() },
        Test::Regex(regex(r"(?s)^[^\x00].{2,9}\xFF+$").expect("it is one")),
        Test::Length(Length {
            at: u32::from(at % 16),
            width: width % 4 + 1,
            big_endian: at & 0x80 != 0,
            plus: i64::from(at) - 64,
        }),
        Test::Size(u32::from(at), u32::from(at) * 4),
    ];
    let rule = |test| Rule { name: label("own"), patterns: vec![Pattern { whose, test }], ..Rule::default() };
    Arc::new(UserRules::new(tests.into_iter().map(rule).collect()))
}

fuzz_target!(|data: &[u8]| {
    // Transport, the responder's port, whether there was a handshake; then packets: direction and length, bytes.
    let Some(([kind, port_high, port_low], mut rest)) = data.split_first_chunk() else { return };
    let number = [protocol::TCP, protocol::UDP, protocol::SCTP][usize::from(kind % 3)];
    let ends: [Endpoint; 2] = [(1, 50_000), (2, u16::from_be_bytes([*port_high, *port_low]))]
        .map(|(last, port)| Endpoint { address: IpAddr::from([10, 0, 0, last]), port });
    let mut shard = Shard::new(Limits::default(), true, Arc::from([]));
    if kind & 0x40 != 0 {
        shard = shard.ruled_by(&rules(data));
    }
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
