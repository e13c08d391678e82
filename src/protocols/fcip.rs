//! FCIP, Fibre Channel through a tunnel of TCP: [RFC 3821], in the encapsulation of RFC 3643.
//!
//! ```text
//! 01 01 FE FE | 01 01 FE FE | flags, their complement | flags and words, their complement | 2 words | time | CRC | frame
//! ```
//!
//! [RFC 3821]: https://www.rfc-editor.org/rfc/rfc3821

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// FCIP.
pub const INSPECTOR: Inspector = Inspector {
    name: "fcip",
    title: "Fibre Channel over TCP/IP",
    specification: "RFC 3643 section 3; RFC 3821 section 6",
    ports: &[3225],
    initiator_first: ByteSet::of(&[0x01]),
    responder_first: ByteSet::of(&[0x01]),
    inspect,
    confused_with: "iFCP, which has another number in the same encapsulation",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Judges an encapsulation header (RFC 3643 section 3.1) of this protocol, whose second word FCIP repeats.
pub(super) fn header(mut cursor: Cursor<'_>, protocol: u8, repeats: bool) -> Result<Confidence, Reject> {
    let word = [protocol, 1, !protocol, !1];
    cursor.tag(&word)?;
    if repeats {
        cursor.tag(&word)?;
        // Protocol-specific flags and their complement.
        let (flags, complement) = (cursor.u16()?, cursor.u16()?);
        require(flags == !complement)?;
    } else {
        cursor.skip(8)?;
    }
    let (length, complement) = (cursor.u16()?, cursor.u16()?);
    // Six flags, and the length of all in words of four bytes: at least the header's seven.
    require(length == !complement && length & 0x3ff >= 7)?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        header(opening.request(), 1, true),
        header(opening.reply(), 1, true),
        "encapsulation: protocol 1, and words with their complements (RFC 3643 section 3.1)",
    )
}

const FRAME: &[u8] =
    b"\x01\x01\xfe\xfe\x01\x01\xfe\xfe\x00\x00\xff\xff\x00\x07\xff\xf8\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides", &[FRAME], &[FRAME]),
    Example::not(Transport::Tcp, "a length without its complement", &[b"\x01\x01\xfe\xfe\x01\x01\xfe\xfe\x00\x00\xff\xff\x00\x07\xff\xf7"], &[]),
];
