//! Tunnels directly in IP: IP in IP, GRE and its many dialects, EtherIP, MPLS, L2TP, AH and unencrypted ESP.
//!
//! Where the inside cannot be parsed, the packet is one of the tunnel's own flow.

use super::link::ethertype;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::key::protocol;
use crate::packet::{Packet, Tunnel};

/// IP protocol numbers of tunnels (IANA "Assigned Internet Protocol Numbers").
pub(super) mod number {
    pub(in super::super) const IPV4: u8 = 4;
    pub(in super::super) const IPV6: u8 = 41;
    pub(in super::super) const GRE: u8 = 47;
    pub(in super::super) const ESP: u8 = 50;
    pub(in super::super) const AH: u8 = 51;
    pub(in super::super) const ETHERIP: u8 = 97;
    pub(in super::super) const L2TP: u8 = 115;
    pub(in super::super) const MPLS: u8 = 137;
    /// What segment routing over IPv6 puts frames into (RFC 8986 section 10.1).
    pub(in super::super) const ETHERNET: u8 = 143;
}

/// What GRE's header says (RFC 2784, 2890; version 1: RFC 2637).
struct Gre<'a> {
    flags: u16,
    protocol: u16,
    /// The key; of version 1, payload length and call identifier.
    key: Option<u32>,
    inner: View<'a>,
}

/// Flags and version in GRE's first two bytes.
mod gre {
    pub(super) const CHECKSUM: u16 = 0x8000;
    pub(super) const ROUTING: u16 = 0x4000;
    pub(super) const KEY: u16 = 0x2000;
    pub(super) const SEQUENCE: u16 = 0x1000;
    /// Version 1 only.
    pub(super) const ACKNOWLEDGEMENT: u16 = 0x0080;
    pub(super) const VERSION: u16 = 0x0007;
    pub(super) const PPP: u16 = 0x880b;
    /// Ethernet over IP as MikroTik's routers speak it: version 1 with a key, but with an Ethernet frame inside.
    pub(super) const EOIP: u16 = 0x6400;
    /// ERSPAN types I and II, and type III.
    pub(super) const ERSPAN: u16 = 0x88be;
    pub(super) const ERSPAN_3: u16 = 0x22eb;
    /// Packets that a WCCP router redirects, with a header of four bytes since version 2.
    pub(super) const WCCP: u16 = 0x883e;
}

