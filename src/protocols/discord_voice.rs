//! Discord's voice connections before and beside their media: [IP discovery], and the client's ping.
//!
//! ```text
//! initiator   0001 | 70 | SSRC | 66 zeros                       responder   0002 | 70 | SSRC | address NUL ... | port
//! initiator   13 37 CA FE | counter                              responder   the same eight bytes
//! ```
//!
//! The media themselves are RTP, encrypted.
//!
//! [IP discovery]: https://discord.com/developers/docs/topics/voice-connections

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Discord voice.
pub const INSPECTOR: Inspector = Inspector {
    name: "discord-voice",
    title: "Discord voice connection",
    specification: "Discord developer documentation: voice connections, IP discovery",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x00, 0x13]),
    responder_first: ByteSet::of(&[0x00, 0x13]),
    inspect,
    confused_with: "STUN, whose binding request begins with 0001 too and has its cookie where this has zeros",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes that IP discovery's length counts: SSRC, address and port.
const COUNTED: u16 = 70;

/// Reads a discovery of this kind to its end, and gives the SSRC.
fn discovery(mut cursor: Cursor<'_>, kind: u16) -> Result<u32, Reject> {
    require(cursor.u16()? == kind && cursor.u16()? == COUNTED)?;
    let ssrc = cursor.u32()?;
    let address: [u8; 64] = cursor.array()?;
    // A request is empty; an answer has an address in text.
    let text = address.iter().take_while(|&&byte| byte != 0);
    require(text.clone().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte)) && (text.count() > 0) == (kind == 2))?;
    cursor.skip(2)?;
    cursor.end()?;
    Ok(ssrc)
}

/// Reads a ping, and gives its counter.
fn ping(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    cursor.tag(&[0x13, 0x37, 0xca, 0xfe])?;
    let counter = cursor.u32()?;
    cursor.end()?;
    Ok(counter)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let is_ping = opening.initiator.bytes().first() == Some(&0x13);
    let rule = "voice: IP discovery or ping, and its answer (Discord voice connections)";
    let (asked, answered) = if is_ping {
        (ping(opening.request())?, ping(opening.reply()))
    } else {
        (discovery(opening.request(), 1)?, discovery(opening.reply(), 2))
    };
    match answered {
        Ok(answered) if answered == asked => Ok(Evidence::dialogue(rule)),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Err(Reject::Incomplete) => Ok(Evidence::new(if is_ping { Confidence::Signature } else { Confidence::Message }, rule)),
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a ping comes back", &[b"\x13\x37\xca\xfe\x0a\x00\x00\x00"], &[b"\x13\x37\xca\xfe\x0a\x00\x00\x00"]),
    Example::not(Transport::Udp, "another ping comes back", &[b"\x13\x37\xca\xfe\x0a\x00\x00\x00"], &[b"\x13\x37\xca\xfe\x0b\x00\x00\x00"]),
    Example::not(
        Transport::Udp,
        "a STUN request",
        &[b"\x00\x01\x00\x00\x21\x12\xa4\x42\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"],
        &[],
    ),
];
