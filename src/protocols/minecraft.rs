//! Minecraft's Java edition: the handshake, the [protocol], sections "Handshaking" and "Status".
//!
//! ```text
//! initiator   length  00  version  length host  port:16  next state 1 status, 2 login, 3 transfer      numbers of 7 bits a byte
//! responder   length  00  length {"version":…}                                                        to a status
//! ```
//!
//! [protocol]: https://minecraft.wiki/w/Java_Edition_protocol

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Minecraft.
pub const INSPECTOR: Inspector = Inspector {
    name: "minecraft",
    title: "Minecraft Java edition",
    specification: "Java Edition protocol, Handshaking and Status",
    ports: &[25565],
    initiator_first: ByteSet::range(7, 127),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("minecraft.host", "the server that the client asked for"), ("minecraft.version", "the protocol's version")],
    confused_with: "nothing: lengths, a host's name and the next state agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

struct Handshake<'a> {
    version: u32,
    host: &'a [u8],
    state: u32,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let handshake = handshake(opening.request())?;
    let rule = "handshake: a handshake whose lengths agree (Java Edition protocol, Handshaking)";
    let status = handshake.state == 1 && status(opening.reply()).is_ok();
    // A version that exists and a plain host name make up for the small numbers around them.
    Ok(if status { Evidence::dialogue(rule) } else { Evidence::message(rule) })
}

fn handshake(mut cursor: Cursor<'_>) -> Result<Handshake<'_>, Reject> {
    let len = number(&mut cursor)?;
    require((8..=300).contains(&len))?;
    let mut body = cursor.sub(len as usize)?;
    body.tag(&[0])?;
    let version = number(&mut body)?;
    // Releases count from 4; test versions set bit 30.
    require(version < 2000 || version >> 30 == 1)?;
    let len = number(&mut body)?;
    require((1..=255).contains(&len))?;
    let host = body.take(len as usize)?;
    // What mods append comes after a zero.
    let name = host.split(|&byte| byte == 0).next().unwrap_or_default();
    require(!name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_')))?;
    body.u16()?;
    let state = number(&mut body)?;
    require((1..=3).contains(&state))?;
    body.end()?;
    Ok(Handshake { version, host: name, state })
}

fn status(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    number(&mut cursor)?;
    cursor.tag(&[0])?;
    number(&mut cursor)?;
    cursor.tag(b"{")
}

/// Seven bits a byte, the lowest first, at most five bytes.
fn number(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = cursor.u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Reject::Mismatch)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(handshake) = handshake(opening.request()) {
        attributes.set("minecraft.host", handshake.host);
        attributes.set("minecraft.version", handshake.version);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a status", &[b"\x10\0\xfb\x05\x09localhost\x63\xdd\x01\x01\0"], &[b"\x14\0\x12{\"version\":{}}"]),
    Example::tcp(Confidence::Message, "a login", &[b"\x10\0\xfb\x05\x09localhost\x63\xdd\x02"], &[]),
    Example::not(Transport::Tcp, "lengths that do not agree", &[b"\x11\0\xfb\x05\x09localhost\x63\xdd\x02\0"], &[]),
];
