//! Facebook's Zero, TCP's counterpart of QUIC Crypto: Facebook's description "Building Zero protocol", with Google's
//! "QUIC Crypto" for the messages.
//!
//! ```text
//! both    31 "QTV" version, length u32, message: CHLO, SNOM (the server's new configuration), SHLO, REJ        little-endian
//! then    30 length u32, encrypted
//! ```

use super::quic::google;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Facebook Zero.
pub const INSPECTOR: Inspector = Inspector {
    name: "fbzero",
    title: "Facebook Zero",
    specification: "Facebook Zero protocol; QUIC Crypto",
    ports: &[443],
    initiator_first: ByteSet::of(b"1"),
    responder_first: ByteSet::of(b"1"),
    inspect,
    describe: Some(describe),
    attributes: &[("fbzero.sni", "the server name that the client asks for")],
    confused_with: "nothing: it begins with 1QTV, a length and a message's tag",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest first message in bytes.
const MAX_LEN: u32 = 16 * 1024;

fn message<'a>(mut stream: Cursor<'a>, tags: &[&[u8]]) -> Result<Cursor<'a>, Reject> {
    stream.tag(b"1QTV")?;
    require(stream.u8()?.is_ascii_digit())?;
    let len = stream.u32_le()?;
    require((8..=MAX_LEN).contains(&len))?;
    let mut body = stream.within(len as usize)?;
    let whole = body;
    body.one_of(tags)?;
    Ok(whole)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        message(opening.request(), &[b"CHLO"]).map(|_| Confidence::Message),
        message(opening.reply(), &[b"SNOM", b"SHLO", b"REJ\0"]).map(|_| Confidence::Message),
        "hello: the version, and a message of QUIC Crypto behind its length",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(body) = message(opening.request(), &[b"CHLO"]) {
        attributes.set_some("fbzero.sni", google::value(body.rest(), *b"SNI\0"));
    }
}

const HELLO: &[u8] = b"1QTV0\x19\x00\x00\x00CHLO\x01\x00\x00\x00SNI\0\x09\x00\x00\x00a.example";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "the server tells its configuration", &[HELLO], &[b"1QTV0\x08\x00\x00\x00SNOM\x00\x00\x00\x00"]),
    Example::tcp(Confidence::Message, "nobody answers", &[HELLO], &[]),
    Example::not(Transport::Tcp, "another message", &[b"1QTV0\x08\x00\x00\x00HELO\x00\x00\x00\x00"], &[]),
];
