//! Apache Pulsar's [binary protocol].
//!
//! ```text
//! whole size | command size | command, a protocol buffer: 08 type, then the field of that type ...
//! initiator   08 02 12 len ...       CONNECT          responder   08 03 1A len ...     CONNECTED
//! ```
//!
//! [binary protocol]: https://pulsar.apache.org/docs/developing-binary-protocol/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Pulsar.
pub const INSPECTOR: Inspector = Inspector {
    name: "pulsar",
    title: "Apache Pulsar",
    specification: "Pulsar binary protocol specification: framing, BaseCommand of PulsarApi.proto",
    ports: &[6650],
    initiator_first: ByteSet::of(&[0x00]),
    responder_first: ByteSet::of(&[0x00]),
    inspect,
    confused_with: "other protocols with four bytes of length in front: here a second one agrees with it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest first command believed, in bytes.
const MAX_COMMAND: u32 = 1 << 16;

/// Reads a frame without payload whose command is of `kind`, carried in the field with this key.
fn command(mut cursor: Cursor<'_>, kind: u8, key: u8) -> Result<Confidence, Reject> {
    let whole = cursor.u32()?;
    let size = cursor.u32()?;
    require(whole.checked_sub(4) == Some(size) && (4..=MAX_COMMAND).contains(&size))?;
    let mut command = cursor.within(size as usize)?;
    command.tag(&[0x08, kind, key])?;
    let mut len = 0;
    for shift in [0, 7, 14] {
        let byte = command.u8()?;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    require(command.is_open() || command.len() == len)?;
    if command.is_open() { Err(Reject::Incomplete) } else { Ok(Confidence::Message) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        command(opening.request(), 2, 0x12),
        command(opening.reply(), 3, 0x1a),
        "connect: two sizes that agree, and CONNECT or CONNECTED to the end (Pulsar binary protocol, framing)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client connects",
        &[b"\x00\x00\x00\x0f\x00\x00\x00\x0b\x08\x02\x12\x07\x0a\x05Go123"],
        &[b"\x00\x00\x00\x0f\x00\x00\x00\x0b\x08\x03\x1a\x07\x0a\x052.9.1"],
    ),
    Example::not(
        Transport::Tcp,
        "sizes that do not agree",
        &[b"\x00\x00\x00\x0e\x00\x00\x00\x0b\x08\x02\x12\x07\x0a\x05Go123"],
        &[],
    ),
];
