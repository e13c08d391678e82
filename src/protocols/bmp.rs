//! BGP Monitoring Protocol (BMP), from routers to a collector, over TCP.
//!
//! ```text
//! 3 (1)   length with header (4)   type (1): 4 initiation, 3 peer up, 0 route monitoring, 1 statistics, 2 peer down, 5 termination
//! initiation   elements: type (2), length (2), text        others   per-peer header (42), ...
//! ```
//!
//! RFC 7854 section 4. A router begins with an initiation, whose elements fill it; the collector says nothing.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// BGP Monitoring Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "bmp",
    title: "BGP Monitoring Protocol",
    specification: "RFC 7854 section 4",
    ports: &[1790, 11019],
    initiator_first: ByteSet::of(&[3]),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "TPKT, whose length has two bytes: the elements must fill the initiation",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message in bytes that is believed: a BGP message and headers.
const MAX_LENGTH: u32 = 70_000;
const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;
const LAST_TYPE: u8 = 6;
/// Header, and the header of each peer, in bytes.
const HEADER: u32 = 6;
const PEER_HEADER: u32 = 42;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut initiated = false;
    let mut place = 0;
    let count = in_stream(opening.initiator.stream(), |cursor| {
        let kind = message(cursor)?;
        initiated |= kind == INITIATION && place == 0;
        place += 1;
        require(initiated || !opening.from_start)
    });
    let rule = "messages: an initiation whose elements fill it, then messages about peers (RFC 7854 section 4)";
    if initiated {
        return Ok(Evidence::message(rule));
    }
    // From the middle of a session: several messages of fitting lengths.
    if count? >= 2 { Ok(Evidence::signature(rule)) } else { Err(Reject::Incomplete) }
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    cursor.tag(&[3])?;
    let (len, kind) = (cursor.u32()?, cursor.u8()?);
    require((HEADER..=MAX_LENGTH).contains(&len) && kind <= LAST_TYPE)?;
    let mut body = cursor.within((len - HEADER) as usize)?;
    if matches!(kind, INITIATION | TERMINATION) {
        while !body.is_empty() {
            let (element, len) = (body.u16()?, body.u16()?);
            require(element <= 16)?;
            body.skip(len.into())?;
        }
    } else {
        require(len >= HEADER + PEER_HEADER)?;
        // Peer type: global, with or without distinguisher, local (section 4.2, RFC 9069).
        require(body.u8()? <= 3)?;
        body.skip(body.len())?;
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind) }
}

const INITIATED: &[u8] = b"\x03\0\0\0\x14\x04\0\x01\0\x02ab\0\x02\0\x04host";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a router introduces itself", &[INITIATED], &[]),
    Example::not(Transport::Tcp, "an element that is too long", &[b"\x03\0\0\0\x0e\x04\0\x02\0\x05host"], &[]),
    Example::not(Transport::Tcp, "TPKT, which begins with 3 and 0 too", &[b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0"], &[]),
];
