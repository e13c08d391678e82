//! World of Warcraft: the realm's connection and the logon before it.
//!
//! ```text
//! realm   30 00 "WORLD OF WARCRAFT CONNECTION - CLIENT TO SERVER" 00     answered by … SERVER TO CLIENT
//! logon   00  error  length:16 little-endian  "WoW" 00  version:24  build:16 …
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// World of Warcraft.
pub const INSPECTOR: Inspector = Inspector {
    name: "wow",
    title: "World of Warcraft",
    specification: "the handshakes as the game's client sends them",
    ports: &[3724, 6012, 8085],
    initiator_first: ByteSet::of(&[0, 0x30]),
    responder_first: ByteSet::of(&[0, 0x30]),
    inspect,
    confused_with: "nothing: the sentences are long, and the logon has a name and a length that agrees",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const CLIENT: &[u8] = b"0\0WORLD OF WARCRAFT CONNECTION - CLIENT TO SERVER\0";
const SERVER: &[u8] = b"0\0WORLD OF WARCRAFT CONNECTION - SERVER TO CLIENT\0";

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.request().rest().first() == Some(&0) {
        return logon(opening);
    }
    // A logon's answer by itself is zeros.
    if opening.initiator.is_silent() && opening.reply().rest().first() == Some(&0) {
        return Err(Reject::Incomplete);
    }
    let sentence = |mut cursor: Cursor<'_>, text| cursor.tag(text).map(|()| Confidence::Message);
    Evidence::of(sentence(opening.request(), CLIENT), sentence(opening.reply(), SERVER), "sentence: the realm's first sentence")
        .map(|evidence| if opening.initiator.is_silent() { evidence.from(Side::Responder) } else { evidence })
}

/// AUTH_LOGON_CHALLENGE, answered by 00 00 and a result.
fn logon(opening: &Opening<'_>) -> Verdict {
    let mut cursor = opening.request();
    cursor.tag(&[0])?;
    require(matches!(cursor.u8()?, 0 | 2 | 3 | 6 | 8))?;
    let len = cursor.u16_le()?;
    require((30..=64).contains(&len))?;
    let mut body = cursor.within(len.into())?;
    body.tag(b"WoW\0")?;
    let mut reply = opening.reply();
    match reply.tag(&[0, 0]) {
        Ok(()) => Ok(Evidence::dialogue("logon: a challenge for the game WoW, and its answer")),
        Err(Reject::Incomplete) => Ok(Evidence::message("logon: a challenge for the game WoW")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a realm is connected to", &[CLIENT], &[SERVER]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[SERVER]),
    Example::tcp(
        Confidence::Dialogue,
        "a logon",
        &[b"\0\x08\x20\0WoW\0\x03\x03\x05\x34\x3068x\0niW\0SUne\0\0\0\0\0\0\0\0\x02AB"],
        &[b"\0\0\0"],
    ),
    Example::not(Transport::Tcp, "a length that is too small", &[b"\0\x08\x04\0WoW\0"], &[]),
];
