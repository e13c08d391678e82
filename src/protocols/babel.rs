//! Babel, a distance-vector routing protocol.
//!
//! ```text
//! 42 (1)   2 (1)   length (2)   elements: type (1) 0 alone, or type (1), length (1), value   [trailer]
//! ```
//!
//! RFC 8966 section 4.2. Elements fill the length.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Babel routing protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "babel",
    title: "Babel routing protocol",
    specification: "RFC 8966 section 4",
    carriers: Carriers::UDP,
    ports: &[6696],
    initiator_first: ByteSet::of(&[42]),
    responder_first: ByteSet::of(&[42]),
    inspect,
    confused_with: "nothing whose elements fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Last element type in use: route requests for sources, authentication and the like (IANA "Babel TLV Types").
const LAST_ELEMENT: u8 = 32;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "elements: magic, version, and elements that fill the length (RFC 8966 section 4.2)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[42, 2])?;
    let len = cursor.u16()?;
    let mut body = cursor.within(len.into())?;
    require(body.is_open() || !body.is_empty())?;
    while !body.is_empty() {
        let kind = body.u8()?;
        require(kind <= LAST_ELEMENT)?;
        if kind != 0 {
            let len = body.u8()?;
            body.skip(len.into())?;
        }
    }
    Ok(())
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a hello", &[b"\x2a\x02\0\x08\x04\x06\0\0\0\x07\x01\x90"], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\x2a\x02\0\x08\x04\x07\0\0\0\x07\x01\x90"], &[]),
    Example::not(Transport::Udp, "another version", &[b"\x2a\x03\0\x08\x04\x06\0\0\0\x07\x01\x90"], &[]),
];
