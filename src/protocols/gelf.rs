//! Graylog Extended Log Format (GELF): log messages as JSON, whole, in chunks or compressed.
//!
//! ```text
//! {"version":"1.1","host":"...","short_message":"..."}        over TCP each ends with a zero byte
//! 1e 0f   message (8)   number (1)   count (1)   part of it     over UDP
//! ```
//!
//! Graylog documentation, "GELF". A compressed message (gzip or zlib) counts only on its port. Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Graylog Extended Log Format.
pub const INSPECTOR: Inspector = Inspector {
    name: "gelf",
    title: "Graylog Extended Log Format",
    specification: "Graylog documentation: GELF payload specification",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(b"{\x1e\x1f\x78"),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "other JSON, which lacks the fields",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[12201];
/// Most chunks of a message.
const MAX_CHUNKS: u8 = 128;
/// How many bytes are searched for the two fields that every message has.
const SEARCHED: usize = 2048;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "log-message: the fields that every message has, or chunks of one (GELF)";
    if opening.transport == Transport::Tcp {
        return json(opening.request()).map(|()| Evidence::message(rule));
    }
    let (mut whole, mut chunks) = (false, 0);
    let count = in_datagrams(&opening.initiator, |cursor| match cursor.rest() {
        [b'{', ..] => {
            whole = true;
            json(*cursor)
        }
        [0x1e, 0x0f, ..] => {
            chunks += 1;
            cursor.skip(10)?;
            let (number, count) = (cursor.u8()?, cursor.u8()?);
            require(count <= MAX_CHUNKS && number < count)
        }
        [0x1f, 0x8b, 8, ..] | [0x78, 0x01 | 0x9c | 0xda, ..] => require(opening.is_on(PORTS)),
        _ => Err(Reject::Mismatch),
    })?;
    match (whole, chunks, opening.is_on(PORTS)) {
        (true, ..) => Ok(Evidence::message(rule)),
        (false, 2.., _) | (false, _, true) if count > 0 => Ok(Evidence::signature(rule)),
        _ => Err(Reject::Incomplete),
    }
}

fn json(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let bytes = cursor.rest();
    let near = bytes.get(..SEARCHED).unwrap_or(bytes);
    cursor.tag(b"{")?;
    let has = |word: &[u8]| near.windows(word.len()).any(|part| part == word);
    let version = has(b"\"version\":\"1.") || has(b"\"version\": \"1.");
    if version && has(b"\"short_message\"") && has(b"\"host\"") {
        return Ok(());
    }
    Err(if cursor.is_open() && bytes.len() < SEARCHED { Reject::Incomplete } else { Reject::Mismatch })
}

const LOG: &[u8] = b"{\"version\":\"1.1\",\"host\":\"web1\",\"short_message\":\"started\"}";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a message", &[LOG], &[]),
    Example::tcp(Confidence::Message, "over TCP", &[LOG, b"\0"], &[]),
    Example::udp(Confidence::Signature, "two chunks", &[b"\x1e\x0f12345678\0\x02abc", b"\x1e\x0f12345678\x01\x02def"], &[]),
    Example::not(Transport::Udp, "an object without the fields", &[b"{\"version\":\"1.1\"}"], &[]),
    Example::not(Transport::Udp, "a chunk beyond the last", &[b"\x1e\x0f12345678\x02\x02abc"], &[]),
];
