//! The Ethernet frames of a cluster's virtual adapter: a short TCP conversation on port 3343 between link-local
//! addresses, which travels in UDP. What is said inside is opaque bytes: nothing public tells more.

use std::net::IpAddr;

const ETHERNET: usize = 14;
const IPV6: usize = 40;
const TCP: usize = 20;
const CLUSTER_SERVICE: u16 = 3343;
const CLIENT: u16 = 49_183;
const TCP_PROTOCOL: u8 = 6;
const FIN: u8 = 1;
const SYN: u8 = 2;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// One segment between two adapters, which are told apart by the last bytes of their hosts' addresses.
struct Segment<'a> {
    from: [u8; 2],
    to: [u8; 2],
    ports: [u16; 2],
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    payload: &'a [u8],
}

/// The frame that opens a connection from one node's adapter to another's.
pub(crate) fn open(local: IpAddr, remote: IpAddr) -> Vec<u8> {
    Segment {
        from: last_bytes(local),
        to: last_bytes(remote),
        ports: [CLIENT, CLUSTER_SERVICE],
        sequence: 1_000,
        acknowledged: 0,
        flags: SYN,
        payload: &[],
    }
    .frame()
}

/// What the adapter that gets this frame sends back, if anything.
pub(crate) fn reply(frame: &[u8]) -> Option<Vec<u8>> {
    let tcp = frame.get(ETHERNET + IPV6..)?;
    let header = tcp.get(..TCP)?;
    let port = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    let length = u32::try_from(tcp.len() - TCP).ok()?;
    let opaque: Vec<u8> = (0..96_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (flags, counts, payload): (u8, u32, &[u8]) = match header[13] {
        SYN => (SYN | ACK, 1, &[]),
        flags if flags == SYN | ACK => (PSH | ACK, 1, &opaque),
        flags if flags == PSH | ACK && port(2) == CLUSTER_SERVICE => (PSH | ACK, length, &opaque[..48]),
        flags if flags == PSH | ACK => (FIN | ACK, length, &[]),
        flags if flags == FIN | ACK && port(2) == CLUSTER_SERVICE => (FIN | ACK, 1, &[]),
        flags if flags == FIN | ACK => (ACK, 1, &[]),
        _ => return None,
    };
    let reply = Segment {
        from: [frame[4], frame[5]],
        to: [frame[10], frame[11]],
        ports: [port(2), port(0)],
        sequence: if flags == SYN | ACK { 9_000 } else { number(8) },
        acknowledged: number(4).wrapping_add(counts),
        flags,
        payload,
    };
    Some(reply.frame())
}

fn last_bytes(address: IpAddr) -> [u8; 2] {
    match address {
        IpAddr::V4(address) => [address.octets()[2], address.octets()[3]],
        IpAddr::V6(address) => [address.octets()[14], address.octets()[15]],
    }
}

impl Segment<'_> {
    fn frame(&self) -> Vec<u8> {
        let mac = |host: [u8; 2]| [0x02, 0xb8, 0xfa, 0x7f, host[0], host[1]];
        let address = |host: [u8; 2]| {
            let mut address = [0; 16];
            address[..2].copy_from_slice(&[0xfe, 0x80]);
            address[8..14].copy_from_slice(&[0x00, 0xb8, 0xfa, 0xff, 0xfe, 0x7f]);
            address[14..].copy_from_slice(&host);
            address
        };
        let mut segment = Vec::new();
        segment.extend(self.ports[0].to_be_bytes());
        segment.extend(self.ports[1].to_be_bytes());
        segment.extend(self.sequence.to_be_bytes());
        segment.extend(self.acknowledged.to_be_bytes());
        segment.extend([5 << 4, self.flags, 0x20, 0, 0, 0, 0, 0]);
        segment.extend(self.payload);
        let length = u16::try_from(segment.len()).unwrap();
        let mut summed = [address(self.from), address(self.to)].concat();
        summed.extend(length.to_be_bytes());
        summed.extend([0, TCP_PROTOCOL]);
        summed.extend(&segment);
        segment[16..18].copy_from_slice(&checksum(&summed).to_be_bytes());

        let mut frame = [mac(self.to), mac(self.from)].concat();
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
        frame.extend(length.to_be_bytes());
        frame.extend([TCP_PROTOCOL, 128]);
        frame.extend(address(self.from));
        frame.extend(address(self.to));
        frame.extend(segment);
        frame
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
