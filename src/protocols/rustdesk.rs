//! RustDesk's rendezvous and relay servers: `rendezvous.proto` of hbb_common, over UDP, and over TCP with a length before it.
//!
//! ```text
//! message    one field of RendezvousMessage: its number and type 2, a length to the end, then that message's fields
//! 6 register (32 len 0A len id 10 serial)   7 registered   15 register key   16 key registered   20, 21 NAT test
//! 8 punch a hole   18, 19 relay   22 discovery on the LAN ("ping", "pong")   25 key exchange
//! TCP        length × 4 + bytes of this number − 1, little-endian, in 1 to 4 bytes
//! ```
//!
//! Messages are small and loosely built: one that shows too little by itself needs the other side, or the port.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;

/// RustDesk.
pub const INSPECTOR: Inspector = Inspector {
    name: "rustdesk",
    title: "RustDesk rendezvous",
    specification: "hbb_common: rendezvous.proto, bytes_codec.rs",
    carriers: Carriers::TCP_UDP,
    ports: &[21115, 21116, 21117, 21118, 21119],
    datagram: Shape::of(2, &[(0, ByteSet::masked(7, 2))]),
    inspect,
    describe: Some(describe),
    attributes: &[("rustdesk.id", "the id of the client, or of whom it wants to reach")],
    confused_with: "other Protocol Buffers, whose fields are others",
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest id in bytes: digits, or what its owner chose.
const MAX_ID: usize = 16;
/// Longest text field in bytes that is believed.
const MAX_TEXT: usize = 255;
/// Most fields of a message that are read.
const MAX_FIELDS: usize = 16;

/// How much a message shows by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// Fields that only this message has.
    Much,
    /// A number or nothing.
    Little,
}

/// Reads a number of Protocol Buffers.
fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Reject::Mismatch)
}

/// A field's value.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Reads a field: its number and its value.
fn field<'a>(cursor: &mut Cursor<'a>) -> Result<(u64, Value<'a>), Reject> {
    let key = varint(cursor)?;
    let value = match key & 7 {
        0 => Value::Number(varint(cursor)?),
        2 => {
            let len = varint(cursor)?;
            Value::Bytes(cursor.take(usize::try_from(len).map_err(|_| Reject::Mismatch)?)?)
        }
        _ => return Err(Reject::Mismatch),
    };
    Ok((key >> 3, value))
}

fn is_id(bytes: &[u8]) -> bool {
    (6..=MAX_ID).contains(&bytes.len()) && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Reads a message's fields to the end: their kinds in order, and the id if there is one.
fn fields<'a>(mut body: Cursor<'a>, texts: &[u64], numbers: &[u64], blobs: &[u64]) -> Result<Option<&'a [u8]>, Reject> {
    let (mut id, mut last) = (None, 0);
    for _ in 0..MAX_FIELDS {
        if body.is_empty() && !body.is_open() {
            return Ok(id);
        }
        let (number, value) = field(&mut body)?;
        // The encoder writes fields in order, and none that is empty.
        require(number >= last)?;
        last = number;
        match value {
            Value::Number(value) => require(numbers.contains(&number) && value > 0)?,
            Value::Bytes(bytes) if texts.contains(&number) => {
                require(!bytes.is_empty() && bytes.len() <= MAX_TEXT && std::str::from_utf8(bytes).is_ok())?;
                if number == 1 {
                    id = Some(bytes);
                }
            }
            Value::Bytes(bytes) => require(blobs.contains(&number) && !bytes.is_empty())?,
        }
    }
    Err(Reject::Mismatch)
}

