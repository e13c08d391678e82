//! NATS: the server's INFO and the client's CONNECT, NATS' [client protocol].
//!
//! ```text
//! responder   INFO {"server_id":"…","version":"2.10.1",…}␍␊
//! initiator   CONNECT {"verbose":false,…}␍␊ PING␍␊
//! ```
//!
//! PING alone is Redis' as well: the braces after the first word tell.
//!
//! [client protocol]: https://docs.nats.io/reference/reference-protocols/nats-protocol

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// NATS.
pub const INSPECTOR: Inspector = Inspector {
    name: "nats",
    title: "NATS messaging",
    specification: "NATS client protocol, INFO and CONNECT",
    ports: &[4222, 6222],
    initiator_first: ByteSet::of(b"CcIi"),
    responder_first: ByteSet::of(b"Ii"),
    inspect,
    describe: Some(describe),
    attributes: &[("nats.version", "the server's version")],
    confused_with: "Redis, whose clients say PING too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest INFO in bytes that is read.
const MAX_INFO: usize = 8192;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let greeting = |mut cursor: Cursor<'_>| {
        cursor.tag_ignore_case(b"INFO {\"").or_else(|reject| {
            let mut spaced = opening.reply();
            spaced.tag_ignore_case(b"INFO  {\"").map_err(|_| reject)
        })?;
        Ok(if mentions(cursor.rest(), "server_id\"") { Confidence::Message } else { Confidence::Signature })
    };
    // Routes between servers begin with INFO from both sides.
    let hello = |mut cursor: Cursor<'_>| cursor.one_of(&[b"CONNECT {\"", b"connect {\"", b"INFO {\""]).map(|_| Confidence::Signature);
    Evidence::of(hello(opening.request()), greeting(opening.reply()), "info-and-connect: INFO and CONNECT with their objects (NATS client protocol)")
}

fn version(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let line = cursor.line(MAX_INFO)?;
    let key = b"\"version\":\"";
    let at = line.windows(key.len()).position(|window| window == key).ok_or(Reject::Mismatch)?;
    let rest = line.get(at + key.len()..).unwrap_or_default();
    Ok(rest.split(|&byte| byte == b'"').next().unwrap_or_default())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("nats.version", version(opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client connects",
        &[b"CONNECT {\"verbose\":false}\r\nPING\r\n"],
        &[b"INFO {\"server_id\":\"A\",\"version\":\"2.10.1\"}\r\n"],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"INFO {\"server_id\":\"A\"}\r\n"]),
    Example::not(Transport::Tcp, "Redis", &[b"INFO server\r\n"], &[b"$9\r\n# Server\n\r\n"]),
    Example::not(Transport::Tcp, "HTTP's CONNECT", &[b"CONNECT a:443 HTTP/1.1\r\n\r\n"], &[]),
];
