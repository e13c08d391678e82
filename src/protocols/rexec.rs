//! Remote execution: the remote shell's form with a password in place of the client's name.
//!
//! ```text
//! initiator   1022␀ user␀ password␀ command␀      from any port (rexec(3))
//! responder   ␀ and then the command's output     or 01 and a line that says why not
//! ```
//!
//! Few of its bytes are telling, so it is believed on its own port only.

use super::rsh;
use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Remote execution.
pub const INSPECTOR: Inspector = Inspector {
    name: "rexec",
    title: "BSD remote execution",
    specification: "rexec(3) and rexecd(8) of 4.2BSD",
    ports: &[512],
    initiator_first: rsh::FIRST,
    responder_first: ByteSet::of(&[0, 1]),
    inspect,
    describe: Some(describe),
    attributes: &[("rexec.user", "the user on the server; the password is never shown")],
    confused_with: "rsh, whose client has a reserved port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(INSPECTOR.ports))?;
    rsh::request(opening.request())?;
    match rsh::reply(opening.reply()) {
        Ok(()) => Ok(Evidence::dialogue("command-and-reply: user, password and command, and an answer (rexecd(8))")),
        Err(Reject::Incomplete) => Ok(Evidence::message("command: user, password and command (rexec(3))")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let user = rsh::request(opening.request()).ok().map(|asked| {
        let [user, _password] = asked.names;
        user
    });
    attributes.set_some("rexec.user", user);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a command that is run", &[b"0\0bob\0word\0date\0"], &[b"\0Fri"]).on(512),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"4001\0bob\0word\0date\0"], &[]).on(512),
    Example::not(Transport::Tcp, "another port", &[b"0\0bob\0word\0date\0"], &[b"\0"]),
];
