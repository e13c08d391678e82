//! SD-RTN, the real-time network of Agora, in its handshake over UDP.
//!
//! Not published; what is claimed is the handshake's list of tags, as in the first QUIC, with the edge's name:
//!
//! ```text
//! initiator   own id, 4 bytes | 00 00 | 21 | 00000000     | count | "SNI" 00 | length LE | NAME ".agora.io" ...
//! responder   own id          | 00 00 | 23 | client's id  | count | "PEID" ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SD-RTN.
pub const INSPECTOR: Inspector = Inspector {
    name: "sd-rtn",
    title: "Agora SD-RTN",
    specification: "As seen: a handshake that names an edge of agora.io",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x00]),
    responder_first: ByteSet::of(&[0x00]),
    inspect,
    describe: Some(describe),
    attributes: &[("sd-rtn.server_name", "the edge that the client asks for")],
    confused_with: "the first QUIC, whose tags look alike: the server name decides",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The names of all edges end so.
const DOMAIN: &[u8] = b".agora.io";

/// The client's id and the name that its handshake asks for.
fn hello<'a>(cursor: &mut Cursor<'a>) -> Result<(u32, &'a [u8]), Reject> {
    let id = cursor.u32()?;
    cursor.tag(&[0, 0, 0x21])?;
    cursor.tag(&[0, 0, 0, 0])?;
    cursor.skip(2)?;
    cursor.tag(b"SNI\0")?;
    let len = usize::from(cursor.u16_le()?);
    require((4..256).contains(&len))?;
    let name = cursor.take(len)?;
    require(is_text(name) && name.ends_with(DOMAIN))?;
    Ok((id, name))
}

/// The client's id that the edge's answer repeats.
fn answer(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    cursor.skip(4)?;
    cursor.tag(&[0, 0, 0x23])?;
    cursor.u32()
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (id, _) = hello(&mut opening.request())?;
    let rule = "handshake: the name of an edge of agora.io, and an answer with the client's id (as seen)";
    match answer(&mut opening.reply()) {
        Ok(answered) if answered == id => Ok(Evidence::dialogue(rule)),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Err(Reject::Incomplete) => Ok(Evidence::message(rule)),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let name = hello(&mut opening.request()).ok().map(|(_, name)| name);
    attributes.set_some("sd-rtn.server_name", name);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a client and an edge",
        &[b"\x00\x11\x22\x33\x00\x00\x21\x00\x00\x00\x00\x00\x04SNI\x00\x15\x00192-0-2.edge.agora.io"],
        &[b"\x00\x44\x55\x66\x00\x00\x23\x00\x11\x22\x33\x00\x04PEID\x04\x00\x01\x00\x1c\x00"],
    ),
    Example::not(
        Transport::Udp,
        "another domain",
        &[b"\x00\x11\x22\x33\x00\x00\x21\x00\x00\x00\x00\x00\x04SNI\x00\x15\x00192-0-2.edge.aloha.io"],
        &[],
    ),
];
