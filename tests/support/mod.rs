//! Captures made in memory, for tests: Ethernet, IPv4, TCP and UDP as plain as they come. Synthetic, all of them.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test's captures are small, and a test may panic"
)]

pub mod coordinator;

use wiretell::capture::Block;
use wiretell::packet::{Frame, Timestamp};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;

/// A sink that keeps every summary.
#[derive(Default)]
pub struct Keep(pub Vec<Summary>);

impl Sink for Keep {
    fn flow(&mut self, summary: Summary) {
        self.0.push(summary);
    }
}

/// A capture in the making.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    frames: Vec<(i64, Vec<u8>)>,
    snap_len: Option<usize>,
}

/// Who speaks to whom: the last two bytes of 10.0.x.y, and the port.
pub type End = ([u8; 2], u16);

impl Capture {
    /// Adds a frame as it is.
    pub fn frame(&mut self, at: i64, bytes: Vec<u8>) {
        self.frames.push((at, bytes));
    }

    /// Its frames as they were added, each with its time.
    pub fn frames(&self) -> &[(i64, Vec<u8>)] {
        &self.frames
    }

    /// The same capture with every frame cut to its first `snap_len` bytes.
    pub fn cut(mut self, snap_len: usize) -> Self {
        self.snap_len = Some(snap_len);
        self
    }

    /// Adds a UDP datagram.
    pub fn udp(&mut self, at: i64, from: End, to: End, payload: &[u8]) {
        let mut segment = Vec::new();
        segment.extend(from.1.to_be_bytes());
        segment.extend(to.1.to_be_bytes());
        segment.extend((payload.len() as u16 + 8).to_be_bytes());
        segment.extend([0, 0]);
        segment.extend(payload);
        self.frame(at, ethernet(from, to, 17, &segment));
    }

    /// Adds a UDP datagram in fragments of so many bytes at most, a multiple of eight; only the first `kept` come.
    pub fn udp_fragments(&mut self, at: i64, ends: (End, End), payload: &[u8], size: usize, kept: usize) {
        let (from, to) = ends;
        let mut segment = from.1.to_be_bytes().to_vec();
        segment.extend(to.1.to_be_bytes());
        segment.extend((payload.len() as u16 + 8).to_be_bytes());
        segment.extend([0, 0]);
        segment.extend(payload);
        let ident = (self.frames.len() as u16).to_be_bytes();
        let parts = segment.len().div_ceil(size);
        for (i, part) in segment.chunks(size).enumerate().take(kept) {
            let mut frame = ethernet(from, to, 17, part);
            let more = u16::from(i + 1 < parts) << 13;
            frame[18..20].copy_from_slice(&ident);
            frame[20..22].copy_from_slice(&(more | (i * size / 8) as u16).to_be_bytes());
            self.frame(at, frame);
        }
    }

    /// Adds an SCTP packet of one chunk, which has a type and nothing in it.
    pub fn sctp(&mut self, at: i64, from: End, to: End, chunk: u8) {
        let mut packet = Vec::new();
        packet.extend(from.1.to_be_bytes());
        packet.extend(to.1.to_be_bytes());
        packet.extend([0, 0, 0, 1, 0, 0, 0, 0, chunk, 0, 0, 4]);
        self.frame(at, ethernet(from, to, 132, &packet));
    }

