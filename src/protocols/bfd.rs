//! Bidirectional Forwarding Detection (BFD): one hop, several hops, and its seamless kind.
//!
//! ```text
//! version (3 bits), diagnostic (5 bits)   state (2 bits), flags   multiplier   length
//! my discriminator (4)   your discriminator (4)   three intervals in microseconds (4 each)   [authentication]
//! ```
//!
//! [RFC 5880] section 4.1. The length is the datagram's. Each direction is mostly a flow of its own, as both ends send from
//! a port of their own to the known one; a flow that has both names each other's discriminators.
//!
//! [RFC 5880]: https://www.rfc-editor.org/rfc/rfc5880

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, share};

/// BFD.
pub const INSPECTOR: Inspector = Inspector {
    name: "bfd",
    title: "Bidirectional Forwarding Detection",
    specification: "RFC 5880 section 4.1, RFC 5881, RFC 5883, RFC 7881",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(VERSION, VERSION | MAX_DIAGNOSTIC),
    responder_first: ByteSet::range(VERSION, VERSION | MAX_DIAGNOSTIC),
    inspect,
    confused_with: "other short datagrams: the discriminator must stay, and the length must be the datagram's",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// One hop, several hops, links of an aggregate (RFC 7130), seamless (RFC 7881).
const PORTS: &[u16] = &[3784, 4784, 6784, 7784];
/// Version 1 in the upper three bits.
const VERSION: u8 = 0x20;
/// Last diagnostic code assigned (IANA "BFD Diagnostic Codes").
const MAX_DIAGNOSTIC: u8 = 9;
/// Length without authentication, in bytes.
const PLAIN_LENGTH: usize = 24;
/// The flags "authentication present" and "multipoint", of which the latter must be zero (section 4.1).
const AUTHENTICATED: u8 = 0x04;
const MULTIPOINT: u8 = 0x01;
/// Datagrams that are asked for on another port: with the discriminator 58 constant bits each.
const ENOUGH: u32 = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let crossed = share(
        opening,
        |cursor| discriminators(cursor).and_then(|ids| if ids.1 == 0 { Err(Reject::Mismatch) } else { Ok(ids) }),
        |cursor| discriminators(cursor).map(|(mine, yours)| (yours, mine)),
    );
    if crossed {
        return Ok(Evidence::dialogue("discriminators: each names the other's (RFC 5880 section 4.1)"));
    }
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let said = opening.said(side);
        let first = discriminators(said.cursor(Transport::Udp));
        let mut same = true;
        let count = in_datagrams(&said, |cursor| {
            same &= discriminators(*cursor)?.0 == first?.0;
            Ok(())
        })?;
        match (opening.is_on(PORTS), same && count >= ENOUGH) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "control-packet: version, length and a lasting discriminator (RFC 5880 section 4.1)";
    let verdict = Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)?;
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Reads a control packet: my and your discriminator.
fn discriminators(mut cursor: Cursor<'_>) -> Result<(u32, u32), Reject> {
    let (whole, open) = (cursor.len(), cursor.is_open());
    let [first, flags, multiplier, len] = cursor.array()?;
    let (diagnostic, len) = (first & 0x1f, usize::from(len));
    require(first >> 5 == 1 && diagnostic <= MAX_DIAGNOSTIC && multiplier > 0 && flags & MULTIPOINT == 0)?;
    require((flags & AUTHENTICATED != 0) == (len > PLAIN_LENGTH) && len >= PLAIN_LENGTH)?;
    require(if open { len >= whole } else { len == whole })?;
    let (mine, yours) = (cursor.u32()?, cursor.u32()?);
    // Without knowing the other's number a session is down, or down on purpose (section 6.8.6).
    require(mine != 0 && (yours != 0 || flags >> 6 <= 1))?;
    cursor.skip(12)?;
    Ok((mine, yours))
}

const UP: &[u8] = b"\x20\xc0\x03\x18\0\0\0\x07\0\0\0\x09\0\x0f\x42\x40\0\x0f\x42\x40\0\0\0\0";
const PEER: &[u8] = b"\x20\xc0\x03\x18\0\0\0\x09\0\0\0\x07\0\x0f\x42\x40\0\x0f\x42\x40\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "one direction, on BFD's port", &[UP], &[]).on(3784),
    Example::udp(Confidence::Signature, "one direction for a while, on another port", &[UP, UP, UP], &[]),
    Example::udp(Confidence::Dialogue, "both directions", &[UP], &[PEER]),
    Example::not(Transport::Udp, "one packet on another port", &[UP], &[]),
    Example::not(Transport::Udp, "up without knowing the other", &[b"\x20\xc0\x03\x18\0\0\0\x07\0\0\0\0\0\x0f\x42\x40\0\x0f\x42\x40\0\0\0\0"], &[]).on(3784),
];
