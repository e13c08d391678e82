//! Headers between Ethernet and IP other than VLAN tags: MPLS, PPPoE, provider backbone bridges, MACsec and the like.

use super::link::ethertype;
use super::tunnel::number;
use super::view::View;
use super::{Outcome, Skip, Walk};
use crate::packet::Tunnel;

/// EtherTypes of what stands between Ethernet and IP (IEEE registry, and Cisco's own).
pub(super) mod shimtype {
    pub(in super::super) const FABRIC_PATH: u16 = 0x8903;
    pub(in super::super) const CISCO_METADATA: u16 = 0x8909;
    pub(in super::super) const VN_TAG: u16 = 0x8926;
    pub(in super::super) const BRIDGE_PORT: u16 = 0x893f;
    pub(in super::super) const NSH: u16 = 0x894f;
    pub(in super::super) const MPLS: [u16; 2] = [0x8847, 0x8848];
    pub(in super::super) const PPPOE_SESSION: u16 = 0x8864;
    pub(in super::super) const BACKBONE: u16 = 0x88e7;
    pub(in super::super) const MACSEC: u16 = 0x88e5;
    pub(in super::super) const REDUNDANCY_TAG: u16 = 0xf1c1;
}

impl Walk<'_> {
    /// What a shim's EtherType announces.
    pub(super) fn shim(&mut self, ethertype: u16, view: View<'_>) -> Outcome {
        match ethertype {
            mpls if shimtype::MPLS.contains(&mpls) => self.mpls(view),
            shimtype::PPPOE_SESSION => self.pppoe(view),
            shimtype::BACKBONE => self.backbone(view),
            shimtype::MACSEC => self.macsec(view),
            shimtype::NSH => self.service(view),
            // A tree and a time to live, then the whole frame.
            shimtype::FABRIC_PATH => self.ethernet(view.after(2)?),
            // A version, a length, an option and a group; a port extender's channels (IEEE 802.1BR section 7.5).
            shimtype::CISCO_METADATA | shimtype::BRIDGE_PORT => self.network(view.u16(6)?, view.after(8)?),
            // Two interfaces; a sequence number (IEEE 802.1CB section 7.8).
            shimtype::VN_TAG | shimtype::REDUNDANCY_TAG => self.network(view.u16(4)?, view.after(6)?),
            _ => Err(Skip::NonIp),
        }
    }

    /// A label stack (RFC 3032) and what is below it, which no field names: the first four bits tell IP from a
    /// pseudowire's control word (RFC 4385, 4928), and an EtherType in its place tells Ethernet without one.
    pub(super) fn mpls(&mut self, view: View<'_>) -> Outcome {
        /// Most labels of a stack; segment routing uses a dozen. What has more is no stack.
        const MAX_LABELS: usize = 16;
        let mut at = 0;
        let label = loop {
            let entry = view.u32(at)?;
            at += 4;
            // The bottom of the stack.
            if entry & 0x100 != 0 {
                break entry >> 12;
            }
            if at >= MAX_LABELS * 4 {
                return Err(Skip::Malformed);
            }
        };
        let below = view.after(at)?;
        // Labels differ by direction, and may be gone one hop before the end: they part no flows.
        let scope = self.scope;
        let tunnel = Tunnel { kind: "mpls", addresses: None, id: Some(label) };
        self.enter(tunnel, None, |walk| {
            walk.scope = scope;
            walk.below_labels(below)
        })
    }

    fn below_labels(&mut self, view: View<'_>) -> Outcome {
        match view.u8(0)? >> 4 {
            4 if view.holds_ip(number::IPV4) || !view.holds_ethernet() => self.ipv4(view),
            6 if view.holds_ip(number::IPV6) || !view.holds_ethernet() => self.ipv6(view),
            // A control word, unless a MAC address begins so.
            0 => {
                let inner = view.after(4)?;
                if !inner.holds_ethernet() && view.holds_ethernet() {
                    return self.ethernet(view);
                }
                if inner.holds_ip(number::IPV4) { self.ipv4(inner) } else { self.ethernet(inner) }
            }
            // The associated channel: management of the path itself.
            1 if !view.holds_ethernet() => Err(Skip::NonIp),
            _ => self.ethernet(view),
        }
    }

    /// PPP over Ethernet, session stage (RFC 2516 section 4).
    pub(super) fn pppoe(&mut self, view: View<'_>) -> Outcome {
        if view.u8(0)? != 0x11 {
            return Err(Skip::Malformed);
        }
        // Every other code is discovery's.
        if view.u8(1)? != 0 {
            return Err(Skip::NonIp);
        }
        let length = usize::from(view.u16(4)?);
        let tunnel = Tunnel { kind: "pppoe", addresses: None, id: Some(view.u16(2)?.into()) };
        let inner = view.after(6)?.at_most(length);
        self.enter(tunnel, None, |walk| walk.ppp(inner))
    }

    /// A customer's frame in a provider's (IEEE 802.1Q section 9.7): priority and flags, and 24 bits of service identifier.
    fn backbone(&mut self, view: View<'_>) -> Outcome {
        let service = view.u24(1)?;
        let inner = view.after(4)?;
        let tunnel = Tunnel { kind: "pbb", addresses: None, id: Some(service) };
        self.enter(tunnel, Some(service), |walk| walk.ethernet(inner))
    }

    /// MACsec (IEEE 802.1AE section 9.3), whose data can be read only if it is protected without being encrypted.
    fn macsec(&mut self, view: View<'_>) -> Outcome {
        /// Bits of the first byte: explicit identifier, encrypted, changed.
        const EXPLICIT: u8 = 0x20;
        const ENCRYPTED: u8 = 0x08;
        const CHANGED: u8 = 0x04;
        let [control, short] = view.array(0)?;
        if control & (ENCRYPTED | CHANGED) != 0 {
            return Err(Skip::Encrypted);
        }
        let data = view.after(if control & EXPLICIT == 0 { 6 } else { 14 })?;
        // The length of data shorter than 48 bytes; else all but the check value of sixteen bytes.
        let len = match short & 0x3f {
            0 => data.wire().saturating_sub(16),
            short => usize::from(short),
        };
        let data = data.at_most(len);
        self.network(data.u16(0)?, data.after(2)?)
    }

    /// A network service header (RFC 8300 section 2.2): its length in words, and what comes next.
    pub(super) fn service(&mut self, view: View<'_>) -> Outcome {
        let words = view.u8(1)? & 0x3f;
        let inner = view.after(usize::from(words) * 4)?;
        match view.u8(3)? {
            _ if words < 2 => Err(Skip::Malformed),
            1 => self.ipv4(inner),
            2 => self.ipv6(inner),
            3 => self.ethernet(inner),
            5 => self.mpls(inner),
            _ => Err(Skip::NonIp),
        }
    }
}