    /// Adds a TCP segment.
    pub fn tcp(&mut self, at: i64, from: End, to: End, flags: u8, sequence: u32, payload: &[u8]) {
        let mut segment = Vec::new();
        segment.extend(from.1.to_be_bytes());
        segment.extend(to.1.to_be_bytes());
        segment.extend(sequence.to_be_bytes());
        segment.extend([0, 0, 0, 0, 5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        self.frame(at, ethernet(from, to, 6, &segment));
    }

    /// Adds an ICMP error (type and code) of `reporter` about a datagram that was sent.
    pub fn icmp_error(
        &mut self,
        at: i64,
        reporter: [u8; 2],
        error: (u8, u8),
        from: End,
        to: End,
        payload: &[u8],
    ) {
        let mut quoted = from.1.to_be_bytes().to_vec();
        quoted.extend(to.1.to_be_bytes());
        quoted.extend((payload.len() as u16 + 8).to_be_bytes());
        quoted.extend([0, 0]);
        quoted.extend(payload);
        self.icmp_quote(at, reporter, error, (from, to, 17), &quoted);
    }

    /// Adds an ICMP error that quotes a packet of any protocol, its header above IP being in `quoted`.
    pub fn icmp_quote(
        &mut self,
        at: i64,
        reporter: [u8; 2],
        error: (u8, u8),
        (from, to, protocol): (End, End, u8),
        quoted: &[u8],
    ) {
        // Of the frame that was sent all but Ethernet's header is quoted.
        let packet = &ethernet(from, to, protocol, quoted)[14..];
        let mut message = vec![error.0, error.1, 0, 0, 0, 0, 0x05, 0x00];
        message.extend(packet);
        self.frame(at, ethernet((reporter, 0), (from.0, 0), 1, &message));
    }

    /// Adds a TCP connection: handshake, what each side says in turn, and its end.
    pub fn connection(&mut self, at: i64, client: End, server: End, said: &[(bool, &[u8])]) {
        const STEP: i64 = 1_000_000;
        let (mut time, mut next) = (at, [1_000_u32, 9_000_u32]);
        let mut send = |capture: &mut Self, by_client: bool, flags: u8, payload: &[u8], counts: u32| {
            let (from, to, side) = if by_client { (client, server, 0) } else { (server, client, 1) };
            capture.tcp(time, from, to, flags, next[side], payload);
            next[side] += payload.len() as u32 + counts;
            time += STEP;
        };
        send(self, true, 0x02, b"", 1);
        send(self, false, 0x12, b"", 1);
        send(self, true, 0x10, b"", 0);
        for (by_client, payload) in said {
            send(self, *by_client, 0x18, payload, 0);
        }
        send(self, true, 0x11, b"", 1);
        send(self, false, 0x11, b"", 1);
    }

    /// The frames in the order of time, as blocks of so many.
    pub fn blocks(&self, frames_per_block: usize) -> Vec<Block> {
        let mut frames = self.frames.clone();
        frames.sort_by_key(|(at, _)| *at);
        let mut number = 0;
        frames
            .chunks(frames_per_block)
            .map(|chunk| {
                let mut block = Block::default();
                for (at, bytes) in chunk {
                    number += 1;
                    let start = block.bytes.len() as u32;
                    let kept = bytes.len().min(self.snap_len.unwrap_or(usize::MAX));
                    let captured = kept as u32;
                    block.bytes.extend(&bytes[..kept]);
                    let time = Timestamp(*at);
                    block.frames.push(Frame {
                        time,
                        number,
                        start,
                        captured,
                        wire: bytes.len() as u32,
                        link: 1,
                        digits: 9,
                    });
                }
                block
            })
            .collect()
    }

    /// The summaries of all its flows, from a run on one thread with everything as it is by default.
    pub fn flows(&self) -> Vec<Summary> {
        let mut pipeline = Pipeline::start(&Settings::default(), Keep::default).unwrap();
        for block in self.blocks(10) {
            pipeline.feed(block);
        }
        let (_, _, sinks) = pipeline.finish();
        sinks.into_iter().flat_map(|sink| sink.0).collect()
    }

    /// The summary of its flow, of which there is one.
    pub fn only_flow(&self) -> Summary {
        let mut flows = self.flows();
        assert_eq!(flows.len(), 1, "one flow");
        flows.remove(0)
    }

    /// The capture as a pcap file with nanoseconds.
    pub fn pcap(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
            file.extend(word.to_le_bytes());
        }
        let mut frames = self.frames.clone();
        frames.sort_by_key(|(at, _)| *at);
        for (at, bytes) in frames {
            let len = bytes.len() as u32;
            for word in [(at / SECOND) as u32, (at % SECOND) as u32, len, len] {
                file.extend(word.to_le_bytes());
            }
            file.extend(bytes);
        }
        file
    }
}

fn ethernet(from: End, to: End, protocol: u8, segment: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, to.0[0], to.0[1], 2, 0, 0, 0, from.0[0], from.0[1], 8, 0];
    frame.extend([0x45, 0]);
    frame.extend((segment.len() as u16 + 20).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend([10, 0, from.0[0], from.0[1], 10, 0, to.0[0], to.0[1]]);
    frame.extend(segment);
    frame
}

/// A DNS query for `name` with this identifier, or the empty answer to it.
pub fn dns(id: u16, name: &str, is_answer: bool) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend(if is_answer { [0x81, 0x80] } else { [0x01, 0x00] });
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message
}

/// Many flows of several kinds between many hosts, interleaved: all that shards have to keep apart.
pub fn mixture(flows: u16) -> Capture {
    let mut capture = Capture::default();
    for flow in 0..flows {
        let at = 1_700_000_000 * SECOND + i64::from(flow) * 7_000_000;
        let client = ([1 + (flow % 7) as u8, (flow % 200) as u8], 40_000 + flow);
        let server = ([100, (flow % 23) as u8], 0);
        let on = |port| (server.0, port);
        match flow % 5 {
            0 => {
                capture.udp(at, client, on(53), &dns(flow, "host.example", false));
                capture.udp(at + 2_000_000, on(53), client, &dns(flow, "host.example", true));
            }
            1 => capture.connection(
                at,
                client,
                on(22),
                &[(false, b"SSH-2.0-OpenSSH_9.6\r\n"), (true, b"SSH-2.0-PuTTY_0.80\r\n")],
            ),
            2 => capture.connection(
                at,
                client,
                on(3391),
                &[
                    (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
                    (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                ],
            ),
            3 => capture.udp(at, client, on(3343), &[0x17; 40]),
            _ => capture.frame(at, vec![0xff; 60]),
        }
    }
    capture
}
