//! Captures that somebody made to be expensive, and one that nobody did, to compare with. Synthetic, all of them.

#![allow(dead_code, reason = "the tests and the benches use a part each")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test's captures are small, and a test may panic"
)]

use std::io::Write;

/// Nanoseconds between two frames.
const STEP: u64 = 1_000;

/// A pcap file in the making: Ethernet, with nanoseconds.
pub struct Pcap {
    pub bytes: Vec<u8>,
    pub frames: u64,
    /// Nanoseconds between two frames; 0 makes a capture of one moment.
    step: u64,
}

impl Pcap {
    pub fn new(step: u64) -> Self {
        let mut bytes = Vec::new();
        for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
            bytes.extend(word.to_le_bytes());
        }
        Self { bytes, frames: 0, step }
    }

    pub fn frame(&mut self, frame: &[u8]) {
        let nanos = self.frames * self.step;
        let length = frame.len() as u32;
        let seconds = 1_795_176_000 + (nanos / 1_000_000_000) as u32;
        for word in [seconds, (nanos % 1_000_000_000) as u32, length, length] {
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend(frame);
        self.frames += 1;
    }

    /// An Ethernet frame with an IPv4 packet.
    pub fn ipv4(&mut self, from: u32, to: u32, protocol: u8, inner: &[u8]) {
        self.frame(&ethernet(0x0800, &ipv4(from, to, protocol, [0, 0], inner)));
    }

    pub fn udp(&mut self, from: (u32, u16), to: (u32, u16), payload: &[u8]) {
        self.ipv4(from.0, to.0, 17, &udp(from.1, to.1, payload));
    }

    pub fn tcp(&mut self, from: (u32, u16), to: (u32, u16), flags: u8, sequence: u32, payload: &[u8]) {
        self.ipv4(from.0, to.0, 6, &tcp(from.1, to.1, flags, sequence, payload));
    }
}

pub fn ethernet(ethertype: u16, inner: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ethertype.to_be_bytes(), inner].concat()
}

/// `fragment`: the field of flags and offset.
pub fn ipv4(from: u32, to: u32, protocol: u8, fragment: [u8; 2], inner: &[u8]) -> Vec<u8> {
    let length = (inner.len() as u16 + 20).to_be_bytes();
    let id = (from as u16).to_be_bytes();
    let head = [0x45, 0, length[0], length[1], id[0], id[1], fragment[0], fragment[1], 64, protocol, 0, 0];
    [&head[..], &from.to_be_bytes(), &to.to_be_bytes(), inner].concat()
}

pub fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u16 + 8;
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

pub fn tcp(from: u16, to: u16, flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let rest = [0, 0, 0, 1, 5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0];
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &sequence.to_be_bytes(), &rest, payload].concat()
}

const CLIENT: u32 = 0x0a00_0001;
const SERVER: u32 = 0x0a00_0002;

/// What an office does: requests with answers of some segments, names looked up; some 400 bytes a packet.
pub fn benign(bytes: usize) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    let mut flow = 0_u32;
    while pcap.bytes.len() < bytes {
        flow += 1;
        let (client, server) = ((CLIENT + flow % 50, 40_000 + (flow % 20_000) as u16), (SERVER + 256, 80));
        let query =
            [&flow.to_be_bytes()[2..], b"\x01\0\0\x01\0\0\0\0\0\0\x04host\x07example\0\0\x01\0\x01"].concat();
        let answer = [&query[..2], b"\x81\x80", &query[4..]].concat();
        let resolver = (server.0, 53);
        pcap.udp(client, resolver, &query);
        pcap.udp(resolver, client, &answer);
        pcap.tcp(client, server, 2, 999, b"");
        pcap.tcp(server, client, 0x12, 4_999, b"");
        pcap.tcp(client, server, 0x18, 1_000, b"GET /index.html HTTP/1.1\r\nHost: www.example\r\n\r\n");
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14000\r\n\r\n";
        let mut sequence = 5_000;
        for segment in 0..10 {
            let body = if segment == 0 { [&head[..], &[b'x'; 1300]].concat() } else { vec![b'x'; 1400] };
            pcap.tcp(server, client, 0x10, sequence, &body);
            sequence += body.len() as u32;
            pcap.tcp(client, server, 0x10, 1_047, b"");
        }
        pcap.tcp(client, server, 0x11, 1_047, b"");
        pcap.tcp(server, client, 0x11, sequence, b"");
    }
    pcap
}

