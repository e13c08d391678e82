//! Link layers and what announces a network layer: link types, EtherTypes, VLAN tags, LLC, PPP.

use super::view::View;
use super::{Outcome, Skip, Walk};

/// Link types, as the pcap and pcapng formats number them ("LINKTYPE_" registry of tcpdump.org).
pub(super) mod linktype {
    pub(in super::super) const NULL: u16 = 0;
    pub(in super::super) const ETHERNET: u16 = 1;
    pub(in super::super) const TOKEN_RING: u16 = 6;
    pub(in super::super) const ARCNET: u16 = 7;
    pub(in super::super) const SLIP: u16 = 8;
    pub(in super::super) const PPP: u16 = 9;
    pub(in super::super) const FDDI: u16 = 10;
    /// What BSD systems wrote for raw IP before it had a number of its own.
    pub(in super::super) const RAW_BSD: [u16; 2] = [12, 14];
    pub(in super::super) const PPP_HDLC: u16 = 50;
    pub(in super::super) const PPP_ETHER: u16 = 51;
    pub(in super::super) const ATM_RFC1483: u16 = 100;
    pub(in super::super) const RAW: u16 = 101;
    pub(in super::super) const CISCO_HDLC: u16 = 104;
    pub(in super::super) const IEEE802_11: u16 = 105;
    pub(in super::super) const ATM_CLIP: u16 = 106;
    pub(in super::super) const FRAME_RELAY: u16 = 107;
    pub(in super::super) const LOOP: u16 = 108;
    pub(in super::super) const LINUX_SLL: u16 = 113;
    pub(in super::super) const PRISM: u16 = 119;
    pub(in super::super) const SUN_ATM: u16 = 123;
    pub(in super::super) const RADIOTAP: u16 = 127;
    pub(in super::super) const ARCNET_LINUX: u16 = 129;
    pub(in super::super) const AVS: u16 = 163;
    pub(in super::super) const PPP_PPPD: u16 = 166;
    pub(in super::super) const JUNIPER_ETHER: u16 = 178;
    pub(in super::super) const JUNIPER_PPP: u16 = 179;
    pub(in super::super) const JUNIPER_FRAME_RELAY: u16 = 180;
    pub(in super::super) const JUNIPER_HDLC: u16 = 181;
    pub(in super::super) const PPI: u16 = 192;
    pub(in super::super) const ERF: u16 = 197;
    pub(in super::super) const PPP_WITH_DIRECTION: u16 = 204;
    pub(in super::super) const HDLC_WITH_DIRECTION: u16 = 205;
    pub(in super::super) const FRAME_RELAY_WITH_DIRECTION: u16 = 206;
    pub(in super::super) const IPNET: u16 = 226;
    pub(in super::super) const IPV4: u16 = 228;
    pub(in super::super) const IPV6: u16 = 229;
    pub(in super::super) const NFLOG: u16 = 239;
    pub(in super::super) const PKTAP: u16 = 258;
    pub(in super::super) const MPACKET: u16 = 274;
    pub(in super::super) const LINUX_SLL2: u16 = 276;
    pub(in super::super) const BROADCOM_TAG: u16 = 281;
    pub(in super::super) const BROADCOM_TAG_FIRST: u16 = 282;
    pub(in super::super) const DSA: u16 = 284;
    pub(in super::super) const EDSA: u16 = 285;
}

/// EtherTypes (IEEE registry).
pub(super) mod ethertype {
    pub(in super::super) const IPV4: u16 = 0x0800;
    pub(in super::super) const ARP: u16 = 0x0806;
    pub(in super::super) const RARP: u16 = 0x8035;
    pub(in super::super) const IPV6: u16 = 0x86dd;
    /// Transparent Ethernet bridging: a whole frame.
    pub(in super::super) const BRIDGING: u16 = 0x6558;
    /// C-tag, S-tag, and the numbers that switches used before S-tags were standardised.
    pub(in super::super) const VLAN: [u16; 5] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
    /// Below this the field is a length and LLC follows (IEEE 802.3 section 3.2.6).
    pub(in super::super) const LEAST: u16 = 0x0600;
}

/// Bytes of two MAC addresses and an EtherType.
const ETHERNET_HEADER: usize = 14;

