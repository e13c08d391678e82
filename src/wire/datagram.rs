//! Tunnels in UDP. A port suggests which one to look for; the bytes decide.
//!
//! Inside such a tunnel headers are read strictly: each length must fit into what encloses it, and a transport's header
//! must be whole. Together with the tunnel's own header that is 40 bits of evidence or more. What does not fit,
//! control messages and tunnels that carry no IP stay packets of the UDP flow.

use super::tunnel::number;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::packet::Tunnel;

/// UDP ports of tunnels (IANA service names, but 8472, which Linux took for VXLAN before there was 4789).
mod port {
    pub(super) const L2TP: u16 = 1701;
    pub(super) const GTP_U: u16 = 2152;
    pub(super) const GTP_PRIME: u16 = 3386;
    pub(super) const TEREDO: u16 = 3544;
    pub(super) const LISP_DATA: u16 = 4341;
    pub(super) const LISP_CONTROL: u16 = 4342;
    pub(super) const VXLAN: u16 = 4789;
    pub(super) const VXLAN_GPE: u16 = 4790;
    pub(super) const AYIYA: u16 = 5072;
    pub(super) const CAPWAP_DATA: u16 = 5247;
    pub(super) const GUE: u16 = 6080;
    pub(super) const GENEVE: u16 = 6081;
    pub(super) const MPLS: u16 = 6635;
    pub(super) const VXLAN_LINUX: u16 = 8472;
    /// TaZmen Sniffer Protocol: frames that an access point or router mirrors.
    pub(super) const TZSP: u16 = 37008;
}

/// Addresses that Teredo makes (RFC 4380 section 2.6).
const TEREDO_PREFIX: [u8; 4] = [0x20, 0x01, 0, 0];

/// The tunnel that a port is registered for.
const fn dialect(port: u16) -> Option<Dialect> {
    Some(match port {
        port::L2TP => Dialect::L2tp,
        port::GTP_U => Dialect::GtpU,
        port::GTP_PRIME => Dialect::GtpV0,
        port::TEREDO => Dialect::Teredo,
        port::LISP_DATA => Dialect::LispData,
        port::LISP_CONTROL => Dialect::LispControl,
        port::VXLAN | port::VXLAN_LINUX => Dialect::Vxlan,
        port::VXLAN_GPE => Dialect::VxlanGpe,
        port::AYIYA => Dialect::Ayiya,
        port::CAPWAP_DATA => Dialect::Capwap,
        port::GUE => Dialect::Gue,
        port::GENEVE => Dialect::Geneve,
        port::MPLS => Dialect::Mpls,
        port::TZSP => Dialect::Tzsp,
        _ => return None,
    })
}

/// A tunnel in UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Ayiya,
    Capwap,
    Geneve,
    GtpU,
    GtpV0,
    Gue,
    L2tp,
    LispControl,
    LispData,
    Mpls,
    Teredo,
    Tzsp,
    Vxlan,
    VxlanGpe,
}

/// Which tunnel a UDP packet could be. One at most is tried: nesting would double the tries with each level.
#[inline]
pub(super) fn suspect((source, destination): (u16, u16), payload: View<'_>) -> Option<Dialect> {
    // The lowest of the ports is L2TP's, and few packets go past this line.
    if source < port::L2TP && destination < port::L2TP {
        return None;
    }
    dialect(destination)
        .or_else(|| dialect(source))
        .or_else(|| holds_teredo(payload).then_some(Dialect::Teredo))
}

/// Whether an IPv6 packet that fills the payload has a Teredo address: peers talk to each other on any port.
fn holds_teredo(view: View<'_>) -> bool {
    view.u8(0).is_ok_and(|first| first == 0x60)
        && view.u16(4).is_ok_and(|length| usize::from(length) + 40 == view.wire())
        && (view.array(8) == Ok(TEREDO_PREFIX) || view.array(24) == Ok(TEREDO_PREFIX))
}