/// One datagram a flow, from addresses that all fall to one shard of 16.
pub fn one_shard(frames: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    let mut source = 0_u32;
    while pcap.frames < u64::from(frames) {
        source += 1;
        let end =
            |address: u32, port| wiretell::key::Endpoint { address: address.to_be_bytes().into(), port };
        let (key, _) = wiretell::key::FlowKey::new(end(source, 1), end(SERVER, 9), 17, 0);
        if key.hosts().spread() % 16 == 3 {
            pcap.udp((source, 1), (SERVER, 9), &[0xee; 18]);
        }
    }
    pcap
}

/// One datagram a flow, as a scan makes them.
pub fn scan(frames: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        pcap.udp((CLIENT, 50_000), (0x0b00_0000 + i, 9), &[0xee; 18]);
    }
    pcap
}

/// Connections that are refused and opened anew between the same two ports, within one moment.
pub fn reconnects(connections: u32) -> Pcap {
    let mut pcap = Pcap::new(0);
    let (client, server) = ((CLIENT, 50_000), (SERVER, 9));
    for i in 0..connections {
        pcap.tcp(client, server, 2, i.wrapping_mul(1_000_003), b"");
        pcap.tcp(server, client, 0x14, 0, b"");
    }
    pcap
}

/// Fragments of eight bytes far behind a beginning that never comes.
pub fn far_fragments(frames: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        let packet = ipv4(CLIENT + i, SERVER, 17, [0x3f, 0xfe], &[0xee; 8]);
        pcap.frame(&ethernet(0x0800, &packet));
    }
    pcap
}

/// Large datagrams, each without its last fragment.
pub fn endless_fragments(datagrams: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..datagrams {
        for part in 0..44_u16 {
            let field = (0x2000 | (part * 185)).to_be_bytes();
            pcap.frame(&ethernet(0x0800, &ipv4(CLIENT + i, SERVER, 17, field, &[0xee; 1480])));
        }
    }
    pcap
}

/// A datagram's fragments of eight bytes, every second one, backwards.
pub fn scattered_fragments(datagrams: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..datagrams {
        for part in (0..400_u16).rev() {
            let field = (0x2000 | (part * 2)).to_be_bytes();
            pcap.frame(&ethernet(0x0800, &ipv4(CLIENT + i, SERVER, 17, field, &[0xee; 8])));
        }
    }
    pcap
}

/// Connections whose client sends `text` in segments of so many bytes, in the order that `order` gives them.
pub fn segments(
    connections: u32,
    port: u16,
    text: &[u8],
    length: usize,
    order: fn(usize, usize) -> usize,
) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    let parts: Vec<&[u8]> = text.chunks(length).collect();
    for connection in 0..connections {
        let (client, server) = ((CLIENT + connection, 40_000), (SERVER + 65_536, port));
        pcap.tcp(client, server, 2, 999, b"");
        pcap.tcp(server, client, 0x12, 4_999, b"");
        for place in 0..parts.len() {
            let place = order(place, parts.len());
            pcap.tcp(client, server, 0x18, 1_000 + (place * length) as u32, parts[place]);
        }
    }
    pcap
}

/// As they are.
pub fn forwards(place: usize, _: usize) -> usize {
    place
}

/// The last first.
pub fn backwards(place: usize, count: usize) -> usize {
    count - 1 - place
}

/// Every second one: a hole behind each.
pub fn holes(place: usize, count: usize) -> usize {
    (place * 2 + 1) % count
}

/// IP in IP in IP, with nothing that could be parsed inside.
pub fn nested(frames: u32, depth: usize) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        let inside =
            (0..depth).fold(vec![0xff; 8], |inside, _| ipv4(CLIENT + i % 100, SERVER, 4, [0, 0], &inside));
        pcap.frame(&ethernet(0x0800, &inside));
    }
    pcap
}

/// Ethernet in GRE in IP in Ethernet and so on.
pub fn nested_ethernet(frames: u32, depth: usize) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        let inside = (0..depth).fold(vec![0xff; 20], |inside, _| {
            let gre = [&[0, 0, 0x65, 0x58][..], &inside].concat();
            ethernet(0x0800, &ipv4(CLIENT + i % 100, SERVER, 47, [0, 0], &gre))
        });
        pcap.frame(&inside);
    }
    pcap
}

/// IPv6 with a long chain of extension headers, each of padding options only.
pub fn chained_options(frames: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        let mut inner = Vec::new();
        for header in 0..150 {
            inner.extend([if header == 149 { 17 } else { 60 }, 0, 0, 0, 0, 0, 0, 0]);
        }
        inner.extend(udp(50_000, 9, &i.to_be_bytes()));
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((inner.len() as u16).to_be_bytes());
        packet.extend([60, 64]);
        for last in [1, 2] {
            packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        }
        packet.extend(inner);
        pcap.frame(&ethernet(0x86dd, &packet));
    }
    pcap
}

