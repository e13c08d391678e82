//! NetBIOS session service (RFC 1002 section 4.3), TCP 139: how a session to a name is opened.
//!
//! ```text
//! client   81 00 00 44, called name (34), calling name (34)
//! server   82 00 00 00                      or 83 and a reason, or 84 and another address
//! then     00 and a length (17 bits), what the session carries; 85 00 00 00 keeps it alive
//! ```
//!
//! What a session carries is nearly always SMB, and then the flow is SMB's.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::netbios::{self, Name};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// The NetBIOS session service.
pub const INSPECTOR: Inspector = Inspector {
    name: "netbios-ssn",
    title: "NetBIOS session service",
    specification: "RFC 1002 section 4.3",
    ports: &[139],
    initiator_first: ByteSet::of(&[0x81, 0x85]),
    responder_first: ByteSet::of(&[0x82, 0x83, 0x84, 0x85]),
    inspect,
    describe: Some(describe),
    attributes: &ATTRIBUTES,
    confused_with: "SMB, which is what a session carries and then names the flow",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Also SMB's, as its sessions may begin so.
pub(super) const ATTRIBUTES: [(&str, &str); 3] = [
    ("netbios-ssn.called", "the name that the client calls, with its suffix"),
    ("netbios-ssn.calling", "the client's own name, with its suffix"),
    ("netbios-ssn.refused", "why the server refused (RFC 1002 section 4.3.4), hexadecimal"),
];

/// Packet types (section 4.3.1).
const REQUEST: u8 = 0x81;
const POSITIVE: u8 = 0x82;
const NEGATIVE: u8 = 0x83;
const RETARGET: u8 = 0x84;
const KEEP_ALIVE: u8 = 0x85;

/// Reads a session request: both names.
pub(super) fn request(cursor: &mut Cursor<'_>) -> Result<(Name, Name), Reject> {
    require(cursor.u8()? == REQUEST)?;
    require(cursor.u8()? <= 1)?;
    let len = cursor.u16()?;
    let mut names = cursor.within(len.into())?;
    let both = (netbios::name(&mut names)?, netbios::name(&mut names)?);
    names.end()?;
    Ok(both)
}

/// Reads an answer to a request, or a packet that only keeps the session alive: its type, and a refusal's reason.
pub(super) fn answer(cursor: &mut Cursor<'_>) -> Result<(u8, Option<u8>), Reject> {
    let kind = cursor.u8()?;
    require(cursor.u8()? == 0)?;
    let len = cursor.u16()?;
    match (kind, len) {
        (POSITIVE | KEEP_ALIVE, 0) => Ok((kind, None)),
        (NEGATIVE, 1) => {
            let reason = cursor.u8()?;
            require(matches!(reason, 0x80..=0x83 | 0x8f))?;
            Ok((kind, Some(reason)))
        }
        (RETARGET, 6) => cursor.skip(6).map(|()| (kind, None)),
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = request(&mut opening.request());
    let reply = answer(&mut opening.reply());
    match (request, reply) {
        (Ok(_), Ok((POSITIVE..=RETARGET, _))) => {
            Ok(Evidence::dialogue("session: a session request and its answer (RFC 1002 section 4.3)"))
        }
        (Ok(_), Err(Reject::Incomplete)) => {
            Ok(Evidence::message("request: a session request with two names (RFC 1002 section 4.3.2)"))
        }
        (Err(Reject::Incomplete), Err(Reject::Incomplete) | Ok(_)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

pub(super) fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((called, calling)) = request(&mut opening.request()) {
        attributes.set("netbios-ssn.called", called.text());
        attributes.set("netbios-ssn.calling", calling.text());
    }
    if let Ok((NEGATIVE, Some(reason))) = answer(&mut opening.reply()) {
        attributes.set("netbios-ssn.refused", format!("{reason:02x}"));
    }
}

const CALL: &[u8] = b"\x81\0\0\x44\x20EGFCEFEEDBDACACACACACACACACACACA\0\x20EGFCEFEEDBDACACACACACACACACACAAA\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a session that is refused", &[CALL], &[b"\x83\0\0\x01\x82"]),
    Example::tcp(Confidence::Message, "a request without answer", &[CALL], &[]),
    Example::not(Transport::Tcp, "names that are none", &[&[0x81, 0, 0, 0x44, 0x20, 0, 0, 0, 0, 0, 0]], &[]).on(139),
    Example::not(Transport::Tcp, "an old SSL hello", &[b"\x81\0\x01\0\x02\0\x15\0\0\0\x10"], &[]),
];
