//! Fluentd's forward protocol, in MessagePack over TCP.
//!
//! ```text
//! array of 2 to 4   tag (text)   time, list of events, or bytes   [record] [options]
//! responder         {"ack": ...}, or with authentication first ["HELO", {...}]; then ["PING", ...] and ["PONG", ...]
//! ```
//!
//! Fluentd, "Forward Protocol Specification" version 1.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Fluentd forward protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "fluentd",
    title: "Fluentd forward protocol",
    specification: "Fluentd Forward Protocol Specification v1",
    ports: PORTS,
    initiator_first: ByteSet::range(0x92, 0x96),
    responder_first: ByteSet::range(0x92, 0x96).or(ByteSet::of(&[0x81])),
    inspect,
    confused_with: "other MessagePack",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[24224];
/// The words of the handshake.
const HELO: &[u8] = b"HELO";
const PING: &[u8] = b"PING";
/// A time with nanoseconds: extension type 0 of eight bytes.
const EVENT_TIME: [u8; 2] = [0xd7, 0x00];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(PORTS);
    let forward = |mut cursor: Cursor<'_>| -> Result<Confidence, Reject> {
        let (tag, next) = (array_and_tag(&mut cursor)?, cursor.array::<2>()?);
        if tag == PING {
            return Ok(Confidence::Message);
        }
        require(!tag.is_empty() && tag.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-/*".contains(byte)))?;
        match next {
            EVENT_TIME => Ok(Confidence::Message),
            // A list of events, packed ones, or seconds.
            [0x90..=0x9f | 0xdc | 0xdd | 0xc4..=0xc6 | 0xda | 0xdb | 0xce, _] if on_port => Ok(Confidence::Message),
            [0x91..=0x9f, 0x92] => Ok(Confidence::Signature),
            [0x90..=0x9f | 0xdc | 0xdd | 0xc4..=0xc6 | 0xda | 0xdb | 0xce, _] => Err(Reject::Incomplete),
            _ => Err(Reject::Mismatch),
        }
    };
    let reply = |mut cursor: Cursor<'_>| -> Result<Confidence, Reject> {
        if cursor.rest().first() == Some(&0x81) {
            cursor.tag(b"\x81\xa3ack")?;
        } else {
            require(array_and_tag(&mut cursor)? == HELO)?;
        }
        Ok(Confidence::Message)
    };
    let rule = "entry: an array of a tag, a time or events (Fluentd forward protocol)";
    Evidence::of(forward(opening.request()), reply(opening.reply()), rule)
}

/// Reads the beginning of an array and its first element, which must be text.
fn array_and_tag<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    require(matches!(cursor.u8()?, 0x92..=0x96))?;
    let len = match cursor.u8()? {
        short @ 0xa0..=0xbf => usize::from(short & 0x1f),
        0xd9 => usize::from(cursor.u8()?),
        _ => return Err(Reject::Mismatch),
    };
    cursor.take(len)
}

const EVENT: &[u8] = b"\x93\xa7app.log\xd7\0\x69\x55\0\0\0\0\0\0\x81\xa1k\xa1v";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "an event", &[EVENT], &[]),
    Example::tcp(Confidence::Dialogue, "an event that is acknowledged", &[EVENT], &[b"\x81\xa3ack\xa4abcd"]),
    Example::tcp(Confidence::Message, "a server that wants a password", &[], &[b"\x92\xa4HELO\x81\xa5nonce\xc4\x01a"]),
    Example::not(Transport::Tcp, "a tag that is none", &[b"\x93\xa3\0\x01\x02\xd7\0\x69\x55\0\0"], &[]),
    Example::not(Transport::Tcp, "another first element", &[b"\x93\xc0\xd7\0\x69\x55\0\0"], &[]),
];
