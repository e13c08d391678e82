//! IBM MQ between queue managers and clients: the transmission segment header.
//!
//! ```text
//! "TSH " | length of the segment | byte order | type | control flags ...              in ASCII or EBCDIC
//! "TSHC", "TSHM" with conversation and request in between
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// IBM MQ.
pub const INSPECTOR: Inspector = Inspector {
    name: "ibm-mq",
    title: "IBM MQ (WebSphere MQ)",
    specification: "IBM MQ channel protocol: transmission segment header, as in IBM's trace documentation",
    ports: &[1414],
    initiator_first: ByteSet::of(&[b'T', 0xe3]),
    responder_first: ByteSet::of(&[b'T', 0xe3]),
    inspect,
    describe: Some(describe),
    attributes: &[("ibm-mq.segment", "type of the initiator's first segment (1 initial data, 5 status ...)")],
    confused_with: "nothing: TSH, a length and a segment type",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest segment, in bytes: channels negotiate 32 KiB.
const MAX_SEGMENT: u32 = 1 << 20;
/// The header's identifier in ASCII and in EBCDIC: plain, client, multiplexed.
const IDENTIFIERS: &[&[u8]] = &[b"TSH ", b"TSHC", b"TSHM", b"\xe3\xe2\xc8\x40", b"\xe3\xe2\xc8\xc3", b"\xe3\xe2\xc8\xd4"];

/// Reads a segment's header, and gives its type.
fn segment(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    let identifier = cursor.one_of(IDENTIFIERS)?;
    let len = cursor.u32()?;
    require((28..=MAX_SEGMENT).contains(&len))?;
    if identifier % 3 == 2 {
        cursor.skip(8)?;
    }
    require(matches!(cursor.u8()?, 1 | 2))?;
    cursor.u8()
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |cursor| segment(cursor).map(|_| Confidence::Message);
    Evidence::of(
        judged(opening.request()),
        judged(opening.reply()),
        "segment: TSH, a length and a byte order (IBM MQ transmission segment header)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("ibm-mq.segment", segment(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "initial data are exchanged",
        &[b"TSH \x00\x00\x00\xec\x01\x01\x31\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x11\x04\xb8\x00\x00ID  "],
        &[b"TSH \x00\x00\x00\xec\x02\x01\x31\x00\x00\x00\x00\x00\x00\x00\x00\x00\x22\x02\x00\x00\xb8\x04\x00\x00ID  "],
    ),
    Example::not(Transport::Tcp, "text", &[b"TSH is not what it seems\r\n"], &[]),
];
