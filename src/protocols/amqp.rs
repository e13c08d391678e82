//! AMQP, by which RabbitMQ, Qpid and Azure Service Bus move messages: 0-8 to 0-9-1, 0-10 and 1.0.
//!
//! ```text
//! initiator   "AMQP" 00 00 09 01 | 01 01 00 0A | 00 01 00 00 | 03 01 00 00 (SASL) | 02 01 00 00 (TLS)
//! 0-9   type | channel | length | payload | CE          methods: class, method
//! 1.0   length | data offset | type | channel | 00 53 code ...
//! ```
//!
//! Frames are recognised without the header too, for flows whose beginning is lost.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// AMQP.
pub const INSPECTOR: Inspector = Inspector {
    name: "amqp",
    title: "Advanced Message Queuing Protocol",
    specification: "AMQP 0-9-1 section 4.2; OASIS AMQP 1.0 part 2 sections 2.2 and 2.3",
    ports: &[5672],
    initiator_first: ByteSet::of(b"A\x00\x01\x02\x03\x08"),
    responder_first: ByteSet::of(b"A\x00\x01\x02\x03\x08"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("amqp.version", "protocol version of the client's header"),
        ("amqp.product", "product that the server names in connection.start (0-9)"),
    ],
    confused_with: "other protocols with a type and a length in front: their frames do not end with CE",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest frame believed, in bytes: servers negotiate 128 KiB.
const MAX_FRAME: u32 = 16 << 20;
/// Ends a frame of 0-9 (section 4.2.3).
const FRAME_END: u8 = 0xce;

/// Reads a protocol header, and names the version.
fn version(cursor: &mut Cursor<'_>) -> Result<&'static str, Reject> {
    cursor.tag(b"AMQP")?;
    match cursor.array()? {
        [0, 0, 9, 1] => Ok("0-9-1"),
        [1, 1, 0, 9 | 91] | [1, 1, 9, 1] | [0, 0, 9, 0] => Ok("0-9"),
        [1, 1, 8, 0] | [1, 1, 0, 8] => Ok("0-8"),
        [1, 1, 0, 10] => Ok("0-10"),
        [0 | 2 | 3, 1, 0, 0] => Ok("1.0"),
        _ => Err(Reject::Mismatch),
    }
}

/// Reads a frame of 0-9, and says whether it carries a method.
fn frame_09<'a>(cursor: &mut Cursor<'a>) -> Result<(bool, Cursor<'a>), Reject> {
    let kind = cursor.u8()?;
    require(matches!(kind, 1 | 2 | 3 | 8))?;
    let channel = cursor.u16()?;
    let len = cursor.u32()?;
    require(len <= MAX_FRAME && (kind != 8 || (channel == 0 && len == 0)))?;
    let payload = cursor.within(len as usize)?;
    let mut ahead = payload;
    if matches!(kind, 1 | 2) {
        let class = ahead.u16()?;
        require(matches!(class, 10 | 20 | 30 | 40 | 50 | 60 | 85 | 90))?;
        let method = ahead.u16()?;
        // The weight of a content header is 0; methods are numbered to 120.
        require(if kind == 1 { (10..=120).contains(&method) } else { method == 0 })?;
    }
    require(cursor.u8()? == FRAME_END)?;
    Ok((kind == 1, payload))
}

/// Reads a frame of 1.0 (part 2, section 2.3.1; part 5, section 5.3.1).
fn frame_10(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let len = cursor.u32()?;
    require((8..=MAX_FRAME).contains(&len))?;
    let mut body = cursor.within(len as usize - 4)?;
    require(body.u8()? == 2)?;
    let is_sasl = body.u8()? == 1;
    body.skip(2)?;
    if len == 8 {
        return Ok(());
    }
    body.tag(&[0x00, 0x53])?;
    let code = body.u8()?;
    require(if is_sasl { (0x40..=0x44).contains(&code) } else { (0x10..=0x18).contains(&code) })?;
    let rest = body.len();
    if body.is_open() { Err(Reject::Incomplete) } else { body.skip(rest) }
}

fn judged(said: Said<'_>) -> Result<Confidence, Reject> {
    let mut stream = said.cursor(Transport::Tcp);
    if said.bytes().first() == Some(&b'A') {
        return version(&mut stream).map(|_| Confidence::Message);
    }
    if said.bytes().first() == Some(&0) {
        let mut performatives = 0;
        in_stream(stream, |cursor| {
            let len = cursor.len();
            frame_10(cursor)?;
            performatives += usize::from(len - cursor.len() > 8);
            Ok(())
        })?;
        return if performatives > 0 { Ok(Confidence::Message) } else { Err(Reject::Incomplete) };
    }
    let mut methods = 0;
    let frames = in_stream(stream, |cursor| {
        methods += usize::from(frame_09(cursor)?.0);
        Ok(())
    })?;
    if methods > 0 || frames >= 2 { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "header-or-frame: AMQP's header, or frames whose class, method and end fit (AMQP 0-9-1 section 4.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("amqp.version", version(&mut opening.request()).ok());
    if let Ok((true, payload)) = frame_09(&mut opening.reply()) {
        attributes.set_some("amqp.product", product(payload.rest()));
    }
}

/// The server property `product`: a short name, S for a long string, four bytes of length.
fn product(payload: &[u8]) -> Option<&[u8]> {
    let name: &[u8] = b"\x07productS";
    let at = payload.windows(name.len()).position(|part| part == name)?;
    let mut cursor = Cursor::closed(payload.get(at + name.len()..)?);
    let len = usize::try_from(cursor.u32().ok()?).ok()?;
    cursor.take(len).ok()
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "0-9-1: the client's header and connection.start",
        &[b"AMQP\x00\x00\x09\x01"],
        &[b"\x01\x00\x00\x00\x00\x00\x25\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00\x00\x00\x00\x0ePLAIN AMQPLAIN\x00\x00\x00\x05en_US\xce"],
    ),
    Example::tcp(
        Confidence::Message,
        "1.0: the client wants SASL",
        &[b"AMQP\x03\x01\x00\x00"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: an acknowledgement",
        &[b"\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x50\x00\x00\x00\x00\x00\x01\xbd\x17\x00\xce"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a frame with another end",
        &[b"\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x50\x00\x00\x00\x00\x00\x01\xbd\x17\x00\xcf"],
        &[],
    ),
    Example::not(Transport::Tcp, "another version", &[b"AMQP\x07\x07\x07\x07"], &[]),
];
