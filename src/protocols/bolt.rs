//! Bolt, which Neo4j and Memgraph speak: [the handshake] of its versions.
//!
//! ```text
//! initiator   60 60 B0 17 | four versions of four bytes: 00 range minor major
//! responder   the version that it chooses, or zeros
//! ```
//!
//! [the handshake]: https://neo4j.com/docs/bolt/current/bolt/handshake/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Bolt.
pub const INSPECTOR: Inspector = Inspector {
    name: "bolt",
    title: "Neo4j Bolt",
    specification: "Neo4j: Bolt protocol handshake specification",
    ports: &[7687],
    initiator_first: ByteSet::of(&[0x60]),
    responder_first: ByteSet::of(&[0x00]),
    inspect,
    describe: Some(describe),
    attributes: &[("bolt.version", "version that the server chose")],
    confused_with: "nothing: a magic number and four versions",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn offer(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0x60, 0x60, 0xb0, 0x17])?;
    cursor.skip(16)
}

/// The version that a server chooses: minor, major.
fn choice(mut cursor: Cursor<'_>) -> Result<(u8, u8), Reject> {
    let [zero, range, minor, major] = cursor.array()?;
    // From handshake 2 on a server may answer with 00 00 01 FF and a list.
    require(zero == 0 && range == 0 && (minor <= 31 && major <= 31 || major == 0xff))?;
    Ok((minor, major))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    offer(opening.request())?;
    let reply = choice(opening.reply()).map(|_| Confidence::Message);
    Evidence::of(Ok(Confidence::Message), reply, "handshake: 60 60 B0 17 and versions (Bolt handshake specification)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = choice(opening.reply()).ok().map(|(minor, major)| format!("{major}.{minor}"));
    attributes.set_some("bolt.version", version);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a version is chosen",
        &[b"\x60\x60\xb0\x17\x00\x02\x04\x04\x00\x00\x01\x04\x00\x00\x00\x04\x00\x00\x00\x03"],
        &[b"\x00\x00\x04\x04"],
    ),
    Example::not(Transport::Tcp, "another magic number", &[b"\x60\x60\xb0\x18\x00\x02\x04\x04"], &[]),
];
