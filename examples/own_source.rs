//! Labels packets from a source of one's own, as they come: `cargo run --example own_source`.
//!
//! Nothing here reads a file, an interface or a clock: a packet is its bytes and a time, from wherever they are.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use wiretell::packet::{Frame, Timestamp};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// The link-layer type of packets that begin with their IP header: `LINKTYPE_RAW`.
const RAW_IP: u16 = 101;
const SECOND: i64 = 1_000_000_000;

/// Stands for a socket, a ring of a driver, a message queue: gives the time in nanoseconds since 1970, and an IP packet.
fn source() -> impl Iterator<Item = (i64, Vec<u8>)> {
    // A question for the address of `host.example`, and the answer that there is none.
    let message = |flags: [u8; 2]| {
        [&[0, 7], &flags[..], &[0, 1, 0, 0, 0, 0, 0, 0], b"\x04host\x07example\0", &[0, 1, 0, 1]].concat()
    };
    let (client, server) = (([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 53));
    let begin = 1_795_176_000 * SECOND;
    [
        (begin, udp(client, server, &message([1, 0]))),
        (begin + 12_000_000, udp(server, client, &message([0x81, 0x83]))),
    ]
    .into_iter()
}

/// An IPv4 packet (RFC 791) with a UDP datagram (RFC 768) in it, both without checksum.
fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let length = |header: usize| u16::try_from(header + payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    let ip = [&[0x45, 0], &length(28)[..], &[0, 0, 0, 0, 64, 17, 0, 0], &from.0, &to.0].concat();
    let udp = [&from.1.to_be_bytes()[..], &to.1.to_be_bytes(), &length(8), &[0, 0]].concat();
    [&ip, &udp, payload].concat()
}

/// Says what is known of a flow, when its label changes and when it has ended.
struct Say;

impl Sink for Say {
    fn flow(&mut self, flow: Summary) {
        let packets: u64 = flow.counts.iter().map(|count| count.packets).sum();
        println!("ended: {} {}, {packets} packets", flow.app.unwrap_or("-"), flow.verdict.name());
    }

    fn wants_labels(&self) -> bool {
        true
    }

    fn relabelled(&mut self, flow: Summary) {
        let sure = flow.confidence.map_or("", wiretell::inspect::Confidence::name);
        println!("label: {} {} ({sure})", flow.app.unwrap_or("-"), flow.verdict.name());
    }
}

fn main() -> std::io::Result<()> {
    // Without threads everything happens in `feed`, on this thread.
    let mut pipeline = Pipeline::start(&Settings::default(), || Say)?;
    let mut now = 0;
    for (number, (time, bytes)) in (1..).zip(source()) {
        // A block may hold one packet or thousands: many at once cost less each. Its room is used again.
        let mut block = pipeline.block();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        block.frames.push(Frame {
            time: Timestamp(time),
            number,
            start: 0,
            captured: length,
            wire: length,
            link: RAW_IP,
            digits: 9,
        });
        block.bytes.extend(bytes);
        pipeline.feed(block);
        now = time;
    }
    // Where no packets come, time still passes: flows that are idle for long end.
    pipeline.tick(Timestamp(now + 600 * SECOND));
    let (intake, totals, _sinks) = pipeline.finish();
    println!("{} packets, {} in flows", intake.packets, totals.packets_in_flows);
    Ok(())
}