impl Walk<'_> {
    /// What a tunnel's protocol number announces; none where the number is no tunnel's.
    pub(super) fn tunnel(&mut self, ends: Ends, protocol: u8, view: View<'_>) -> Option<Outcome> {
        let outcome = match protocol {
            number::IPV4 | number::IPV6 => self.ip_in_ip(ends, protocol, view),
            number::GRE => self.gre(ends, view),
            // The next header's fields are where they would be without AH; its length counts words, less two (RFC 4302).
            number::AH => view.array(0).and_then(|[next, words]| {
                self.deeper()?;
                self.upper(ends, next, view.after((usize::from(words) + 2) * 4)?)
            }),
            number::ESP => self.esp(ends, view),
            // Version 3 and twelve zero bits (RFC 3378 section 3).
            number::ETHERIP => match view.u16(0) {
                Ok(0x3000) => self.between("etherip", ends, None, |walk| walk.ethernet(view.after(2)?)),
                Ok(_) => Err(Skip::Malformed),
                Err(skip) => Err(skip),
            },
            number::ETHERNET => self.between("ethernet-in-ip", ends, None, |walk| walk.ethernet(view)),
            number::MPLS => self.between("mpls-in-ip", ends, None, |walk| walk.mpls(view)),
            number::L2TP => self.l2tp_v3(ends, view),
            _ => return None,
        };
        Some(self.or_flow(outcome, |walk| walk.flow(ends, protocol, (0, 0), view)))
    }

    /// The packet inside, or the one outside when there is none inside.
    pub(super) fn or_flow(&self, inside: Outcome, outside: impl FnOnce(&Self) -> Packet) -> Outcome {
        match inside {
            Ok(packet) => Ok(packet),
            // What is nested beyond the bound is no flow of the tunnel's: nobody looked.
            Err(Skip::TunnelTooDeep) => Err(Skip::TunnelTooDeep),
            Err(_) => Ok(outside(self)),
        }
    }

    /// Enters a tunnel between two addresses, with an identifier that is chosen per direction.
    pub(super) fn between(
        &mut self,
        kind: &'static str,
        ends: Ends,
        id: Option<u32>,
        inner: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        let addresses = Some((ends.source, ends.destination));
        self.enter(Tunnel { kind, addresses, id }, None, inner)
    }

    fn ip_in_ip(&mut self, ends: Ends, protocol: u8, view: View<'_>) -> Outcome {
        let kind = match (ends.source.is_ipv4(), protocol) {
            (true, number::IPV6) => "6in4",
            (false, number::IPV4) => "4in6",
            _ => "ip-in-ip",
        };
        self.between(kind, ends, None, |walk| match protocol {
            number::IPV4 => walk.ipv4(view),
            _ => walk.ipv6(view),
        })
    }

    fn gre(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let gre = parse_gre(view)?;
        match gre.protocol {
            gre::ERSPAN | gre::ERSPAN_3 => self.erspan(ends, &gre),
            gre::EOIP => {
                // The frame's length, and the tunnel's number in little-endian order.
                let key = gre.key.ok_or(Skip::Malformed)?;
                let [len_high, len_low, id_low, id_high] = key.to_be_bytes();
                let frame = gre.inner.at_most(usize::from(u16::from_be_bytes([len_high, len_low])));
                let id = u16::from_be_bytes([id_high, id_low]);
                self.between("eoip", ends, Some(id.into()), |walk| walk.ethernet(frame))
            }
            gre::PPP if gre.flags & gre::VERSION == 1 => {
                let key = gre.key.ok_or(Skip::Malformed)?;
                let inner = gre.inner.at_most((key >> 16) as usize);
                self.between("pptp", ends, Some(key & 0xffff), |walk| walk.ppp(inner))
            }
            gre::PPP => self.between("gre", ends, gre.key, |walk| walk.ppp(gre.inner)),
            gre::WCCP => self.between("gre", ends, gre.key, |walk| {
                let plain = gre.inner.u8(0)? >> 4 == 4;
                walk.ipv4(if plain { gre.inner } else { gre.inner.after(4)? })
            }),
            // Wireless controllers tunnel 802.11 frames under numbers of their own.
            0x8200..=0x8210 | 0x9000..=0x9010 => {
                self.between("gre", ends, gre.key, |walk| walk.wlan(gre.inner))
            }
            ethertype::BRIDGING => self.nvgre(ends, &gre),
            protocol => self.between("gre", ends, gre.key, |walk| walk.network(protocol, gre.inner)),
        }
    }

    /// Ethernet in GRE; NVGRE's key holds the virtual subnet's identifier and a hash of the flow (RFC 7637 section 3.2).
    fn nvgre(&mut self, ends: Ends, gre: &Gre<'_>) -> Outcome {
        self.between("gre", ends, gre.key, |walk| walk.ethernet(gre.inner))
    }

    /// Mirrored Ethernet frames: type I has no header, types II and III have eight and twelve bytes.
    fn erspan(&mut self, ends: Ends, gre: &Gre<'_>) -> Outcome {
        let inner = gre.inner;
        let (session, frame) = match (gre.protocol, gre.flags & gre::SEQUENCE) {
            (gre::ERSPAN, 0) => (None, inner),
            (gre::ERSPAN, _) => (Some(inner.u16(2)? & 0x03ff), inner.after(8)?),
            _ => {
                // The last bit tells whether a subheader of eight bytes follows.
                let header = if inner.u8(11)? & 1 == 0 { 12 } else { 20 };
                (Some(inner.u16(2)? & 0x03ff), inner.after(header)?)
            }
        };
        self.between("erspan", ends, session.map(u32::from), |walk| walk.ethernet(frame))
    }

    /// L2TP version 3 in IP (RFC 3931 section 4.1.1): session 0 is control, all others data. How long the cookie is
    /// and whether a sublayer follows was agreed on elsewhere, so that an EtherType in its place decides.
    fn l2tp_v3(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let session = view.u32(0)?;
        if session == 0 {
            return Err(Skip::NonIp);
        }
        self.l2tp_v3_session(ends, session, view.after(4)?)
    }

    pub(super) fn l2tp_v3_session(&mut self, ends: Ends, session: u32, view: View<'_>) -> Outcome {
        let frame = [0, 4, 8, 12].into_iter().find_map(|cookie| {
            let frame = view.after(cookie).ok()?;
            frame.holds_ethernet().then_some(frame)
        });
        let frame = frame.ok_or(Skip::NonIp)?;
        self.between("l2tp", ends, Some(session), |walk| walk.ethernet(frame))
    }

    /// ESP whose payload is not encrypted (RFC 2410): the trailer fits, and so does what it announces.
    fn esp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        /// Bytes of the integrity check value: HMAC with 96 bits (RFC 2404), with 128 (RFC 4868), AES-GMAC, none.
        const CHECKS: [usize; 4] = [12, 16, 0, 32];
        let sealed = view.after(8)?;
        if view.missing() > 0 {
            return Err(Skip::Encrypted);
        }
        for check in CHECKS {
            let Some((next, inner)) = unsealed(sealed, check) else { continue };
            let fits = match next {
                number::IPV4 | number::IPV6 => inner.holds_ip(next),
                protocol::UDP => inner.u16(4) == Ok(u16::try_from(inner.len()).unwrap_or(0)),
                protocol::TCP | protocol::ICMPV6 => inner.checks_out(ends, next),
                protocol::ICMP => inner.checks_out_alone(),
                _ => false,
            };
            if fits && !inner.bytes().is_empty() {
                self.deeper()?;
                return self.upper(ends, next, inner);
            }
        }
        Err(Skip::Encrypted)
    }
}

