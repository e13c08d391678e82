//! Apache Thrift: calls in the binary and compact protocols, framed or not, Thrift's [protocol specifications].
//!
//! ```text
//! binary    80 01 00 type  length:32 name  sequence id:32  fields
//! compact   82  type:3 version:5 = 1  sequence id varint  length varint  name  fields
//! framed    length:32 before either
//! ```
//!
//! The type is 1 call, 2 reply, 3 exception, 4 one-way. A reply repeats name and sequence id.
//!
//! [protocol specifications]: https://github.com/apache/thrift/tree/master/doc/specs

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;

/// Thrift.
pub const INSPECTOR: Inspector = Inspector {
    name: "thrift",
    title: "Apache Thrift remote procedure calls",
    specification: "Thrift binary protocol and compact protocol, section Message",
    carriers: Carriers::TCP_UDP,
    ports: &[9090, 6831, 6832],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("thrift.method", "the first call's method")],
    confused_with: "nothing that has a method's name where its length says",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Either protocol's mark, or the high byte of a frame's length.
const FIRST: ByteSet = ByteSet::of(&[0, 0x80, 0x82]);

/// Longest method name in bytes.
const MAX_NAME: u32 = 256;

/// Largest frame in bytes (the libraries' default limit).
const MAX_FRAME: u32 = 16_384_000;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Message<'a> {
    kind: u8,
    name: &'a [u8],
    id: u32,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "message: a call with its method's name (Thrift, section Message)";
    match (message(opening.request()), message(opening.reply())) {
        (Ok(call), Ok(answer)) => {
            require(matches!(call.kind, 1 | 4) && matches!(answer.kind, 2 | 3))?;
            // Answers may come in another order than the calls.
            let pair = call.name == answer.name && call.id == answer.id;
            Ok(if pair { Evidence::dialogue(rule) } else { Evidence::message(rule) })
        }
        (Ok(call), Err(Reject::Incomplete)) => require(matches!(call.kind, 1 | 4)).map(|()| Evidence::message(rule)),
        (Err(Reject::Incomplete), Ok(answer)) => {
            require(matches!(answer.kind, 2 | 3)).map(|()| Evidence::message(rule).from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

fn message(mut cursor: Cursor<'_>) -> Result<Message<'_>, Reject> {
    if cursor.rest().first() == Some(&0) {
        let len = cursor.u32()?;
        require((8..=MAX_FRAME).contains(&len))?;
    }
    match cursor.u8()? {
        0x80 => {
            cursor.tag(&[1, 0])?;
            let kind = cursor.u8()?;
            require((1..=4).contains(&kind))?;
            let len = cursor.u32()?;
            let name = name(&mut cursor, len)?;
            Ok(Message { kind, name, id: cursor.u32()? })
        }
        0x82 => {
            let byte = cursor.u8()?;
            // The compact protocol's types are 1 to 4 as well, in the upper three bits. Some libraries put them one bit lower.
            let kind = byte >> 5;
            require(byte & 0x1f == 1 && (1..=4).contains(&kind))?;
            let id = varint(&mut cursor)?;
            let len = varint(&mut cursor)?;
            Ok(Message { kind, name: name(&mut cursor, len)?, id })
        }
        _ => Err(Reject::Mismatch),
    }
}

fn name<'a>(cursor: &mut Cursor<'a>, len: u32) -> Result<&'a [u8], Reject> {
    require((1..=MAX_NAME).contains(&len))?;
    let name = cursor.take(len as usize)?;
    // A multiplexed service's name is joined to the method's with a colon.
    require(name.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'-')))?;
    Ok(name)
}

/// Seven bits a byte, the lowest first.
fn varint(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = cursor.u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Reject::Mismatch)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = message(opening.request()).or_else(|_| message(opening.reply()));
    attributes.set_some("thrift.method", first.ok().map(|message| message.name));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a call and its reply",
        &[b"\x80\x01\0\x01\0\0\0\x04ping\0\0\0\x01\0"],
        &[b"\x80\x01\0\x02\0\0\0\x04ping\0\0\0\x01\0"],
    ),
    Example::tcp(Confidence::Message, "a framed call", &[b"\0\0\0\x11\x80\x01\0\x01\0\0\0\x04ping\0\0\0\x01\0"], &[]),
    Example::udp(Confidence::Message, "a compact one-way call", &[b"\x82\x81\x01\x09emitBatch\x1c"], &[]),
    Example::not(Transport::Tcp, "a name that is none", &[b"\x80\x01\0\x01\0\0\0\x04\0\0\0\0\0\0\0\x01"], &[]),
    Example::not(Transport::Tcp, "an answer to nothing", &[b"\x80\x01\0\x02\0\0\0\x04ping\0\0\0\x01\0"], &[]),
];