impl Walk<'_> {
    /// The packet in a tunnel in UDP, if it bears out what was suspected.
    #[cold]
    pub(super) fn tunnelled(&mut self, dialect: Dialect, ends: Ends, view: View<'_>) -> Outcome {
        let strict = std::mem::replace(&mut self.strict, true);
        let outcome = match dialect {
            Dialect::Ayiya => self.ayiya(ends, view),
            Dialect::Capwap => self.capwap(ends, view),
            Dialect::Geneve => self.geneve(ends, view),
            Dialect::GtpU => self.gtp_u(ends, view),
            Dialect::GtpV0 => self.gtp_v0(ends, view),
            Dialect::Gue => self.gue(ends, view),
            Dialect::L2tp => self.l2tp(ends, view),
            Dialect::LispControl => self.lisp_control(ends, view),
            Dialect::LispData => self.lisp_data(ends, view),
            Dialect::Mpls => self.mpls_in_udp(ends, view),
            Dialect::Teredo => self.teredo(ends, view),
            Dialect::Tzsp => self.tzsp(ends, view),
            Dialect::Vxlan => self.vxlan(ends, view),
            Dialect::VxlanGpe => self.vxlan_gpe(ends, view),
        };
        self.strict = strict;
        outcome
    }

    /// A flag and a network identifier; all other bits are reserved, and ignored by receivers (RFC 7348 section 5).
    fn vxlan(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let (flags, network) = (view.u8(0)?, view.u24(4)?);
        if flags & 0x08 == 0 {
            return Err(Skip::NonIp);
        }
        // The bit that says "what is inside is named", on the port of those who never name it.
        if flags & 0x04 != 0 && (1..=5).contains(&view.u8(3)?) {
            return self.vxlan_gpe(ends, view);
        }
        let inner = view.after(8)?;
        self.network_of("vxlan", ends, network, |walk| walk.ethernet(inner))
    }

    /// VXLAN whose header names what is inside (draft-ietf-nvo3-vxlan-gpe section 3.2).
    fn vxlan_gpe(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let (flags, next, network) = (view.u8(0)?, view.u8(3)?, view.u24(4)?);
        if flags & 0x0c != 0x0c {
            return if flags & 0x04 == 0 { self.vxlan(ends, view) } else { Err(Skip::NonIp) };
        }
        let inner = view.after(8)?;
        self.network_of("vxlan-gpe", ends, network, |walk| match next {
            1 => walk.ipv4(inner),
            2 => walk.ipv6(inner),
            3 => walk.ethernet(inner),
            4 => walk.service(inner),
            5 => walk.mpls(inner),
            _ => Err(Skip::NonIp),
        })
    }

    /// Version and length of options, flags, EtherType, network identifier (RFC 8926 section 3.4).
    fn geneve(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [first, _, type_high, type_low] = view.array(0)?;
        // Version 0.
        if first >> 6 != 0 {
            return Err(Skip::NonIp);
        }
        let network = view.u24(4)?;
        let inner = view.after(8 + usize::from(first & 0x3f) * 4)?;
        let ethertype = u16::from_be_bytes([type_high, type_low]);
        self.network_of("geneve", ends, network, |walk| walk.network(ethertype, inner))
    }

    /// Flags and nonce, instance or locator bits, and IP (RFC 9300 section 5.3).
    fn lisp_data(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let flags = view.u8(0)?;
        let instance = if flags & 0x08 == 0 { None } else { Some(view.u24(4)?) };
        let inner = view.after(8)?;
        let tunnel = Tunnel { kind: "lisp", addresses: Some((ends.source, ends.destination)), id: instance };
        self.enter(tunnel, instance, |walk| walk.raw_ip(inner))
    }

    /// An encapsulated control message: type 8, and a whole IP packet (RFC 9301 section 5.8).
    fn lisp_control(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        if view.u8(0)? >> 4 != 8 {
            return Err(Skip::NonIp);
        }
        let inner = view.after(4)?;
        self.between("lisp", ends, None, |walk| walk.raw_ip(inner))
    }

    /// Generic UDP encapsulation (draft-ietf-intarea-gue section 3): variant 1 is IP itself.
    fn gue(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [first, protocol] = view.array(0)?;
        let plain = view;
        self.between("gue", ends, None, |walk| match first >> 6 {
            1 => walk.raw_ip(plain),
            0 if first & 0x20 == 0 && matches!(protocol, number::IPV4 | number::IPV6) => {
                walk.raw_ip(plain.after(4 + usize::from(first & 0x1f) * 4)?)
            }
            _ => Err(Skip::NonIp),
        })
    }

    fn mpls_in_udp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        self.between("mpls-in-udp", ends, None, |walk| walk.mpls(view))
    }

    /// Version 1, "received tag list", what is inside; tags up to the one that ends them (1); 0 is padding.
    fn tzsp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [version, kind, high, low] = view.array(0)?;
        if version != 1 || kind > 1 {
            return Err(Skip::NonIp);
        }
        let mut inner = view.after(4)?;
        loop {
            match inner.u8(0)? {
                0 => inner = inner.after(1)?,
                1 => break,
                _ => inner = inner.after(2 + usize::from(inner.u8(1)?))?,
            }
        }
        let frame = inner.after(1)?;
        self.between("tzsp", ends, None, |walk| match u16::from_be_bytes([high, low]) {
            1 => walk.ethernet(frame),
            18 => walk.wlan(frame),
            _ => Err(Skip::NonIp),
        })
    }

    /// Enters a tunnel of a virtual network, whose identifier is the same in both directions.
    fn network_of(
        &mut self,
        kind: &'static str,
        ends: Ends,
        network: u32,
        inner: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        let tunnel = Tunnel { kind, addresses: Some((ends.source, ends.destination)), id: Some(network) };
        self.enter(tunnel, Some(network), inner)
    }
}
