//! The Simple Text Oriented Messaging Protocol, versions 1.0 to 1.2: frames, the [specification].
//!
//! ```text
//! initiator   CONNECT␊ accept-version:1.2␊ host:example.org␊ ␊ ␀        or STOMP
//! responder   CONNECTED␊ version:1.2␊ ␊ ␀                                or ERROR
//! ```
//!
//! [specification]: https://stomp.github.io/stomp-specification-1.2.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// STOMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "stomp",
    title: "Simple Text Oriented Messaging Protocol",
    specification: "STOMP 1.2, Connecting",
    ports: &[61613],
    initiator_first: ByteSet::of(b"CS"),
    responder_first: ByteSet::of(b"CE"),
    inspect,
    describe: Some(describe),
    attributes: &[("stomp.host", "the virtual host that the client asked for"), ("stomp.server", "the server's name and version")],
    confused_with: "HTTP's CONNECT, which stands in one line with its target",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest header line in bytes.
const MAX_LINE: usize = 1024;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |result: Result<(), Reject>| result.map(|()| Confidence::Message);
    Evidence::of(
        confidence(frame(opening.request(), &[b"CONNECT", b"STOMP"])),
        confidence(frame(opening.reply(), &[b"CONNECTED", b"ERROR"])),
        "frames: CONNECT or STOMP, and CONNECTED (STOMP 1.2, Connecting)",
    )
}

/// A command in a line of its own, and a header or the end of the headers.
fn frame(mut cursor: Cursor<'_>, commands: &[&[u8]]) -> Result<(), Reject> {
    let mut word = cursor;
    word.one_of(commands)?;
    require(word.rest().first().is_none_or(|byte| matches!(byte, b'\r' | b'\n')) || commands.iter().any(|command| cursor.rest().starts_with(command)))?;
    let line = cursor.line(16)?;
    require(commands.contains(&line))?;
    let header = cursor.line(MAX_LINE)?;
    require(header.is_empty() || header.contains(&b':'))
}

fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    bytes.split(|&byte| byte == b'\n').take(16).find_map(|line| line.strip_prefix(name)).map(<[u8]>::trim_ascii)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("stomp.host", header(opening.initiator.bytes(), b"host:"));
    attributes.set_some("stomp.server", header(opening.responder.bytes(), b"server:"));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a client connects", &[b"CONNECT\naccept-version:1.2\nhost:a\n\n\0"], &[b"CONNECTED\nversion:1.2\n\n\0"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"STOMP\r\naccept-version:1.1\r\n\r\n\0"], &[]),
    Example::not(Transport::Tcp, "HTTP", &[b"CONNECT a:443 HTTP/1.1\r\n\r\n"], &[]),
];
