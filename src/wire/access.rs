//! Tunnels in UDP that bring subscribers, hosts and wireless clients to a network: GTP, L2TP, Teredo, AYIYA, CAPWAP.

use super::fragments::{Fragment, Progress};
use super::tunnel::number;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::key::protocol;
use crate::report::Moment;

impl Walk<'_> {
    /// GTP version 1, user plane: only G-PDUs (type 255) carry packets (3GPP TS 29.281 section 5.1).
    pub(super) fn gtp_u(&mut self, ends: Ends, view: View<'_>) -> Outcome {
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
    pub(super) fn gtp_v0(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [flags, kind] = view.array(0)?;
        if flags & 0xf0 != 0x10 || kind != 0xff {
            return self.gtp_u(ends, view);
        }
        let inner = view.after(20)?.at_most(usize::from(view.u16(2)?));
        self.between("gtp-u", ends, None, |walk| walk.raw_ip(inner))
    }

    /// IPv6 that fills the payload, behind an authentication or origin indication or not (RFC 4380 section 5.1.1).
    pub(super) fn teredo(&mut self, ends: Ends, view: View<'_>) -> Outcome {
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
    pub(super) fn l2tp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
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

    /// Anything In Anything (draft-massar-v6ops-ayiya section 3): lengths of identity and signature, then the protocol.
    pub(super) fn ayiya(&mut self, ends: Ends, view: View<'_>) -> Outcome {
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
    pub(super) fn capwap(&mut self, ends: Ends, view: View<'_>) -> Outcome {
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
        let at = Moment { time: self.frame.time, frame: self.frame.number };
        match self.decoder.fragments.add(&piece, scope, at, inner, None) {
            Progress::Complete { datagram, .. } => {
                self.between("capwap", ends, None, |walk| walk.reassembled(datagram, frame))
            }
            Progress::Waiting { .. } | Progress::Cut => Err(Skip::NonIp),
        }
    }
}
