//! MELSOFT, by which Mitsubishi's engineering tools program and watch controllers of the MELSEC series.
//!
//! Not published; what is claimed is its frame, whose route and length are fixed:
//!
//! ```text
//! 57 01 | 000000 | 1111 | 07 | 0000 FFFF 0300 00 FE03 0000 | length LE | 1C 0A 16 14 ...        request
//! D7 01 | 000000 | 1111 | 7F | 0000 00A8 0300 FF FF03 0000 | length LE | 9C 0A 18 14 ...        response
//! 5A 00 00 FF                                                                                      search, on its port
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// MELSOFT.
pub const INSPECTOR: Inspector = Inspector {
    name: "melsoft",
    title: "Mitsubishi MELSOFT (controller programming)",
    specification: "Frame as seen between GX Works and controllers: subheader, route, length",
    carriers: Carriers::TCP_UDP,
    ports: &[5560, 5562],
    initiator_first: ByteSet::of(&[0x57, 0x5a, 0xd7, 0xda]),
    responder_first: ByteSet::of(&[0x57, 0x5a, 0xd7, 0xda]),
    inspect,
    confused_with: "nothing: 1111 in the route, 03 twice, and the frame's exact length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most bytes of a frame after its route: some 2 KiB, as the other protocols of these controllers.
const MAX_LENGTH: usize = 4096;

/// Reads a request or a response, or a search and its answer, and says whether it is one of the former.
fn frame(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    let first = cursor.u8()?;
    if matches!(first, 0x5a | 0xda) {
        cursor.tag(&[0, 0])?;
        require(matches!(cursor.u8()?, 0x01 | 0xff))?;
        let rest = cursor.len();
        require(if first == 0x5a { rest == 0 } else { (4..=64).contains(&rest) })?;
        cursor.skip(rest)?;
        return Ok(false);
    }
    require(matches!(first, 0x57 | 0xd7))?;
    require(cursor.u8()? <= 1)?;
    cursor.tag(&[0, 0, 0, 0x11, 0x11])?;
    cursor.skip(5)?;
    // The module behind a network and a station, twice: the own one, and that of the tool.
    cursor.tag(&[0x03, 0x00])?;
    cursor.skip(2)?;
    cursor.tag(&[0x03, 0x00, 0x00])?;
    let len = usize::from(cursor.u16_le()?);
    require((4..=MAX_LENGTH).contains(&len))?;
    let mut body = cursor.within(len)?;
    require(matches!(body.u8()?, 0x1c | 0x9c))?;
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(true) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut telling = false;
        of_said(&said, opening.transport, |cursor| {
            telling |= frame(cursor)?;
            Ok(())
        })?;
        match telling {
            true => Ok(Confidence::Message),
            false if opening.is_on(INSPECTOR.ports) => Ok(Confidence::Signature),
            false => Err(Reject::Incomplete),
        }
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "frame: subheader, route and exact length (MELSOFT frame)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a request and its response",
        &[b"\x57\x01\x00\x00\x00\x11\x11\x07\x00\x00\xff\xff\x03\x00\x00\xfe\x03\x00\x00\x06\x00\x1c\x0a\x16\x14\x01\x21"],
        &[b"\xd7\x01\x00\x00\x00\x11\x11\x7f\x00\x00\x00\xa8\x03\x00\xff\xff\x03\x00\x00\x06\x00\x9c\x0a\x18\x14\x01\x21"],
    ),
    Example::udp(Confidence::Signature, "controllers are searched for", &[b"\x5a\x00\x00\xff"], &[]).on(5560),
    Example::not(Transport::Udp, "four bytes anywhere", &[b"\x5a\x00\x00\xff"], &[]),
    Example::not(
        Transport::Udp,
        "another length",
        &[b"\x57\x01\x00\x00\x00\x11\x11\x07\x00\x00\xff\xff\x03\x00\x00\xfe\x03\x00\x00\x07\x00\x1c\x0a\x16\x14\x01\x21"],
        &[],
    ),
];
