//! Locator/ID Separation Protocol (LISP): control messages, and packets that it carries.
//!
//! ```text
//! type (4 bits), flags, record count (byte 3), nonce (8), then by type               RFC 9301 section 5
//!   1 Map-Request: source EID, locators, prefixes    2 Map-Reply: records
//!   3 Map-Register, 4 Map-Notify: key id, authentication data, records               8 encapsulated: an IP packet
//! flags (1), nonce or map version (3), instance or status (4), an IP packet          RFC 9300 section 5 (data)
//! ```
//!
//! Addresses stand behind their family (2 bytes); counted records must fill the datagram.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::ip_packet;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, share};

/// LISP.
pub const INSPECTOR: Inspector = Inspector {
    name: "lisp",
    title: "Locator/ID Separation Protocol",
    specification: "RFC 9301 section 5, RFC 9300 section 5",
    carriers: Carriers::UDP,
    ports: &[4342, DATA_PORT],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(16, &[(0, ByteSet::range(0x10, 0x8f))]),
    inspect,
    describe: Some(describe),
    attributes: &[("lisp.messages", "what was said, as map-request, map-reply ...")],
    confused_with: "other datagrams with a small type: the records must fill them exactly",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const DATA_PORT: u16 = 4341;

/// Address families (IANA "Address Family Numbers").
mod family {
    pub(super) const NONE: u16 = 0;
    pub(super) const IPV4: u16 = 1;
    pub(super) const IPV6: u16 = 2;
    pub(super) const LCAF: u16 = 16_387;
    pub(super) const MAC: u16 = 16_389;
}

mod kind {
    pub(super) const REQUEST: u8 = 1;
    pub(super) const REPLY: u8 = 2;
    pub(super) const REGISTER: u8 = 3;
    pub(super) const NOTIFY: u8 = 4;
    pub(super) const NOTIFY_ACK: u8 = 5;
    pub(super) const INFO: u8 = 7;
    pub(super) const ENCAPSULATED: u8 = 8;
}

/// Length of what may follow a registration: a router's id and its site's (RFC 9301 section 5.6), in bytes.
const XTR_AND_SITE_ID: usize = 24;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if share(opening, asked, answered) {
        return Ok(Evidence::dialogue("nonce: the answer repeats the request's nonce (RFC 9301 section 5.4)"));
    }
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let said = opening.said(side);
        match in_datagrams(&said, |cursor| control(*cursor).map(drop)) {
            Ok(_) => Ok(Confidence::Message),
            Err(Reject::Mismatch) if opening.is_on(&[DATA_PORT]) => {
                in_datagrams(&said, |cursor| data(*cursor))?;
                Ok(Confidence::Message)
            }
            Err(reject) => Err(reject),
        }
    };
    let rule = "records: a message whose addresses and records fill it (RFC 9301 section 5)";
    let verdict = Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)?;
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Reads a control message: its type and nonce.
fn control(mut cursor: Cursor<'_>) -> Result<(u8, u64), Reject> {
    let [first, _, third, count] = cursor.array()?;
    let kind = first >> 4;
    if kind == kind::ENCAPSULATED {
        // Reserved but for the first nibble's neighbours; then IP, UDP and a control message.
        require(third == 0 && count == 0)?;
        let (protocol, mut udp) = ip_packet::packet(cursor)?;
        require(protocol == 17)?;
        udp.skip(8)?;
        return Ok((kind, control(udp)?.1));
    }
    let nonce = cursor.u64()?;
    match kind {
        kind::REQUEST => {
            address(&mut cursor)?;
            // One locator more than the count says (section 5.2).
            for _ in 0..=third & 0x1f {
                address(&mut cursor)?;
            }
            for _ in 0..count {
                prefix(&mut cursor)?;
            }
            // With the M bit a record of the requester's own follows.
            if !cursor.is_empty() {
                require(first & 0x04 != 0)?;
                record(&mut cursor)?;
            }
        }
        kind::REPLY => {
            for _ in 0..count {
                record(&mut cursor)?;
            }
        }
        kind::REGISTER | kind::NOTIFY | kind::NOTIFY_ACK => {
            authentication(&mut cursor)?;
            for _ in 0..count {
                record(&mut cursor)?;
            }
            if cursor.len() == XTR_AND_SITE_ID && count > 0 {
                return Ok((kind, nonce));
            }
        }
        kind::INFO => {
            authentication(&mut cursor)?;
            cursor.skip(4)?;
            prefix(&mut cursor)?;
            if !cursor.is_empty() {
                address(&mut cursor)?;
            }
        }
        _ => return Err(Reject::Mismatch),
    }
    require(count > 0 || kind == kind::INFO)?;
    cursor.end()?;
    Ok((kind, nonce))
}

/// Key id, and authentication data behind its length (RFC 9301 section 5.6).
fn authentication(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let [_, algorithm] = cursor.array()?;
    let len = cursor.u16()?;
    // None, or HMAC with SHA-1 or SHA-256, whole or cut (IANA "LISP Key ID Numbers").
    require(algorithm <= MAX_ALGORITHM && matches!(len, 0 | 12 | 16 | 20 | 32))?;
    cursor.skip(len.into())
}

