//! Gateway Load Balancing Protocol (GLBP), sent to a group by each gateway.
//!
//! ```text
//! 1 (1)   0 (1)   group (2)   0 0   sender's MAC address (6)   elements: type (1), length with header (1), value
//! element 1   hello: 0, state, 0, priority ...   2   forwarder: number, state ...   3   authentication
//! ```
//!
//! As Cisco's equipment sends it; the elements fill the datagram, which goes from port 3222 to 224.0.0.102 or ff02::66.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Gateway Load Balancing Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "glbp",
    title: "Gateway Load Balancing Protocol",
    specification: "the behaviour of Cisco equipment; no public specification",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[1]),
    responder_first: ByteSet::of(&[1]),
    inspect,
    confused_with: "nothing whose elements fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[3222];
/// Groups on an interface: 0 to 1023.
const MAX_GROUP: u16 = 1023;
/// Shortest element of types 1, 2 and 3, in bytes: a hello has 28, a forwarder's state 20.
const SHORTEST: [u8; 3] = [20, 12, 4];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(if opening.is_on(PORTS) { Confidence::Message } else { Confidence::Signature })
    };
    let rule = "elements: a group's header, and elements that fill the datagram";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[1, 0])?;
    require(cursor.u16()? <= MAX_GROUP)?;
    cursor.tag(&[0, 0])?;
    // A sender's address is of one station, and never zero.
    let address = cursor.take(6)?;
    require(address.first().is_some_and(|first| first & 1 == 0) && address != [0; 6])?;
    require(cursor.is_open() || !cursor.is_empty())?;
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u8()?, cursor.u8()?);
        let shortest = SHORTEST.get(usize::from(kind).wrapping_sub(1)).ok_or(Reject::Mismatch)?;
        require(len >= *shortest)?;
        cursor.skip(usize::from(len) - 2)?;
    }
    Ok(())
}

const HELLO: &[u8] = b"\x01\0\0\x0a\0\0\x02\0\0\0\0\x01\x01\x1c\0\x20\0\x64\0\0\0\0\x0b\xb8\0\0\x27\x10\0\0\x02\x58\x01\x04\xc0\0\x02\x01\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a gateway's hello", &[HELLO], &[]).on(3222),
    Example::udp(Confidence::Signature, "the same on another port", &[HELLO], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\x01\0\0\x0a\0\0\x02\0\0\0\0\x01\x03\x09\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "uTP's first packet, which begins with its version and no extension", &[b"\x41\0\x12\x34\0\0\0\x01\0\0\0\0\0\x10\0\0\0\x01\0\0"], &[]),
];
