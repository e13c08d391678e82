//! What is known of a packet once its frame has been parsed: plain data, no borrowed bytes.

use crate::key::{FlowKey, Transport};
use std::net::IpAddr;

/// A point in time as a capture tells it: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Nanoseconds from `earlier` to this time; 0 when time went backwards.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        let nanos = self.0.saturating_sub(earlier.0);
        if nanos > 0 { nanos.unsigned_abs() } else { 0 }
    }
}

/// A frame as a capture delivers it, apart from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it was captured.
    pub time: Timestamp,
    /// Its number in its file, from 1, as Wireshark shows it; with its file where several are read: see
    /// [`place`](crate::place).
    pub number: u64,
    /// Where its bytes begin in the block that holds them.
    pub start: u32,
    /// How many of its bytes were captured.
    pub captured: u32,
    /// How many bytes it had on the wire; never less than `captured` claims to be, as the file says it.
    pub wire: u32,
    /// The link layer's type: a `LINKTYPE_` value, as pcap files number them.
    pub link: u16,
    /// How many digits of a second the capture's clock has: 6 for microseconds, 9 for nanoseconds.
    pub digits: u8,
}

/// A TCP segment's header, as far as flows need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader {
    /// FIN 0x01, SYN 0x02, RST 0x04, PSH 0x08, ACK 0x10, URG 0x20, ECE 0x40, CWR 0x80 (RFC 9293 section 3.1).
    pub flags: u8,
    /// Sequence number of the first payload byte (of the SYN, where there is one).
    pub sequence: u32,
    /// Acknowledgement number; meaningful with ACK.
    pub acknowledgement: u32,
}

impl TcpHeader {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// The acknowledgement number counts.
    pub const ACK: u8 = 0x10;

    /// Whether any of `flags` is set.
    #[must_use]
    pub const fn has(self, flags: u8) -> bool {
        self.flags & flags != 0
    }
}

/// Where a packet's payload lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of its first byte: in the frame, in the block once batched, or in the arena of reassembled datagrams.
    pub start: u32,
    /// How many bytes of it were captured.
    pub len: u32,
}

/// A parsed packet of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Packet {
    /// When it was captured.
    pub time: Timestamp,
    /// Number of its frame in its file; of the last fragment's where it was reassembled.
    pub frame: u64,
    /// Between whom, over what, and inside what.
    pub key: FlowKey,
    /// Which of the key's ends sent it.
    pub from_low: bool,
    /// Whether bytes of the payload are missing because the capture cut the frame.
    pub truncated: bool,
    /// Whether the payload lies in the decoder's arena (a reassembled datagram) instead of in the frame.
    pub reassembled: bool,
    /// Whether the payload is of a datagram that came in fragments: one that was put together, or what the capture left of
    /// its first fragment.
    pub fragmented: bool,
    /// Whether it is a fragment of a datagram that it does not complete: it counts, but has neither payload nor
    /// (unless it came first) a transport header, so that `tcp` says nothing.
    pub fragment: bool,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    /// IPv4's identification (RFC 791 section 3.1); 0 where there is none, or where the sender leaves it so.
    pub ident: u16,
    /// The frame's length on the wire in bytes, link layer included; of a reassembled datagram, its last fragment's.
    pub wire_len: u32,
    /// The captured part of the transport's payload.
    pub payload: Span,
    /// The payload's length on the wire in bytes, as IP and UDP lengths bound it: padding is not payload.
    pub payload_wire_len: u32,
    /// TCP's header; zeros for everything else.
    pub tcp: TcpHeader,
}

/// A tunnel or label that a packet came in, outside the innermost IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// `gre`, `erspan`, `vxlan`, `geneve`, `ip-in-ip`, `6in4`, `teredo`, `gtp-u`, `l2tp`, `mpls`, `pppoe` ...
    pub kind: &'static str,
    /// The outer addresses, source first, where the tunnel has them.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// Network or session identifier: VNI, GRE key, TEID, MPLS label, PPPoE session ...
    pub id: Option<u32>,
}

/// Most VLAN tags and most tunnels remembered per packet; what is nested deeper is decoded but not listed,
/// and nesting has its own bound in the decoder.
pub const MAX_LAYERS: usize = 4;

/// VLAN tags and tunnels around a packet, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    vlans: [u16; MAX_LAYERS],
    vlan_count: u8,
    tunnels: [Option<Tunnel>; MAX_LAYERS],
}

impl Layers {
    /// Adds a VLAN identifier (12 bits), inside those already there.
    pub fn push_vlan(&mut self, id: u16) {
        if let Some(slot) = self.vlans.get_mut(usize::from(self.vlan_count)) {
            *slot = id;
            self.vlan_count += 1;
        }
    }

    /// Adds a tunnel, inside those already there.
    pub fn push_tunnel(&mut self, tunnel: Tunnel) {
        if let Some(slot) = self.tunnels.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(tunnel);
        }
    }

    /// VLAN identifiers, outermost first.
    #[must_use]
    pub fn vlans(&self) -> &[u16] {
        self.vlans.get(..usize::from(self.vlan_count)).unwrap_or_default()
    }

    /// Tunnels, outermost first.
    pub fn tunnels(&self) -> impl Iterator<Item = &Tunnel> {
        self.tunnels.iter().flatten()
    }

    /// Whether the packet came bare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.vlan_count == 0 && self.tunnels.first().is_none_or(Option::is_none)
    }
}

/// The [`Layers`] of a flow, in the space of a pointer: most flows come bare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosure(Option<Box<Layers>>);

impl Enclosure {
    /// Keeps `layers`.
    #[must_use]
    pub fn of(layers: &Layers) -> Self {
        Self((!layers.is_empty()).then(|| Box::new(*layers)))
    }
}

impl std::ops::Deref for Enclosure {
    type Target = Layers;

    fn deref(&self) -> &Layers {
        static BARE: Layers = Layers { vlans: [0; MAX_LAYERS], vlan_count: 0, tunnels: [None; MAX_LAYERS] };
        self.0.as_deref().unwrap_or(&BARE)
    }
}

/// An ICMP or ICMPv6 error that quotes the beginning of a packet: news for the quoted packet's flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// When it was captured.
    pub time: Timestamp,
    /// Its frame's number.
    pub frame: u64,
    /// Who sent it.
    pub reporter: IpAddr,
    /// The key of the quoted packet's flow.
    pub key: FlowKey,
    /// Which of the key's ends had sent the quoted packet.
    pub quoted_from_low: bool,
    /// ICMP (or ICMPv6) type.
    pub kind: u8,
    /// ICMP (or ICMPv6) code.
    pub code: u8,
    /// Whether the numbers are ICMPv6's.
    pub v6: bool,
    /// Whether the capture cut off the quoted ports, so that both are 0 in the key: some flow between the two is meant.
    pub ports_cut: bool,
    /// The largest packet in bytes that the next hop takes, where the packet was too big for it and the router says so
    /// (RFC 1191 section 4, RFC 4443 section 3.2).
    pub mtu: Option<u32>,
}

impl Packet {
    /// The transport, as far as inspectors know it.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        self.key.transport()
    }
}
