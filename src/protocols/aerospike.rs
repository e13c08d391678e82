//! Aerospike, between clients and the nodes of its database.
//!
//! ```text
//! version 2 | type | length, 6 bytes | ...
//!             1 info: names of values, a line each      3 message: header of 22 bytes      4 compressed
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// Aerospike.
pub const INSPECTOR: Inspector = Inspector {
    name: "aerospike",
    title: "Aerospike",
    specification: "Aerospike wire protocol as documented by open clients: proto header, info, message",
    ports: &[3000],
    initiator_first: ByteSet::of(&[2]),
    responder_first: ByteSet::of(&[2]),
    inspect,
    confused_with: "nothing: version, type, and six bytes of length of which most are zero",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const INFO: u8 = 1;
const MESSAGE: u8 = 3;
/// Length of a message's own header, which it says itself.
const MESSAGE_HEADER: u8 = 22;
/// Longest message, in bytes.
const MAX_LENGTH: u32 = 1 << 27;

/// Reads a message, and says whether it had contents.
fn message(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    cursor.tag(&[2])?;
    let kind = cursor.u8()?;
    require(matches!(kind, 1..=4))?;
    cursor.tag(&[0, 0])?;
    let len = cursor.u32()?;
    require(len < MAX_LENGTH)?;
    let mut body = cursor.within(len as usize)?;
    match kind {
        INFO => require(body.rest().iter().take(256).all(|&byte| matches!(byte, b'\n' | b'\t' | 0x20..0x7f)))?,
        MESSAGE => require(body.u8()? == MESSAGE_HEADER)?,
        _ => {}
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(len > 0) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut has_contents = false;
        of_said(&said, Transport::Tcp, |cursor| {
            has_contents |= message(cursor)?;
            Ok(())
        })?;
        if has_contents { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    Evidence::of(judged(opening.initiator), judged(opening.responder), "message: version 2, type and length, and what the type holds (Aerospike proto header)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a node is asked for its name",
        &[b"\x02\x01\x00\x00\x00\x00\x00\x05node\n"],
        &[b"\x02\x01\x00\x00\x00\x00\x00\x0anode\tBB90\n"],
    ),
    Example::not(Transport::Tcp, "info that is no text", &[b"\x02\x01\x00\x00\x00\x00\x00\x05\x01\x02\x03\x04\x05"], &[]),
];
