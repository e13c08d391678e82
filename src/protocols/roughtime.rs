//! Roughtime, which gives the time with a signature.
//!
//! ```text
//! ["ROUGHTIM"   length (4)]   number of tags (4)   offsets (4 each, one less)   tags (4 each)   values       little-endian
//! request: NONC and a filling to 1024 bytes     answer: SIG, SREP, CERT ...
//! ```
//!
//! IETF draft "Roughtime" section 5, and Google's first version, which lacks the name and the length.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;

/// Roughtime.
pub const INSPECTOR: Inspector = Inspector {
    name: "roughtime",
    title: "Roughtime",
    specification: "Roughtime (IETF draft), section 5",
    carriers: Carriers::UDP,
    ports: &[2002],
    initiator_first: FIRST,
    responder_first: FIRST,
    datagram: Shape::of(16, &[(1, ByteSet::of(b"\0O")), (2, ByteSet::of(b"\0U")), (3, ByteSet::of(b"\0G"))]),
    inspect,
    confused_with: "QUIC-Crypto of Google, which has such a table inside its packets",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most tags of a message, and the fewest.
const MAX_TAGS: u32 = 16;
/// The number of tags, its lowest byte first, or the magic number.
const FIRST: ByteSet = ByteSet::range(2, 16).or(ByteSet::of(b"R"));
/// Shortest request in bytes, so that the answer is not longer.
const MIN_REQUEST: usize = 1024;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = tags(opening.request(), b"NONC").and_then(|()| {
        let request = opening.request();
        require(request.is_open() || request.len() >= MIN_REQUEST)
    });
    let answered = tags(opening.reply(), b"SREP");
    let rule = "tags: offsets that rise, and the tags that a request or an answer has (Roughtime draft section 5)";
    let weigh = |tags: Result<(), Reject>| tags.map(|()| Confidence::Message);
    Evidence::of(weigh(asked), weigh(answered), rule)
}

/// Reads the table of a message, which must have the tag `wanted`.
fn tags(mut cursor: Cursor<'_>, wanted: &[u8]) -> Result<(), Reject> {
    if cursor.rest().starts_with(b"ROUGHTIM") {
        cursor.skip(8)?;
        let len = cursor.u32_le()? as usize;
        require(cursor.is_open() || len == cursor.len())?;
    }
    let count = cursor.u32_le()?;
    require((2..=MAX_TAGS).contains(&count))?;
    let mut last = 0;
    for _ in 1..count {
        let offset = cursor.u32_le()?;
        require(offset >= last && offset % 4 == 0 && offset < 65_536)?;
        last = offset;
    }
    let mut found = false;
    for _ in 0..count {
        let tag = cursor.take(4)?;
        require(tag.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, 0 | 0xff)))?;
        found |= tag == wanted;
    }
    require(found)
}

const REQUEST: &[u8] = &laid_out::<1024>(&[(0, b"\x02\0\0\0\x40\0\0\0NONCPAD\xff")]);
const ANSWER: &[u8] = &laid_out::<360>(&[(0, b"\x02\0\0\0\x40\0\0\0SIG\0SREP")]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its answer", &[REQUEST], &[ANSWER]),
    Example::udp(Confidence::Message, "an answer alone", &[], &[ANSWER]),
    Example::not(Transport::Udp, "a request that is too short", &[&laid_out::<80>(&[(0, b"\x02\0\0\0\x40\0\0\0NONCPAD\xff")])], &[]),
    Example::not(Transport::Udp, "tags that are none", &[&laid_out::<1024>(&[(0, b"\x02\0\0\0\x40\0\0\0noncpad\xff")])], &[]),
];
