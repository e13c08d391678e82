//! TCP connections in any pieces, orders, repetitions, overlaps and holes, opened by what an example says, through the
//! pipeline: judged, followed and summarised with every byte and packet counted once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use wiretell::capture::Block;
use wiretell::inspect::Example;
use wiretell::key::Transport;
use wiretell::packet::{Frame, Timestamp};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::protocols::INSPECTORS;
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;

/// What an opening may begin with.
static EXAMPLES: LazyLock<Vec<&'static Example>> = LazyLock::new(|| {
    let examples = INSPECTORS.iter().flat_map(|inspector| inspector.examples);
    examples.filter(|example| example.transport == Transport::Tcp).collect()
});

struct Count {
    packets: u64,
}

impl Sink for Count {
    fn flow(&mut self, summary: Summary) {
        assert!(summary.attributes.iter().count() <= wiretell::attributes::MAX_ATTRIBUTES);
        self.packets += summary.counts.iter().map(|count| count.packets).sum::<u64>();
    }
}

/// A frame of IPv4 without a link layer.
fn ipv4(by_client: bool, port: u16, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 40).unwrap_or(0).to_be_bytes();
    let (from, to) = if by_client { (1, 2) } else { (2, 1) };
    let mut frame = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
    frame.extend([10, 0, 0, from, 10, 0, 0, to]);
    let ports = if by_client { [50_000, port] } else { [port, 50_000] };
    ports.iter().for_each(|port| frame.extend(port.to_be_bytes()));
    frame.extend(sequence.to_be_bytes());
    frame.extend([0, 0, 0, 1, 5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend(payload);
    frame
}

fuzz_target!(|data: &[u8]| {
    let Some(([which_high, which_low, start], mut rest)) = data.split_first_chunk() else { return };
    let example = EXAMPLES[usize::from(u16::from_be_bytes([*which_high, *which_low])) % EXAMPLES.len()];
    // Both sides' streams: what the example says, then what the input brings.
    let mut streams = [example.initiator.concat(), example.responder.concat()];
    let mut block = Block::default();
    let mut time = 0;
    let mut send = |by_client: bool, sequence: u32, flags: u8, payload: &[u8]| {
        let bytes = ipv4(by_client, example.port, sequence, flags, payload);
        let start = u32::try_from(block.bytes.len()).unwrap_or(0);
        let captured = u32::try_from(bytes.len()).unwrap_or(0);
        block.bytes.extend(bytes);
        time += 1_000_000;
        let number = block.frames.len() as u64 + 1;
        let time = Timestamp(time);
        block.frames.push(Frame { time, number, start, captured, wire: captured, link: 101, digits: 6 });
    };
    // Numbers that pass the end of their range now and then.
    let first = if start & 1 == 0 { [1_000_u32, 9_000] } else { [u32::MAX - 20, u32::MAX - 300] };
    if start & 2 == 0 {
        send(true, first[0].wrapping_sub(1), 2, b"");
        send(false, first[1].wrapping_sub(1), 0x12, b"");
    }
    let mut at = [0_usize; 2];
    while let Some(([head, amount], after)) = rest.split_first_chunk() {
        rest = after;
        let side = usize::from(head & 1);
        let (length, jump) = (usize::from(*amount), usize::from(head >> 3) * 7);
        if head & 2 != 0 {
            // The stream grows by bytes of the input.
            let (bytes, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            streams[side].extend(bytes);
        }
        let stream = &streams[side];
        let from = match head & 4 {
            0 => at[side],
            // Back, and around to the end.
            _ => (at[side] + stream.len() + 1).saturating_sub(jump) % (stream.len() + 1),
        };
        let payload = stream.get(from..(from + length).min(stream.len())).unwrap_or_default();
        at[side] = (from + length).min(stream.len());
        let flags = if amount.is_multiple_of(64) { 0x11 } else { 0x10 };
        let sequence = first[side].wrapping_add(u32::try_from(from).unwrap_or(0));
        send(side == 0, sequence, flags, payload);
    }
    let sent = block.frames.len() as u64;
    let settings = Settings { limits: Limits { max_flows: 64, ..Limits::default() }, ..Settings::default() };
    let mut pipeline = Pipeline::start(&settings, || Count { packets: 0 }).expect("no thread is asked for");
    pipeline.feed(block);
    let (intake, totals, sinks) = pipeline.finish();
    assert_eq!((intake.packets, totals.packets_in_flows), (sent, sent));
    assert_eq!(sinks.iter().map(|sink| sink.packets).sum::<u64>(), sent);
});
