//! Optimized Link State Routing (OLSR), version 1, for wireless meshes.
//!
//! ```text
//! length of the datagram (2)   sequence (2)   messages: type (1), validity (1), length (2), originator (4 or 16), hops left, hops, sequence (2)
//! ```
//!
//! RFC 3626 section 3.3. Messages fill the datagram.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Optimized Link State Routing.
pub const INSPECTOR: Inspector = Inspector {
    name: "olsr",
    title: "Optimized Link State Routing",
    specification: "RFC 3626 section 3.3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::OWN_PORTS,
    inspect,
    confused_with: "nothing whose messages fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[698];
/// Header of a message in bytes, over IPv4.
const MIN_MESSAGE: u16 = 12;

fn inspect(opening: &Opening<'_>) -> Verdict {
    // Over another port two lengths that agree are too little.
    require(opening.is_on(PORTS))?;
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| packet(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "messages: the datagram's length, and messages that fill it (RFC 3626 section 3.3)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn packet(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let whole = cursor;
    let len = usize::from(cursor.u16()?);
    require(if whole.is_open() { len >= whole.len() } else { len == whole.len() })?;
    cursor.skip(2)?;
    require(whole.is_open() || !cursor.is_empty())?;
    while !cursor.is_empty() {
        let (kind, _validity, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        // Hello, topology, interfaces, networks; extensions of the common daemon from 128 on.
        require(matches!(kind, 1..=4 | 128..=134 | 201..=204) && len >= MIN_MESSAGE)?;
        cursor.skip(usize::from(len) - 4)?;
    }
    Ok(())
}

const HELLO: &[u8] = b"\0\x14\0\x01\x01\x86\0\x10\xc0\0\x02\x01\x01\0\0\x01\0\0\x05\x03";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a hello on its port", &[HELLO], &[]).on(698),
    Example::not(Transport::Udp, "one hello on another port", &[HELLO], &[]),
    Example::not(Transport::Udp, "a message that is too long", &[b"\0\x14\0\x01\x01\x86\0\x11\xc0\0\x02\x01\x01\0\0\x01\0\0\x05\x03"], &[]).on(698),
];
