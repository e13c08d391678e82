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

fn query(mut message: Cursor<'_>) -> Result<&[u8], Reject> {
    message.skip(BEFORE_NONCE)?;
    message.take(NONCE)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "response: the resolver's magic and the query's nonce (specification section 9)";
    let messages = |side| -> Vec<Cursor<'_>> {
        let said = opening.said(side);
        if opening.transport == Transport::Udp {
            return said.datagrams().map(|datagram| datagram.cursor()).collect();
        }
        let mut stream = said.stream();
        stream.u16().and_then(|len| stream.within(len.into())).into_iter().collect()
    };
    let (queries, replies) = (messages(Side::Initiator), messages(Side::Responder));
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
    found.ok_or(Reject::Incomplete)
}

const QUERY: &[u8] = b"c-magic!public-key-public-key-public-ke+nonce-nonce+encrypted";
const RESPONSE: &[u8] = b"r6fnvWj8nonce-nonce+other-nonce+encrypted-and-tagged!";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a query and its response", &[QUERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "only the response was captured", &[], &[RESPONSE]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[b"\x00\x3d", QUERY], &[b"\x00\x35", RESPONSE]),
    Example::not(Transport::Udp, "a query that nobody answers", &[QUERY], &[]),
    Example::not(Transport::Udp, "a response too short for its nonces", &[], &[b"r6fnvWj8nonce-nonce+"]),
];