/// Reads a message, whose one field goes to the end.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(Shows, Option<&'a [u8]>), Reject> {
    let key = varint(cursor)?;
    require(key & 7 == 2)?;
    let len = usize::try_from(varint(cursor)?).map_err(|_| Reject::Mismatch)?;
    let mut body = cursor.within(len)?;
    cursor.end()?;
    let with_id = |id: Option<&'a [u8]>| match id {
        Some(id) if is_id(id) => Ok((Shows::Much, Some(id))),
        _ => Err(Reject::Mismatch),
    };
    match key >> 3 {
        6 => with_id(fields(body, &[1], &[2], &[])?),
        7 => fields(body, &[], &[2], &[]).map(|_| (Shows::Little, None)),
        8 => with_id(fields(body, &[1, 3, 5, 6, 11, 12], &[2, 4, 7, 8, 9], &[10])?),
        15 => with_id(fields(body, &[1, 4], &[5], &[2, 3])?),
        16 | 20 => fields(body, &[], &[1, 2], &[]).map(|_| (Shows::Little, None)),
        18 => with_id(fields(body, &[1, 2, 4, 6, 8, 11], &[5, 7], &[3, 9, 10])?),
        22 => {
            let (_, Value::Bytes(b"ping" | b"pong")) = field(&mut body)? else { return Err(Reject::Mismatch) };
            fields(body, &[2, 3, 4, 5, 6, 7], &[], &[]).map(|_| (Shows::Much, None))
        }
        // Public keys, signed or not, and a sealed one.
        25 => {
            let mut keys = 0;
            while !body.is_empty() || body.is_open() {
                let (1, Value::Bytes(key)) = field(&mut body)? else { return Err(Reject::Mismatch) };
                require(matches!(key.len(), 32 | 48 | 64 | 96))?;
                keys += 1;
            }
            require((1..=3).contains(&keys)).map(|()| (Shows::Much, None))
        }
        21 => fields(body, &[], &[1], &[2]).map(|_| (Shows::Little, None)),
        _ => Err(Reject::Mismatch),
    }
}

/// Reads the first message of a stream or the first datagram.
fn first(mut cursor: Cursor<'_>, transport: Transport) -> Result<(Shows, Option<&[u8]>), Reject> {
    if transport == Transport::Udp {
        return message(&mut cursor);
    }
    let low = cursor.u8()?;
    let more = usize::from(low & 3);
    let len = cursor.take(more)?.iter().rev().fold(0, |len, &byte| len << 8 | usize::from(byte)) << 8 | usize::from(low);
    message(&mut cursor.within(len >> 2)?)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "message: a message of the rendezvous, filled exactly (hbb_common, rendezvous.proto)";
    let on_port = opening.is_on(INSPECTOR.ports);
    let asked = first(opening.request(), opening.transport).map(|(shows, _)| shows);
    let answered = first(opening.reply(), opening.transport).map(|(shows, _)| shows);
    let alone = |shows, side| match shows {
        Shows::Much => Ok(Evidence::new(if on_port { Confidence::Message } else { Confidence::Signature }, rule).from(side)),
        Shows::Little if on_port => Ok(Evidence::signature(rule).from(side)),
        Shows::Little => Err(Reject::Incomplete),
    };
    match (asked, answered) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(Shows::Much), Ok(_)) | (Ok(_), Ok(Shows::Much)) => Ok(Evidence::dialogue(rule)),
        (Ok(_), Ok(_)) if on_port => Ok(Evidence::dialogue(rule)),
        (Ok(shows), Err(_)) => alone(shows, Side::Initiator),
        (Err(_), Ok(shows)) => alone(shows, Side::Responder),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let id = first(opening.request(), opening.transport).ok().and_then(|(_, id)| id);
    attributes.set_some("rustdesk.id", id);
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a client registers", &[b"\x32\x0d\x0a\x09123456789\x10\x01"], &[b"\x3a\x02\x10\x01"]),
    Example::udp(Confidence::Message, "the same, unanswered, on the port", &[b"\x32\x0d\x0a\x09123456789\x10\x01"], &[]).on(21116),
    Example::udp(Confidence::Signature, "somebody looks for others on the LAN", &[b"\xb2\x01\x06\x0a\x04ping"], &[]),
    Example::tcp(Confidence::Dialogue, "a test of the NAT", &[b"\x14\xa2\x01\x02\x08\x07"], &[b"\x18\xaa\x01\x03\x08\xff\x7f"]).on(21115),
    Example::not(Transport::Tcp, "the same elsewhere", &[b"\x14\xa2\x01\x02\x08\x07"], &[b"\x18\xaa\x01\x03\x08\xff\x7f"]),
    Example::not(Transport::Udp, "an id that is none", &[b"\x32\x0d\x0a\x091234\x0056789\x10\x01"], &[]),
    Example::not(Transport::Udp, "a length that does not fit", &[b"\x32\x0e\x0a\x09123456789\x10\x01"], &[]),
];
