//! Diameter: [RFC 6733] sections 3 and 4.
//!
//! ```text
//! version 1, length u24, flags u8 (request 80, proxiable 40, error 20, retransmitted 10), command u24,
//! application u32, hop-by-hop u32, end-to-end u32
//! AVP: code u32, flags u8 (vendor 80, mandatory 40, protected 20), length u24, [vendor u32], data, to four bytes
//! ```
//!
//! [RFC 6733]: https://www.rfc-editor.org/rfc/rfc6733

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::sctp;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Diameter.
pub const INSPECTOR: Inspector = Inspector {
    name: "diameter",
    title: "Diameter",
    specification: "RFC 6733 sections 3 and 4",
    carriers: Carriers::TCP_SCTP,
    ports: &[3868, 5868],
    // Version 1; SCTP's chunks have types of their own.
    initiator_first: ByteSet::range(0, 15).or(ByteSet::of(&[0xc0, 0x80])),
    responder_first: ByteSet::range(0, 15).or(ByteSet::of(&[0xc0, 0x80])),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("diameter.command", "the first message's command code"),
        ("diameter.application", "the first message's application id"),
        ("diameter.origin_host", "the first message's Origin-Host"),
        ("diameter.origin_realm", "the first message's Origin-Realm"),
    ],
    confused_with: "nothing once its attributes chain to the message's end",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HEADER: u32 = 20;
const MAX_LEN: u32 = 1 << 18;
const ORIGIN_HOST: u32 = 264;
const ORIGIN_REALM: u32 = 296;

#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    request: bool,
    command: u32,
    application: u32,
    hop: u32,
    avps: Cursor<'a>,
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    cursor.tag(&[1])?;
    let len = cursor.u24()?;
    require((HEADER..=MAX_LEN).contains(&len) && len.is_multiple_of(4))?;
    let flags = cursor.u8()?;
    // An error is an answer (section 3); the low bits are reserved.
    require(flags & 0x0f == 0 && flags & 0xa0 != 0xa0)?;
    let (command, application, hop) = (cursor.u24()?, cursor.u32()?, cursor.u32()?);
    cursor.u32()?;
    let avps = cursor.within((len - HEADER) as usize)?;
    let mut rest = avps;
    while !rest.is_empty() {
        match avp(&mut rest) {
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
            Err(Reject::Incomplete) => break,
            Ok(_) => {}
        }
    }
    Ok(Message { request: flags & 0x80 != 0, command, application, hop, avps })
}

fn avp<'a>(rest: &mut Cursor<'a>) -> Result<(u32, &'a [u8]), Reject> {
    let code = rest.u32()?;
    let flags = rest.u8()?;
    require(code != 0 && flags & 0x1f == 0)?;
    let header = if flags & 0x80 == 0 { 8 } else { 12 };
    let len = rest.u24()? as usize;
    require(len >= header)?;
    rest.skip(header - 8)?;
    let data = rest.take(len - header)?;
    rest.skip(len.wrapping_neg() % 4)?;
    Ok((code, data))
}

/// A side's messages, the last one as far as it came.
fn messages<'a>(opening: &Opening<'a>, side: Side) -> Result<Vec<Message<'a>>, Reject> {
    let said = opening.said(side);
    if opening.transport == Transport::Sctp {
        let data = said.datagrams().flat_map(|packet| sctp::messages(packet.cursor()));
        let mut found = Vec::new();
        for (_, mut data) in data {
            match message(&mut data) {
                Err(Reject::Incomplete) => {}
                parsed => found.push(parsed?),
            }
        }
        return Ok(found);
    }
    let mut stream = said.stream();
    let mut found = Vec::new();
    while !stream.is_empty() && found.len() < 16 {
        match message(&mut stream) {
            Err(Reject::Incomplete) => break,
            parsed => found.push(parsed?),
        }
    }
    Ok(found)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (first, second) = (messages(opening, Side::Initiator)?, messages(opening, Side::Responder)?);
    let answered = first.iter().any(|a| second.iter().any(|b| a.hop == b.hop && a.command == b.command && a.request != b.request));
    if answered {
        return Ok(Evidence::dialogue("answer: a request, and the answer to its hop-by-hop identifier (RFC 6733 section 3)"));
    }
    let whole = |messages: &[Message<'_>]| messages.iter().any(|message| !message.avps.is_open() && !message.avps.is_empty());
    let rule = "message: a message filled by its attributes (RFC 6733 sections 3 and 4)";
    match (whole(&first), whole(&second)) {
        (true, _) => Ok(Evidence::message(rule)),
        (false, true) => Ok(Evidence::message(rule).from(Side::Responder)),
        (false, false) => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let all = [Side::Initiator, Side::Responder].map(|side| messages(opening, side).unwrap_or_default());
    let Some(first) = all.iter().flatten().next() else { return };
    attributes.set("diameter.command", first.command);
    attributes.set("diameter.application", first.application);
    let mut rest = first.avps;
    while let Ok((code, data)) = avp(&mut rest) {
        match code {
            ORIGIN_HOST => attributes.set("diameter.origin_host", data),
            ORIGIN_REALM => attributes.set("diameter.origin_realm", data),
            _ => {}
        }
    }
}

/// A device watchdog with the Origin-Host `a.ex`.
const REQUEST: &[u8] = b"\x01\x00\x00\x20\x80\x00\x01\x18\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x09\x00\x00\x01\x08\x40\x00\x00\x0ca.ex";
const ANSWER: &[u8] = b"\x01\x00\x00\x20\x00\x00\x01\x18\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x09\x00\x00\x01\x0c\x40\x00\x00\x0c\x00\x00\x07\xd1";
/// The request in SCTP's DATA chunk.
const SCTP_REQUEST: &[u8] = b"\x00\x03\x00\x30\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x2e\x01\x00\x00\x20\x80\x00\x01\x18\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x09\x00\x00\x01\x08\x40\x00\x00\x0ca.ex";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a watchdog and its answer", &[REQUEST], &[ANSWER]),
    Example::tcp(Confidence::Message, "nobody answers", &[REQUEST], &[]),
    Example::sctp(Confidence::Message, "over SCTP", &[SCTP_REQUEST], &[]),
    Example::not(Transport::Tcp, "attributes that leave the message", &[b"\x01\x00\x00\x20\x80\x00\x01\x18\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x09\x00\x00\x01\x08\x40\x00\x00\x1ca.ex"], &[]),
    Example::not(Transport::Tcp, "a length that is no multiple of four", &[b"\x01\x00\x00\x21\x80\x00\x01\x18\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x09\x00"], &[]),
];
