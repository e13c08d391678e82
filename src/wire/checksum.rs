//! Internet checksums (RFC 1071), where they are the only proof that bytes are what they seem.

use super::Ends;
use super::view::View;
use std::net::IpAddr;

impl View<'_> {
    /// Whether the checksum over pseudo-header and all bytes comes out right.
    pub(super) fn checks_out(self, ends: Ends, protocol: u8) -> bool {
        let length = u64::try_from(self.len()).unwrap_or(u64::MAX) & 0xffff_ffff;
        let pseudo = address_sum(ends.source) + address_sum(ends.destination) + u64::from(protocol) + length;
        folded(pseudo + sum(self.bytes())) == 0xffff
    }

    /// Whether the checksum over all bytes and nothing else comes out right.
    pub(super) fn checks_out_alone(self) -> bool {
        folded(sum(self.bytes())) == 0xffff
    }
}

fn address_sum(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => sum(&v4.octets()),
        IpAddr::V6(v6) => sum(&v6.octets()),
    }
}

/// The sum of big-endian words, the last one filled up with zero.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    let last = rest.first().map_or(0, |&byte| u64::from(byte) << 8);
    words.iter().map(|&word| u64::from(u16::from_be_bytes(word))).sum::<u64>() + last
}

fn folded(mut sum: u64) -> u64 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum
}
