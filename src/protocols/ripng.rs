//! Routing Information Protocol for IPv6 (RIPng).
//!
//! ```text
//! command (1): 1 request, 2 response   1 (1)   0 0   entries of 20 bytes: prefix (16), tag (2), prefix length (1), metric (1)
//! ```
//!
//! RFC 2080 section 2.1. Entries fill the datagram; metric 255 marks a next hop, all else is at most 16.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Routing Information Protocol for IPv6.
pub const INSPECTOR: Inspector = Inspector {
    name: "ripng",
    title: "Routing Information Protocol for IPv6",
    specification: "RFC 2080 section 2.1",
    carriers: Carriers::UDP,
    ports: &[521],
    initiator_first: ByteSet::of(&[1, 2]),
    responder_first: ByteSet::of(&[1, 2]),
    inspect,
    confused_with: "nothing whose entries fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Unreachable, and the mark of a next hop (RFC 2080 section 2.1.1).
const INFINITY: u8 = 16;
const NEXT_HOP: u8 = 255;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "routes: prefixes of fitting length and small metric fill the datagram (RFC 2080 section 2.1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let [command, version, zero, nil] = cursor.array()?;
    require(matches!(command, 1 | 2) && (version, zero, nil) == (1, 0, 0))?;
    require(cursor.is_open() || !cursor.is_empty())?;
    while !cursor.is_empty() {
        cursor.skip(18)?;
        let [prefix, metric] = cursor.array()?;
        require(prefix <= 128 && (metric <= INFINITY || metric == NEXT_HOP))?;
    }
    Ok(())
}

const RESPONSE: &[u8] =
    b"\x02\x01\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a router's routes", &[RESPONSE], &[]),
    Example::not(Transport::Udp, "a prefix longer than an address", &[b"\x02\x01\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x81\x01"], &[]),
    Example::not(Transport::Udp, "half an entry", &[b"\x02\x01\0\0\x20\x01\x0d\xb8\0\0"], &[]),
];
