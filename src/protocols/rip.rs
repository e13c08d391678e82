//! Routing Information Protocol (RIP), versions 1 and 2.
//!
//! ```text
//! command (1): 1 request, 2 response   version (1)   0 0   entries of 20 bytes: family (2), tag, address, mask, next hop, metric (4)
//! ```
//!
//! RFC 2453 section 4. At most 25 entries fill the datagram; a metric is at most 16.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Routing Information Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "rip",
    title: "Routing Information Protocol",
    specification: "RFC 2453 section 4, RFC 1058 section 3.1",
    carriers: Carriers::UDP,
    ports: &[520],
    initiator_first: ByteSet::of(&[1, 2]),
    responder_first: ByteSet::of(&[1, 2]),
    inspect,
    confused_with: "nothing whose entries fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most entries of a datagram, each of 20 bytes (RFC 2453 section 4).
const MAX_ENTRIES: usize = 25;
/// Families: none (a request for everything), IPv4, authentication (sections 3.9.1 and 4.1).
const FAMILIES: [u16; 3] = [0, 2, 0xffff];
/// Unreachable.
const INFINITY: u32 = 16;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "routes: entries of small metric that fill the datagram (RFC 2453 section 4)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let [command, version, zero, nil] = cursor.array()?;
    require(matches!(command, 1 | 2) && matches!(version, 1 | 2) && (zero, nil) == (0, 0))?;
    require(cursor.is_open() || !cursor.is_empty() && cursor.len() / 20 <= MAX_ENTRIES)?;
    while !cursor.is_empty() {
        let (family, tag) = (cursor.u16()?, cursor.u16()?);
        require(FAMILIES.contains(&family) && (version == 2 || tag == 0))?;
        cursor.skip(12)?;
        let metric = cursor.u32()?;
        require(family == 0xffff || metric <= INFINITY && (metric > 0 || command == 1))?;
    }
    Ok(())
}

const RESPONSE: &[u8] = b"\x02\x02\0\0\0\x02\0\0\xc0\0\x02\0\xff\xff\xff\0\0\0\0\0\0\0\0\x01";
const EVERYTHING: &[u8] = b"\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a router's routes", &[RESPONSE], &[]),
    Example::udp(Confidence::Dialogue, "a request for all routes, and the answer", &[EVERYTHING], &[RESPONSE]),
    Example::not(Transport::Udp, "a metric beyond infinity", &[b"\x02\x02\0\0\0\x02\0\0\xc0\0\x02\0\xff\xff\xff\0\0\0\0\0\0\0\0\x11"], &[]),
    Example::not(Transport::Udp, "no entry", &[b"\x02\x02\0\0"], &[]),
];
