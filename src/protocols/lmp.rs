//! Link Management Protocol (LMP), between nodes of optical networks.
//!
//! ```text
//! 1 (4 bits), 0 (12 bits)   flags (1)   type (1)   length (2)   0 0   objects: N, type (1), class (1), length with header (2), value
//! ```
//!
//! RFC 4204 section 12.1. The length is the datagram's, and objects fill it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Link Management Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "lmp",
    title: "Link Management Protocol",
    specification: "RFC 4204 section 12.1",
    carriers: Carriers::UDP,
    ports: &[701],
    initiator_first: ByteSet::of(&[0x10]),
    responder_first: ByteSet::of(&[0x10]),
    inspect,
    confused_with: "nothing whose objects fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Last message type (IANA "LMP Message Type").
const LAST_TYPE: u8 = 60;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "objects: version, length, and objects that fill it (RFC 4204 section 12.1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let whole = cursor;
    cursor.tag(&[0x10, 0])?;
    let (flags, kind, len) = (cursor.u8()?, cursor.u8()?, usize::from(cursor.u16()?));
    require(flags <= 3 && (1..=LAST_TYPE).contains(&kind))?;
    require(if whole.is_open() { len >= whole.len() } else { len == whole.len() })?;
    cursor.tag(&[0, 0])?;
    require(whole.is_open() || !cursor.is_empty())?;
    while !cursor.is_empty() {
        let (_, class, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        require(class != 0 && len >= 4 && len % 4 == 0)?;
        cursor.skip(usize::from(len) - 4)?;
    }
    Ok(())
}

const CONFIG: &[u8] = b"\x10\0\0\x01\0\x10\0\0\x01\x01\0\x08\0\0\0\x07";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a control channel is negotiated", &[CONFIG], &[]),
    Example::udp(Confidence::Dialogue, "and answered", &[CONFIG], &[CONFIG]),
    Example::not(Transport::Udp, "an object that is too long", &[b"\x10\0\0\x01\0\x10\0\0\x01\x01\0\x0c\0\0\0\x07"], &[]),
];