impl Walk<'_> {
    /// A frame of the capture's link type.
    #[inline]
    pub(super) fn link(&mut self, linktype: u16, view: View<'_>) -> Outcome {
        if linktype == linktype::ETHERNET { self.ethernet(view) } else { self.other_link(linktype, view) }
    }

    fn other_link(&mut self, linktype: u16, view: View<'_>) -> Outcome {
        match linktype {
            linktype::RAW | linktype::IPV4 | linktype::IPV6 => self.raw_ip(view),
            bsd if linktype::RAW_BSD.contains(&bsd) => self.raw_ip(view),
            linktype::LINUX_SLL => self.cooked(view.u16(2)?, view.u16(14)?, view.after(16)?),
            linktype::LINUX_SLL2 => self.cooked(view.u16(8)?, view.u16(0)?, view.after(20)?),
            linktype::NULL | linktype::LOOP => self.loopback(view),
            linktype::PPP | linktype::PPP_HDLC => self.ppp(view),
            linktype::PPP_ETHER => self.pppoe(view),
            linktype::CISCO_HDLC => self.cisco_hdlc(view),
            _ => self.rare_link(linktype, view),
        }
    }

    /// Ethernet II and IEEE 802.3.
    #[inline]
    pub(super) fn ethernet(&mut self, view: View<'_>) -> Outcome {
        self.network(view.u16(12)?, view.after(ETHERNET_HEADER)?)
    }

    /// What an EtherType announces.
    #[inline]
    pub(super) fn network(&mut self, ethertype: u16, view: View<'_>) -> Outcome {
        match ethertype {
            ethertype::IPV4 => self.ipv4(view),
            ethertype::IPV6 => self.ipv6(view),
            other => self.other_network(other, view),
        }
    }

    fn other_network(&mut self, ethertype: u16, view: View<'_>) -> Outcome {
        self.deeper()?;
        match ethertype {
            tag if ethertype::VLAN.contains(&tag) => {
                let id = view.u16(0)? & 0x0fff;
                self.decoder.layers.push_vlan(id);
                self.scope = self.scope.vlan(id);
                self.network(view.u16(2)?, view.after(4)?)
            }
            ethertype::ARP | ethertype::RARP => Err(Skip::Arp),
            length if length < ethertype::LEAST => self.llc(view.at_most(usize::from(length))),
            ethertype::BRIDGING => self.ethernet(view),
            shim => self.shim(shim, view),
        }
    }

    /// IEEE 802.2 logical link control, and SNAP behind it (IEEE 802, RFC 1042).
    pub(super) fn llc(&mut self, view: View<'_>) -> Outcome {
        match view.array(0)? {
            [0xaa, 0xaa, 0x03] => match view.u24(3)? {
                // RFC 1042, and the bridge tunnel encapsulation (IEEE 802.1H).
                0x000000 | 0x0000f8 => self.network(view.u16(6)?, view.after(8)?),
                _ => Err(Skip::NonIp),
            },
            // The service access point that IEEE gave to IP, hardly ever used.
            [0x06, 0x06, 0x03] => self.raw_ip(view.after(3)?),
            [0xfe, 0xfe, 0x03] => self.nlpid(view.after(3)?),
            _ => Err(Skip::NonIp),
        }
    }

    /// A network layer protocol identifier (ISO/IEC TR 9577).
    pub(super) fn nlpid(&mut self, view: View<'_>) -> Outcome {
        match view.u8(0)? {
            0xcc => self.ipv4(view.after(1)?),
            0x8e => self.ipv6(view.after(1)?),
            0x80 => self.network(view.u16(4)?, view.after(6)?),
            _ => Err(Skip::NonIp),
        }
    }

    /// IP without anything before it: the version tells which.
    pub(super) fn raw_ip(&mut self, view: View<'_>) -> Outcome {
        match view.u8(0)? >> 4 {
            4 => self.ipv4(view),
            6 => self.ipv6(view),
            _ => Err(Skip::NonIp),
        }
    }

    /// Linux cooked capture: the protocol is an EtherType unless the device's type (ARPHRD_) says otherwise.
    fn cooked(&mut self, device: u16, protocol: u16, inner: View<'_>) -> Outcome {
        /// ARPHRD_NETLINK: the protocol is a netlink family.
        const NETLINK: u16 = 824;
        match protocol {
            _ if device == NETLINK => Err(Skip::NonIp),
            // LINUX_SLL_P_802_2: LLC follows.
            4 => self.llc(inner),
            // LINUX_SLL_P_802_3 is Novell's raw IPX; the others below the least EtherType are no IP either.
            protocol if protocol < ethertype::LEAST => Err(Skip::NonIp),
            protocol => self.network(protocol, inner),
        }
    }

    /// BSD loopback: an address family in the byte order of whatever machine wrote it (NULL), or big-endian (LOOP).
    fn loopback(&mut self, view: View<'_>) -> Outcome {
        let family = view.u32(0)?;
        let inner = view.after(4)?;
        match if family > 0xffff { family.swap_bytes() } else { family } {
            2 => self.ipv4(inner),
            // AF_INET6: NetBSD and OpenBSD, FreeBSD, macOS, Linux and Windows.
            24 | 28 | 30 | 10 | 23 => self.ipv6(inner),
            // Some writers put an EtherType there.
            ethertype if ethertype == u32::from(ethertype::IPV4) => self.ipv4(inner),
            ethertype if ethertype == u32::from(ethertype::IPV6) => self.ipv6(inner),
            _ => Err(Skip::NonIp),
        }
    }

    /// PPP with or without HDLC's address and control bytes (RFC 1662 section 3.1), protocol field compressed or not.
    pub(super) fn ppp(&mut self, view: View<'_>) -> Outcome {
        self.deeper()?;
        let view = match view.array(0)? {
            [0xff, 0x03] => view.after(2)?,
            // Cisco HDLC announces itself by these addresses on links that can speak either (RFC 1547 section 4.3).
            [0x0f | 0x8f, 0x00] => return self.cisco_hdlc(view),
            _ => view,
        };
        // The low bit of a protocol number's last byte is 1, of the one before it 0 (RFC 1661 section 2).
        let first = view.u8(0)?;
        let (protocol, inner) = match first & 1 {
            1 => (u16::from(first), view.after(1)?),
            _ => (view.u16(0)?, view.after(2)?),
        };
        match protocol {
            0x0021 => self.ipv4(inner),
            0x0057 => self.ipv6(inner),
            0x0281 | 0x0283 => self.mpls(inner),
            // Multilink, long sequence numbers: begin and end in one fragment, which is then a packet (RFC 1990 section 3).
            0x003d if inner.u8(0)? & 0xc0 == 0xc0 => self.ppp(inner.after(4)?),
            _ => Err(Skip::NonIp),
        }
    }

    /// Cisco HDLC: address, control, EtherType.
    pub(super) fn cisco_hdlc(&mut self, view: View<'_>) -> Outcome {
        self.deeper()?;
        match view.u16(2)? {
            // SLARP, Cisco's line protocol, and CDP.
            0x8035 | 0x2000 => Err(Skip::NonIp),
            0xfefe => self.nlpid(view.after(5)?),
            ethertype => self.network(ethertype, view.after(4)?),
        }
    }
}
