//! Which packets belong together: the direction-free key of a flow.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The transports whose payload is inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Transmission Control Protocol.
    Tcp,
    /// User Datagram Protocol (and UDP-Lite).
    Udp,
    /// Stream Control Transmission Protocol; a datagram's payload is its chunks.
    Sctp,
}

impl Transport {
    /// `tcp`, `udp` or `sctp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// An address and a port; the port is 0 where the transport has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The IP address; IPv4 and IPv6 are never equal, IPv4-mapped IPv6 included.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

/// Two endpoints, the protocol between them and what they are inside of, whichever of them is speaking.
///
/// Addresses are held as 128-bit numbers, IPv4 ones mapped (`::ffff:a.b.c.d`), so that comparing and
/// hashing cost the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    low: u128,
    high: u128,
    /// Hash of VLAN tags and tunnels that tell otherwise equal five-tuples apart; 0 when there are none.
    scope: u64,
    low_port: u16,
    high_port: u16,
    protocol: u8,
    v4: bool,
}

/// IP protocol numbers (IANA "Assigned Internet Protocol Numbers") that have ports here.
pub mod protocol {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// SCTP.
    pub const SCTP: u8 = 132;
    /// UDP-Lite.
    pub const UDP_LITE: u8 = 136;
}

impl FlowKey {
    /// The key of a packet from `source` to `destination`, and whether `source` is its low end.
    #[must_use]
    pub fn new(source: Endpoint, destination: Endpoint, protocol: u8, scope: u64) -> (Self, bool) {
        let v4 = source.address.is_ipv4();
        let (a, b) = ((wide(source.address), source.port), (wide(destination.address), destination.port));
        let from_low = a <= b;
        let (low, high) = if from_low { (a, b) } else { (b, a) };
        let key = Self { low: low.0, high: high.0, scope, low_port: low.1, high_port: high.1, protocol, v4 };
        (key, from_low)
    }

    /// The end with the lower address, or with the lower port where the addresses are equal.
    #[must_use]
    pub fn low(&self) -> Endpoint {
        Endpoint { address: self.narrow(self.low), port: self.low_port }
    }

    /// The other end.
    #[must_use]
    pub fn high(&self) -> Endpoint {
        Endpoint { address: self.narrow(self.high), port: self.high_port }
    }

    /// The port of the low end.
    #[must_use]
    pub const fn low_port(&self) -> u16 {
        self.low_port
    }

    /// The port of the high end.
    #[must_use]
    pub const fn high_port(&self) -> u16 {
        self.high_port
    }

    /// The IP protocol number.
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// What tells apart flows whose five-tuple is equal: 0 for a packet that came bare.
    #[must_use]
    pub const fn scope(&self) -> u64 {
        self.scope
    }

    /// The transport, where its payload is inspected.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        match self.protocol {
            protocol::TCP => Some(Transport::Tcp),
            protocol::UDP | protocol::UDP_LITE => Some(Transport::Udp),
            protocol::SCTP => Some(Transport::Sctp),
            _ => None,
        }
    }

    /// The two hosts, lower address first, whatever they speak and inside whatever.
    #[must_use]
    pub const fn hosts(&self) -> HostPair {
        HostPair(self.low, self.high)
    }

    /// Writes the key in a form that is the same on every machine, for identifiers.
    pub fn write_stable(&self, write: &mut impl FnMut(&[u8])) {
        write(&self.low.to_le_bytes());
        write(&self.high.to_le_bytes());
        write(&self.scope.to_le_bytes());
        write(&self.low_port.to_le_bytes());
        write(&self.high_port.to_le_bytes());
        write(&[self.protocol, u8::from(self.v4)]);
    }

    /// The key's hash under `state`, taken once per packet.
    pub fn hash_with(&self, state: &impl BuildHasher) -> u64 {
        state.hash_one(self)
    }

    fn narrow(&self, address: u128) -> IpAddr {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a mapped address is in the low 32 bits (RFC 4291 section 2.5.5.2)"
        )]
        let v4 = Ipv4Addr::from_bits(address as u32);
        if self.v4 { v4.into() } else { Ipv6Addr::from_bits(address).into() }
    }
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.low);
        state.write_u128(self.high);
        // Not mixed with the scope: whoever makes tunnels could choose scopes that undo the difference of ports.
        state.write_u64(self.scope);
        let ports = u64::from(self.low_port) << 32 | u64::from(self.high_port) << 16;
        state.write_u64(ports | u64::from(self.protocol) << 8 | u64::from(self.v4));
    }
}

/// Two hosts, whichever of them is speaking: what flows are sharded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostPair(u128, u128);

impl HostPair {
    /// The two addresses.
    #[must_use]
    pub fn addresses(self) -> [IpAddr; 2] {
        [self.0, self.1].map(|wide| Ipv6Addr::from_bits(wide).to_canonical())
    }

    /// A number that is the same on every machine and in every run, to divide the work by.
    #[must_use]
    pub const fn spread(self) -> u64 {
        // Multiplicative mixing (Knuth, TAOCP 3, section 6.4); addresses of one site differ in few low bits.
        #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
        const fn fold(address: u128) -> u64 {
            address as u64 ^ (address >> 64) as u64
        }
        let folded = fold(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(fold(self.1));
        let mixed = folded.wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }
}

fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(address: &str, port: u16) -> Endpoint {
        Endpoint { address: address.parse().unwrap(), port }
    }

    #[test]
    fn both_directions_have_one_key_and_tell_who_spoke() {
        let (a, b) = (end("10.0.0.2", 50_000), end("10.0.0.1", 53));
        let (there, there_low) = FlowKey::new(a, b, protocol::UDP, 0);
        let (back, back_low) = FlowKey::new(b, a, protocol::UDP, 0);
        assert_eq!(there, back);
        assert_eq!((there_low, back_low), (false, true));
        assert_eq!((there.low(), there.high()), (b, a));
    }

    #[test]
    fn an_ipv4_address_is_not_the_ipv6_address_that_maps_it() {
        let v4 = FlowKey::new(end("1.2.3.4", 1), end("5.6.7.8", 2), protocol::UDP, 0).0;
        let v6 = FlowKey::new(end("::ffff:1.2.3.4", 1), end("::ffff:5.6.7.8", 2), protocol::UDP, 0).0;
        assert_ne!(v4, v6);
        assert!(v4.low().address.is_ipv4() && v6.low().address.is_ipv6());
    }
}
