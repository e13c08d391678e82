//! Simple Network Management Protocol (SNMP): versions 1, 2c and 3, over UDP and TCP.
//!
//! ```text
//! SEQUENCE { version 0 or 1, community OCTET STRING, [n] { request id, error status, error index, bindings } }
//! SEQUENCE { version 3, SEQUENCE { id, size, flags, model }, OCTET STRING, SEQUENCE {...} or OCTET STRING }
//! ```
//!
//! All of it in BER ([RFC 3416] section 3, [RFC 3412] section 6; a trap of version 1: RFC 1157 section 4.1.6).
//! The answer repeats the request id; version 3's repeats the message id.
//!
//! [RFC 3416]: https://www.rfc-editor.org/rfc/rfc3416
//! [RFC 3412]: https://www.rfc-editor.org/rfc/rfc3412

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::ber::{self, tag};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;

/// SNMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "snmp",
    title: "Simple Network Management Protocol",
    specification: "RFC 1157 section 4, RFC 3412 section 6, RFC 3416 section 3",
    carriers: Carriers::TCP_UDP,
    ports: &[161, 162],
    initiator_first: ByteSet::of(&[tag::SEQUENCE]),
    responder_first: ByteSet::of(&[tag::SEQUENCE]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("snmp.version", "1, 2c or 3"),
        ("snmp.community_length", "the community's length in bytes; the community itself is never told"),
        ("snmp.pdu_types", "what was asked and answered, as get-request, response, trap ..."),
        ("snmp.user", "the user's name of version 3"),
    ],
    headline: &["snmp.version", "snmp.pdu_types"],
    confused_with: "LDAP and Kerberos, which are BER too: only SNMP has a version and a string before its PDU",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A trap of version 1, whose PDU has a layout of its own (RFC 1157 section 4.1.6).
const TRAP_V1: u8 = 4;
/// Names of PDUs by their tag number (RFC 3416 section 3).
const PDUS: [&str; 9] = [
    "get-request", "get-next-request", "response", "set-request", "trap", "get-bulk-request", "inform-request",
    "trap", "report",
];
/// The addresses of traps are `[APPLICATION 0]`, times `[APPLICATION 3]` (RFC 1155 section 6).
const IP_ADDRESS: u8 = 0x40;
const TIME_TICKS: u8 = 0x43;
/// Longest community that is believed, in bytes.
const MAX_COMMUNITY: usize = 255;

#[derive(Clone, Copy)]
struct Message<'a> {
    version: i64,
    community: usize,
    /// Version 3: the security parameters, in which the user's name stands.
    security: &'a [u8],
    /// The PDU's tag number; none where it is encrypted.
    pdu: Option<u8>,
    /// Request id, or message id of version 3.
    id: i64,
    complete: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (request, reply) = (first(opening, Side::Initiator), first(opening, Side::Responder));
    let rule = "ber-message: version, community or security model, and a PDU (RFC 3416 section 3)";
    if let (Ok(asked), Ok(answered)) = (request, reply) {
        require(asked.version == answered.version)?;
        let answers = |message: Message<'_>| matches!(message.pdu, None | Some(2 | 8));
        return Ok(if asked.id == answered.id && answers(answered) {
            Evidence::dialogue("request-id: the answer repeats the request's number (RFC 3416 section 4)")
        } else {
            Evidence::message(rule)
        });
    }
    // What answers or reports is the responder's; what asks or traps is not.
    let fits = |message: Message<'_>, side| match message.pdu {
        Some(2 | 8) => side == Side::Responder,
        Some(_) => side == Side::Initiator,
        None => true,
    };
    let weigh = |message: Result<Message<'_>, Reject>, side| {
        let message = message?;
        let confidence = if message.complete { Confidence::Message } else { Confidence::Signature };
        if fits(message, side) { Ok(confidence) } else { Err(Reject::Incomplete) }
    };
    Evidence::of(weigh(request, Side::Initiator), weigh(reply, Side::Responder), rule)
}