impl View<'_> {
    /// Whether a whole IP packet of the version that `protocol` numbers begins here, as its lengths tell.
    pub(super) fn holds_ip(self, protocol: u8) -> bool {
        match protocol {
            number::IPV4 => {
                let header = self
                    .u8(0)
                    .map_or(0, |first| if first >> 4 == 4 { usize::from(first & 0x0f) * 4 } else { 0 });
                let total = self.u16(2).map_or(0, usize::from);
                header >= 20 && (header..=self.wire()).contains(&total)
            }
            _ => {
                self.u8(0).is_ok_and(|first| first >> 4 == 6)
                    && self.u16(4).is_ok_and(|length| usize::from(length) + 40 <= self.wire())
            }
        }
    }

    /// Whether an Ethernet frame begins here whose EtherType, behind its tags, is one that is followed and that fits.
    pub(super) fn holds_ethernet(self) -> bool {
        let mut at = 12;
        while let Ok(found) = self.u16(at) {
            let Ok(inner) = self.after(at + 2) else { return false };
            match found {
                ethertype::IPV4 => return inner.holds_ip(number::IPV4),
                ethertype::IPV6 => return inner.holds_ip(number::IPV6),
                ethertype::ARP | shimtype::PPPOE_SESSION => return true,
                mpls if shimtype::MPLS.contains(&mpls) => return true,
                tag if ethertype::VLAN.contains(&tag) && at < 12 + 4 * 8 => at += 4,
                length => {
                    return length < ethertype::LEAST && usize::from(length) <= inner.wire() && length > 2;
                }
            }
        }
        false
    }
}
