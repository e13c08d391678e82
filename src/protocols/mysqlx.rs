//! MySQL's X protocol, on 33060: protocol buffers in frames.
//!
//! ```text
//! length LE, type and payload | type | payload
//! responder   05 00 00 00 0B 08 05 1A 00     notice: server hello
//! initiator   1 get capabilities, 2 set capabilities, 4 authenticate: 0A len method ...
//! responder   0 ok, 1 error, 2 capabilities, 3 continue, 4 authenticated
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// MySQL X protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "mysqlx",
    title: "MySQL X protocol",
    specification: "MySQL Internals: X Protocol, message structure and authentication",
    ports: &[33060],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "MySQL's classic protocol, where the server greets with a version",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message that servers accept by default (mysqlx_max_allowed_packet), in bytes.
const MAX_LENGTH: u32 = 64 << 20;

/// Whether a message of `side` is one that names the protocol.
fn message(cursor: &mut Cursor<'_>, side: Side) -> Result<bool, Reject> {
    let len = cursor.u32_le()?;
    require((1..=MAX_LENGTH).contains(&len))?;
    let mut payload = cursor.within(len as usize)?;
    let kind = payload.u8()?;
    if payload.is_open() {
        return Err(Reject::Incomplete);
    }
    if side == Side::Responder {
        require(matches!(kind, 0..=4 | 11..=19))?;
        return Ok(kind == 11 && payload.rest() == [0x08, 0x05, 0x1a, 0x00]);
    }
    require(matches!(kind, 1..=7 | 12 | 17..=20 | 24..=28 | 30..=32 | 40..=43 | 46))?;
    match kind {
        // Without a body.
        1 => require(len == 1).map(|()| false),
        // The name of a method, as field 1.
        4 => {
            payload.tag(&[0x0a])?;
            let len = usize::from(payload.u8()?);
            let method = payload.take(len)?;
            require(is_text(method)).map(|()| matches!(method, b"MYSQL41" | b"PLAIN" | b"SHA256_MEMORY"))
        }
        _ => Ok(false),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>, side| {
        let mut named = false;
        let count = of_said(&said, Transport::Tcp, |cursor| {
            named |= message(cursor, side)?;
            Ok(())
        })?;
        Ok((named, count))
    };
    let request = judged(opening.initiator, Side::Initiator);
    let reply = judged(opening.responder, Side::Responder);
    let rule = "message: frames whose types fit, with the hello or an authentication (MySQL X Protocol)";
    match (request, reply) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok((a, _)), Ok((b, _))) if a || b => Ok(Evidence::dialogue(rule)),
        (Ok((true, _)), _) => Ok(Evidence::message(rule)),
        (_, Ok((true, _))) => Ok(Evidence::message(rule).from(Side::Responder)),
        (Ok(_), Ok(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        _ => Err(Reject::Incomplete),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the server's hello, and a client asks for capabilities",
        &[b"\x01\x00\x00\x00\x01"],
        &[b"\x05\x00\x00\x00\x0b\x08\x05\x1a\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the client was captured",
        &[b"\x0a\x00\x00\x00\x04\x0a\x07MYSQL41"],
        &[],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"\x05\x00\x00\x00\x0b\x08\x05\x1a\x00"]),
    Example::not(Transport::Tcp, "five bytes that could be anything", &[b"\x01\x00\x00\x00\x01"], &[]),
];
