//! From a captured frame to the packet in it, or to the reason why there is none.
//!
//! [`Decoder`] walks from the link layer inwards, through tags and tunnels, to the innermost IP packet whose headers
//! hold: that packet is the flow's. What encloses it becomes [`Layers`] and the key's scope. A tunnel in UDP is
//! believed when its bytes bear it out, never for its port alone; what does not is a plain UDP packet.
//!
//! Fragments: each is a packet of its datagram's flow, without payload, as soon as it is read; the one that completes the
//! datagram carries the payload of the whole, in the decoder's arena. The ports are in the first fragment only, so that
//! a fragment that came before it counts in the flow of the same addresses and protocol whose ports are 0. Thus
//! nothing is held back: every frame gives one packet or one reason, and the sums close at any moment.

mod access;
mod capture_header;
mod checksum;
mod datagram;
pub mod fragments;
mod icmp;
mod ip;
mod islands;
mod link;
mod scope;
mod shim;
mod transport;
mod tunnel;
mod view;
mod wifi;

use crate::packet::{Frame, IcmpError, Layers, Packet, Timestamp, Tunnel};
use fragments::Fragments;
pub use fragments::{FragmentCounts, Limits, Unfinished};
use scope::Scope;
use std::net::IpAddr;
use view::View;

/// Why a frame gave no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// An ARP or RARP packet.
    Arp,
    /// A network layer that is not IP.
    NonIp,
    /// A frame of the link layer's own: 802.11 management and control, beacons, frames without data.
    LinkControl,
    /// Encrypted below the IP layer: 802.11 protected frames, MACsec with confidentiality.
    Encrypted,
    /// A link layer that is not decoded.
    UnsupportedLinkType,
    /// The capture cut the frame before its addresses and ports.
    TruncatedHeaders,
    /// Headers that contradict themselves or end before they are complete.
    Malformed,
    /// More tags and tunnels inside each other than are followed.
    TunnelTooDeep,
}

impl Skip {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Arp,
        Self::NonIp,
        Self::LinkControl,
        Self::Encrypted,
        Self::UnsupportedLinkType,
        Self::TruncatedHeaders,
        Self::Malformed,
        Self::TunnelTooDeep,
    ];

    /// The reason as it is counted: `arp`, `non-ip`, `truncated-headers` ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arp => "arp",
            Self::NonIp => "non-ip",
            Self::LinkControl => "link-control",
            Self::Encrypted => "encrypted-link",
            Self::UnsupportedLinkType => "unsupported-link-type",
            Self::TruncatedHeaders => "truncated-headers",
            Self::Malformed => "malformed",
            Self::TunnelTooDeep => "tunnel-too-deep",
        }
    }
}

/// What a frame gave.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "the large one is the usual one, and it is handed on at once")]
pub enum Decoded<'d> {
    /// A packet of a flow.
    Packet {
        /// The packet.
        packet: Packet,
        /// What it came in; none when it came bare.
        layers: Option<&'d Layers>,
        /// News for another flow, where the packet is an ICMP error.
        icmp_error: Option<IcmpError>,
    },
    /// No packet, and why.
    Skipped(Skip),
}

/// Most steps inwards that are followed: a tag is one, a tunnel two. Real networks stack six or seven; each costs
/// frames of the call stack, which a hostile capture must not exhaust.
const MAX_DEPTH: u8 = 24;

/// Parses frames into packets. Owns what outlives a frame: fragments that wait for their datagram.
#[derive(Debug)]
pub struct Decoder {
    fragments: Fragments,
    arena: Vec<u8>,
    layers: Layers,
    icmp_error: Option<IcmpError>,
}

impl Decoder {
    /// A decoder that keeps fragments within `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let layers = Layers::default();
        Self { fragments: Fragments::new(limits), arena: Vec::new(), layers, icmp_error: None }
    }

    /// Parses a frame of which `bytes` were captured.
    pub fn decode(&mut self, frame: &Frame, bytes: &[u8]) -> Decoded<'_> {
        if !self.layers.is_empty() {
            self.layers = Layers::default();
        }
        self.icmp_error = None;
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let view = View::new(bytes, frame.wire.saturating_sub(captured));
        let mut walk =
            Walk { decoder: self, frame, scope: Scope::default(), depth: 0, strict: false, ident: 0 };
        match walk.link(frame.link, view) {
            Ok(packet) => Decoded::Packet {
                packet,
                layers: if self.layers.is_empty() { None } else { Some(&self.layers) },
                icmp_error: self.icmp_error,
            },
            Err(skip) => Decoded::Skipped(skip),
        }
    }

    /// The datagram that the last packet's payload lies in, where that packet was reassembled.
    #[must_use]
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// What the last packet came in.
    #[must_use]
    pub const fn layers(&self) -> &Layers {
        &self.layers
    }

    /// How often fragments hit a bound or failed to become a datagram.
    #[must_use]
    pub const fn fragment_counts(&self) -> FragmentCounts {
        self.fragments.counts()
    }

    /// How many datagrams have waited in vain for fragments by `now`, and the first of all that were not put together but
    /// for those that the capture cut.
    #[must_use]
    pub fn unfinished(&self, now: Timestamp) -> (u64, Vec<Unfinished>) {
        self.fragments.unfinished(now)
    }
}

/// What a layer gives: the innermost packet in it, or why there is none.
type Outcome = Result<Packet, Skip>;

/// One frame's way inwards.
struct Walk<'d> {
    decoder: &'d mut Decoder,
    frame: &'d Frame,
    scope: Scope,
    depth: u8,
    /// Whether this is inside a tunnel that was only guessed, so that its headers must fit without exception.
    strict: bool,
    /// The identification of the IP header last passed.
    ident: u16,
}

/// Source and destination of an IP packet.
#[derive(Clone, Copy, Debug)]
struct Ends {
    source: IpAddr,
    destination: IpAddr,
}

impl Walk<'_> {
    /// One step further inside, as far as the bound allows.
    fn deeper(&mut self) -> Result<(), Skip> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Skip::TunnelTooDeep) } else { Ok(()) }
    }

    /// Looks for the packet in a tunnel with `inner`; when there is none, everything is as it was before.
    /// `network` is the identifier that both directions share, `tunnel.id` the one that is shown.
    fn enter(
        &mut self,
        tunnel: Tunnel,
        network: Option<u32>,
        inner: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        let (scope, depth, layers, ident) = (self.scope, self.depth, self.decoder.layers, self.ident);
        self.scope = scope.tunnel(tunnel.kind, tunnel.addresses, network);
        self.decoder.layers.push_tunnel(tunnel);
        let outcome = self.deeper().and_then(|()| inner(self));
        if outcome.is_err() {
            (self.scope, self.depth, self.decoder.layers) = (scope, depth, layers);
            self.ident = ident;
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
