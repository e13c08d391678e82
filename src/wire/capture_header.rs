//! Headers that capturing systems and rarer link layers put before a packet: NFLOG, PPI, frame relay, Juniper, token ring ...

use super::link::linktype;
use super::view::View;
use super::{Outcome, Skip, Walk};

impl Walk<'_> {
    /// A link type that is seldom met.
    pub(super) fn rare_link(&mut self, link: u16, view: View<'_>) -> Outcome {
        self.deeper()?;
        match link {
            linktype::IEEE802_11 => self.wlan(view),
            linktype::RADIOTAP => self.radiotap(view),
            linktype::PRISM => self.prism(view),
            linktype::AVS => self.avs(view),
            linktype::PPI => self.ppi(view),
            linktype::PKTAP => self.pktap(view),
            linktype::NFLOG => self.nflog(view),
            linktype::FRAME_RELAY => self.frame_relay(view),
            linktype::TOKEN_RING => self.token_ring(view),
            linktype::ARCNET => self.arcnet(view.u8(2)?, view.after(3)?),
            linktype::ARCNET_LINUX => self.arcnet(view.u8(4)?, view.after(5)?),
            // Frame control and two addresses.
            linktype::FDDI => self.llc(view.after(13)?),
            linktype::ATM_RFC1483 | linktype::ATM_CLIP => self.multiplexed(view),
            // Direction and traffic type, path, channel.
            linktype::SUN_ATM => self.llc(view.after(4)?),
            // Direction and the header that was compressed.
            linktype::SLIP => self.raw_ip(view.after(16)?),
            linktype::IPNET => self.raw_ip(view.after(24)?),
            // One byte of direction.
            linktype::PPP_PPPD | linktype::PPP_WITH_DIRECTION => self.ppp(view.after(1)?),
            linktype::HDLC_WITH_DIRECTION => self.cisco_hdlc(view.after(1)?),
            linktype::FRAME_RELAY_WITH_DIRECTION => self.frame_relay(view.after(1)?),
            // Preamble and start of frame; a switch's own tag of four or eight bytes before or behind the addresses.
            linktype::MPACKET => self.ethernet(view.after(8)?),
            linktype::BROADCOM_TAG_FIRST => self.ethernet(view.after(4)?),
            linktype::BROADCOM_TAG | linktype::DSA => self.network(view.u16(16)?, view.after(18)?),
            linktype::EDSA => self.network(view.u16(20)?, view.after(22)?),
            linktype::ERF => self.erf(view),
            linktype::JUNIPER_ETHER
            | linktype::JUNIPER_PPP
            | linktype::JUNIPER_FRAME_RELAY
            | linktype::JUNIPER_HDLC => self.juniper(link, view),
            _ => Err(Skip::UnsupportedLinkType),
        }
    }

    /// Per-packet information (CACE): version and flags, length, link type; all little-endian.
    fn ppi(&mut self, view: View<'_>) -> Outcome {
        let len = view.array(2).map(u16::from_le_bytes)?;
        let link = view.array(4).map(u32::from_le_bytes)?;
        self.link(u16::try_from(link).map_err(|_| Skip::UnsupportedLinkType)?, view.after(len.into())?)
    }

    /// Apple's header: its length, a kind, the link type; all little-endian.
    fn pktap(&mut self, view: View<'_>) -> Outcome {
        let len = view.array(0).map(u32::from_le_bytes)?;
        let link = view.array(8).map(u32::from_le_bytes)?;
        self.link(u16::try_from(link).map_err(|_| Skip::UnsupportedLinkType)?, view.after(len as usize)?)
    }

    /// Linux' netfilter log: family, version, group, then attributes in the writer's byte order, one of them the packet.
    fn nflog(&mut self, view: View<'_>) -> Outcome {
        /// NFULA_PAYLOAD.
        const PAYLOAD: u16 = 9;
        let mut rest = view.after(4)?;
        loop {
            let header: [u8; 4] = rest.array(0)?;
            let [len_first, len_second, kind_first, kind_second] = header;
            let little = u16::from_le_bytes([len_first, len_second]);
            // A length is at least that of its header and fits: only one order of its bytes can.
            let is_little = little >= 4 && usize::from(little) <= rest.wire();
            let (len, kind) = if is_little {
                (little, u16::from_le_bytes([kind_first, kind_second]))
            } else {
                (u16::from_be_bytes([len_first, len_second]), u16::from_be_bytes([kind_first, kind_second]))
            };
            let len = usize::from(len);
            if len < 4 {
                return Err(Skip::Malformed);
            }
            // The highest bits are flags.
            if kind & 0x3fff == PAYLOAD {
                return self.raw_ip(rest.at_most(len).after(4)?);
            }
            rest = rest.after(len.next_multiple_of(4))?;
        }
    }

    /// Frame relay: an address of two to four bytes, then a control byte and a protocol identifier (RFC 2427), or
    /// an EtherType in Cisco's way.
    fn frame_relay(&mut self, view: View<'_>) -> Outcome {
        // The last byte of the address has the lowest bit set.
        let last = view.bytes().iter().take(4).position(|byte| byte & 1 != 0).ok_or(Skip::Malformed)?;
        let inner = view.after(last + 1)?;
        match inner.array(0)? {
            [0x03, 0x00] => self.nlpid(inner.after(2)?),
            [0x03, _] => self.nlpid(inner.after(1)?),
            _ => self.network(inner.u16(0)?, inner.after(2)?),
        }
    }

    /// Token ring: access and frame control, two addresses, a source route where the source's first bit is set, LLC.
    fn token_ring(&mut self, view: View<'_>) -> Outcome {
        let route = if view.u8(8)? & 0x80 == 0 { 0 } else { usize::from(view.u8(14)? & 0x1f) };
        self.llc(view.after(14 + route)?)
    }

    /// ARCnet: a system code, behind which newer ones have a split flag and a sequence number (RFC 1051, RFC 1201).
    fn arcnet(&mut self, system: u8, view: View<'_>) -> Outcome {
        match system {
            240 => self.ipv4(view),
            241 | 213 | 214 => Err(Skip::Arp),
            // Packets that were split over several frames are not put together.
            212 if view.u8(0)? == 0 => self.ipv4(view.after(3)?),
            _ => Err(Skip::NonIp),
        }
    }

    /// LLC, or IP directly as channels that carry nothing else do (RFC 2684).
    fn multiplexed(&mut self, view: View<'_>) -> Outcome {
        if view.u8(0)? >> 4 == 4 { self.ipv4(view) } else { self.llc(view) }
    }

    /// Endace's extensible record format: 16 bytes with the kind at byte 8, whose highest bit tells of extensions.
    fn erf(&mut self, view: View<'_>) -> Outcome {
        let kind = view.u8(8)?;
        let mut inner = view.after(16)?;
        let mut more = kind & 0x80 != 0;
        while more {
            more = inner.u8(0)? & 0x80 != 0;
            inner = inner.after(8)?;
        }
        match kind & 0x7f {
            1 => self.ppp(inner),
            // Two bytes of offset and padding.
            2 | 16 => self.ethernet(inner.after(2)?),
            22 | 23 => self.raw_ip(inner),
            _ => Err(Skip::UnsupportedLinkType),
        }
    }

    /// Juniper's header: `MGC`, flags, and extensions where the flags say so.
    fn juniper(&mut self, link: u16, view: View<'_>) -> Outcome {
        /// The link layer's header was left out, and a protocol family stands in its place.
        const NO_LINK_HEADER: u8 = 0x02;
        const EXTENSIONS: u8 = 0x80;
        let [m, g, c, flags] = view.array(0)?;
        if [m, g, c] != *b"MGC" {
            return Err(Skip::Malformed);
        }
        let header = if flags & EXTENSIONS == 0 { 4 } else { 6 + usize::from(view.u16(4)?) };
        let inner = view.after(header)?;
        match link {
            _ if flags & NO_LINK_HEADER != 0 => self.raw_ip(inner.after(4)?),
            linktype::JUNIPER_ETHER => self.ethernet(inner),
            linktype::JUNIPER_PPP => self.ppp(inner),
            linktype::JUNIPER_HDLC => self.cisco_hdlc(inner),
            _ => self.frame_relay(inner),
        }
    }
}
