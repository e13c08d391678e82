//! STUN, and TURN that is built on it: [RFC 8489], RFC 8656, and the classic STUN of RFC 3489.
//!
//! ```text
//! type u16 (00 and 14 bits), length u16 of what follows the header, cookie 2112A442, transaction id 12
//! attributes: type u16, length u16, value filled up to four bytes
//! over TCP: one message after the other, or each behind a length u16 (RFC 4571)
//! ```
//!
//! The cookie, and a length and attributes that fill the message, are telling anywhere. Classic STUN has no
//! cookie: its answer repeats 16 bytes of the question. What ICE has found a way for flows beside STUN in the
//! same five-tuple; DTLS then names the flow, media by itself does not.
//!
//! [RFC 8489]: https://www.rfc-editor.org/rfc/rfc8489

use super::dtls;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use std::net::{Ipv4Addr, Ipv6Addr};

/// STUN.
pub const INSPECTOR: Inspector = Inspector {
    name: "stun",
    title: "Session Traversal Utilities for NAT",
    specification: "RFC 8489, RFC 8656, RFC 3489",
    carriers: Carriers::TCP_UDP,
    ports: &[3478, 3479, 3480, 3481, 5349, 19302, 19305],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("stun.method", "the first message's method: binding, allocate ..."),
        ("stun.mapped_address", "the address and port from which the server sees the client"),
        ("stun.software", "what the first message that says so was made by"),
        ("stun.realm", "the server's realm"),
    ],
    headline: &["stun.method", "stun.software"],
    confused_with: "what it opens the way for: DTLS, RTP and TURN channels in the same flow; classic STUN has no cookie \
                    and is told by its answer",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages; TURN channels, media and others that may share the flow; Microsoft's multiplexed sessions.
const FIRST: ByteSet = ByteSet::range(0x00, 0xbf).or(ByteSet::of(&[0xff]));
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
/// Microsoft's relays put FF10, a length and a session's id of eight bytes before the message (MS-TURN).
const MULTIPLEXED: &[u8] = b"\xff\x10";
const MULTIPLEXED_HEADER: usize = 12;
/// Most datagrams of a side that are waited for, as DTLS may still come.
const ENOUGH: usize = 10;
const REQUEST: u16 = 0x0001;
const RESPONSE: u16 = 0x0101;
const ERROR: u16 = 0x0111;

/// A message.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    kind: u16,
    /// Cookie and transaction id; all of it is the id in classic STUN.
    id: [u8; 16],
    attributes: &'a [u8],
    /// Whether the attributes are here to the last.
    whole: bool,
}

impl<'a> Message<'a> {
    fn parse(cursor: &mut Cursor<'a>) -> Result<Self, Reject> {
        let kind = cursor.u16()?;
        let len = cursor.u16()?;
        require(kind & 0xc000 == 0 && len % 4 == 0)?;
        let id = cursor.array()?;
        let body = cursor.within(len.into())?;
        let message = Self { kind, id, attributes: body.rest(), whole: !body.is_open() };
        let mut rest = body;
        while !rest.is_empty() {
            match attribute(&mut rest) {
                Err(Reject::Mismatch) => return Err(Reject::Mismatch),
                Err(Reject::Incomplete) => break,
                Ok(_) => {}
            }
        }
        Ok(message)
    }

    fn has_cookie(&self) -> bool {
        self.id.starts_with(&COOKIE)
    }

    /// All attributes: type and value.
    fn attributes(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = Cursor::open(self.attributes);
        std::iter::from_fn(move || attribute(&mut rest).ok())
    }

    /// A classic request on its own: its attributes are those of RFC 3489, in their form.
    fn is_classic(&self) -> bool {
        let fits = |(kind, value): (u16, &[u8])| match kind {
            // MAPPED-ADDRESS, RESPONSE-ADDRESS, SOURCE-ADDRESS, CHANGED-ADDRESS, REFLECTED-FROM; XOR-MAPPED-ADDRESS as
            // servers gave it before it had its number.
            0x0001 | 0x0002 | 0x0004 | 0x0005 | 0x000b | 0x0020 | 0x8020 => matches!(value, [_, 1, _, _, _, _, _, _]),
            // CHANGE-REQUEST.
            0x0003 => matches!(value, [0, 0, 0, flags] if flags & !6 == 0),
            // USERNAME, PASSWORD, MESSAGE-INTEGRITY, ERROR-CODE, UNKNOWN-ATTRIBUTES, and what need not be understood.
            0x0006..=0x000a | 0x8000.. => true,
            _ => false,
        };
        matches!(self.kind, REQUEST | RESPONSE | ERROR) && self.whole && self.attributes().all(fits)
    }
}

