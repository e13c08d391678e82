//! Packets made by hand, layer by layer: each function puts its header before what it is given.

use crate::packet::{Frame, Timestamp};

pub(super) type Bytes = Vec<u8>;

/// A frame of `wire` bytes on the given link type.
pub(super) fn frame(link: u16, wire: usize) -> Frame {
    let wire = u32::try_from(wire).unwrap();
    Frame { time: Timestamp(0), number: 1, start: 0, captured: wire, wire, link, digits: 6 }
}

/// An Ethernet II header.
pub(super) fn ethernet(ethertype: u16, inner: &[u8]) -> Bytes {
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    bytes.extend(ethertype.to_be_bytes());
    bytes.extend(inner);
    bytes
}

/// An IPv4 header without options, with its checksum.
pub(super) fn ipv4(source: &str, destination: &str, protocol: u8, inner: &[u8]) -> Bytes {
    let mut bytes = vec![0x45, 0];
    bytes.extend(u16::try_from(20 + inner.len()).unwrap().to_be_bytes());
    bytes.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
    for address in [source, destination] {
        bytes.extend(address.parse::<std::net::Ipv4Addr>().unwrap().octets());
    }
    let sum: u32 = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !((folded & 0xffff) + (folded >> 16)) as u16;
    bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
    bytes.extend(inner);
    bytes
}

/// An IPv6 header.
pub(super) fn ipv6(source: &str, destination: &str, next: u8, inner: &[u8]) -> Bytes {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(u16::try_from(inner.len()).unwrap().to_be_bytes());
    bytes.extend([next, 64]);
    for address in [source, destination] {
        bytes.extend(address.parse::<std::net::Ipv6Addr>().unwrap().octets());
    }
    bytes.extend(inner);
    bytes
}

/// A UDP header without checksum.
pub(super) fn udp(source: u16, destination: u16, payload: &[u8]) -> Bytes {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut bytes: Bytes =
        [source, destination, length, 0].iter().flat_map(|field| field.to_be_bytes()).collect();
    bytes.extend(payload);
    bytes
}

/// A TCP header without options: sequence number 0x01020304, acknowledgement number 0x05060708.
pub(super) fn tcp(source: u16, destination: u16, flags: u8, payload: &[u8]) -> Bytes {
    let mut bytes: Bytes = [source, destination].iter().flat_map(|port| port.to_be_bytes()).collect();
    bytes.extend([1, 2, 3, 4, 5, 6, 7, 8, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}
