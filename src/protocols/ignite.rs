//! Apache Ignite's thin clients: their handshake.
//!
//! ```text
//! initiator   length LE | 01 handshake | major, minor, patch LE | 02 thin client ...
//! responder   length LE | 01 success ...    or 00 | versions that the server speaks | text
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Ignite.
pub const INSPECTOR: Inspector = Inspector {
    name: "ignite",
    title: "Apache Ignite thin client",
    specification: "Ignite documentation: binary client protocol, handshake",
    ports: &[10800],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("ignite.version", "protocol version that the client asks for")],
    confused_with: "other protocols with four bytes of length in front: nine fixed bytes follow",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn handshake(mut cursor: Cursor<'_>) -> Result<[u16; 3], Reject> {
    let len = cursor.u32_le()?;
    require((8..1024).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    body.tag(&[1])?;
    let version = [body.u16_le()?, body.u16_le()?, body.u16_le()?];
    let [major, minor, patch] = version;
    // ODBC and JDBC, 1, have versions 2.x; thin clients, 2, have 1.x.
    let kind = body.u8()?;
    require(patch == 0 && minor <= 19 && matches!((kind, major), (1, 2) | (2, 1)))?;
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(version) }
}

fn answer(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let len = cursor.u32_le()?;
    require((1..4096).contains(&len))?;
    require(cursor.u8()? <= 1)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    handshake(opening.request())?;
    let reply = answer(opening.reply());
    let rule = "handshake: operation 1, a version and the client's kind (Ignite binary client protocol)";
    match reply {
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Ok(()) => Ok(Evidence::dialogue(rule)),
        Err(Reject::Incomplete) => Ok(Evidence::new(Confidence::Message, rule)),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = handshake(opening.request()).ok();
    attributes.set_some("ignite.version", version.map(|[major, minor, patch]| format!("{major}.{minor}.{patch}")));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client greets",
        &[b"\x08\x00\x00\x00\x01\x01\x00\x07\x00\x00\x00\x02"],
        &[b"\x01\x00\x00\x00\x01"],
    ),
    Example::not(Transport::Tcp, "another version", &[b"\x08\x00\x00\x00\x01\x71\x00\x07\x00\x00\x00\x02"], &[]),
];