/// An attribute; its value is filled up to four bytes (RFC 8489 section 14).
fn attribute<'a>(rest: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let kind = rest.u16()?;
    let len = usize::from(rest.u16()?);
    let value = rest.take(len)?;
    rest.skip(len.wrapping_neg() % 4)?;
    Ok((kind, value))
}

/// The messages of a side that have the cookie, or that may be classic ones.
fn messages<'a>(opening: &Opening<'a>, side: Side) -> Vec<Message<'a>> {
    let said = opening.said(side);
    if opening.transport == Transport::Tcp {
        let mut stream = said.stream();
        return std::iter::from_fn(|| framed(&mut stream).ok()).filter(Message::has_cookie).collect();
    }
    datagram_messages(said).collect()
}

fn datagram_messages(said: Said<'_>) -> impl Iterator<Item = Message<'_>> {
    said.datagrams().filter_map(|datagram| {
        let mut cursor = datagram.cursor();
        if datagram.bytes.starts_with(MULTIPLEXED) {
            cursor.skip(MULTIPLEXED_HEADER).ok()?;
        }
        let message = Message::parse(&mut cursor).ok()?;
        cursor.is_empty().then_some(message)
    })
}

/// A message of a TCP stream: bare, behind its length (RFC 4571 section 2), or behind Microsoft's
/// type and length (MS-TURN section 2.1.1).
fn framed<'a>(stream: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    for skip in [0, 2, 4] {
        let mut ahead = *stream;
        let framed = ahead.skip(skip).and_then(|()| Message::parse(&mut ahead));
        if let Ok(message) = framed
            && message.has_cookie()
        {
            *stream = ahead;
            return Ok(message);
        }
    }
    Err(if stream.len() < HEADER + 4 { Reject::Incomplete } else { Reject::Mismatch })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let requests = messages(opening, Side::Initiator);
    let replies = messages(opening, Side::Responder);
    let all = || requests.iter().chain(&replies);
    if let Some(message) = all().find(|message| message.has_cookie()) {
        // What it opened the way for names the flow.
        if opening.transport == Transport::Udp && dtls::inspect(opening).is_ok() {
            return Err(Reject::Mismatch);
        }
        let both = requests.iter().any(Message::has_cookie) && replies.iter().any(Message::has_cookie);
        let evidence = match (both, message.whole) {
            (true, _) => Evidence::dialogue(COOKIE_RULE),
            (false, true) => Evidence::message(COOKIE_RULE),
            (false, false) => Evidence::signature(COOKIE_RULE),
        };
        let side = if requests.iter().any(Message::has_cookie) { Side::Initiator } else { Side::Responder };
        let seen = opening.initiator.pieces().len().max(opening.responder.pieces().len());
        let more = opening.transport == Transport::Udp && seen < ENOUGH;
        return Ok(evidence.from(side).wanting_more(more));
    }
    if opening.transport == Transport::Tcp {
        let rejects = [&opening.initiator, &opening.responder].map(|said| framed(&mut said.stream()).err());
        return Err(if rejects.contains(&Some(Reject::Mismatch)) { Reject::Mismatch } else { Reject::Incomplete });
    }
    classic(opening, &requests, &replies)
}

const COOKIE_RULE: &str = "cookie: a message with the magic cookie, filled by its attributes (RFC 8489 section 5)";

fn classic(opening: &Opening<'_>, requests: &[Message<'_>], replies: &[Message<'_>]) -> Verdict {
    const RULE: &str = "classic: a binding exchange of RFC 3489 (section 11)";
    let is = |message: &&Message<'_>, kinds: &[u16]| kinds.contains(&message.kind) && message.is_classic();
    let request = requests.iter().find(|message| is(message, &[REQUEST]));
    let reply = replies.iter().find(|message| is(message, &[RESPONSE, ERROR]));
    let answered = replies.iter().any(|reply| {
        is(&reply, &[RESPONSE, ERROR]) && requests.iter().any(|request| request.id == reply.id && is(&request, &[REQUEST]))
    });
    if answered {
        return Ok(Evidence::dialogue(RULE));
    }
    // A change request, or an address in its form: more than 64 bits that agree.
    if request.is_some_and(|message| !message.attributes.is_empty()) && opening.responder.is_silent() {
        return Ok(Evidence::signature(RULE));
    }
    if reply.is_some_and(|message| !message.attributes.is_empty()) && opening.initiator.is_silent() {
        return Ok(Evidence::signature(RULE).from(Side::Responder));
    }
    // 32 bits, on a port of its own.
    if request.is_some() && opening.is_on(&[3478, 3479]) {
        return Ok(Evidence::signature(RULE));
    }
    let seen = opening.initiator.pieces().len().max(opening.responder.pieces().len());
    Err(if seen < ENOUGH { Reject::Incomplete } else { Reject::Mismatch })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let requests = messages(opening, Side::Initiator);
    let replies = messages(opening, Side::Responder);
    if let Some(first) = requests.iter().chain(&replies).next() {
        attributes.set_some("stun.method", method(first.kind));
    }
    for message in requests.iter().chain(&replies) {
        for (kind, value) in message.attributes() {
            match kind {
                0x8022 => attributes.set("stun.software", value.trim_ascii_end()),
                0x0014 => attributes.set("stun.realm", value),
                0x0020 => attributes.set_some("stun.mapped_address", mapped(value, &message.id)),
                0x0001 => attributes.set_some("stun.mapped_address", mapped(value, &[0; 16])),
                _ => {}
            }
        }
    }
}