/// As many options as IPv4's and TCP's headers have room for, with lengths of nothing.
pub fn looping_options(frames: u32) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        let mut segment = tcp(40_000, 80, 0x18, i, b"");
        segment[12] = 15 << 4;
        segment.extend([8, 0].repeat(20));
        segment.extend([0x16, 3, 1, 0, 0]);
        let mut packet = vec![0x4f, 0];
        packet.extend((segment.len() as u16 + 60).to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        packet.extend(CLIENT.to_be_bytes());
        packet.extend(SERVER.to_be_bytes());
        packet.extend([7, 0].repeat(20));
        packet.extend(segment);
        pcap.frame(&ethernet(0x0800, &packet));
    }
    pcap
}

/// Datagrams of `payload`, each a flow of its own.
pub fn datagrams(frames: u32, port: u16, payload: &[u8]) -> Pcap {
    let mut pcap = Pcap::new(STEP);
    for i in 0..frames {
        pcap.udp((CLIENT + i, 50_000), (SERVER + 65_536, port), payload);
    }
    pcap
}

/// A DNS message whose names are compressed into loops and chains.
pub fn looping_dns() -> Vec<u8> {
    let mut message = b"\0\x07\x01\0\0\x40\0\0\0\0\0\0".to_vec();
    for question in 0..64_u16 {
        // Each points to the one before, the first to itself.
        let to = if question == 0 { 12 } else { 12 + (question - 1) * 6 };
        message.extend((0xc000 | to).to_be_bytes());
        message.extend([0, 1, 0, 1]);
    }
    message
}

/// BER: sequences in sequences, as deep as a datagram allows.
pub fn deep_ber() -> Vec<u8> {
    let mut message = Vec::new();
    while message.len() < 1200 {
        let left = (1200 - message.len()) as u16;
        message.extend([0x30, 0x82]);
        message.extend(left.to_be_bytes());
    }
    message
}

/// A QUIC Initial packet (RFC 9000 section 17.2.2) whose protection has to be removed before anything is known.
pub fn quic_initial() -> Vec<u8> {
    let mut packet = vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e];
    packet.resize(1200, 0x5a);
    packet
}

/// A pcapng file whose blocks have no frames: as many as fit into so many bytes.
pub fn empty_blocks(bytes: usize) -> Vec<u8> {
    let mut file = section();
    while file.len() < bytes {
        for word in [0x0bad_u32, 12, 12] {
            file.extend(word.to_le_bytes());
        }
    }
    file
}

/// A pcapng file that describes interfaces and nothing else.
pub fn interfaces(bytes: usize) -> Vec<u8> {
    let mut file = section();
    while file.len() < bytes {
        for word in [1_u32, 20, 1, 0, 20] {
            file.extend(word.to_le_bytes());
        }
    }
    file
}

/// A pcapng file with one block of so many bytes, of which a few are there.
pub fn claiming_block(kind: u32, claimed: u32) -> Vec<u8> {
    let mut file = section();
    for word in [1_u32, 20, 1, 0, 20, kind, claimed, 0, 0, 0, claimed, claimed] {
        file.extend(word.to_le_bytes());
    }
    file.resize(100_000, 0);
    file
}

fn section() -> Vec<u8> {
    let words = [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// gzip over `head` and so many zeros.
pub fn gzip_bomb(head: &[u8], zeros: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(head).unwrap();
    let part = vec![0; 1 << 20];
    for _ in 0..zeros >> 20 {
        packed.write_all(&part).unwrap();
    }
    packed.finish().unwrap()
}

/// zstd over `head` and so many zeros: blocks of one byte that is repeated (RFC 8878 section 3.1.1.2), with the largest
/// window that is granted.
pub fn zstd_bomb(head: &[u8], zeros: usize) -> Vec<u8> {
    const BLOCK: u32 = 128 << 10;
    // Magic, a descriptor without anything, a window of 2^27 bytes.
    let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3];
    packed.extend(&((head.len() as u32) << 3).to_le_bytes()[..3]);
    packed.extend(head);
    for _ in 0..zeros as u32 / BLOCK {
        packed.extend(&(BLOCK << 3 | 1 << 1).to_le_bytes()[..3]);
        packed.push(0);
    }
    packed.extend([1, 0, 0]);
    packed
}
