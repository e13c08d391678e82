//! Service Location Protocol (SLP), versions 1 and 2, over UDP and TCP.
//!
//! ```text
//! 1   function (1)  length (2)  flags (1)  dialect (1)  language (2)  character set (2)  id (2)      RFC 2165 section 4.4
//! 2   function (1)  length (3)  flags (2)  extension (3)  id (2)  language: length (2), text         RFC 2608 section 8
//! ```
//!
//! The length is the whole message's; the answer repeats the id.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SLP.
pub const INSPECTOR: Inspector = Inspector {
    name: "slp",
    title: "Service Location Protocol",
    specification: "RFC 2608 section 8, RFC 2165 section 4.4",
    carriers: Carriers::TCP_UDP,
    ports: &[427],
    initiator_first: ByteSet::of(&[1, 2]),
    responder_first: ByteSet::of(&[1, 2]),
    inspect,
    describe: Some(describe),
    attributes: &[("slp.version", "1 or 2"), ("slp.function", "the first message's function, as service-request")],
    confused_with: "nothing of the same length that names a language",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Names of functions from 1 on (RFC 2608 section 8).
const FUNCTIONS: [&str; 11] = [
    "service-request", "service-reply", "service-registration", "service-deregistration", "service-acknowledge",
    "attribute-request", "attribute-reply", "directory-advert", "service-type-request", "service-type-reply",
    "service-advert",
];
/// The reserved bits of version 2's flags (RFC 2608 section 8).
const RESERVED_FLAGS: u16 = 0x1fff;
/// Highest number of a character set (IANA "Character Sets": MIBenum), with room.
const MAX_ENCODING: u16 = 3000;
/// Longest language tag that is believed, in bytes.
const MAX_LANGUAGE: u16 = 32;

#[derive(Clone, Copy)]
struct Header {
    version: u8,
    function: u8,
    id: u16,
    complete: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let read = |cursor| header(cursor, opening.transport == Transport::Udp);
    let (request, reply) = (read(opening.request()), read(opening.reply()));
    let rule = "header: version, function, length and language (RFC 2608 section 8)";
    if let (Ok(asked), Ok(answered)) = (request, reply) {
        let fits = asked.id == answered.id && asked.version == answered.version;
        return Ok(if fits { Evidence::dialogue(rule) } else { Evidence::message(rule) });
    }
    let weigh = |header: Result<Header, Reject>| {
        header.map(|header| if header.complete { Confidence::Message } else { Confidence::Signature })
    };
    Evidence::of(weigh(request), weigh(reply), rule)
}

fn header(mut cursor: Cursor<'_>, datagram: bool) -> Result<Header, Reject> {
    let all = cursor.len();
    let version = cursor.u8()?;
    let function = cursor.u8()?;
    require((1..=FUNCTIONS.len()).contains(&usize::from(function)))?;
    let len;
    let id;
    if version == 1 {
        len = usize::from(cursor.u16()?);
        // Flags, of which three are reserved; a dialect, of which there is one; language; encoding (RFC 2165 section 5).
        require(cursor.u8()? & 7 == 0 && cursor.u8()? == 0)?;
        let language = cursor.take(2)?;
        require(language.iter().all(u8::is_ascii_alphabetic))?;
        require((1..=MAX_ENCODING).contains(&cursor.u16()?))?;
        id = cursor.u16()?;
    } else {
        require(version == 2)?;
        len = cursor.u24()? as usize;
        require(cursor.u16()? & RESERVED_FLAGS == 0)?;
        cursor.skip(3)?;
        id = cursor.u16()?;
        let language = cursor.u16()?;
        require((1..=MAX_LANGUAGE).contains(&language))?;
        let tag = cursor.take(language.into())?;
        require(tag.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'))?;
    }
    let read = all - cursor.len();
    require(len >= read)?;
    let complete = !cursor.within(len - read)?.is_open();
    require(!(datagram && complete) || cursor.is_empty())?;
    Ok(Header { version, function, id, complete })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let read = |cursor| header(cursor, opening.transport == Transport::Udp).ok();
    if let Some(header) = read(opening.request()).or_else(|| read(opening.reply())) {
        attributes.set("slp.version", header.version);
        attributes.set_some("slp.function", FUNCTIONS.get(usize::from(header.function) - 1).copied());
    }
}

const REQUEST: &[u8] =
    b"\x02\x01\0\0\x2b\x20\0\0\0\0\x12\x34\0\x02en\0\0\0\x0fservice:printer\0\x00\0\0\0\0";
const REPLY: &[u8] = b"\x02\x02\0\0\x14\0\0\0\0\0\x12\x34\0\x02en\0\0\0\0";
const OLD: &[u8] = b"\x01\x06\0\x20\0\0en\0\x03\x12\x34\0\x0cservice:x://\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a request to the group", &[REQUEST_EXACT], &[]),
    Example::udp(Confidence::Dialogue, "a request and its answer", &[REQUEST_EXACT], &[REPLY]),
    Example::tcp(Confidence::Dialogue, "the same over TCP", &[REQUEST_EXACT], &[REPLY]),
    Example::udp(Confidence::Message, "version 1", &[OLD], &[]),
    Example::not(Transport::Udp, "a length that is not the datagram's", &[REQUEST], &[]),
];

/// Previous responders, service type, scopes, predicate, security parameter index: each behind its length.
const REQUEST_EXACT: &[u8] = b"\x02\x01\0\0\x29\x20\0\0\0\0\x12\x34\0\x02en\0\0\0\x0fservice:printer\0\0\0\0\0\0";
