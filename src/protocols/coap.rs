//! CoAP, the Constrained Application Protocol of small things, over UDP: [RFC 7252].
//!
//! ```text
//! 01 type token-length | code | message id | token | options: delta and length, value ... | FF payload
//! initiator   0.01 GET ... 0.07        responder   2.xx, 4.xx, 5.xx with the request's token
//! ```
//!
//! A header of four bytes is little, so a request alone must name a resource or go to CoAP's port; an
//! answer has the request's message id or its token.
//!
//! [RFC 7252]: https://www.rfc-editor.org/rfc/rfc7252

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// CoAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "coap",
    title: "Constrained Application Protocol",
    specification: "RFC 7252 section 3",
    carriers: Carriers::UDP,
    ports: &[5683],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("coap.method", "method of the first request: GET, POST, PUT ..."),
        ("coap.path", "path of the first request"),
        ("coap.host", "host that the first request names"),
        ("coap.status", "code of the first response, as class.detail"),
    ],
    confused_with: "STUN's channel data and RTP-like headers, which begin with the same two bits; their options do not parse",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Version 1, any type, a token of up to eight bytes.
const FIRST: ByteSet = ByteSet::range(0x40, 0x48)
    .or(ByteSet::range(0x50, 0x58))
    .or(ByteSet::range(0x60, 0x68))
    .or(ByteSet::range(0x70, 0x78));
const URI_HOST: u32 = 3;
const URI_PATH: u32 = 11;
/// Most options of a message.
const MAX_OPTIONS: usize = 24;

/// A message, read to its end.
#[derive(Clone, Copy)]
struct Message<'a> {
    code: u8,
    id: u16,
    token: &'a [u8],
    options: Cursor<'a>,
    names_resource: bool,
}

impl Message<'_> {
    const fn is_request(&self) -> bool {
        matches!(self.code, 0x01..=0x07)
    }

    const fn is_response(&self) -> bool {
        matches!(self.code >> 5, 2 | 4 | 5)
    }
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let first = cursor.u8()?;
    require(first >> 6 == 1)?;
    let token_len = usize::from(first & 0x0f);
    require(token_len <= 8)?;
    let code = cursor.u8()?;
    // Section 12.1: requests, responses, and the empty message, which has nothing else.
    require(matches!(code, 0x00..=0x07 | 0x40..=0x45 | 0x5f | 0x80..=0x9f | 0xa0..=0xa8))?;
    let id = cursor.u16()?;
    if code == 0 {
        require(token_len == 0 && cursor.is_empty())?;
    }
    let token = cursor.take(token_len)?;
    let options = *cursor;
    let mut names_resource = false;
    let mut number = 0;
    for _ in 0..MAX_OPTIONS {
        match option(cursor, &mut number)? {
            Some(value) if number == URI_PATH || number == URI_HOST => {
                require(std::str::from_utf8(value).is_ok_and(|text| !text.contains(char::is_control)))?;
                names_resource |= value.len() >= 2 && is_text(value);
            }
            Some(_) => {}
            None => {
                cursor.skip(cursor.len())?;
                return Ok(Message { code, id, token, options, names_resource });
            }
        }
    }
    Err(Reject::Mismatch)
}

