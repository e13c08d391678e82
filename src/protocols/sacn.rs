//! Streaming ACN, by which stage lights are controlled over UDP: ANSI E1.31 in the root layer of E1.17.
//!
//! ```text
//! 00 10 | 00 00 | "ASC-E1.17" 00 00 00 | flags 7 and length | vector | sender's UUID ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Streaming ACN.
pub const INSPECTOR: Inspector = Inspector {
    name: "sacn",
    title: "Streaming ACN (DMX512 over IP)",
    specification: "ANSI E1.31-2018 section 5",
    carriers: Carriers::UDP,
    ports: &[5568],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("sacn.source", "name of the source of the first data packet")],
    confused_with: "nothing: the packet identifier of twelve bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads the root layer, and gives its data.
fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, Reject> {
    cursor.tag(b"\x00\x10\x00\x00ASC-E1.17\0\0\0")?;
    let length = cursor.u16()?;
    require(length >> 12 == 7)?;
    require(matches!(cursor.u32()?, 1..=16))?;
    cursor.skip(16)?;
    let data = *cursor;
    cursor.skip(cursor.len())?;
    Ok(data)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| in_datagrams(&said, |cursor| packet(cursor).map(drop)).map(|_| Confidence::Message);
    Evidence::of(judged(opening.initiator), judged(opening.responder), "root-layer: ACN packet identifier (ANSI E1.31 section 5)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(mut data) = packet(&mut opening.request()) {
        // Framing layer: flags and length, vector, then the name in 64 bytes.
        let name = data.skip(6).and_then(|()| data.take(64)).ok();
        let name = name.and_then(|name| name.split(|&byte| byte == 0).next());
        attributes.set_some("sacn.source", name.filter(|name| !name.is_empty() && is_text(name)));
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "data for a universe",
        &[b"\x00\x10\x00\x00ASC-E1.17\0\0\0\x72\x6e\x00\x00\x00\x040123456789abcdef\x72\x58\x00\x00\x00\x02desk"],
        &[],
    ),
    Example::not(Transport::Udp, "another identifier", &[b"\x00\x10\x00\x00ASC-E1.18\0\0\0\x72\x6e"], &[]),
];
