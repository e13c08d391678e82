//! Lightweight Access Point Protocol (LWAPP), the predecessor of CAPWAP.
//!
//! ```text
//! version (2 bits), radio (3 bits), C, F, L   fragment (1)   length (2)   status (2)
//! C = 1: message (1)   sequence (1)   elements' length (2)   session (4)   elements: type (1), length (2), value
//! C = 0: an 802.11 frame
//! ```
//!
//! RFC 5412 sections 3.2 and 4.2. Lengths must fit; data counts only on its port.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Lightweight Access Point Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "lwapp",
    title: "Lightweight Access Point Protocol",
    specification: "RFC 5412 sections 3.2 and 4.2",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(0, 0x3f),
    responder_first: ByteSet::range(0, 0x3f),
    inspect,
    confused_with: "CAPWAP, whose header is longer: lengths must agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[12222, 12223];
/// Flags: a control message, a fragment.
const CONTROL: u8 = 0x04;
const FRAGMENT: u8 = 0x02;
/// Last message type (RFC 5412 section 4.2.1.1).
const LAST_MESSAGE: u8 = 64;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut control = false;
        in_datagrams(&opening.said(side), |cursor| {
            control |= message(*cursor)?;
            Ok(())
        })?;
        match (control, opening.is_on(PORTS)) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "elements: lengths of header, message and elements agree (RFC 5412 section 4.2)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a datagram: whether it is a control message with elements.
fn message(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let (flags, _fragment, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    require(flags >> 6 == 0)?;
    cursor.skip(2)?;
    let mut body = cursor.within(len.into())?;
    cursor.end()?;
    require(len > 0)?;
    if flags & CONTROL == 0 || flags & FRAGMENT != 0 {
        return Ok(false);
    }
    let (kind, _sequence, len) = (body.u8()?, body.u8()?, body.u16()?);
    require((1..=LAST_MESSAGE).contains(&kind))?;
    body.skip(4)?;
    let mut elements = body.within(len.into())?;
    body.end()?;
    let mut count = 0;
    while !elements.is_empty() {
        elements.skip(1)?;
        let len = elements.u16()?;
        elements.skip(len.into())?;
        count += 1;
    }
    Ok(count > 0)
}

const DISCOVERY: &[u8] = b"\x04\0\0\x0c\0\0\x01\0\0\x04\0\0\0\0\x3a\0\x01\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a discovery", &[DISCOVERY], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\x04\0\0\x0c\0\0\x01\0\0\x04\0\0\0\0\x3a\0\x02\0"], &[]),
    Example::not(Transport::Udp, "a frame on another port", &[b"\0\0\0\x04\0\0abcd"], &[]),
];