/// Reads the next option's value (section 3.1) and adds its delta to `number`; none before the payload or the end.
fn option<'a>(cursor: &mut Cursor<'a>, number: &mut u32) -> Result<Option<&'a [u8]>, Reject> {
    if cursor.is_empty() && !cursor.is_open() {
        return Ok(None);
    }
    let first = cursor.u8()?;
    if first == 0xff {
        // A marker that is followed by nothing is an error.
        require(!cursor.is_empty() || cursor.is_open())?;
        return Ok(None);
    }
    let mut extended = |nibble: u8| match nibble {
        13 => cursor.u8().map(|byte| u32::from(byte) + 13),
        14 => cursor.u16().map(|word| u32::from(word) + 269),
        15 => Err(Reject::Mismatch),
        small => Ok(u32::from(small)),
    };
    let delta = extended(first >> 4)?;
    let len = extended(first & 0x0f)?;
    *number += delta;
    // Odd numbers are critical: who does not know them must refuse (section 5.4.1); these are all that exist.
    require(number.is_multiple_of(2) || matches!(*number, 1 | 3 | 5 | 7 | 9 | 11 | 13 | 15 | 17 | 19 | 21 | 23 | 27 | 31 | 35 | 39) || *number > 2000)?;
    cursor.take(len as usize).map(Some)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let count = |said: Said<'_>| in_datagrams(&said, |cursor| message(cursor).map(drop));
    let (requests, replies) = (count(opening.initiator), count(opening.responder));
    if requests == Err(Reject::Mismatch) || replies == Err(Reject::Mismatch) {
        return Err(Reject::Mismatch);
    }
    if is_answered(opening) {
        return Ok(Evidence::dialogue(
            "answered-request: a response with the request's token, or message id (RFC 7252 section 5.3)",
        ));
    }
    let named = messages(opening.initiator).any(|message| message.is_request() && message.names_resource);
    let rule = "message: header, options in order and a known code (RFC 7252 section 3)";
    match (requests, replies) {
        (Ok(_), _) if named && opening.is_on(INSPECTOR.ports) => Ok(Evidence::message(rule)),
        (Ok(_), _) if named || opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        (_, Ok(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

fn messages(said: Said<'_>) -> impl Iterator<Item = Message<'_>> {
    said.datagrams().filter_map(|datagram| message(&mut datagram.cursor()).ok())
}

/// Whether a response has a request's token of three bytes and more, or its message id and token.
fn is_answered(opening: &Opening<'_>) -> bool {
    messages(opening.responder).filter(Message::is_response).any(|response| {
        messages(opening.initiator).filter(Message::is_request).any(|request| {
            request.token == response.token && (request.id == response.id || request.token.len() >= 3)
        })
    })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some(request) = messages(opening.initiator).find(Message::is_request) {
        let names = ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"];
        attributes.set_some("coap.method", names.get(usize::from(request.code) - 1).copied());
        let (mut path, mut number, mut options) = (String::new(), 0, request.options);
        for _ in 0..MAX_OPTIONS {
            let Ok(Some(value)) = option(&mut options, &mut number) else { break };
            if number == URI_PATH {
                path.push('/');
                path.push_str(&String::from_utf8_lossy(value));
            } else if number == URI_HOST {
                attributes.set("coap.host", value);
            }
        }
        attributes.set("coap.path", if path.is_empty() { "/".to_owned() } else { path });
    }
    let response = messages(opening.responder).find(Message::is_response);
    let status = response.map(|response| format!("{}.{:02}", response.code >> 5, response.code & 0x1f));
    attributes.set_some("coap.status", status);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a resource is read",
        &[b"\x42\x01\x99\x46\x50\x46\xb4temp"],
        &[b"\x62\x45\x99\x46\x50\x46\xff21.5"],
    ),
    Example::udp(Confidence::Signature, "a request anywhere", &[b"\x41\x01\x99\x46\x50\xb4temp"], &[]),
    Example::udp(
        Confidence::Message,
        "a request on CoAP's port",
        &[b"\x40\x01\x99\x46\xbb.well-known\x04core"],
        &[],
    )
    .on(5683),
    Example::not(Transport::Udp, "a request that names nothing, anywhere", &[b"\x40\x01\x99\x46"], &[]),
    Example::not(Transport::Udp, "an answer to something else", &[b"\x40\x01\x99\x46"], &[b"\x60\x45\x11\x11"]),
    Example::not(Transport::Udp, "a marker and no payload", &[b"\x41\x01\x99\x46\x50\xb4temp\xff"], &[]),
];
