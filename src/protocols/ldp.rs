//! Label Distribution Protocol (LDP): hellos over UDP, sessions over TCP.
//!
//! ```text
//! version 1 (2)   length after 4 bytes (2)   router (4)   label space (2)
//! message   type (2): 0100 hello, 0200 initialisation, 0201 keep-alive ...   length (2)   id (4)   parameters: type (2), length (2)
//! ```
//!
//! RFC 5036 section 3.1. Messages fill the length, parameters fill the message.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_side;

/// Label Distribution Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "ldp",
    title: "Label Distribution Protocol",
    specification: "RFC 5036 sections 3.1 to 3.5",
    carriers: Carriers::TCP_UDP,
    ports: &[646],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing of the same nested lengths",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest unit in bytes before a session agrees on another (RFC 5036 section 3.5.3).
const MAX_LENGTH: u16 = 4096;
const HELLO: u16 = 0x0100;
const INITIALISATION: u16 = 0x0200;
const NOTIFICATION: u16 = 0x0001;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let udp = opening.transport == Transport::Udp;
        let mut place = 0;
        of_side(opening, side, |cursor| {
            let kind = unit(cursor)?;
            // Over UDP there are hellos; a session begins with an initialisation or its refusal.
            let fits = if udp { kind == HELLO } else { place > 0 || !opening.from_start || matches!(kind, INITIALISATION | NOTIFICATION) };
            place += 1;
            require(fits)
        })?;
        Ok(Confidence::Message)
    };
    let rule = "messages: version, and messages that fill the unit (RFC 5036 section 3.1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a protocol unit: its first message's type.
fn unit(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    let (version, len) = (cursor.u16()?, cursor.u16()?);
    require(version == 1 && (14..=MAX_LENGTH).contains(&len))?;
    let mut body = cursor.sub(len.into())?;
    body.skip(6)?;
    let mut first = None;
    while !body.is_empty() {
        let (kind, len) = (body.u16()? & 0x7fff, body.u16()?);
        require(matches!(kind, 0x0001 | 0x0100 | 0x0200..=0x0202 | 0x0300..=0x0405 | 0x3e00..=0x3fff))?;
        require(len >= 4)?;
        let mut message = body.sub(len.into())?;
        message.skip(4)?;
        while !message.is_empty() {
            message.skip(2)?;
            let len = message.u16()?;
            message.skip(len.into())?;
        }
        first.get_or_insert(kind);
    }
    first.ok_or(Reject::Mismatch)
}

const GREETING: &[u8] = b"\0\x01\0\x16\xc0\0\x02\x01\0\0\x01\0\0\x0c\0\0\0\x01\x04\0\0\x04\0\x0f\0\0";
const SESSION: &[u8] = b"\0\x01\0\x20\xc0\0\x02\x01\0\0\x02\0\0\x16\0\0\0\x02\x05\0\0\x0e\0\x01\0\xb4\0\0\0\0\xc0\0\x02\x02\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a router greets its link", &[GREETING], &[]),
    Example::tcp(Confidence::Dialogue, "a session begins", &[SESSION], &[SESSION]),
    Example::not(Transport::Tcp, "a hello over TCP", &[GREETING], &[]),
    Example::not(Transport::Udp, "a parameter that is too long", &[b"\0\x01\0\x16\xc0\0\x02\x01\0\0\x01\0\0\x0c\0\0\0\x01\x04\0\0\x05\0\x0f\0\0"], &[]),
];
