//! Megaco, H.248: the text encoding of [RFC 3525], annex B.
//!
//! ```text
//! MEGACO/1 [192.0.2.1]:2944␊ Transaction = 9998 { ...          or, short:  !/1 <mgc.example>␊T=9998{ ...
//! ```
//!
//! [RFC 3525]: https://www.rfc-editor.org/rfc/rfc3525

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::sctp;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Megaco.
pub const INSPECTOR: Inspector = Inspector {
    name: "megaco",
    title: "Media Gateway Control (H.248, Megaco)",
    specification: "RFC 3525 annex B",
    carriers: Carriers::ALL,
    ports: &[2944],
    // The word, its sign, an authentication header, TPKT over TCP; SCTP's DATA chunk.
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("megaco.sender", "who the first message is from")],
    confused_with: "nothing: no other protocol begins with its name or sign, a version and a sender",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = ByteSet::of(b"Mm!Aa").or(ByteSet::range(0, 15));
/// Longest sender's name in bytes.
const MAX_SENDER: usize = 256;
/// What a message's body begins with, long and short (annex B.2).
const BODIES: [&str; 12] = [
    "transaction", "transactionreply", "transactionpending", "transactionresponseack", "reply", "pending", "error", "t", "p", "pn", "k", "er",
];

/// Reads a message's header; gives the sender.
fn message(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let short = cursor.rest().first() == Some(&b'!');
    if short {
        cursor.tag(b"!")?;
    } else {
        cursor.tag_ignore_case(b"MEGACO")?;
    }
    cursor.tag(b"/")?;
    require(matches!(cursor.u8()?, b'1'..=b'9'))?;
    spaces(&mut cursor)?;
    // A domain in angle brackets, an address in square ones, a device name, or a name with MTP.
    require(cursor.rest().first().is_none_or(|byte| matches!(byte, b'<' | b'[' | b'M' | b'm') || byte.is_ascii_alphabetic()))?;
    let rest = cursor.rest();
    let len = rest.iter().take(MAX_SENDER).position(u8::is_ascii_whitespace);
    let sender = match len {
        Some(len) => cursor.take(len)?,
        None if rest.len() >= MAX_SENDER || !cursor.is_open() => return Err(Reject::Mismatch),
        None => return Err(Reject::Incomplete),
    };
    spaces(&mut cursor)?;
    let word_len = cursor.rest().iter().take(24).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = cursor.rest().get(..word_len).unwrap_or_default();
    if word_len == cursor.len() && cursor.is_open() {
        return Err(Reject::Incomplete);
    }
    require(BODIES.iter().any(|body| word.eq_ignore_ascii_case(body.as_bytes())))?;
    Ok(sender)
}

fn spaces(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let count = cursor.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    require(count > 0 || cursor.is_empty())?;
    cursor.skip(count.max(1))
}

/// The first message of a side: over TCP in a TPKT frame (RFC 3525 annex D.2), or bare.
fn first<'a>(opening: &Opening<'a>, side: Side) -> Cursor<'a> {
    let said = opening.said(side);
    match opening.transport {
        Transport::Tcp => {
            let bare = said.stream();
            let mut framed = bare;
            match framed.tag(&[3, 0]).and_then(|()| framed.u16()) {
                Ok(_) => framed,
                Err(Reject::Incomplete) => Cursor::open(&[]),
                Err(Reject::Mismatch) => bare,
            }
        }
        Transport::Udp => said.cursor(Transport::Udp),
        Transport::Sctp => {
            let messages = said.datagrams().flat_map(|packet| sctp::messages(packet.cursor()));
            messages.map(|(_, message)| message).next().unwrap_or(Cursor::open(&[]))
        }
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side| message(first(opening, side)).map(|_| Confidence::Message);
    Evidence::of(
        judge(Side::Initiator),
        judge(Side::Responder),
        "header: the name, a version, a sender and a transaction (RFC 3525 annex B.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let sender = [Side::Initiator, Side::Responder].into_iter().find_map(|side| message(first(opening, side)).ok());
    attributes.set_some("megaco.sender", sender);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a transaction and its reply",
        &[b"!/1 <mgc.example>\nT=1{C=-{AV=DS/1/1}}"],
        &[b"MEGACO/1 [192.0.2.1]:2944\r\nReply = 1 { Context = - }"],
    ),
    Example::udp(Confidence::Message, "nobody answers", &[b"!/1 <mgc.example>\nT=1{C=-{AV=DS/1/1}}"], &[]),
    Example::tcp(Confidence::Message, "over TCP, in a frame", &[b"\x03\x00\x00\x2d", b"MEGACO/3 [192.0.2.1]:2944 Transaction = 1 {}"], &[]),
    Example::not(Transport::Tcp, "a shell script", &[b"!/1 bin sh\n"], &[]),
    Example::not(Transport::Udp, "another word behind the sender", &[b"!/1 <mgc.example>\nHELLO=1{}"], &[]),
];
