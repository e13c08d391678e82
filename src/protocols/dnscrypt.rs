//! DNSCrypt, version 2: the "DNSCrypt version 2 protocol specification", sections 8 and 9.
//!
//! ```text
//! query     client magic 8 (as the resolver's certificate says), public key 32, nonce 12, encrypted
//! response  "r6fnvWj8", the query's nonce 12, resolver's nonce 12, encrypted           TCP: behind a length u16
//! ```
//!
//! The query's magic is a number of the resolver's choice, so that a query by itself is noise; the response has 64
//! fixed bits and repeats 96 of the query. Certificates are asked for in plain DNS, which stays DNS.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// DNSCrypt.
pub const INSPECTOR: Inspector = Inspector {
    name: "dnscrypt",
    title: "DNSCrypt",
    specification: "DNSCrypt version 2 protocol specification",
    carriers: Carriers::TCP_UDP,
    ports: &[443, 5353, 8443],
    responder_first: ByteSet::of(b"r").or(ByteSet::range(0, 16)),
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

fn inspect(opening: &Opening<'_>) -> Verdict {
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

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a query and its response", &[QUERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "only the response was captured", &[], &[RESPONSE]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[b"\x00\x4b", QUERY], &[b"\x00\x35", RESPONSE]),
    Example::not(Transport::Udp, "a query that nobody answers", &[QUERY], &[]),
    Example::not(Transport::Tcp, "a request in clear", &[b"\x00\x4bGET / HTTP/1.1\r\n"], &[]),
    Example::not(Transport::Udp, "a response too short for its nonces", &[], &[b"r6fnvWj8nonce-nonce+"]),
];
