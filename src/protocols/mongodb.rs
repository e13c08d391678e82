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
        ("mongodb.server_version", "the server's version, as its reply to buildInfo says"),
        ("mongodb.max_wire_version", "the highest version of the wire protocol that the server speaks (21 is 7.0), as its reply to hello says"),
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

/// Replies, elements of each, and bytes of an element's name that are read for the server's version.
const MAX_REPLIES: usize = 8;
const MAX_ELEMENTS: usize = 64;
const MAX_NAME: usize = 64;

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

/// The value of an element of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element<'a> {
    Text(&'a [u8]),
    Number(u32),
    Other,
}

/// Reads an element: its name, and its value as far as it matters here (BSON specification 1.1).
fn element<'a>(document: &mut Cursor<'a>) -> Result<(&'a [u8], Element<'a>), Reject> {
    let kind = document.u8()?;
    let name = document.until(0, MAX_NAME)?;
    let value = match kind {
        2 => {
            let len = document.u32_le()?;
            require((1..=MAX_LENGTH).contains(&len))?;
            let text = document.take(len as usize - 1)?;
            document.tag(&[0])?;
            Element::Text(text)
        }
        // A document or an array, whose length counts itself.
        3 | 4 => {
            let len = document.u32_le()?;
            require((5..=MAX_LENGTH).contains(&len))?;
            document.skip(len as usize - 4)?;
            Element::Other
        }
        5 => {
            let len = document.u32_le()?;
            require(len <= MAX_LENGTH)?;
            document.skip(len as usize + 1)?;
            Element::Other
        }
        0x10 => Element::Number(document.u32_le()?),
        // Double, date, timestamp and 64 bits; an object's id; a flag; nothing.
        1 | 9 | 0x11 | 0x12 => document.skip(8).map(|()| Element::Other)?,
        7 => document.skip(12).map(|()| Element::Other)?,
        8 => document.skip(1).map(|()| Element::Other)?,
        0x0a => Element::Other,
        _ => return Err(Reject::Mismatch),
    };
    Ok((name, value))
}

/// What the first replies say about the server.
fn describe_server(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut replies = opening.reply();
    for _ in 0..MAX_REPLIES {
        let Ok(Message { opcode, mut body, .. }) = message(&mut replies) else { return };
        // The flags and a section's kind; or flags, cursor and two counts. Then the document's length.
        let before = match opcode {
            MESSAGE => 4 + 1 + 4,
            REPLY => 20 + 4,
            _ => continue,
        };
        if body.skip(before).is_err() {
            return;
        }
        for _ in 0..MAX_ELEMENTS {
            match element(&mut body) {
                Ok((b"version", Element::Text(version))) if is_text(version) => attributes.set("mongodb.server_version", version),
                Ok((b"maxWireVersion", Element::Number(version))) => attributes.set("mongodb.max_wire_version", version),
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    describe_server(opening, attributes);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Value;
    use crate::key::Endpoint;

    /// A reply as OP_MSG with these elements.
    fn reply(elements: &[u8]) -> Vec<u8> {
        let document = [&(elements.len() as u32 + 5).to_le_bytes()[..], elements, b"\0"].concat();
        let len = (16 + 5 + document.len() as u32).to_le_bytes();
        [&len[..], &9_u32.to_le_bytes(), &7_u32.to_le_bytes(), &MESSAGE.to_le_bytes(), b"\0\0\0\0\0", &document].concat()
    }

    #[test]
    fn replies_to_hello_and_build_info_tell_versions_and_what_is_nested_tells_none() {
        let nested = b"\x03inner\0\x14\0\0\0\x02version\0\x02\0\0\0x\0\0\x01ok\0\0\0\0\0\0\0\xf0?";
        let info = reply(&[&nested[..], b"\x02version\0\x06\0\0\x007.0.5\0"].concat());
        let described = |replies: &[u8]| {
            let opening = Opening {
                transport: Transport::Tcp,
                initiator: Said::new(PING, &[], false),
                responder: Said::new(replies, &[], false),
                endpoints: [40_000, 27017].map(|port| Endpoint { address: [192, 0, 2, 1].into(), port }),
                responder_listens: true,
                from_start: true,
            };
            let mut attributes = Attributes::default();
            describe(&opening, &mut attributes);
            (attributes.value("mongodb.server_version").cloned(), attributes.value("mongodb.max_wire_version").cloned())
        };
        assert_eq!(described(&reply(nested)), (None, None));
        let wire = reply(b"\x08helloOk\0\x01\x10maxWireVersion\0\x15\0\0\0");
        let both = [wire, info].concat();
        assert_eq!(described(&both), (Some(Value::from("7.0.5")), Some(Value::Number(21))));
    }
}
