//! Nano's peer protocol: the message header of the node's [documentation], and the handshake with node ids.
//!
//! ```text
//!  'R'  network 'A' test, 'B' beta, 'C' live, 'X' development   newest version  used version  oldest version  type  extensions:16
//! ```
//!
//! The eight bytes bind some forty bits. The handshake's lengths follow from its flags: a query is 32 bytes, an answer 96.
//!
//! [documentation]: https://docs.nano.org/protocol-design/networking/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// Nano.
pub const INSPECTOR: Inspector = Inspector {
    name: "nano",
    title: "Nano peer protocol",
    specification: "Nano documentation, Networking; the protocol's Kaitai description",
    carriers: Carriers::TCP_UDP,
    ports: &[7075, 54000],
    initiator_first: ByteSet::of(b"R"),
    responder_first: ByteSet::of(b"R"),
    inspect,
    describe: Some(describe),
    attributes: &[("nano.version", "the protocol version that the initiator uses")],
    confused_with: "text that begins with R, such as RFB's banner",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Versions run up to the low twenties; oldest <= used <= newest.
const MAX_VERSION: u8 = 40;

/// The handshake's type, and the flags for its two parts.
const HANDSHAKE: u8 = 10;
const QUERY: u16 = 1;
const ANSWER: u16 = 2;

#[derive(Clone, Copy)]
struct Header {
    version: u8,
    confidence: Confidence,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |header: Result<Header, Reject>| header.map(|header| header.confidence);
    Evidence::of(
        confidence(header(opening.request())),
        confidence(header(opening.reply())),
        "header: Nano's message header (Nano documentation, Networking)",
    )
}

fn header(mut cursor: Cursor<'_>) -> Result<Header, Reject> {
    cursor.tag(b"R")?;
    require(matches!(cursor.u8()?, b'A' | b'B' | b'C' | b'X'))?;
    let (newest, version, oldest) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    require(oldest > 0 && oldest <= version && version <= newest && newest <= MAX_VERSION)?;
    let kind = cursor.u8()?;
    let extensions = cursor.u16_le()?;
    require((2..=18).contains(&kind))?;
    if kind != HANDSHAKE {
        return Ok(Header { version, confidence: Confidence::Signature });
    }
    let query = if extensions & QUERY != 0 { 32 } else { 0 };
    let answer = if extensions & ANSWER != 0 { 96 } else { 0 };
    require(query + answer > 0)?;
    cursor.skip(query + answer)?;
    Ok(Header { version, confidence: Confidence::Message })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("nano.version", header(opening.request()).ok().map(|header| header.version));
}

const QUERIES: &[u8] = b"RC\x14\x14\x12\x0a\x01\x000123456789abcdef0123456789abcdef";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "two handshakes", &[QUERIES], &[QUERIES]),
    Example::tcp(Confidence::Message, "one handshake", &[QUERIES], &[]),
    Example::not(Transport::Tcp, "VNC's banner", &[], &[b"RFB 003.008\n"]),
    Example::not(Transport::Tcp, "versions in the wrong order", &[b"RC\x10\x14\x12\x0a\x01\x00"], &[]),
];
