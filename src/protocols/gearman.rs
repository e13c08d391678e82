//! Gearman's job queue: binary packets, the [protocol], section "Binary Packet".
//!
//! ```text
//!  00 "REQ" or 00 "RES"   type:32   length:32   arguments
//! ```
//!
//! [protocol]: https://gearman.org/protocol/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Gearman.
pub const INSPECTOR: Inspector = Inspector {
    name: "gearman",
    title: "Gearman job queue",
    specification: "Gearman Protocol, section Binary Packet",
    ports: &[4730],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing: the mark, a type and a length are 56 bound bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Highest packet type (SUBMIT_JOB_EPOCH and GET_STATUS_UNIQUE follow 36).
const MAX_TYPE: u32 = 44;

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        packet(opening.request(), b"\0REQ"),
        packet(opening.reply(), b"\0RES"),
        "packet: Gearman's binary packet (Gearman Protocol, Binary Packet)",
    )
}

fn packet(mut cursor: Cursor<'_>, magic: &[u8]) -> Result<Confidence, Reject> {
    cursor.tag(magic)?;
    let (kind, len) = (cursor.u32()?, cursor.u32()?);
    require((1..=MAX_TYPE).contains(&kind) && len < 1 << 30)?;
    Ok(Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a worker asks for a job", &[b"\0REQ\0\0\0\x09\0\0\0\0"], &[b"\0RES\0\0\0\x0a\0\0\0\0"]),
    Example::tcp(Confidence::Message, "only the worker was captured", &[b"\0REQ\0\0\0\x01\0\0\0\x02wc"], &[]),
    Example::not(Transport::Tcp, "a type that does not exist", &[b"\0REQ\0\0\x01\0\0\0\0\0"], &[]),
];