/// Highest number of an algorithm, with room for those to come.
const MAX_ALGORITHM: u8 = 8;

/// An address behind its family; a structured one (RFC 8060) has its own length.
///
/// True if there is one.
fn address(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    let len = match cursor.u16()? {
        family::NONE => return Ok(false),
        family::IPV4 => 4,
        family::IPV6 => 16,
        family::MAC => 6,
        family::LCAF => {
            cursor.skip(4)?;
            cursor.u16()?.into()
        }
        _ => return Err(Reject::Mismatch),
    };
    cursor.skip(len)?;
    Ok(true)
}

/// Reserved byte, mask length, address.
fn prefix(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    require(cursor.u8()? == 0 && cursor.u8()? <= 128)?;
    // Zeros that go on are no prefix.
    require(address(cursor)?)
}

/// A mapping: lifetime, locator count, mask, address, locators (RFC 9301 section 5.4).
fn record(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.skip(4)?;
    let locators = cursor.u8()?;
    require(cursor.u8()? <= 128)?;
    cursor.skip(4)?;
    require(address(cursor)?)?;
    for _ in 0..locators {
        cursor.skip(6)?;
        address(cursor)?;
    }
    Ok(())
}

/// A packet of the data plane (RFC 9300 section 5.1): flags of which the key bits and the last are zero.
fn data(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    require(cursor.u8()? & 0x07 == 0)?;
    cursor.skip(7)?;
    ip_packet::packet(cursor).map(drop)
}

fn asked(cursor: Cursor<'_>) -> Result<u64, Reject> {
    let (kind, nonce) = control(cursor)?;
    require(matches!(kind, kind::REQUEST | kind::REGISTER | kind::ENCAPSULATED | kind::INFO))?;
    Ok(nonce)
}

fn answered(cursor: Cursor<'_>) -> Result<u64, Reject> {
    let (kind, nonce) = control(cursor)?;
    require(matches!(kind, kind::REPLY | kind::NOTIFY | kind::INFO))?;
    Ok(nonce)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut messages: Vec<String> = Vec::new();
    let mut open = false;
    for side in [Side::Initiator, Side::Responder] {
        for datagram in opening.said(side).datagrams() {
            let Ok((kind, _)) = control(datagram.cursor()) else {
                open |= datagram.is_cut();
                continue;
            };
            let name = match kind {
                kind::REQUEST => "map-request",
                kind::REPLY => "map-reply",
                kind::REGISTER => "map-register",
                kind::NOTIFY => "map-notify",
                kind::NOTIFY_ACK => "map-notify-ack",
                kind::INFO => "info",
                _ => "encapsulated",
            };
            if !messages.iter().any(|known| known == name) {
                messages.push(name.to_owned());
            }
        }
    }
    attributes.set_list("lisp.messages", messages, open);
}

const REQUEST: &[u8] =
    b"\x10\0\0\x01\x01\x02\x03\x04\x05\x06\x07\x08\0\x01\xc0\0\x02\x01\0\x01\xc6\x33\x64\x01\0\x20\0\x01\xc0\0\x02\x09";
const REPLY: &[u8] = b"\x20\0\0\x01\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\x0a\x01\x20\x10\0\0\0\0\x01\xc0\0\x02\x09\
    \x01\x64\xff\0\0\x01\0\x01\xc6\x33\x64\x02";
const REGISTER: &[u8] = b"\x38\0\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\x0cauthenticate\0\0\x05\xa0\x01\x20\x10\0\0\0\0\x01\xc0\0\x02\x09\
    \x01\x64\xff\0\0\x04\0\x01\xc6\x33\x64\x02";

const EXAMPLES: &[Example] = &[
    Example::not(Transport::Udp, "a counter, a constant and zeros, as a registration of nothing", &[b"\x30\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "a flag and zeros, as information about nothing", &[b"\x7f\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"], &[]),
    Example::udp(Confidence::Message, "a request, answered by another host", &[REQUEST], &[]),
    Example::udp(Confidence::Dialogue, "the answer repeats the nonce", &[REQUEST], &[REPLY]),
    Example::udp(Confidence::Message, "a registration", &[REGISTER], &[]),
    Example::not(Transport::Udp, "a record that is counted but missing", &[&REQUEST_OF_TWO], &[]),
    Example::not(Transport::Udp, "a family that is none", &[b"\x10\0\0\x01\x01\x02\x03\x04\x05\x06\x07\x08\0\x09\xc0\0\x02\x01\0\0"], &[]),
];

const REQUEST_OF_TWO: [u8; 32] =
    *b"\x10\0\0\x02\x01\x02\x03\x04\x05\x06\x07\x08\0\x01\xc0\0\x02\x01\0\x01\xc6\x33\x64\x01\0\x20\0\x01\xc0\0\x02\x09";