fn parse_gre(view: View<'_>) -> Result<Gre<'_>, Skip> {
    let (flags, protocol) = (view.u16(0)?, view.u16(2)?);
    let version = flags & gre::VERSION;
    // Source routes were dropped from GRE (RFC 2784 section 2.2), and nobody missed them.
    if version > 1 || flags & gre::ROUTING != 0 {
        return Err(Skip::Malformed);
    }
    let mut at = 4;
    if flags & gre::CHECKSUM != 0 {
        at += 4;
    }
    let mut key = None;
    if flags & gre::KEY != 0 {
        key = Some(view.u32(at)?);
        at += 4;
    }
    // EoIP sets no sequence bit, and its key is the last thing in its header.
    if flags & gre::SEQUENCE != 0 {
        at += 4;
    }
    if version == 1 && flags & gre::ACKNOWLEDGEMENT != 0 {
        at += 4;
    }
    Ok(Gre { flags, protocol, key, inner: view.after(at)? })
}

/// The payload and its protocol, if the padding before an integrity check value of `check` bytes counts 1, 2, 3 ...
/// as RFC 4303 section 2.4 has it and the whole ends on a boundary of four bytes.
fn unsealed(view: View<'_>, check: usize) -> Option<(u8, View<'_>)> {
    let bytes = view.bytes();
    let body = bytes.get(..bytes.len().checked_sub(check)?)?;
    let (&[padding, next], rest) = body.split_last_chunk::<2>().map(|(rest, last)| (last, rest))?;
    let payload = rest.len().checked_sub(padding.into())?;
    let counts = rest.get(payload..)?.iter().zip(1..).all(|(&byte, n): (_, u8)| byte == n);
    (counts && body.len().is_multiple_of(4)).then(|| (next, view.at_most(payload)))
}
