//! The Raft transport of Canonical's raft library (dqlite, LXD), as its `uv_tcp_connect.c` and `uv_encoding.c` write it.
//!
//! ```text
//! opener   1:64   own id:64   length:64, a multiple of 8   address and port, then zeros to the length    little-endian
//! then     type:64, 1 .. 7    length of the header:64, a multiple of 8     header, and what it announces
//! ```
//!
//! Each server opens a connection to say something; nothing comes back on it. Other implementations of Raft have
//! transports of their own.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Canonical's Raft transport.
pub const INSPECTOR: Inspector = Inspector {
    name: "raft",
    title: "Raft transport of Canonical's library (dqlite, LXD)",
    specification: "canonical/raft: handshake and message preamble",
    initiator_first: ByteSet::of(&[1]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("raft.address", "the address that the opener can be reached at")],
    confused_with: "nothing: an address fills a length that has to be a multiple of eight",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest address in bytes that is believed.
const MAX_ADDRESS: u64 = 264;

/// Reads the handshake, and gives the address.
fn handshake<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    require(cursor.u64_le()? == 1)?;
    require(cursor.u64_le()? != 0)?;
    let len = cursor.u64_le()?;
    require(len % 8 == 0 && (8..=MAX_ADDRESS).contains(&len))?;
    let mut padded = cursor.sub(usize::try_from(len).map_err(|_| Reject::Mismatch)?)?;
    let all = padded.rest();
    let address = padded.until(0, all.len())?;
    // At least the NUL, and less than a whole word of padding.
    require(padded.len() < 8 && padded.rest().iter().all(|&byte| byte == 0))?;
    let port = address.rsplit(|&byte| byte == b':').next().unwrap_or_default();
    require(port.len() < address.len() && !port.is_empty() && port.iter().all(u8::is_ascii_digit))?;
    require(address.iter().all(|&byte| byte.is_ascii_alphanumeric() || b".:-_[]@%/".contains(&byte)))?;
    Ok(address)
}

/// Reads a message's preamble.
fn preamble(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    require((1..=7).contains(&cursor.u64_le()?))?;
    let len = cursor.u64_le()?;
    require(len % 8 == 0 && (8..=1 << 16).contains(&len))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    handshake(&mut request)?;
    match preamble(&mut request) {
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
        _ => Ok(Evidence::message("handshake: a version, an id and an address that fills its length (canonical/raft, uv_tcp_connect.c)")),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("raft.address", handshake(&mut opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "a server says who it is, and asks for a vote",
        &[
            b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\x0010.0.0.1:9002\0\0\0",
            b"\x03\0\0\0\0\0\0\0\x28\0\0\0\0\0\0\0",
        ],
        &[],
    ),
    Example::not(Transport::Tcp, "an address without a port", &[b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0node.example\0\0\0\0"], &[]),
    Example::not(Transport::Tcp, "a length that is no multiple", &[b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x0d\0\0\0\0\0\0\x0010.0.0.1:9002\0"], &[]),
];
