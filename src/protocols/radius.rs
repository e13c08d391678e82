//! Remote Authentication Dial-In User Service (RADIUS), over UDP, or over TCP as RFC 6613 has it.
//!
//! ```text
//! code (1)  id (1)  length (2)  authenticator (16)  attributes: type (1), length with both (1), value
//! ```
//!
//! [RFC 2865] section 3: the attributes fill the length; the answer repeats the id, and its code answers the request's.
//!
//! [RFC 2865]: https://www.rfc-editor.org/rfc/rfc2865

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;

/// RADIUS.
pub const INSPECTOR: Inspector = Inspector {
    name: "radius",
    title: "Remote Authentication Dial-In User Service",
    specification: "RFC 2865 section 3, RFC 2866, RFC 5176, RFC 6613",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(REQUESTS),
    responder_first: ByteSet::of(REPLIES),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("radius.codes", "the first request's and answer's code, as Access-Request"),
        ("radius.user_name", "the name of who wants access (attribute 1)"),
        ("radius.nas_identifier", "the name of the access server (attribute 32)"),
    ],
    headline: &["radius.user_name", "radius.codes"],
    confused_with: "other datagrams of a code, an id and a length: the chain of attributes must fill it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Access and accounting, the older pair, and changes of authorisation (RFC 2865 section 3, RFC 5176 section 2.1).
const PORTS: &[u16] = &[1812, 1813, 1645, 1646, 3799];
/// Access, accounting, status, disconnect, change of authorisation (IANA "RADIUS Packet Type Codes").
const REQUESTS: &[u8] = &[1, 4, 12, 40, 43];
const REPLIES: &[u8] = &[2, 3, 5, 11, 41, 42, 44, 45];
/// Length without attributes, and the longest, in bytes (RFC 2865 section 3).
const MIN_LENGTH: usize = 20;
const MAX_LENGTH: usize = 4096;
/// Fewest attributes that are believed on another port: each has a length that must fit.
const ENOUGH: usize = 3;

#[derive(Clone, Copy)]
struct Packet<'a> {
    code: u8,
    id: u8,
    attributes: Cursor<'a>,
    count: usize,
    complete: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (request, reply) = (packet(opening.request(), REQUESTS), packet(opening.reply(), REPLIES));
    let rule = "attribute-chain: code, length, and attributes that fill it (RFC 2865 section 3)";
    if let (Ok(asked), Ok(answered)) = (request, reply) {
        require(answers(asked.code, answered.code))?;
        if asked.id == answered.id && asked.complete {
            return Ok(Evidence::dialogue("identifier: the answer repeats the request's id (RFC 2865 section 3)"));
        }
    }
    let weigh = |packet: Result<Packet<'_>, Reject>| {
        let packet = packet?;
        match (opening.is_on(PORTS), packet.complete) {
            (true, true) => Ok(Confidence::Message),
            (true, false) => Ok(Confidence::Signature),
            (false, true) if packet.count >= ENOUGH => Ok(Confidence::Message),
            _ => Err(Reject::Incomplete),
        }
    };
    let verdict = Evidence::of(weigh(request), weigh(reply), rule)?;
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Whether an answer's code is one that a request's code can get.
const fn answers(request: u8, reply: u8) -> bool {
    matches!((request, reply), (1, 2 | 3 | 11) | (4, 5) | (12, 2 | 5) | (40, 41 | 42) | (43, 44 | 45))
}

fn packet<'a>(mut cursor: Cursor<'a>, codes: &[u8]) -> Result<Packet<'a>, Reject> {
    let code = cursor.u8()?;
    require(codes.contains(&code))?;
    let (id, len) = (cursor.u8()?, usize::from(cursor.u16()?));
    require((MIN_LENGTH..=MAX_LENGTH).contains(&len))?;
    cursor.skip(16)?;
    let attributes = cursor.within(len - MIN_LENGTH)?;
    let mut count = 0;
    let complete = match walk(attributes, |_, _| count += 1) {
        Ok(()) => true,
        Err(Reject::Incomplete) => false,
        Err(reject) => return Err(reject),
    };
    Ok(Packet { code, id, attributes, count, complete })
}

fn walk<'a>(mut cursor: Cursor<'a>, mut tell: impl FnMut(u8, &'a [u8])) -> Result<(), Reject> {
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u8()?, cursor.u8()?);
        require(kind != 0 && len >= 2)?;
        tell(kind, cursor.take(usize::from(len) - 2)?);
    }
    if cursor.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut codes: Vec<String> = Vec::new();
    for (side, known) in [(Side::Initiator, REQUESTS), (Side::Responder, REPLIES)] {
        let Ok(packet) = packet(opening.said(side).cursor(opening.transport), known) else { continue };
        codes.push(code_name(packet.code).to_owned());
        let _ = walk(packet.attributes, |kind, value| match kind {
            1 => attributes.set("radius.user_name", value),
            32 => attributes.set("radius.nas_identifier", value),
            _ => {}
        });
    }
    attributes.set_some("radius.codes", (!codes.is_empty()).then_some(codes));
}

const fn code_name(code: u8) -> &'static str {
    match code {
        1 => "Access-Request",
        2 => "Access-Accept",
        3 => "Access-Reject",
        4 => "Accounting-Request",
        5 => "Accounting-Response",
        11 => "Access-Challenge",
        12 => "Status-Server",
        40 => "Disconnect-Request",
        41 => "Disconnect-ACK",
        42 => "Disconnect-NAK",
        43 => "CoA-Request",
        44 => "CoA-ACK",
        _ => "CoA-NAK",
    }
}

const REQUEST: &[u8] = b"\x01\x07\0\x26\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\
    \x01\x06user\x04\x06\xc0\0\x02\x01\x05\x06\0\0\0\x03";
const ACCEPT: &[u8] = b"\x02\x07\0\x14\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its answer", &[REQUEST], &[ACCEPT]),
    Example::udp(Confidence::Message, "a request without an answer", &[REQUEST], &[]),
    Example::udp(Confidence::Message, "an answer without attributes, from RADIUS' port", &[], &[ACCEPT]).on(1812),
    Example::tcp(Confidence::Dialogue, "over TCP", &[REQUEST], &[ACCEPT]),
    Example::not(Transport::Udp, "an answer that does not fit the request", &[REQUEST], &[b"\x05\x07\0\x14................"]),
    Example::not(Transport::Udp, "an answer without attributes, from another port", &[], &[ACCEPT]),
    Example::not(Transport::Udp, "an attribute that is longer than the rest", &[b"\x01\x07\0\x18................\x01\x09ab"], &[]).on(1812),
];
