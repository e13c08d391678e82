//! Kismet's old client protocol (up to 2013): lines of sentences that begin with an asterisk, and commands with a number.
//!
//! ```text
//! responder   *KISMET: 0.0.0 1144004381 ␁Kismet␁ …␊      *PROTOCOLS: …␊  *TIME: …␊
//! initiator   !0 ENABLE GPS lat,lon,alt␊
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Kismet's client protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "kismet",
    title: "Kismet client protocol",
    specification: "Kismet's documentation, client/server protocol",
    ports: &[2501],
    initiator_first: ByteSet::of(b"!"),
    responder_first: ByteSet::of(b"*"),
    inspect,
    describe: Some(describe),
    attributes: &[("kismet.greeting", "the server's first sentence")],
    confused_with: "IMAP, whose greeting begins with an asterisk and a space",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest line in bytes; a list of fields is long.
const MAX_LINE: usize = 4096;

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        command(opening.request()),
        greeting(opening.reply()).map(|_| Confidence::Message),
        "sentences: Kismet's sentences and commands",
    )
}

fn greeting(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(b"*KISMET: ")?;
    cursor.line(MAX_LINE)
}

fn command(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(b"!")?;
    decimal(cursor.until(b' ', 10)?)?;
    let line = cursor.line(MAX_LINE)?;
    let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    require(matches!(word, b"ENABLE" | b"REMOVE" | b"CAPABILITY" | b"PAUSE" | b"RESUME"))?;
    Ok(Confidence::Message)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("kismet.greeting", greeting(opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a greeting and a command", &[b"!0 ENABLE GPS lat,lon\n"], &[b"*KISMET: 0.0.0 1 \x01Kismet\x01\n"]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"*KISMET: 0.0.0 1\n"]),
    Example::not(Transport::Tcp, "IMAP", &[b"a1 NOOP\r\n"], &[b"* OK ready\r\n"]),
];
