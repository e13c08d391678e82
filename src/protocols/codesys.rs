//! CODESYS V3, which controllers of some four hundred makers run: its block driver over TCP and its discovery over UDP.
//!
//! ```text
//! TCP   E8 17 01 00 | length of the whole LE | C5 datagram ...
//! UDP   C5 | hops, header length | service ...                       ports 1740 to 1743 only
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// CODESYS.
pub const INSPECTOR: Inspector = Inspector {
    name: "codesys",
    title: "CODESYS V3 runtime",
    specification: "CODESYS V3 communication layers as published by security researchers: block driver TCP",
    ports: &[11740, 11741, 11742, 11743],
    initiator_first: ByteSet::of(&[0xe8]),
    responder_first: ByteSet::of(&[0xe8]),
    inspect,
    confused_with: "nothing: a magic number and the length that counts it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn block(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0xe8, 0x17, 0x01, 0x00])?;
    let len = cursor.u32_le()?;
    require((9..1 << 16).contains(&len))?;
    cursor.skip(len as usize - 8)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| of_said(&said, Transport::Tcp, block).map(|_| Confidence::Message);
    Evidence::of(judged(opening.initiator), judged(opening.responder), "block: magic number and length (CODESYS V3 block driver TCP)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a channel is opened",
        &[b"\xe8\x17\x01\x00\x0c\x00\x00\x00\xc5\x6b\x40\x40"],
        &[b"\xe8\x17\x01\x00\x0c\x00\x00\x00\xc5\x6b\x40\x40"],
    ),
    Example::not(Transport::Tcp, "a length that is too small", &[b"\xe8\x17\x01\x00\x04\x00\x00\x00\xc5\x6b\x40\x40"], &[]),
];
