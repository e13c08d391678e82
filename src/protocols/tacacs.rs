//! TACACS+, with which equipment asks whether an administrator may log in and what he may do.
//!
//! ```text
//! version c0 or c1 (1)   type (1): 1 authentication, 2 authorisation, 3 accounting   sequence (1)   flags (1)
//! session (4)   length (4)   body, mostly encrypted
//! ```
//!
//! RFC 8907 section 4.1. The client's sequence numbers are odd, beginning with 1; the server's are even; both name the session.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// TACACS+.
pub const INSPECTOR: Inspector = Inspector {
    name: "tacacs",
    title: "TACACS+",
    specification: "RFC 8907 section 4.1",
    ports: PORTS,
    initiator_first: ByteSet::of(&[0xc0, 0xc1]),
    responder_first: ByteSet::of(&[0xc0, 0xc1]),
    inspect,
    confused_with: "nothing whose both sides name one session",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[49];
/// Longest body in bytes that is believed: what the protocol carries is short.
const MAX_BODY: u32 = 65_536;
/// Flags: not encrypted, and one connection for several sessions.
const FLAGS: u8 = 0x05;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "session: header with session and odd and even numbers (RFC 8907 section 4.1)";
    match (header(opening.request(), Side::Initiator), header(opening.reply(), Side::Responder)) {
        (Ok(asked), Ok(answered)) => {
            require(asked == answered)?;
            Ok(Evidence::dialogue(rule))
        }
        (asked, answered) => {
            // 30 constant bits and a small length.
            let weigh = |header: Result<u32, Reject>| {
                header.map(|_| if opening.is_on(PORTS) { Confidence::Message } else { Confidence::Signature })
            };
            Evidence::of(weigh(asked), weigh(answered), rule)
        }
    }
}

/// Reads a header and passes over its body: the session.
fn header(mut cursor: Cursor<'_>, side: Side) -> Result<u32, Reject> {
    let [version, kind, sequence, flags] = cursor.array()?;
    require(matches!(version, 0xc0 | 0xc1) && (1..=3).contains(&kind) && flags & !FLAGS == 0)?;
    require(sequence == if side == Side::Initiator { 1 } else { 2 })?;
    let session = cursor.u32()?;
    let len = cursor.u32()?;
    require((5..MAX_BODY).contains(&len))?;
    cursor.skip(len as usize)?;
    Ok(session)
}

const START: &[u8] = b"\xc0\x01\x01\0\x12\x34\x56\x78\0\0\0\x08abcdefgh";
const REPLY: &[u8] = b"\xc0\x01\x02\0\x12\x34\x56\x78\0\0\0\x06abcdef";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a session begins", &[START], &[REPLY]),
    Example::tcp(Confidence::Message, "a server that does not answer", &[START], &[]).on(49),
    Example::not(Transport::Tcp, "an answer of another session", &[START], &[b"\xc0\x01\x02\0\x12\x34\x56\x79\0\0\0\x06abcdef"]),
    Example::not(Transport::Tcp, "a session that begins in the middle", &[b"\xc0\x01\x03\0\x12\x34\x56\x78\0\0\0\x08abcdefgh"], &[]),
];
