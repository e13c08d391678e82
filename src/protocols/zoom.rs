//! Zoom's media over UDP, as Michel et al. measured them ("Enabling Passive Measurement of Zoom Performance in Production
//! Networks", IMC 2022, section 4), and how a connection to a media router opens, as observed.
//!
//! ```text
//! client   01 00 n   token 16 ...            opens; it is said again until it is answered
//! server   02 00 n   the same token ...
//! media    05  sequence:16  connection:32  direction (00 to the router, 04 from it)
//!          then a media type: 0D 1E screen, 0F audio, 10 video, 21 22 23 control     RTP or RTCP behind it
//! ```
//!
//! The RTP inside has its own header and an encrypted payload. What peers send each other directly lacks the outer header
//! and is not claimed.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// Zoom's media.
pub const INSPECTOR: Inspector = Inspector {
    name: "zoom",
    title: "Zoom meeting media",
    specification: "Michel et al., IMC 2022, section 4; the opening as observed",
    carriers: Carriers::UDP,
    ports: &[8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809, 8810],
    initiator_first: ByteSet::of(&[1, 5]),
    responder_first: ByteSet::range(1, 5),
    inspect,
    confused_with: "PFCP, which has port 8805 too and a length that fits; media of others, which have no outer header",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the token that the router repeats.
const TOKEN: usize = 16;
/// Fewest packets of one side that are asked for in the middle of a flow: each passes as noise once in 2^19.
const ENOUGH: u32 = 2;

/// Reads an opening of this kind, and gives the number behind it and the token.
fn greeting(mut cursor: Cursor<'_>, kind: u8) -> Result<(u8, &[u8]), Reject> {
    cursor.tag(&[kind, 0])?;
    let number = cursor.u8()?;
    let token = cursor.take(TOKEN)?;
    // Drawn at random: no zeros, no text, no pattern.
    let distinct = token.iter().enumerate().filter(|&(at, byte)| !token.iter().take(at).any(|other| other == byte)).count();
    require(distinct > TOKEN / 2)?;
    Ok((number, token))
}

/// Reads a packet of media to or from the router, and gives the connection.
fn media(mut cursor: Cursor<'_>, from_router: bool) -> Result<u32, Reject> {
    cursor.tag(&[5])?;
    cursor.u16()?;
    let connection = cursor.u32()?;
    require(cursor.u8()? == if from_router { 4 } else { 0 })?;
    let mut inner = cursor;
    // Where RTP or RTCP begins behind the media type; a video packet's header is longer where it counts its frame.
    let skipped = match inner.u8()? {
        0x0d => 27,
        0x0f => 19,
        0x10 => if inner.rest().get(19) == Some(&2) { 24 } else { 20 },
        0x1e => 20,
        0x21..=0x23 => 16,
        _ => return Err(Reject::Incomplete),
    };
    cursor.skip(skipped)?;
    require(cursor.u8()? >> 6 == 2)?;
    Ok(connection)
}

/// Whether a side's packets are media of one connection, as far as they are media.
fn stream(said: Said<'_>, from_router: bool) -> Result<Confidence, Reject> {
    let (mut seen, mut connections) = (0, None);
    for datagram in said.datagrams() {
        match media(datagram.cursor(), from_router) {
            Ok(connection) => {
                require(*connections.get_or_insert(connection) == connection)?;
                seen += 1;
            }
            Err(Reject::Incomplete) => {}
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
        }
    }
    if seen >= ENOUGH { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.initiator.bytes().first() == Some(&1) {
        let asked = greeting(opening.request(), 1)?;
        let answered = greeting(opening.reply(), 2)?;
        require(asked == answered)?;
        return Ok(Evidence::dialogue("opening: a token, and the router's answer that repeats it"));
    }
    require(opening.is_on(INSPECTOR.ports))?;
    let rule = "media: two headers of Zoom's before RTP, on one connection (Michel et al., section 4)";
    Evidence::of(stream(opening.said(Side::Initiator), false), stream(opening.said(Side::Responder), true), rule)
}

const OPEN: &[u8] = b"\x01\0\x03\xc8\x4a\xc4\x52\x87\x18\xcd\xa2\xb8\x47\x7a\x1b\x89\x9f\x33\x83\0\0\0\0\0\0\0\x02";
const OPENED: &[u8] = b"\x02\0\x03\xc8\x4a\xc4\x52\x87\x18\xcd\xa2\xb8\x47\x7a\x1b\x89\x9f\x33\x83\0\x4f\x83\x78";
const OTHER: &[u8] = b"\x02\0\x03\xc8\x4a\xc4\x52\x87\x18\xcd\xa2\xb8\x47\x7a\x1b\x89\x9f\x33\x84\0\x4f\x83\x78";
const AUDIO: &[u8] = b"\x05\0\x01\0\x4f\x83\x78\0\x0f123456789012345678\x90\x70sequence and more";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a connection to a media router", &[OPEN], &[OPENED]),
    Example::udp(Confidence::Signature, "audio in the middle", &[AUDIO, AUDIO], &[]).on(8801),
    Example::not(Transport::Udp, "an answer with another token", &[OPEN], &[OTHER]),
    Example::not(Transport::Udp, "audio on another port", &[AUDIO, AUDIO], &[]),
    Example::not(Transport::Udp, "no RTP inside", &[b"\x05\0\x01\0\x4f\x83\x78\0\x0f1234567890123456789012345"], &[]).on(8801),
];
