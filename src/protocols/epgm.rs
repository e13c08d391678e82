//! Pragmatic General Multicast inside UDP (EPGM), as messaging systems use it.
//!
//! ```text
//! source port (2)   destination port (2)   type (1)   options (1)   checksum (2)   source id (6)   length of data (2)
//! SPM 0, POLL 1, POLR 2, ODATA 4, RDATA 5, NAK 8, NNAK 9, NCF a: sequence numbers or address families
//! ```
//!
//! RFC 3208 section 8. The checksum is over all of the message (section 8, "Checksum").

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Pragmatic General Multicast over UDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "epgm",
    title: "Pragmatic General Multicast over UDP",
    specification: "RFC 3208 section 8",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(20, &[(4, ByteSet::of(&TYPES)), (5, ByteSet::masked(0x3c, 0))]),
    inspect,
    confused_with: "nothing whose checksum fits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[3055, 3056];
/// Message types: path, poll and its answer, original and repaired data, negative acknowledgements, their confirmation, reports.
const TYPES: [u8; 9] = [0, 1, 2, 4, 5, 8, 9, 0x0a, 0x0d];
/// Header in bytes; and the shortest data that has its sequence number and trail.
const HEADER: usize = 16;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let count = in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        // A checksum and a type are 20 bits each time, and a length.
        if count >= 2 || opening.is_on(PORTS) { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    let rule = "checksum: a type, and the checksum over the message (RFC 3208 section 8)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let whole = cursor;
    cursor.skip(4)?;
    let (kind, options) = (cursor.u8()?, cursor.u8()?);
    // Bits 2 to 5 of the options are reserved.
    require(TYPES.contains(&kind) && options & 0x3c == 0)?;
    let sum = cursor.u16()?;
    require(cursor.take(6)? != [0; 6])?;
    let len = usize::from(cursor.u16()?);
    require(sum != 0 && whole.len() >= HEADER + 4)?;
    require(if whole.is_open() { len <= whole.len() + 1500 } else { HEADER + len <= whole.len() })?;
    require(matches!(kind, 4 | 5) || len == 0)?;
    if whole.is_open() {
        return Err(Reject::Incomplete);
    }
    let total = whole.rest().chunks(2).fold(0_u32, |total, word| match word {
        [high, low] => total + u32::from(u16::from_be_bytes([*high, *low])),
        [high] => total + (u32::from(*high) << 8),
        _ => total,
    });
    let folded = (total & 0xffff) + (total >> 16);
    require((folded & 0xffff) + (folded >> 16) == 0xffff)
}

const DATA: &[u8] = b"\x1d\x4c\x1d\x4b\x04\0\xa2\x38\x01\x02\x03\x04\x05\x06\0\x04\0\0\0\x07\0\0\0\x01\x0a\x0b\x0c\x0d";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "data, twice", &[DATA, DATA], &[]),
    Example::udp(Confidence::Message, "data on its port", &[DATA], &[]).on(3055),
    Example::not(Transport::Udp, "data once, on another port", &[DATA], &[]),
    Example::not(
        Transport::Udp,
        "a checksum that does not fit",
        &[b"\x1d\x4c\x1d\x4b\x04\0\xa2\x39\x01\x02\x03\x04\x05\x06\0\x04\0\0\0\x07\0\0\0\x01\x0a\x0b\x0c\x0d"],
        &[],
    )
    .on(3055),
];
