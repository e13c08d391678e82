//! Soulseek: a client's login at the server, the "Soulseek Protocol Documentation" of Nicotine+, server code 1.
//!
//! ```text
//!  length:32   code:32 = 1   length:32 name   length:32 password   version:32   length:32 = 32 MD5 in hexadecimal   …     little-endian
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Soulseek.
pub const INSPECTOR: Inspector = Inspector {
    name: "soulseek",
    title: "Soulseek",
    specification: "Soulseek Protocol Documentation, server code 1",
    ports: &[2242, 2416],
    initiator_first: ByteSet::range(40, 255),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("soulseek.user", "the user; the password is never shown")],
    confused_with: "nothing: four lengths agree, and a hash is written in hexadecimal",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    login(opening.request())?;
    let answered = || {
        let mut reply = opening.reply();
        require(reply.u32_le()? < 1 << 20)?;
        require(reply.u32_le()? == 1)
    };
    let rule = "login: a name, a password and a hash (Soulseek Protocol Documentation, server code 1)";
    match answered() {
        Ok(()) => Ok(Evidence::dialogue(rule)),
        Err(_) => Ok(Evidence::message(rule)),
    }
}

fn login(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let len = cursor.u32_le()?;
    require((48..=1024).contains(&len))?;
    require(cursor.u32_le()? == 1)?;
    let user = string(&mut cursor, 64)?;
    string(&mut cursor, 256)?;
    require((100..=300).contains(&cursor.u32_le()?))?;
    let hash = string(&mut cursor, 32)?;
    require(hash.len() == 32 && hash.iter().all(u8::is_ascii_hexdigit))?;
    Ok(user)
}

fn string<'a>(cursor: &mut Cursor<'a>, max: u32) -> Result<&'a [u8], Reject> {
    let len = cursor.u32_le()?;
    require((1..=max).contains(&len))?;
    let text = cursor.take(len as usize)?;
    require(is_text(text))?;
    Ok(text)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("soulseek.user", login(opening.request()).ok());
}

const LOGIN: &[u8] = b"\x40\0\0\0\x01\0\0\0\x05\0\0\0alice\x04\0\0\0word\xa0\0\0\0\x20\0\0\x000123456789abcdef0123456789abcdef\x11\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a login", &[LOGIN], &[b"\x10\0\0\0\x01\0\0\0\x01\0\0\0\0"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[LOGIN], &[]),
    Example::not(Transport::Tcp, "another code", &[b"\x40\0\0\0\x07\0\0\0\x05\0\0\0alice"], &[]),
];
