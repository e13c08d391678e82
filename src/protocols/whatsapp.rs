//! WhatsApp's own transport: a Noise handshake after a prologue, as the clients' reimplementations document it.
//!
//! ```text
//!  initiator   [ "ED" 00 01   length:24  routing ]   "WA"  version 04..06  dictionary 00..0F   length:24  12 … ClientHello
//!  responder   length:24  1A … ServerHello                                           (Protocol Buffers, fields 2 and 3)
//! ```
//!
//! Everything that follows is encrypted.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// WhatsApp.
pub const INSPECTOR: Inspector = Inspector {
    name: "whatsapp",
    title: "WhatsApp transport",
    specification: "the Noise prologue of WhatsApp's clients, versions 4 to 6",
    ports: &[5222, 443, 80],
    initiator_first: ByteSet::of(b"EW"),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "XMPP, which shares the port and is XML",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let answer = |mut cursor: Cursor<'_>| {
        let len = cursor.u24()?;
        require((4..=1 << 16).contains(&len))?;
        require(matches!(cursor.u8()?, 0x1a | 0xf8)).map(|()| Confidence::Signature)
    };
    let asked = prologue(opening.request())?;
    Evidence::of(Ok(asked), answer(opening.reply()), "prologue: WhatsApp's prologue and hello")
}

fn prologue(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let mut routing = false;
    if cursor.rest().first() == Some(&b'E') {
        cursor.tag(b"ED\0\x01")?;
        let len = cursor.u24()?;
        require((1..=64).contains(&len))?;
        cursor.skip(len as usize)?;
        routing = true;
    }
    cursor.tag(b"WA")?;
    let mut old = cursor;
    if old.u8()? == 1 {
        return fun_xmpp(old);
    }
    require((4..=6).contains(&cursor.u8()?) && cursor.u8()? <= 15)?;
    // With the routing before it, the mark is telling enough.
    let hello = |mut cursor: Cursor<'_>| {
        let len = cursor.u24()?;
        require((32..=1 << 14).contains(&len))?;
        cursor.tag(&[0x12])
    };
    match hello(cursor) {
        Ok(()) => Ok(Confidence::Message),
        Err(Reject::Incomplete) if routing => Ok(Confidence::Signature),
        Err(reject) => Err(reject),
    }
}

/// Version 1, of before Noise: XMPP in tokens, whose lists of less than 256 begin with F8.
fn fun_xmpp(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    require(cursor.u8()? <= 15)?;
    let len = cursor.u24()?;
    require((4..=1 << 12).contains(&len))?;
    cursor.tag(&[0xf8])?;
    Ok(Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a handshake", &[b"WA\x06\x03\0\0\x24\x12\x22\x0a\x20"], &[b"\0\x01\x5e\x1a\xdb\x02"]),
    Example::tcp(
        Confidence::Dialogue,
        "an old client, of before Noise",
        &[b"WA\x01\x05\x00\x00\x17\xf8\x05\x01\xa5"],
        &[b"\x00\x00\x05\xf8\x03\x01\x3a\x91"],
    ),
    Example::tcp(Confidence::Message, "with routing before it", &[b"ED\0\x01\0\0\x04\x08\x09\x08\x02WA\x05\x02\0\x01\x0e\x12\x8b\x02"], &[]),
    Example::not(Transport::Tcp, "another version", &[b"WA\x01\x20\0\0\x24\x12"], &[]),
];
