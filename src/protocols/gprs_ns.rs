//! The Gb interface between base stations and GPRS' core over IP: Network Service, 3GPP TS 48.016, and BSSGP, TS 48.018.
//!
//! ```text
//! NS-UNITDATA   00  control  connection:16   then BSSGP: 00 (down) or 01 (up)  link id:32  quality 3   elements to the end
//! NS-RESET      02, answered by 03           cause (00), connection (01), entity (04)
//! element       identifier   length: 7 bits and a set bit, or 15 bits   value
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// GPRS Network Service.
pub const INSPECTOR: Inspector = Inspector {
    name: "gprs-ns",
    title: "GPRS Network Service and BSSGP (Gb interface)",
    specification: "3GPP TS 48.016 section 9.2, TS 48.018 sections 10 and 11",
    carriers: Carriers::UDP,
    ports: &[23000],
    initiator_first: ByteSet::range(0, 0x0b),
    responder_first: ByteSet::range(0, 0x0b),
    inspect,
    confused_with: "nothing: elements have to fill the datagram exactly",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads an element (TS 48.018 section 11.1), and gives its identifier and length.
fn element(cursor: &mut Cursor<'_>) -> Result<(u8, usize), Reject> {
    let identifier = cursor.u8()?;
    let first = cursor.u8()?;
    let len = match first & 0x80 {
        0 => usize::from(first) << 8 | usize::from(cursor.u8()?),
        _ => usize::from(first & 0x7f),
    };
    cursor.skip(len)?;
    Ok((identifier, len))
}

/// Reads data's elements to the end: those that it must have first and last.
fn data(cursor: &mut Cursor<'_>, up: bool) -> Result<(), Reject> {
    // TLLI and quality of service.
    require(cursor.u32()? != 0)?;
    cursor.skip(3)?;
    // Which cell it came from, or how long it is worth sending (TS 48.018 sections 10.2.1 and 10.2.2).
    require(element(cursor)? == if up { (0x08, 8) } else { (0x16, 2) })?;
    loop {
        let (identifier, len) = element(cursor)?;
        if cursor.is_empty() {
            cursor.end()?;
            return require(identifier == 0x0e && len > 0);
        }
    }
}

/// Reads the elements of NS-RESET and its answer: the cause, which connection, which entity (TS 48.016 section 9.2).
fn reset(cursor: &mut Cursor<'_>, has_cause: bool) -> Result<(), Reject> {
    if has_cause {
        cursor.tag(&[0x00, 0x81])?;
        cursor.u8()?;
    }
    cursor.tag(&[0x01, 0x82])?;
    cursor.u16()?;
    cursor.tag(&[0x04, 0x82])?;
    cursor.u16()?;
    cursor.end()
}

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    match cursor.u8()? {
        0 => {
            cursor.u8()?;
            match (cursor.u16()?, cursor.u8()?) {
                (2.., kind @ (0 | 1)) => data(cursor, kind == 1),
                // Blocking, resetting and flow control say nothing that could not be another's.
                _ => Err(Reject::Incomplete),
            }
        }
        2 => reset(cursor, true),
        3 => reset(cursor, false),
        // Tests that the other side is there, and what has little to check.
        4..=8 | 0x0a..=0x0f => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| in_datagrams(&opening.said(side), message).map(|_| Confidence::Message);
    let rule = "elements: a message whose elements fill it exactly (3GPP TS 48.016 section 9.2, TS 48.018 section 10)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

const UP: &[u8] = b"\0\0\x1c\x0d\x01\xe0\x2d\xcb\x50\0\0\x34\x08\x88\x64\xf0\x60\0\x01\x01\0\x01\0\x80\x0e\x83abc";
const DOWN: &[u8] = b"\0\0\x1c\x0d\0\xe0\x2d\xcb\x50\0\x50\x20\x16\x82\x02\x58\x0e\x83abc";
const RESET: &[u8] = b"\x02\0\x81\x01\x01\x82\0\x65\x04\x82\0\x65";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "data up and down", &[UP], &[DOWN]),
    Example::udp(Confidence::Message, "a reset", &[RESET], &[]),
    Example::not(Transport::Udp, "an element that leaves the datagram", &[b"\0\0\x1c\x0d\x01\xe0\x2d\xcb\x50\0\0\x34\x08\x88\x64\xf0"], &[]),
    Example::not(Transport::Udp, "a test that the other side is there, which is one byte", &[b"\x0a"], &[b"\x0b"]),
];
