//! The remote shell, and the shape that it shares with remote execution: the BSD programs' commands.
//!
//! ```text
//! initiator   1022␀ name␀ remote-name␀ command␀     from a reserved port, 512 to 1023 (rcmd(3))
//! responder   ␀ and then the command's output       or 01 and a line that says why not
//! ```
//!
//! The first number is the port for the command's errors; empty or 0 when they share the connection. Nothing of it is
//! telling enough without the ports: the client's must be reserved, or the server's be the shell's.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// The remote shell.
pub const INSPECTOR: Inspector = Inspector {
    name: "rsh",
    title: "BSD remote shell",
    specification: "rcmd(3) and rshd(8) of 4.2BSD",
    ports: &[514],
    initiator_first: FIRST,
    responder_first: ByteSet::of(&[0, 1]),
    inspect,
    describe: Some(describe),
    attributes: &[("rsh.user", "the user on the server")],
    confused_with: "syslog over TCP, which shares the port; rexec, whose client needs no reserved port and sends a password",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A digit, or the end of an empty number.
pub(super) const FIRST: ByteSet = ByteSet::range(b'0', b'9').or(ByteSet::of(&[0]));

/// Longest user name or password in bytes.
const MAX_NAME: usize = 64;

/// Longest command in bytes (NCARGS of 4.2BSD).
const MAX_COMMAND: usize = 10_240;

/// What a client asked for.
pub(super) struct Asked<'a> {
    pub(super) names: [&'a [u8]; 2],
}

/// Reads the port for errors, two names and a command, each ended by a zero byte.
pub(super) fn request(mut cursor: Cursor<'_>) -> Result<Asked<'_>, Reject> {
    let port = cursor.until(0, 5)?;
    require(port.iter().all(u8::is_ascii_digit))?;
    let mut names: [&[u8]; 2] = [&[]; 2];
    for name in &mut names {
        *name = cursor.until(0, MAX_NAME)?;
        require(!name.is_empty() && is_text(name))?;
    }
    let command = cursor.until(0, MAX_COMMAND)?;
    require(!command.is_empty() && is_text(command))?;
    Ok(Asked { names })
}

/// A zero byte, or 01 and a message.
pub(super) fn reply(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    match cursor.u8()? {
        0 => Ok(()),
        1 => cursor.until(b'\n', 512).map(drop),
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [client, _] = opening.endpoints;
    let reserved = (512..1024).contains(&client.port);
    require(reserved && !opening.is_on(&[512, 513]) || opening.is_on(INSPECTOR.ports))?;
    request(opening.request())?;
    match reply(opening.reply()) {
        Ok(()) => Ok(Evidence::dialogue("command-and-reply: a remote shell's command and its answer (rshd(8))")),
        Err(Reject::Incomplete) => Ok(Evidence::message("command: a remote shell's port, names and command (rcmd(3))")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let user = request(opening.request()).ok().map(|asked| {
        let [_, user] = asked.names;
        user
    });
    attributes.set_some("rsh.user", user);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a command that is run", &[b"1022\0alice\0bob\0date\0"], &[b"\0"]).on(514),
    Example::tcp(Confidence::Dialogue, "a command that is refused", &[b"0\0alice\0bob\0date\0"], &[b"\x01Login incorrect.\n"])
        .on(514),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"\0alice\0bob\0date\0"], &[]).on(514),
    Example::not(Transport::Tcp, "neither port is the shell's", &[b"1022\0alice\0bob\0date\0"], &[b"\0"]),
    Example::not(Transport::Tcp, "syslog over TCP", &[b"<13>Oct 11 22:14:15 host app: text\n"], &[]).on(514),
];
