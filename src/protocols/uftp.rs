//! UDP-based File Transfer Protocol with multicast (UFTP), versions 4 and 5.
//!
//! ```text
//! version (4 bits), 0   message (1)   sequence (2)   source (4)   group (4)   instance, round trip, size, 0
//! message (1)   length in words of four bytes (1)   ...
//! ```
//!
//! UFTP 4 protocol specification section 5: the message's number stands in both headers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// UFTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "uftp",
    title: "UDP-based File Transfer Protocol with multicast",
    specification: "UFTP 4 protocol specification section 5",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0x40, 0x50]),
    responder_first: ByteSet::of(&[0x40, 0x50]),
    inspect,
    confused_with: "nothing that repeats its message number and counts its words",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[1044];
/// Last message, and the one whose content is encrypted, where no second header is seen.
const LAST_MESSAGE: u8 = 0x15;
const ENCRYPTED: u8 = 0x12;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut sources = None;
        let mut same = true;
        let count = in_datagrams(&opening.said(side), |cursor| {
            let source = message(*cursor)?;
            same &= *sources.get_or_insert(source) == source;
            Ok(())
        })?;
        match (opening.is_on(PORTS), same && count >= 2) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "two-headers: one message number and a length that fits (UFTP 4 section 5)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads both headers: the source's number.
fn message(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    let (version, kind) = (cursor.u8()?, cursor.u8()?);
    require(matches!(version, 0x40 | 0x50) && (1..=LAST_MESSAGE).contains(&kind))?;
    cursor.skip(2)?;
    let source = cursor.u32()?;
    cursor.skip(7)?;
    require(cursor.u8()? == 0)?;
    if kind != ENCRYPTED {
        let (open, rest) = (cursor.is_open(), cursor.len());
        require(cursor.u8()? == kind)?;
        let len = usize::from(cursor.u8()?) * 4;
        require(len >= 4 && (open || len <= rest))?;
    }
    Ok(source)
}

const ANNOUNCE: &[u8] = b"\x40\x01\0\x01\xc0\0\x02\x01\x12\x34\x56\x78\0\x9d\0\0\x01\x03\0\x14\0\0\x05\x14\x57\xa6\x5c\x1d";
const DONE: &[u8] = b"\x40\x0a\0\x02\xc0\0\x02\x01\x12\x34\x56\x78\0\x9d\0\0\x0a\x02\0\0\0\0\0\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "an announcement to the group", &[ANNOUNCE], &[]).on(1044),
    Example::udp(Confidence::Signature, "one source's messages on another port", &[ANNOUNCE, DONE], &[]),
    Example::not(Transport::Udp, "two message numbers that differ", &[b"\x40\x01\0\x01\xc0\0\x02\x01\x12\x34\x56\x78\0\x9d\0\0\x02\x01\0\0"], &[]).on(1044),
];
