//! Tunnels in UDP. A port suggests which one to look for; the bytes decide.
//!
//! Inside such a tunnel headers are read strictly: each length must fit into what encloses it, and a transport's header
//! must be whole. Together with the tunnel's own header that is 40 bits of evidence or more. What does not fit,
//! control messages and tunnels that carry no IP stay packets of the UDP flow.

use super::fragments::{Fragment, Progress};
use super::tunnel::number;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::key::protocol;
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

    /// GTP version 1, user plane: only G-PDUs (type 255) carry packets (3GPP TS 29.281 section 5.1).
    fn gtp_u(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [flags, kind] = view.array(0)?;
        let length = usize::from(view.u16(2)?);
        // Version 1, protocol type 1; the length counts from the end of the eight bytes that are always there.
        if flags & 0xf0 != 0x30 || kind != 0xff || length + 8 > view.wire() {
            return Err(Skip::NonIp);
        }
        let endpoint = view.u32(4)?;
        let mut inner = view.at_most(length + 8).after(8)?;
        if flags & 0x07 != 0 {
            let mut next = inner.u8(3)?;
            inner = inner.after(4)?;
            // Extension headers: a length in words, and the next one's type at their end.
            while next != 0 && flags & 0x04 != 0 {
                let len = usize::from(inner.u8(0)?) * 4;
                next = inner.u8(len.checked_sub(1).ok_or(Skip::Malformed)?)?;
                inner = inner.after(len)?;
            }
        }
        self.between("gtp-u", ends, Some(endpoint), |walk| match inner.u8(0)? >> 4 {
            4 | 6 => walk.raw_ip(inner),
            _ if inner.holds_ethernet() => walk.ethernet(inner),
            _ => walk.ppp(inner),
        })
    }

    /// GTP version 0, whose header has twenty bytes (3GPP TS 09.60 section 6).
    fn gtp_v0(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [flags, kind] = view.array(0)?;
        if flags & 0xf0 != 0x10 || kind != 0xff {
            return self.gtp_u(ends, view);
        }
        let inner = view.after(20)?.at_most(usize::from(view.u16(2)?));
        self.between("gtp-u", ends, None, |walk| walk.raw_ip(inner))
    }

    /// IPv6 that fills the payload, behind an authentication or origin indication or not (RFC 4380 section 5.1.1).
    fn teredo(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let mut inner = view;
        if inner.u16(0)? == 1 {
            // Client identifier and authentication value, whose lengths come first; nonce; confirmation.
            let [client, value] = inner.array(2)?;
            inner = inner.after(4 + usize::from(client) + usize::from(value) + 9)?;
        }
        if inner.u16(0)? == 0 {
            inner = inner.after(8)?;
        }
        if inner.u8(0)? >> 4 != 6 || usize::from(inner.u16(4)?) + 40 != inner.wire() {
            return Err(Skip::NonIp);
        }
        self.between("teredo", ends, None, |walk| walk.ipv6(inner))
    }

    /// L2TP data (RFC 2661 section 3.1; version 3 in UDP: RFC 3931 section 4.1.2). Control has the first bit set.
    fn l2tp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let flags = view.u16(0)?;
        if flags & 0x8000 != 0 {
            return Err(Skip::NonIp);
        }
        match flags & 0x000f {
            2 => {}
            3 => return self.l2tp_v3_session(ends, view.u32(4)?, view.after(8)?),
            _ => return Err(Skip::NonIp),
        }
        let has = |flag: u16| usize::from(flags & flag != 0);
        let ids = 2 + 2 * has(0x4000);
        let session = view.u32(ids)?;
        let mut header = ids + 4 + 4 * has(0x0800);
        if has(0x0200) == 1 {
            header += 2 + usize::from(view.u16(header)?);
        }
        let whole = if has(0x4000) == 1 { view.at_most(view.u16(2)?.into()) } else { view };
        let inner = whole.after(header)?;
        self.between("l2tp", ends, Some(session), |walk| walk.ppp(inner))
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

    /// Anything In Anything (draft-massar-v6ops-ayiya section 3): lengths of identity and signature, then the protocol.
    fn ayiya(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [identity, signature, operation, next] = view.array(0)?;
        // The identity's length is a power of two, the signature's counts words; operation 1 is "forward".
        let header = 8 + (1_usize << (identity >> 4)) + usize::from(signature >> 4) * 4;
        let inner = view.after(header)?;
        match (operation & 0x0f, next) {
            (1, number::IPV6) => self.between("ayiya", ends, None, |walk| walk.ipv6(inner)),
            (1, number::IPV4) => self.between("ayiya", ends, None, |walk| walk.ipv4(inner)),
            _ => Err(Skip::NonIp),
        }
    }

    /// CAPWAP data (RFC 5415 section 4.3): 802.11 frames, or 802.3 ones.
    fn capwap(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let first = view.u32(0)?;
        // Version 0 and type 0, which is "no DTLS"; header length in words, then flags: native frame, fragment, keep-alive.
        let (words, flags) = ((first >> 19) & 0x1f, first & 0x01ff);
        let (native, fragment, keep_alive) = (flags & 0x100 != 0, flags & 0x080 != 0, flags & 0x008 != 0);
        if first >> 24 != 0 || words < 2 || keep_alive {
            return Err(Skip::NonIp);
        }
        let inner = view.after(words as usize * 4)?;
        let frame =
            |walk: &mut Self, view: View<'_>| if native { walk.wlan(view) } else { walk.ethernet(view) };
        if !fragment {
            return self.between("capwap", ends, None, |walk| frame(walk, inner));
        }
        // Identification, and an offset in units of eight bytes (section 4.3); the last fragment is marked above.
        let (id, place) = (view.u16(4)?, view.u16(6)?);
        let piece = Fragment {
            id: id.into(),
            offset: usize::from(place & 0xfff8),
            more: flags & 0x040 == 0,
            protocol: protocol::UDP,
            ends,
        };
        let scope = self.scope.tunnel("capwap", None, None).number();
        match self.decoder.fragments.add(&piece, scope, self.frame.time, inner, None) {
            Progress::Complete { datagram, .. } => {
                self.between("capwap", ends, None, |walk| walk.reassembled(datagram, frame))
            }
            Progress::Waiting { .. } | Progress::Cut => Err(Skip::NonIp),
        }
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