/// The first message of a side.
fn first<'a>(opening: &Opening<'a>, side: Side) -> Result<Message<'a>, Reject> {
    let mut cursor = opening.said(side).cursor(opening.transport);
    let message = message(&mut cursor)?;
    if opening.transport == Transport::Udp && message.complete {
        cursor.end()?;
    }
    Ok(message)
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let mut body = ber::expect(cursor, tag::SEQUENCE)?;
    let version = ber::integer(&mut body)?;
    if version == 3 {
        return version_3(body);
    }
    require(matches!(version, 0..=2))?;
    let community = ber::octets(&mut body, tag::OCTET_STRING)?.len();
    require(community <= MAX_COMMUNITY)?;
    let pdu = ber::element(&mut body)?;
    require((0xa0..=0xa8).contains(&pdu.tag.first))?;
    let kind = pdu.tag.first & 0x1f;
    let mut contents = pdu.contents;
    let id = if kind == TRAP_V1 { 0 } else { ber::integer(&mut contents)? };
    let complete = match if kind == TRAP_V1 { trap(contents) } else { bindings(contents) } {
        Ok(()) => body.end().is_ok(),
        Err(Reject::Incomplete) => false,
        Err(reject) => return Err(reject),
    };
    Ok(Message { version, community, security: &[], pdu: Some(kind), id, complete })
}

/// Error status and index, or the two numbers that a bulk request has instead, then the list of bindings.
fn bindings(mut contents: Cursor<'_>) -> Result<(), Reject> {
    let (_, _) = (ber::integer(&mut contents)?, ber::integer(&mut contents)?);
    let list = ber::expect(&mut contents, tag::SEQUENCE)?;
    contents.end()?;
    binding_list(list)
}

fn binding_list(mut list: Cursor<'_>) -> Result<(), Reject> {
    while !list.is_empty() {
        let mut binding = ber::expect(&mut list, tag::SEQUENCE)?;
        ber::octets(&mut binding, tag::OBJECT_IDENTIFIER)?;
        ber::element(&mut binding)?;
        binding.end()?;
    }
    if list.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
}

fn trap(mut contents: Cursor<'_>) -> Result<(), Reject> {
    ber::octets(&mut contents, tag::OBJECT_IDENTIFIER)?;
    require(ber::octets(&mut contents, IP_ADDRESS)?.len() == 4)?;
    let (_, _) = (ber::integer(&mut contents)?, ber::integer(&mut contents)?);
    ber::number(&mut contents, TIME_TICKS)?;
    binding_list(ber::expect(&mut contents, tag::SEQUENCE)?)
}

