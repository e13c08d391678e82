//! Ether-S-Bus, by which Saia-Burgess' controllers are read and written over UDP.
//!
//! ```text
//! length of the whole, 4 bytes | version 0 or 1 | protocol | sequence | 0 request, 1 response, 2 acknowledge | ... | CRC
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::crc::crc16;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// Ether-S-Bus.
pub const INSPECTOR: Inspector = Inspector {
    name: "sbus",
    title: "Saia-Burgess Ether-S-Bus",
    specification: "Saia-Burgess Controls 26/742, S-Bus: Ether-S-Bus telegram",
    carriers: Carriers::UDP,
    ports: &[5050],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing: the length is the datagram's and the CRC fits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the smallest telegram: header, attribute and CRC.
const SMALLEST: usize = 11;

fn telegram(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let all = cursor.rest();
    let len = cursor.u32()? as usize;
    require(len >= SMALLEST)?;
    require(cursor.u8()? <= 1 && cursor.u8()? <= 1)?;
    cursor.skip(2)?;
    require(cursor.u8()? <= 2)?;
    cursor.skip(len - SMALLEST)?;
    let expected = cursor.u16()?;
    require(all.get(..len - 2).is_some_and(|body| crc16(body, 0x1021, 0) == expected))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, telegram).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "telegram: the datagram's length and a CRC that fits (Ether-S-Bus telegram)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its response", &[b"\x00\x00\x00\x0d\x01\x00\x00\x01\x00\x03\x20\xe9\x80"], &[b"\x00\x00\x00\x0e\x01\x00\x00\x01\x01\x44\x32\x33\x4c\xeb"]),
    Example::not(Transport::Udp, "a CRC that does not fit", &[b"\x00\x00\x00\x0d\x01\x00\x00\x01\x00\x03\x20\xe9\x00"], &[]),
];
