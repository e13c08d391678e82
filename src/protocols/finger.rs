//! Finger, [RFC 1288] section 2.3: a user's name in one line, answered by a text.
//!
//! The question `[/W] [user] [@host]` has hardly any form, so it is believed on its own port only.
//!
//! [RFC 1288]: https://www.rfc-editor.org/rfc/rfc1288

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Finger.
pub const INSPECTOR: Inspector = Inspector {
    name: "finger",
    title: "Finger user information",
    specification: "RFC 1288 section 2.3",
    ports: &[79],
    initiator_first: ByteSet::range(0x20, 0x7e).or(ByteSet::of(b"\r\n")),
    responder_first: ByteSet::range(0x20, 0x7e).or(ByteSet::of(b"\r\n\t")),
    inspect,
    describe: Some(describe),
    attributes: &[("finger.query", "whom was asked for")],
    confused_with: "WHOIS, which asks in one line too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest question in bytes.
const MAX_QUERY: usize = 256;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(INSPECTOR.ports))?;
    let asked = query(opening.request())?;
    let rule = "question-on-port: a user's name in one line on Finger's port (RFC 1288 section 2.3)";
    let verbose = asked.starts_with(b"/W");
    Ok(if verbose && !opening.responder.is_silent() { Evidence::message(rule) } else { Evidence::signature(rule) })
}

fn query(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let user = |byte: &u8| byte.is_ascii_alphanumeric() || b" ./@_-+".contains(byte);
    require(cursor.rest().iter().take_while(|&&byte| byte != b'\r' && byte != b'\n').all(user))?;
    let line = cursor.line(MAX_QUERY)?;
    require(cursor.rest().trim_ascii().is_empty())?;
    Ok(line)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let asked = query(opening.request()).ok().filter(|query| !query.is_empty());
    attributes.set_some("finger.query", asked);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a verbose question", &[b"/W alice\r\n"], &[b"Login: alice\r\n"]).on(79),
    Example::tcp(Confidence::Signature, "a question", &[b"alice\r\n"], &[b"Login: alice\r\n"]).on(79),
    Example::not(Transport::Tcp, "another port", &[b"/W alice\r\n"], &[b"Login: alice\r\n"]),
    Example::not(Transport::Tcp, "HTTP", &[b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"], &[]).on(79),
];
