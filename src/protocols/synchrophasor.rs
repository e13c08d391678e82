//! IEEE C37.118, by which phasor measurement units of the power grid stream what they measure.
//!
//! ```text
//! AA | type and version | frame size | id | seconds | fraction | ... | CRC-CCITT of all before it
//!      0 data, 1 header, 2 3 5 configuration, 4 command; version 1 to 3
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::crc::crc16;
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// Synchrophasors.
pub const INSPECTOR: Inspector = Inspector {
    name: "synchrophasor",
    title: "IEEE C37.118 synchrophasors",
    specification: "IEEE C37.118.2-2011 section 6.2",
    carriers: Carriers::TCP_UDP,
    ports: &[4712, 4713],
    initiator_first: ByteSet::of(&[0xaa]),
    responder_first: ByteSet::of(&[0xaa]),
    inspect,
    describe: Some(describe),
    attributes: &[("synchrophasor.id", "identification of the stream's source or target in the first frame")],
    confused_with: "nothing: the size and the CRC must fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the smallest frame: the common part, without anything before the CRC.
const SMALLEST: usize = 16;

/// Reads the frame's size and id.
fn header(cursor: &mut Cursor<'_>) -> Result<(usize, u16), Reject> {
    cursor.tag(&[0xaa])?;
    let kind = cursor.u8()?;
    require(kind >> 4 <= 5 && matches!(kind & 0x0f, 1..=3))?;
    let size = usize::from(cursor.u16()?);
    require(size >= SMALLEST)?;
    Ok((size, cursor.u16()?))
}

fn frame(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let mut ahead = *cursor;
    let (size, _) = header(&mut ahead)?;
    let body = cursor.take(size - 2)?;
    require(cursor.u16()? == crc16(body, 0x1021, 0xffff))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, frame).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "frame: sync AA, size and CRC-CCITT fit (IEEE C37.118.2 section 6.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let id = header(&mut opening.request()).or_else(|_| header(&mut opening.reply()));
    attributes.set_some("synchrophasor.id", id.ok().map(|(_, id)| id));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "data transmission is turned on",
        &[b"\xaa\x41\x00\x12\x00\xf1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xa7\x37"],
        &[],
    ),
    Example::udp(
        Confidence::Dialogue,
        "a command and data",
        &[b"\xaa\x41\x00\x12\x00\xf1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xa7\x37"],
        &[b"\xaa\x01\x00\x16\x00\xf1\x48\x93\x37\x43\x00\x07\xef\x40\x00\x00\x42\xc8\x27\xb9\x9c\x7d"],
    ),
    Example::not(Transport::Tcp, "a CRC that does not fit", &[b"\xaa\x41\x00\x12\x00\xf1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xa7\x00"], &[]),
];
