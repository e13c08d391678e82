//! MongoDB's [wire protocol].
//!
//! ```text
//! length LE | request id | response to | opcode | ...
//! initiator   2004 query: "admin.$cmd" ..., 2013 message: flags, kind, a document whose length fits, 2012 compressed
//! responder   1 reply, 2013 message: response to = the request's id
//! ```
//!
//! [wire protocol]: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// MongoDB.
pub const INSPECTOR: Inspector = Inspector {
    name: "mongodb",
    title: "MongoDB wire protocol",
    specification: "MongoDB manual: wire protocol, standard message header, OP_MSG, OP_QUERY, OP_REPLY",
    ports: &[27017, 27018, 27019],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("mongodb.opcode", "opcode of the first request (2004 query, 2013 message ...)"),
        ("mongodb.command", "first element's name in the first request's document: the command"),
        ("mongodb.collection", "collection that the first query names"),
    ],
    confused_with: "TLS on the same port, to which a client goes over from the first byte",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message that servers accept (maxMessageSizeBytes), in bytes.
const MAX_LENGTH: u32 = 48_000_000;
const REPLY: u32 = 1;
const QUERY: u32 = 2004;
const COMPRESSED: u32 = 2012;
const MESSAGE: u32 = 2013;

/// A message's header and the beginning of its body.
#[derive(Clone, Copy)]
struct Message<'a> {
    id: u32,
    response_to: u32,
    opcode: u32,
    body: Cursor<'a>,
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let len = cursor.u32_le()?;
    require((16..=MAX_LENGTH).contains(&len))?;
    let (id, response_to) = (cursor.u32_le()?, cursor.u32_le()?);
    let opcode = cursor.u32_le()?;
    require(matches!(opcode, 1 | 2001..=2002 | 2004..=2007 | 2010..=2013))?;
    let body = cursor.within(len as usize - 16)?;
    let mut ahead = body;
    match opcode {
        MESSAGE => {
            // Flags: a checksum, more to come, exhaust allowed; then a section of kind 0 or 1.
            require(ahead.u32_le()? & !0x0001_0003 == 0)?;
            require(ahead.u8()? <= 1)?;
            require(ahead.u32_le()? <= len)?;
        }
        QUERY => {
            require(ahead.u32_le()? & !0xfe == 0)?;
            require(ahead.until(0, 128).is_ok_and(is_text) || ahead.is_open())?;
        }
        REPLY => {
            require(ahead.u32_le()? & !0x0f == 0)?;
            ahead.skip(12)?;
        }
        COMPRESSED => {
            require(matches!(ahead.u32_le()?, 1 | 2001..=2013))?;
            ahead.skip(4)?;
            // None, snappy, zlib, zstd.
            require(ahead.u8()? <= 3)?;
        }
        _ => {}
    }
    Ok(Message { id, response_to, opcode, body })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, Transport::Tcp, |cursor| {
            let message = message(cursor)?;
            if message.body.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
        })
        .map(|_| Confidence::Message)
    };
    let rule = "message: length, opcode and the body's first fields (MongoDB wire protocol, message header)";
    let evidence = Evidence::of(judged(opening.initiator), judged(opening.responder), rule)?;
    let pair = (message(&mut opening.request()), message(&mut opening.reply()));
    if let (Ok(request), Ok(reply)) = pair
        && opening.from_start
    {
        require(request.response_to == 0 && reply.response_to == request.id)?;
    }
    Ok(evidence)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Ok(Message { opcode, mut body, .. }) = message(&mut opening.request()) else { return };
    attributes.set("mongodb.opcode", opcode);
    let before_document = match opcode {
        MESSAGE => body.skip(4 + 1),
        QUERY => body.skip(4).and_then(|()| body.until(0, 128)).and_then(|collection| {
            attributes.set("mongodb.collection", collection);
            body.skip(8)
        }),
        _ => return,
    };
    // A document is its length, then elements: type, name.
    let command = before_document.and_then(|()| body.skip(4 + 1)).and_then(|()| body.until(0, 64));
    attributes.set_some("mongodb.command", command.ok());
}

const PING: &[u8] = b"3\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x1e\x00\x00\x00\x10ping\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00\x00";

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a ping and its answer",
        &[PING],
        &[b"&\x00\x00\x00\x09\x00\x00\x00\x07\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0?\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "an old client's first query",
        &[b":\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00\x10isMaster\x00\x01\x00\x00\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "an answer to another request",
        &[PING],
        &[b"&\x00\x00\x00\x09\x00\x00\x00\x08\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0?\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "an opcode that never was",
        &[b"\x10\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xde\x07\x00\x00"],
        &[],
    ),
];