/// The method's name: bits 0 to 3, 5 to 7 and 9 to 13 of the type (RFC 8489 section 5).
const fn method(kind: u16) -> Option<&'static str> {
    Some(match kind & 0xf | kind >> 1 & 0x70 | kind >> 2 & 0xf80 {
        1 => "binding",
        3 => "allocate",
        4 => "refresh",
        6 => "send",
        7 => "data",
        8 => "create-permission",
        9 => "channel-bind",
        10 => "connect",
        _ => return None,
    })
}

/// An address in a MAPPED-ADDRESS, combined with `mask` (RFC 8489 sections 14.1 and 14.2).
fn mapped(value: &[u8], mask: &[u8; 16]) -> Option<String> {
    let mut cursor = Cursor::closed(value);
    cursor.u8().ok()?;
    let family = cursor.u8().ok()?;
    let [high, low, ..] = *mask;
    let port = cursor.u16().ok()? ^ u16::from_be_bytes([high, low]);
    let masked = |(byte, mask): (&u8, &u8)| byte ^ mask;
    match family {
        1 => {
            let octets: Vec<u8> = cursor.take(4).ok()?.iter().zip(mask).map(masked).collect();
            Some(format!("{}:{port}", Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)))
        }
        2 => {
            let octets: Vec<u8> = cursor.take(16).ok()?.iter().zip(mask).map(masked).collect();
            Some(format!("[{}]:{port}", Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)))
        }
        _ => None,
    }
}

const ASK: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
/// The answer, with XOR-MAPPED-ADDRESS 192.0.2.1:32853.
const ANSWER: &[u8] = b"\x01\x01\x00\x0c\x21\x12\xa4\x42abcdefghijkl\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a binding request and its answer", &[ASK], &[ANSWER]),
    Example::udp(Confidence::Message, "nobody answers", &[ASK], &[]),
    Example::udp(Confidence::Message, "media among the messages", &[ASK, b"\x80\x60\x00\x01\x00\x00\x00\xa0abcdmedia"], &[]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[ASK], &[ANSWER]),
    Example::tcp(Confidence::Message, "over TCP, behind its length", &[b"\x00\x14", ASK], &[]),
    Example::udp(
        Confidence::Dialogue,
        "classic STUN: the answer repeats the question's id",
        &[b"\x00\x01\x00\x00abcdefghijklmnop"],
        &[b"\x01\x01\x00\x0cabcdefghijklmnop\x00\x01\x00\x08\x00\x01\x80\x55\xc0\x00\x02\x01"],
    ),
    Example::udp(
        Confidence::Signature,
        "classic STUN: a request to change the port",
        &[b"\x00\x01\x00\x08abcdefghijklmnop\x00\x03\x00\x04\x00\x00\x00\x02"],
        &[],
    ),
    Example::not(Transport::Udp, "a header without a cookie, on another port", &[b"\x00\x01\x00\x00abcdefghijklmnop"], &[]),
    Example::not(
        Transport::Udp,
        "an answer to another question",
        &[b"\x00\x01\x00\x00abcdefghijklmnop"],
        &[b"\x01\x01\x00\x0cabcdefghijklmnoq\x00\x01\x00\x08\x00\x01\x80\x55\xc0\x00\x02\x01"],
    ),
    Example::not(Transport::Udp, "attributes that leave the message", &[b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x04"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_published_vectors_is_read() {
        // RFC 5769 section 2.2.
        let id = *b"\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
        let value = b"\x00\x01\xa1\x47\xe1\x12\xa6\x43";
        assert_eq!(mapped(value, &id).as_deref(), Some("192.0.2.1:32853"));
    }

    #[test]
    fn methods_are_told_from_the_types_bits() {
        assert_eq!(method(0x0101), Some("binding"));
        assert_eq!(method(0x0113), Some("allocate"));
        assert_eq!(method(0x0016), Some("send"));
    }
}