/// Version 3 (RFC 3412 section 6): the header says how the rest is protected.
fn version_3(mut body: Cursor<'_>) -> Result<Message<'_>, Reject> {
    let mut header = ber::expect(&mut body, tag::SEQUENCE)?;
    let (id, size) = (ber::integer(&mut header)?, ber::integer(&mut header)?);
    let flags = ber::octets(&mut header, tag::OCTET_STRING)?;
    ber::integer(&mut header)?;
    header.end()?;
    // Shortest message that everybody must accept: 484 bytes (RFC 3412 section 6.3).
    require(flags.len() == 1 && size >= 484)?;
    let security = ber::octets(&mut body, tag::OCTET_STRING)?;
    let encrypted = flags.first().is_some_and(|flags| flags & 2 != 0);
    let mut message = Message { version: 3, community: 0, security, pdu: None, id, complete: false };
    let scoped = ber::expect(&mut body, if encrypted { tag::OCTET_STRING } else { tag::SEQUENCE });
    match scoped {
        Ok(scoped) if encrypted || scoped.is_open() => message.complete = !scoped.is_open(),
        Ok(mut scoped) => {
            ber::octets(&mut scoped, tag::OCTET_STRING)?;
            ber::octets(&mut scoped, tag::OCTET_STRING)?;
            let pdu = ber::element(&mut scoped)?;
            require((0xa0..=0xa8).contains(&pdu.tag.first))?;
            message.pdu = Some(pdu.tag.first & 0x1f);
            message.complete = body.end().is_ok() && scoped.end().is_ok();
        }
        Err(Reject::Incomplete) => {}
        Err(reject) => return Err(reject),
    }
    Ok(message)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut pdus: Vec<String> = Vec::new();
    let mut open = false;
    for side in [Side::Initiator, Side::Responder] {
        let message = first(opening, side);
        let is_hidden = message.is_ok_and(|message| message.pdu.is_none() && message.version != 3);
        open |= opening.said(side).is_cut() && (message.is_err() || is_hidden);
        let Ok(message) = message else { continue };
        attributes.set("snmp.version", match message.version {
            0 => "1",
            3 => "3",
            _ => "2c",
        });
        if message.version != 3 {
            attributes.set("snmp.community_length", message.community);
        }
        attributes.set_some("snmp.user", user(message.security));
        if let Some(&name) = message.pdu.and_then(|pdu| PDUS.get(usize::from(pdu))) {
            pdus.push(name.to_owned());
        }
    }
    attributes.set_list("snmp.pdu_types", pdus, open);
}

/// The user's name in the parameters of the user-based security model (RFC 3414 section 2.4).
fn user(security: &[u8]) -> Option<&[u8]> {
    let mut parameters = ber::expect(&mut Cursor::closed(security), tag::SEQUENCE).ok()?;
    ber::octets(&mut parameters, tag::OCTET_STRING).ok()?;
    ber::integer(&mut parameters).ok()?;
    ber::integer(&mut parameters).ok()?;
    ber::octets(&mut parameters, tag::OCTET_STRING).ok().filter(|name| !name.is_empty())
}

const GET: &[u8] = b"\x30\x26\x02\x01\x01\x04\x06secret\xa0\x19\x02\x01\x2a\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\
    \x2b\x06\x01\x02\x01\x01\x05\0\x05\0";
const RESPONSE: &[u8] = b"\x30\x28\x02\x01\x01\x04\x06secret\xa2\x1b\x02\x01\x2a\x02\x01\0\x02\x01\0\x30\x10\x30\x0e\x06\x08\
    \x2b\x06\x01\x02\x01\x01\x05\0\x04\x02ab";
const TRAP: &[u8] = b"\x30\x1e\x02\x01\0\x04\x01p\xa4\x16\x06\x03\x2b\x06\x01\x40\x04\xc0\0\x02\x01\x02\x01\x06\x02\x01\x01\x43\x01\
    \x0a\x30\0";
const REPORTABLE: &[u8] = b"\x30\x39\x02\x01\x03\x30\x0f\x02\x02\x12\x34\x02\x03\0\xff\xe3\x04\x01\x04\x02\x01\x03\x04\x10\x30\x0e\x04\0\
    \x02\x01\0\x02\x01\0\x04\0\x04\0\x04\0\x30\x11\x04\0\x04\0\xa0\x0b\x02\x01\x01\x02\x01\0\x02\x01\0\x30\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its answer", &[GET], &[RESPONSE]),
    Example::udp(Confidence::Message, "a request without an answer", &[GET], &[]),
    Example::udp(Confidence::Message, "only the answer was captured", &[], &[RESPONSE]),
    Example::udp(Confidence::Message, "a trap of version 1", &[TRAP], &[]),
    Example::udp(Confidence::Message, "a discovery of version 3", &[REPORTABLE], &[]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[GET], &[RESPONSE]),
    Example::not(Transport::Tcp, "an LDAP bind", &[b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"], &[]),
    Example::not(Transport::Udp, "a community without a PDU", &[b"\x30\x08\x02\x01\0\x04\x03abc"], &[]),
];
