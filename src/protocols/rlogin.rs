//! Remote login, [RFC 1282].
//!
//! ```text
//! initiator   ␀ client-user␀ server-user␀ xterm/38400␀     from a reserved port
//! responder   ␀
//! ```
//!
//! [RFC 1282]: https://www.rfc-editor.org/rfc/rfc1282

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Remote login.
pub const INSPECTOR: Inspector = Inspector {
    name: "rlogin",
    title: "BSD remote login",
    specification: "RFC 1282",
    ports: &[513],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("rlogin.user", "the user on the server"), ("rlogin.terminal", "terminal type and speed in bits per second")],
    confused_with: "rsh, which begins with a zero byte too when errors share the connection",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest name or terminal type in bytes.
const MAX_NAME: usize = 64;

fn inspect(opening: &Opening<'_>) -> Verdict {
    hello(opening.request())?;
    let mut reply = opening.reply();
    match reply.tag(&[0]) {
        Ok(()) => Ok(Evidence::dialogue("login-and-reply: names and a terminal, answered by a zero byte (RFC 1282)")),
        Err(Reject::Incomplete) => Ok(Evidence::signature("login: names and a terminal (RFC 1282)")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

/// Server user and terminal.
fn hello(mut cursor: Cursor<'_>) -> Result<(&[u8], &[u8]), Reject> {
    cursor.tag(&[0])?;
    let (client, server) = (cursor.until(0, MAX_NAME)?, cursor.until(0, MAX_NAME)?);
    require([client, server].iter().all(|name| !name.is_empty() && is_text(name)))?;
    let terminal = cursor.until(0, MAX_NAME)?;
    let speed = terminal.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    require(is_text(terminal) && speed.len() < terminal.len())?;
    decimal(speed)?;
    Ok((server, terminal))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((user, terminal)) = hello(opening.request()) {
        attributes.set("rlogin.user", user);
        attributes.set("rlogin.terminal", terminal);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a login", &[b"\0", b"alice\0bob\0xterm/38400\0"], &[b"\0"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"\0alice\0bob\0vt100/9600\0"], &[]),
    Example::not(Transport::Tcp, "no speed", &[b"\0alice\0bob\0date\0"], &[b"\0"]),
];
