//! Control and Provisioning of Wireless Access Points (CAPWAP).
//!
//! ```text
//! 0 (4 bits), 1 (4 bits), 0 0 0    a DTLS record follows                                     RFC 5415 section 4.2
//! 0, 0   header length in words (5 bits), radio (5 bits), binding (5 bits), flags (9 bits), fragment (4)   section 4.3
//!        control: message type (4), sequence (1), length after it (2), flags (1), elements: type (2), length (2)
//!        data: a frame, or with the keep-alive flag a length (2) and elements
//! ```
//!
//! Elements must fill the message. Data alone is hardly known by its bytes, so it counts only on its port.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// CAPWAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "capwap",
    title: "Control and Provisioning of Wireless Access Points",
    specification: "RFC 5415 section 4",
    carriers: Carriers::UDP,
    ports: &[CONTROL, DATA],
    initiator_first: ByteSet::of(&[PLAIN, SECURED]),
    responder_first: ByteSet::of(&[PLAIN, SECURED]),
    inspect,
    confused_with: "DTLS, which stands behind four bytes here",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const CONTROL: u16 = 5246;
const DATA: u16 = 5247;
/// Version 0, and whether a CAPWAP header or DTLS follows (section 4.1).
const PLAIN: u8 = 0x00;
const SECURED: u8 = 0x01;
/// Flags of the header's first word: bits of the reserved flags, the keep-alive, and the fragment flag.
const RESERVED: u32 = 0x07;
const KEEP_ALIVE: u32 = 0x08;
const FRAGMENT: u32 = 0x80;
/// Last message type of the protocol itself (section 4.5.1.1), and how a vendor's begin: with its enterprise number.
const LAST_TYPE: u32 = 26;
/// Highest wireless binding in use: 802.11 is 1, EPCGlobal 3.
const MAX_BINDING: u32 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secured,
    Control,
    Data,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(&[CONTROL, DATA]);
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut telling = false;
        in_datagrams(&opening.said(side), |cursor| {
            let kind = message(*cursor, opening.is_on(&[DATA]))?;
            telling |= kind != Kind::Data;
            Ok(())
        })?;
        match (telling, on_port) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "preamble: a DTLS record or a message behind CAPWAP's header (RFC 5415 sections 4.1 to 4.5)";
    match (judge(Side::Initiator), judge(Side::Responder)) {
        // Data both ways: still nothing but headers.
        (Ok(Confidence::Signature), Ok(Confidence::Signature)) => Ok(Evidence::signature(rule)),
        (request, reply) => Evidence::of(request, reply, rule),
    }
}

fn message(mut cursor: Cursor<'_>, data_port: bool) -> Result<Kind, Reject> {
    if cursor.u8()? == SECURED {
        cursor.tag(&[0, 0, 0])?;
        // Content type, version 1.0 or 1.2, epoch and sequence number, length (RFC 6347 section 4.1).
        require(matches!(cursor.u8()?, 20..=24))?;
        cursor.tag(&[0xfe])?;
        require(matches!(cursor.u8()?, 0xfd | 0xff))?;
        cursor.skip(8)?;
        let len = cursor.u16()?;
        cursor.within(len.into())?;
        return Ok(Kind::Secured);
    }
    let word = cursor.u24()?;
    let (len, binding) = (word >> 19, word >> 9 & 0x1f);
    // The header's two first words are always there; the last three bits of the fragment's are reserved.
    require(len >= 2 && word & RESERVED == 0 && binding <= MAX_BINDING)?;
    let fragment = cursor.u32()?;
    require(fragment & 7 == 0 && (word & FRAGMENT != 0 || fragment & 0xffff == 0))?;
    cursor.skip(len as usize * 4 - 8)?;
    if word & KEEP_ALIVE != 0 {
        // Length with itself, then a session id (section 4.4.1).
        let len = usize::from(cursor.u16()?);
        require(len >= 2 && (cursor.is_open() || cursor.len() == len - 2))?;
        return elements(cursor).map(|()| Kind::Control);
    }
    if data_port || word & FRAGMENT != 0 {
        return Ok(Kind::Data);
    }
    match control(cursor) {
        Ok(()) => Ok(Kind::Control),
        Err(reject) => Err(reject),
    }
}

fn control(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let kind = cursor.u32()?;
    let (enterprise, kind) = (kind >> 8, kind & 0xff);
    require(enterprise != 0 || (1..=LAST_TYPE).contains(&kind))?;
    cursor.skip(1)?;
    let len = usize::from(cursor.u16()?);
    // The length counts itself and the flags (section 4.5.1.3).
    require(len >= 3 && (cursor.is_open() || cursor.len() == len - 2))?;
    require(cursor.u8()? == 0)?;
    elements(cursor)
}

fn elements(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    while !cursor.is_empty() {
        cursor.skip(2)?;
        let len = cursor.u16()?;
        if cursor.is_open() && cursor.len() < len.into() {
            return Ok(());
        }
        cursor.skip(len.into())?;
    }
    Ok(())
}

const DISCOVERY: &[u8] = b"\0\x10\x02\0\0\0\0\0\0\0\0\x01\0\0\x08\0\0\x14\0\x01\0";
const RESPONSE: &[u8] = b"\0\x10\x02\0\0\0\0\0\0\0\0\x02\0\0\x07\0\0\x04\0\0";
const HELLO: &[u8] = b"\x01\0\0\0\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x04\x01\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a discovery", &[DISCOVERY], &[]),
    Example::udp(Confidence::Dialogue, "a discovery and its answer", &[DISCOVERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "DTLS", &[HELLO], &[]),
    Example::udp(Confidence::Signature, "a frame on the data port", &[b"\0\x10\x03\0\0\0\0\0\x08\x01\0\0\x02\0\0\0\0\x01"], &[]).on(DATA),
    Example::not(Transport::Udp, "a frame on another port", &[b"\0\x10\x03\0\0\0\0\0\x08\x01\0\0\x02\0\0\0\0\x01"], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\0\x10\x02\0\0\0\0\0\0\0\0\x01\0\0\x08\0\0\x14\0\x02\0"], &[]),
];
