//! MikroTik Neighbor Discovery Protocol (MNDP), broadcast by RouterOS.
//!
//! ```text
//! header (2)   sequence (2)   elements: type (2), length (2), value       1 address, 5 identity, 7 version, 8 platform ...
//! 00 00 00 00 asks everybody
//! ```
//!
//! As MikroTik's equipment sends it. The elements, of which the first is an address of six bytes, fill the datagram.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict, ZERO};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// MikroTik Neighbor Discovery Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "mndp",
    title: "MikroTik Neighbor Discovery Protocol",
    specification: "the behaviour of RouterOS; no public specification",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(16, &[(4, ZERO), (5, ByteSet::of(&[0x01])), (6, ZERO), (7, ByteSet::of(&[0x06]))]),
    inspect,
    describe: Some(describe),
    attributes: &[("mndp.identity", "the router's name"), ("mndp.version", "RouterOS' version"), ("mndp.board", "the board's name")],
    confused_with: "nothing whose elements fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[5678];
/// Types of elements that are known.
const ELEMENTS: [u16; 11] = [1, 5, 7, 8, 10, 11, 12, 14, 15, 16, 17];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut announced = false;
        in_datagrams(&opening.said(side), |cursor| {
            if cursor.rest() == [0; 4] && opening.is_on(PORTS) {
                return Ok(());
            }
            announced = true;
            elements(*cursor, |_, _| ())
        })?;
        Ok(if announced { Confidence::Message } else { Confidence::Signature })
    };
    let rule = "elements: an address, then elements that fill the datagram";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn elements<'a>(mut cursor: Cursor<'a>, mut tell: impl FnMut(u16, &'a [u8])) -> Result<(), Reject> {
    cursor.skip(4)?;
    let mut count = 0;
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u16()?, cursor.u16()?);
        require(ELEMENTS.contains(&kind) && (count > 0 || (kind, len) == (1, 6)))?;
        tell(kind, cursor.take(len.into())?);
        count += 1;
    }
    require(count >= 2)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let _ = elements(opening.request(), |kind, value| match kind {
        5 => attributes.set("mndp.identity", value),
        7 => attributes.set("mndp.version", value),
        12 => attributes.set("mndp.board", value),
        _ => {}
    });
}

const ANNOUNCEMENT: &[u8] = b"\0\0\0\x07\0\x01\0\x06\x02\0\0\0\0\x01\0\x05\0\x06router\0\x08\0\x08MikroTik";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a router introduces itself", &[ANNOUNCEMENT], &[]),
    Example::udp(Confidence::Signature, "somebody asks, on its port", &[b"\0\0\0\0"], &[]).on(5678),
    Example::not(Transport::Udp, "somebody asks, on another port", &[b"\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\0\0\0\x07\0\x01\0\x06\x02\0\0\0\0\x01\0\x05\0\x07router"], &[]),
];
