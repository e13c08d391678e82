//! Avast's and AVG's own protocol to their servers, which uses port 80 without HTTP.
//!
//! ```text
//! "NOSA" | length of the whole | 01 version | 01 request, 02 response ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Avast.
pub const INSPECTOR: Inspector = Inspector {
    name: "avast",
    title: "Avast and AVG update protocol",
    specification: "Frame as seen: NOSA, length, version and kind",
    ports: &[80],
    initiator_first: ByteSet::of(b"N"),
    responder_first: ByteSet::of(b"N"),
    inspect,
    confused_with: "HTTP by its port only",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn message(mut cursor: Cursor<'_>, kind: u8) -> Result<Confidence, Reject> {
    cursor.tag(b"NOSA")?;
    let len = usize::from(cursor.u16()?);
    require((8..=4096).contains(&len))?;
    cursor.tag(&[1, kind])?;
    cursor.skip(len - 8)?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        message(opening.request(), 1),
        message(opening.reply(), 2),
        "message: NOSA, a length and a kind (as seen)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client asks",
        &[b"NOSA\x00\x10\x01\x01\x00\x00\x03\x01\x11\x22\x33\x44"],
        &[b"NOSA\x00\x10\x01\x02\x00\x00\x00\x00\x55\x66\x77\x88"],
    ),
    Example::not(Transport::Tcp, "text", &[b"NOSAJ THING\r\n"], &[]),
];
