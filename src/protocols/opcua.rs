//! OPC UA over TCP: the chunks of UA connection protocol, OPC 10000-6 section 7.1.
//!
//! ```text
//! type, 3 letters | F C or A | length LE, the whole | ...
//! initiator   HELF  version  buffer sizes  largest message  chunks  URL
//! responder   ACKF  version  buffer sizes  largest message  chunks        or ERRF  code  reason
//! both        OPNF, MSGF, CLOF  channel ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// OPC UA.
pub const INSPECTOR: Inspector = Inspector {
    name: "opcua",
    title: "OPC Unified Architecture, binary over TCP",
    specification: "OPC 10000-6 section 7.1",
    ports: &[4840],
    initiator_first: ByteSet::of(b"HRAEOMC"),
    responder_first: ByteSet::of(b"HRAEOMC"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("opcua.endpoint", "URL that the client asks for"),
        ("opcua.security_policy", "security policy of the secure channel that the client opens"),
        ("opcua.error", "status code with which the server refuses"),
    ],
    confused_with: "HTTP and other text: the length after the four letters does not fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Chunks read of a side.
const MAX_CHUNKS: usize = 4;
/// Longest URL or policy, in bytes (section 7.1.2.3: 4096).
const MAX_URL: u32 = 4096;
/// Longest chunk believed, in bytes.
const MAX_CHUNK: u32 = 1 << 24;

/// The place of a chunk's type in the list of them.
type Kind = usize;
const KINDS: &[&[u8]] = &[b"HELF", b"ACKF", b"ERRF", b"RHEF", b"OPNF", b"MSGF", b"MSGC", b"MSGA", b"CLOF"];
const HELLO: Kind = 0;
const ACKNOWLEDGE: Kind = 1;
const ERROR: Kind = 2;
const REVERSE_HELLO: Kind = 3;
const OPEN: Kind = 4;

fn chunk<'a>(cursor: &mut Cursor<'a>) -> Result<(Kind, Cursor<'a>), Reject> {
    let kind = cursor.one_of(KINDS)?;
    let len = cursor.u32_le()?;
    require((12..=MAX_CHUNK).contains(&len))?;
    let body = cursor.within(len as usize - 8)?;
    let mut ahead = body;
    match kind {
        HELLO => {
            ahead.skip(20)?;
            text(&mut ahead)?;
            ahead.end()?;
        }
        ACKNOWLEDGE => require(len == 28)?,
        ERROR => {
            // A status code of severity bad.
            require(ahead.u32_le()? >> 30 == 2)?;
            text(&mut ahead)?;
            ahead.end()?;
        }
        REVERSE_HELLO => {
            text(&mut ahead)?;
            text(&mut ahead)?;
        }
        OPEN => {
            ahead.skip(4)?;
            text(&mut ahead)?;
        }
        // Channel, token, sequence and request numbers are 16 bytes.
        _ => require(len >= 24)?,
    }
    Ok((kind, body))
}

/// Reads a string: its length, which is -1 for none, and its bytes.
fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    match cursor.u32_le()? {
        u32::MAX => Ok(&[]),
        len => {
            require(len <= MAX_URL)?;
            cursor.take(len as usize)
        }
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, Transport::Tcp, |cursor| chunk(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "chunk: a type, F, C or A, and a length that fits (OPC 10000-6 section 7.1.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut stream = opening.request();
    for _ in 0..MAX_CHUNKS {
        match chunk(&mut stream) {
            Ok((HELLO, mut body)) => {
                let url = body.skip(20).and_then(|()| text(&mut body));
                attributes.set_some("opcua.endpoint", url.ok());
            }
            Ok((OPEN, mut body)) => {
                let policy = body.skip(4).and_then(|()| text(&mut body));
                attributes.set_some("opcua.security_policy", policy.ok());
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    if let Ok((ERROR, mut body)) = chunk(&mut opening.reply()) {
        attributes.set_some("opcua.error", body.u32_le().ok().map(|code| format!("0x{code:08x}")));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "hello and acknowledge",
        &[b"HELF\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00opc.tcp://a/"],
        &[b"ACKF\x1c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: a message",
        &[b"MSGF\x1c\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\xb1\x01"],
        &[],
    ),
    Example::not(Transport::Tcp, "text", &[b"HELFER gesucht\r\n"], &[]),
    Example::not(
        Transport::Tcp,
        "a hello that is longer than its URL",
        &[b"HELF\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00opc.tcp://a/!"],
        &[],
    ),
];
