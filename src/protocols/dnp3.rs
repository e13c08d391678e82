//! DNP3, the Distributed Network Protocol of electric and water utilities: its link frames, [IEEE 1815] section 9.2.
//!
//! The serial link layer went onto TCP and UDP as it was, with a check over the header and one over each
//! block of data, so a frame proves itself:
//!
//! ```text
//! 05 64 | length | control | destination LE | source LE | CRC LE | 16 bytes and CRC | ... | 1 to 16 bytes and CRC
//!          counts control, addresses and data, not the CRCs: 5 to 255
//! ```
//!
//! A header is 32 bits of sync and CRC, which one random opening in four billion has; a whole frame more.
//! Either side may speak first: a master that polls, or an outstation that reports on its own.
//!
//! [IEEE 1815]: https://standards.ieee.org/ieee/1815/5414/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::crc::crc16_reflected;
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// DNP3.
pub const INSPECTOR: Inspector = Inspector {
    name: "dnp3",
    title: "Distributed Network Protocol 3",
    specification: "IEEE 1815-2012 section 9.2",
    carriers: Carriers::TCP_UDP,
    ports: &[20000],
    initiator_first: ByteSet::of(&[0x05]),
    responder_first: ByteSet::of(&[0x05]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dnp3.initiator_address", "link address of the side that opened the flow"),
        ("dnp3.responder_address", "link address of the listening side"),
        ("dnp3.function", "function code of the initiator's first request (1 read, 2 write, 5 direct operate ...)"),
    ],
    confused_with: "SOCKS 5, which begins with 05 too but has no 64 after it and no CRC",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The CRC's polynomial x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, lowest bit first.
const POLYNOMIAL: u16 = 0xa6bc;
/// Bytes that the length counts besides the data: control and both addresses.
const COUNTED_HEADER: usize = 5;
/// Bytes of data that one CRC protects.
const BLOCK: usize = 16;
/// Frames read of a side: more would prove nothing more.
const MAX_FRAMES: usize = 16;

/// The header of a link frame.
#[derive(Clone, Copy)]
struct Header {
    data_len: usize,
    control: u8,
    destination: u16,
    source: u16,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "link-frame: sync 05 64 and the CRCs fit (IEEE 1815 section 9.2)";
    let request = confidence(opening.initiator, opening.transport);
    let reply = confidence(opening.responder, opening.transport);
    let addresses_fit = match (header(&mut opening.request()), header(&mut opening.reply())) {
        (Ok(a), Ok(b)) => a.source == b.destination && a.destination == b.source,
        _ => false,
    };
    match (request, reply) {
        (Ok(_), Ok(_)) if addresses_fit => Ok(Evidence::dialogue(rule)),
        // A frame proves itself, whatever a faulty station on the other side sends.
        (Ok(request), reply) if reply.is_err() || reply.is_ok_and(|reply| reply <= request) => Ok(Evidence::new(request, rule)),
        (_, Ok(reply)) => Ok(Evidence::new(reply, rule).from(Side::Responder)),
        (Err(Reject::Mismatch), Err(_)) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// What a side's first frame proves: a header alone less than a whole frame.
fn confidence(said: Said<'_>, transport: Transport) -> Result<Confidence, Reject> {
    header(&mut said.cursor(transport))?;
    Ok(match frame(&mut said.cursor(transport)) {
        Ok(_) => Confidence::Message,
        Err(_) => Confidence::Signature,
    })
}

/// Reads bytes and the CRC after them.
fn checked<'a>(cursor: &mut Cursor<'a>, len: usize) -> Result<&'a [u8], Reject> {
    let bytes = cursor.take(len)?;
    require(cursor.u16_le()? == !crc16_reflected(bytes, POLYNOMIAL, 0))?;
    Ok(bytes)
}

fn header(cursor: &mut Cursor<'_>) -> Result<Header, Reject> {
    let mut ahead = *cursor;
    ahead.tag(b"\x05\x64")?;
    let mut fields = Cursor::closed(checked(cursor, 8)?);
    fields.skip(2)?;
    // Less than the header that it counts is a fault, but one that the CRC says was sent.
    let data_len = usize::from(fields.u8()?).saturating_sub(COUNTED_HEADER);
    Ok(Header {
        data_len,
        control: fields.u8()?,
        destination: fields.u16_le()?,
        source: fields.u16_le()?,
    })
}

/// Reads a frame, and gives its header and the first block of its data.
fn frame<'a>(cursor: &mut Cursor<'a>) -> Result<(Header, &'a [u8]), Reject> {
    let header = header(cursor)?;
    let mut first = None;
    let mut left = header.data_len;
    while left > 0 {
        let block = checked(cursor, left.min(BLOCK))?;
        first = first.or(Some(block));
        left -= block.len();
    }
    Ok((header, first.unwrap_or_default()))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let request = header(&mut opening.request()).ok();
    let reply = header(&mut opening.reply()).ok();
    let address = |own: Option<Header>, other: Option<Header>| {
        own.map(|header| header.source).or(other.map(|header| header.destination))
    };
    attributes.set_some("dnp3.initiator_address", address(request, reply));
    attributes.set_some("dnp3.responder_address", address(reply, request));
    attributes.set_some("dnp3.function", function(opening.said(Side::Initiator), opening.transport));
}

/// The function code of the first frame that carries the beginning of a request: it comes after the
/// transport header and the application control (IEEE 1815 sections 8.2 and 4.2.2).
fn function(said: Said<'_>, transport: Transport) -> Option<u8> {
    let mut cursor = said.cursor(transport);
    for _ in 0..MAX_FRAMES {
        let (header, data) = frame(&mut cursor).ok()?;
        if let (0x40, [transport_header, _, function, ..]) = (header.control & 0x40, data)
            && transport_header & 0x40 != 0
        {
            return Some(*function);
        }
    }
    None
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a master reads all classes and the outstation answers",
        &[b"\x05d\x14\xc4\x0a\x00\x01\x00\x8f\xed\xc0\xc0\x01<\x02\x06<\x03\x06<\x04\x06<\x01\x06\x8aQ"],
        &[b"\x05d\x0aD\x01\x00\x0a\x00n%\xc0\xc0\x81\x80\x00\xb3\xf3"],
    ),
    Example::udp(
        Confidence::Message,
        "a master asks for the link's status",
        &[b"\x05d\x05\xc9\x0a\x00\x01\x00\xfe\xda"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "only the outstation was captured",
        &[],
        &[b"\x05d\x0aD\x01\x00\x0a\x00n%\xc0\xc0\x81\x80\x00\xb3\xf3"],
    ),
    Example::tcp(
        Confidence::Signature,
        "a frame that does not end in the capture",
        &[b"\x05d\x14\xc4\x0a\x00\x01\x00\x8f\xed\xc0\xc0\x01<"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a header whose check does not fit",
        &[b"\x05d\x05\xc9\x0a\x00\x01\x00\xfe\xdb"],
        &[],
    ),
    Example::not(Transport::Tcp, "SOCKS 5 that offers many methods", &[b"\x05\x03\x00\x01\x02"], &[]),
];
