//! .NET's message framing (net.tcp): the preamble of a connection, [MC-NMF] sections 2.2.3 and 3.
//!
//! ```text
//! initiator   00 01 00       version record, 1.0
//!             01 mode        1 singleton unsized, 2 duplex, 3 simplex, 4 singleton sized
//!             02 length via  net.tcp://host:808/service
//!             03 encoding    and 0C the preamble's end, or 09 an upgrade to TLS or Negotiate
//! responder   0B             preamble acknowledged, or 0A upgrade granted, 08 fault
//! ```
//!
//! [MC-NMF]: https://learn.microsoft.com/openspecs/windows_protocols/mc-nmf/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// .NET's message framing.
pub const INSPECTOR: Inspector = Inspector {
    name: "mc-nmf",
    title: ".NET message framing (net.tcp)",
    specification: "MC-NMF sections 2.2.3 and 3",
    ports: &[808, 9389],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[8, 0x0a, 0x0b]),
    inspect,
    describe: Some(describe),
    attributes: &[("mc_nmf.via", "the service that was asked for"), ("mc_nmf.upgrade", "the protocol that secures the rest")],
    confused_with: "nothing: five bytes are fixed, and a URI follows",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// What a preamble says.
struct Preamble<'a> {
    via: &'a [u8],
    upgrade: Option<&'a [u8]>,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    preamble(opening.request())?;
    match opening.reply().u8() {
        Ok(0x08 | 0x0a | 0x0b) => Ok(Evidence::dialogue("preamble: a preamble and its acknowledgement (MC-NMF 2.2.3)")),
        Ok(_) => Err(Reject::Mismatch),
        Err(_) => Ok(Evidence::message("preamble: a version, a mode and a via record (MC-NMF 2.2.3)")),
    }
}

fn preamble(mut cursor: Cursor<'_>) -> Result<Preamble<'_>, Reject> {
    cursor.tag(&[0, 1, 0, 1])?;
    require((1..=4).contains(&cursor.u8()?))?;
    cursor.tag(&[2])?;
    let via = text(&mut cursor)?;
    require(via.windows(3).any(|window| window == b"://"))?;
    let upgrade = encoding(&mut cursor).and_then(|()| cursor.tag(&[9])).and_then(|()| text(&mut cursor)).ok();
    Ok(Preamble { via, upgrade })
}

/// A known encoding by its number, or another by its name.
fn encoding(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    match cursor.u8()? {
        3 => cursor.skip(1),
        4 => text(cursor).map(drop),
        _ => Err(Reject::Mismatch),
    }
}

/// A length of seven bits a byte, and that much text (section 2.2.2).
fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let low = cursor.u8()?;
    let len = if low < 0x80 { usize::from(low) } else { usize::from(low & 0x7f) | usize::from(cursor.u8()? & 0x7f) << 7 };
    let text = cursor.take(len)?;
    require(!text.is_empty() && is_text(text))?;
    Ok(text)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(preamble) = preamble(opening.request()) {
        attributes.set("mc_nmf.via", preamble.via);
        attributes.set_some("mc_nmf.upgrade", preamble.upgrade);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a session that is secured", &[b"\0\x01\0\x01\x02\x02\x14net.tcp://host/serve\x03\x08\x09\x15application/negotiate"], &[&[0x0a]]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"\0\x01\0\x01\x01\x02\x0cnet.tcp://h/\x03\x03\x0c"], &[]),
    Example::not(Transport::Tcp, "no URI", &[b"\0\x01\0\x01\x02\x02\x05hello\x03\x08"], &[]),
];
