//! iFCP, which carries Fibre Channel's sessions one by one over TCP: [RFC 4172].
//!
//! ```text
//! 02 01 FD FE | 2 words of iFCP | flags and words, their complement | time | CRC | frame          RFC 3643
//! ```
//!
//! [RFC 4172]: https://www.rfc-editor.org/rfc/rfc4172

use super::fcip::header;
use crate::byteset::ByteSet;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// iFCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ifcp",
    title: "Internet Fibre Channel Protocol",
    specification: "RFC 3643 section 3; RFC 4172 section 5.3",
    ports: &[3420],
    initiator_first: ByteSet::of(&[0x02]),
    responder_first: ByteSet::of(&[0x02]),
    inspect,
    confused_with: "FCIP, which has another number in the same encapsulation",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        header(opening.request(), 2, false),
        header(opening.reply(), 2, false),
        "encapsulation: protocol 2, and words with their complements (RFC 3643 section 3.1)",
    )
}

const FRAME: &[u8] = b"\x02\x01\xfd\xfe\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\xff\xef\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides", &[FRAME], &[FRAME]),
    Example::not(Transport::Tcp, "a length without its complement", &[b"\x02\x01\xfd\xfe\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\xff\xee"], &[]),
];
