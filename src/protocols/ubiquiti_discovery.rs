//! Ubiquiti's discovery protocol, on port 10001.
//!
//! ```text
//! version 1 or 2 (1)   command (1)   length (2)   elements: type (1), length (2), value
//! 01 00 00 00 asks; the answer lists 1 address, 2 address and IP, 3 firmware, 11 name, 12 platform ...
//! ```
//!
//! As Ubiquiti's equipment sends it. The elements fill the length, which is the datagram's.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Ubiquiti discovery protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "ubiquiti-discovery",
    title: "Ubiquiti discovery protocol",
    specification: "the behaviour of airOS and UniFi; no public specification",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[1, 2]),
    responder_first: ByteSet::of(&[1, 2]),
    inspect,
    confused_with: "nothing whose elements fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[10001];
fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut told = false;
        in_datagrams(&opening.said(side), |cursor| {
            told |= message(*cursor)?;
            Ok(())
        })?;
        match (told, opening.is_on(PORTS)) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "elements: a version, a command, and elements that fill the length";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a message: whether it tells an address and more.
fn message(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let (version, command, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    require(matches!(version, 1 | 2) && command <= 16)?;
    let mut body = cursor.within(len.into())?;
    cursor.end()?;
    let (mut count, mut address) = (0, false);
    while !body.is_empty() {
        let (kind, len) = (body.u8()?, body.u16()?);
        address |= matches!((kind, len), (1, 6) | (2, 10));
        body.skip(len.into())?;
        count += 1;
    }
    Ok(address && count >= 2)
}

const QUESTION: &[u8] = b"\x01\0\0\0";
const ANSWER: &[u8] = b"\x01\0\0\x10\x01\0\x06\x02\0\0\0\0\x01\x0b\0\x04mast";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a question and its answer", &[QUESTION], &[ANSWER]).on(10001),
    Example::udp(Confidence::Message, "an answer alone", &[ANSWER], &[]),
    Example::udp(Confidence::Signature, "a question on its port", &[QUESTION], &[]).on(10001),
    Example::not(Transport::Udp, "a question on another port", &[QUESTION], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\x01\0\0\x07\x0b\0\x05mast"], &[]).on(10001),
];
