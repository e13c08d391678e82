//! Lumberjack, with which Beats and Logstash send events, over TCP.
//!
//! ```text
//! initiator   version '1' or '2', 'W', count (4)   version, 'C', length (4), compressed frames | 'J' or 'D', sequence (4), ...
//! responder   version, 'A', sequence (4)
//! ```
//!
//! Logstash-forwarder protocol, and version 2 as Beats document it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Lumberjack (Beats).
pub const INSPECTOR: Inspector = Inspector {
    name: "lumberjack",
    title: "Lumberjack (Beats)",
    specification: "Lumberjack protocol, versions 1 and 2",
    ports: &[5044],
    initiator_first: ByteSet::of(b"12"),
    responder_first: ByteSet::of(b"12"),
    inspect,
    confused_with: "nothing of the same frames",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most events of a window that are believed.
const MAX_WINDOW: u32 = 1 << 20;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "window: a window's size, then events, acknowledged by number (Lumberjack)";
    Evidence::of(window(opening.request()), acknowledgement(opening.reply()), rule).map(|evidence| {
        let alone = opening.initiator.is_silent();
        // An acknowledgement alone is 24 bits.
        Evidence { confidence: if alone { Confidence::Signature } else { evidence.confidence }, ..evidence }
    })
}

fn window(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let version = cursor.u8()?;
    require(matches!(version, b'1' | b'2'))?;
    cursor.tag(b"W")?;
    require((1..=MAX_WINDOW).contains(&cursor.u32()?))?;
    cursor.tag(&[version])?;
    let frame = cursor.u8()?;
    let value = cursor.u32()?;
    match frame {
        b'C' => cursor.tag(&[0x78])?,
        b'J' | b'D' => require(value <= MAX_WINDOW)?,
        _ => return Err(Reject::Mismatch),
    }
    Ok(Confidence::Message)
}

fn acknowledgement(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    require(matches!(cursor.u8()?, b'1' | b'2'))?;
    cursor.tag(b"A")?;
    require(cursor.u32()? <= MAX_WINDOW)?;
    require(cursor.is_empty() || matches!(cursor.u8()?, b'1' | b'2'))?;
    Ok(Confidence::Signature)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "an event and its acknowledgement", &[b"2W\0\0\0\x012J\0\0\0\x01\0\0\0\x02{}"], &[b"2A\0\0\0\x01"]),
    Example::tcp(Confidence::Message, "compressed events", &[b"2W\0\0\x08\x002C\0\0\x10\0\x78\x9c"], &[]),
    Example::tcp(Confidence::Signature, "only the acknowledgement was captured", &[], &[b"2A\0\0\0\x01"]),
    Example::not(Transport::Tcp, "a frame that is none", &[b"2W\0\0\0\x012X\0\0\0\x01"], &[]),
];
