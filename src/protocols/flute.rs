//! FLUTE, files sent one way to many (broadcast, MBMS, ROUTE's ancestor): [RFC 6726] over LCT, [RFC 5651], in UDP.
//!
//! ```text
//! 1n  flags  length of the header in words  codepoint    congestion control  session  object  extensions
//! the table of files: object 0, with the extension C0, version and number:24
//! ```
//!
//! Any other packet is too much like noise: only a packet of the table of files is claimed. All its fields have to
//! fill the header exactly.
//!
//! [RFC 5651]: https://www.rfc-editor.org/rfc/rfc5651
//! [RFC 6726]: https://www.rfc-editor.org/rfc/rfc6726

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// FLUTE.
pub const INSPECTOR: Inspector = Inspector {
    name: "flute",
    title: "File Delivery over Unidirectional Transport",
    specification: "RFC 6726 section 3.4.1, RFC 5651 section 5",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::range(0x10, 0x1f),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "nothing once a packet of the table of files was seen",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The extension that says which table of files a packet is of (RFC 6726 section 3.4.1).
const EXT_FDT: u8 = 192;
/// Extension types from this one on are one word long (RFC 5651 section 5.2.1).
const FIRST_FIXED: u8 = 128;

/// Reads LCT's header, and requires it to be of the table of files.
fn file_table(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let (first, flags) = (cursor.u8()?, cursor.u8()?);
    require(first >> 4 == 1)?;
    let half = usize::from(flags >> 4 & 1);
    let words = usize::from(cursor.u8()?);
    let control = 4 * (usize::from(first >> 2 & 3) + 1);
    let session = 4 * usize::from(flags >> 7) + 2 * half;
    let object = 4 * usize::from(flags >> 5 & 3) + 2 * half;
    cursor.u8()?;
    let behind = (4 * words).checked_sub(4).ok_or(Reject::Mismatch)?;
    let mut header = cursor.within(behind)?;
    header.skip(control + session)?;
    // RFC 6726 section 3.3: object 0 is the table. Packets of files come in between.
    if object == 0 || header.take(object)?.iter().any(|&byte| byte != 0) {
        return Err(Reject::Incomplete);
    }
    let mut is_table = false;
    while !header.is_empty() {
        let kind = header.u8()?;
        let rest = if kind >= FIRST_FIXED { 3 } else { 4 * usize::from(header.u8()?) };
        if kind == EXT_FDT {
            // Version 1 is RFC 3926's, 2 is RFC 6726's.
            require(rest == 3 && !is_table && matches!(header.u8()? >> 4, 1 | 2))?;
            header.skip(2)?;
            is_table = true;
        } else {
            header.skip(if kind >= FIRST_FIXED { rest } else { rest.checked_sub(2).ok_or(Reject::Mismatch)? })?;
        }
    }
    header.end()?;
    require(is_table)?;
    // Which part of the table it is, and a part of it.
    cursor.skip(5)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let side = opening.said(Side::Initiator);
    in_datagrams(&side, file_table)?;
    Ok(Evidence::message("file-table: an LCT header with the table of files' extension, filled exactly (RFC 6726 section 3.4.1)"))
}

const TABLE: &[u8] = b"\x10\x10\x08\x00\0\0\0\0\0\0\0\0\xc0\x10\0\x02\x40\x04\0\0\0\0\x02\x36\0\0\x05\x9c\0\0\0\x40\0\0\0\0<?xml version=\"1.0\"?>";
const FILE: &[u8] = b"\x10\x10\x03\x00\0\0\0\0\0\0\0\x01\0\0\0\0Hello";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a table of files, and a file", &[TABLE, FILE], &[]),
    Example::not(Transport::Udp, "a file only", &[FILE], &[]),
    Example::not(
        Transport::Udp,
        "extensions that leave the header",
        &[b"\x10\x10\x08\x00\0\0\0\0\0\0\0\0\xc0\x10\0\x02\x40\x05\0\0\0\0\x02\x36\0\0\x05\x9c\0\0\0\x40\0\0\0\0<?xml"],
        &[],
    ),
];
