//! DNSCrypt, version 2: the "DNSCrypt version 2 protocol specification", sections 8 and 9.
//!
//! ```text
//! query     client magic 8 (as the resolver's certificate says), public key 32, nonce 12, encrypted
//! response  "r6fnvWj8", the query's nonce 12, resolver's nonce 12, encrypted           TCP: behind a length u16
//! ```
//!
//! The query's magic is a number of the resolver's choice, so that a query by itself is noise; the response has 64
//! fixed bits and repeats 96 of the query. The resolver's certificate is asked for in plain DNS, as the text of a
//! name that begins with `2.dnscrypt-cert`: 120 bits that nothing else asks for.

use crate::cursor::{Cursor, require};
use crate::formats::dns;
use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;

/// DNSCrypt.
pub const INSPECTOR: Inspector = Inspector {
    name: "dnscrypt",
    title: "DNSCrypt",
    specification: "DNSCrypt version 2 protocol specification",
    carriers: Carriers::TCP_UDP,
    ports: &[443, 5353, 8443],
    refines: Some("dns"),
    datagram: Shape::of(41, &[]),
    inspect,
    confused_with: "noise, as long as no response was seen",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const RESPONSE_MAGIC: &[u8] = b"r6fnvWj8";
const NONCE: usize = 12;
/// Client magic and public key stand before a query's nonce.
const BEFORE_NONCE: usize = 40;
/// Two nonces, the resolver's half included, and a tag: what a response has at the least.
const MIN_RESPONSE: usize = 8 + 24 + 16;

/// Gives the nonce of the query that a response answers.
fn response(mut message: Cursor<'_>) -> Result<&[u8], Reject> {
    let whole = message;
    message.tag(RESPONSE_MAGIC)?;
    let nonce = message.take(NONCE)?;
    require(whole.is_open() || whole.len() >= MIN_RESPONSE)?;
    Ok(nonce)
}

/// Gives the nonce of what may be a query: behind it stands what is encrypted, with its tag of 16 bytes.
fn query(mut message: Cursor<'_>) -> Result<&[u8], Reject> {
    require(may_be_encrypted(message.rest()))?;
    message.skip(BEFORE_NONCE)?;
    let nonce = message.take(NONCE)?;
    message.within(16)?;
    Ok(nonce)
}

/// Reads a question for a certificate, or what answers it (specification section 10); gives the id and which it is.
fn certificate(mut message: Cursor<'_>) -> Result<(u16, bool), Reject> {
    let (whole, id, flags) = (message.rest(), message.u16()?, message.u16()?);
    // A standard query or its answer, with one question.
    require(flags & 0x7800 == 0)?;
    message.tag(&[0, 1])?;
    message.skip(6)?;
    let mut name = message;
    name.tag_ignore_case(CERTIFICATE_NAME)?;
    dns::skip_name(whole, &mut message)?;
    let (kind, class) = (message.u16()?, message.u16()?);
    require(kind == 16 && class == 1)?;
    Ok((id, flags & 0x8000 != 0))
}

const CERTIFICATE_NAME: &[u8] = b"\x012\x0ddnscrypt-cert";

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Udp {
        let rule = "certificate: a question for a resolver's certificate (specification section 10)";
        match (certificate(opening.request()), certificate(opening.reply())) {
            (Ok((asked, false)), Ok((answered, true))) if asked == answered => return Ok(Evidence::dialogue(rule)),
            (Ok((_, false)), Err(Reject::Incomplete)) => return Ok(Evidence::message(rule)),
            (Err(Reject::Incomplete), Ok((_, true))) => return Ok(Evidence::message(rule).from(Side::Responder)),
            _ => {}
        }
    }
    let rule = "response: the resolver's magic and the query's nonce (specification section 9)";
    let messages = |side| -> Result<Vec<Cursor<'_>>, Reject> {
        let said = opening.said(side);
        if opening.transport == Transport::Udp {
            return Ok(said.datagrams().map(|datagram| datagram.cursor()).collect());
        }
        if said.is_silent() {
            return Ok(Vec::new());
        }
        let mut stream = said.stream();
        let len = stream.u16()?;
        Ok(vec![stream.within(len.into())?])
    };
    let (queries, replies) = (messages(Side::Initiator)?, messages(Side::Responder)?);
    let mut found = None;
    for reply in replies {
        let nonce = match response(reply) {
            Err(Reject::Incomplete) => continue,
            nonce => nonce?,
        };
        if queries.iter().any(|&message| query(message) == Ok(nonce)) {
            return Ok(Evidence::dialogue(rule).from(Side::Responder));
        }
        found = Some(Evidence::message(rule).from(Side::Responder));
    }
    // A flow may ask for the resolver's certificate first, in plain DNS; but something has to be a query.
    let hopeless = !queries.is_empty() && queries.iter().all(|&message| query(message) == Err(Reject::Mismatch));
    found.ok_or(if hopeless { Reject::Mismatch } else { Reject::Incomplete })
}

const QUERY: &[u8] = b"c-magic!0123456789ABCDEFGHIJKLMNOPQRSTUVnonce-nonce+\x9e\x0d\xf1encrypted-and-tagged";
const RESPONSE: &[u8] = b"r6fnvWj8nonce-nonce+other-nonce+encrypted-and-tagged!";

const ASK: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x012\x0ddnscrypt-cert\x07example\0\0\x10\0\x01";
const TELL: &[u8] = b"\x12\x34\x81\x80\0\x01\0\0\0\0\0\0\x012\x0ddnscrypt-cert\x07example\0\0\x10\0\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a resolver's certificate is asked for", &[ASK], &[TELL]),
    Example::udp(Confidence::Message, "nobody answers", &[ASK], &[]).on(443),
    Example::not(
        Transport::Udp,
        "another name that is asked for",
        &[b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x012\x0ddnscrypt-carr\x07example\0\0\x10\0\x01"],
        &[],
    ),
    Example::udp(Confidence::Dialogue, "a query and its response", &[QUERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "only the response was captured", &[], &[RESPONSE]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[b"\x00\x4b", QUERY], &[b"\x00\x35", RESPONSE]),
    Example::not(Transport::Udp, "a query that nobody answers", &[QUERY], &[]),
    Example::not(Transport::Tcp, "a request in clear", &[b"\x00\x4bGET / HTTP/1.1\r\n"], &[]),
    Example::not(Transport::Udp, "a response too short for its nonces", &[], &[b"r6fnvWj8nonce-nonce+"]),
];
