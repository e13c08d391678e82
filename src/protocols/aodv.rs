//! Ad hoc On-Demand Distance Vector routing (AODV).
//!
//! ```text
//! type (1)   flags ...   1 route request: 24 bytes   2 reply: 20   3 error: 4 + 8 a destination   4 acknowledgement: 2
//! ```
//!
//! RFC 3561 section 5. The lengths are fixed and little else, so that it counts only on its port; extensions may follow
//! (section 9).

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Ad hoc On-Demand Distance Vector routing.
pub const INSPECTOR: Inspector = Inspector {
    name: "aodv",
    title: "Ad hoc On-Demand Distance Vector routing",
    specification: "RFC 3561 section 5",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(1, 4),
    responder_first: ByteSet::range(1, 4),
    inspect,
    confused_with: "other short datagrams: it counts only on its port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[654];
fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "fixed-length: a type of the length it has, on AODV's port (RFC 3561 section 5)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let (kind, flags) = (cursor.u8()?, cursor.u8()?);
    match kind {
        // The last three bits of the flags and the next byte are reserved.
        1 => {
            require(flags & 0x07 == 0 && cursor.u8()? == 0)?;
            cursor.skip(21)?;
        }
        2 => {
            require(flags & 0x3f == 0)?;
            cursor.skip(18)?;
        }
        3 => {
            require(flags & 0x7f == 0 && cursor.u8()? == 0)?;
            let count = usize::from(cursor.u8()?);
            require(count > 0)?;
            cursor.skip(count * 8)?;
        }
        4 => require(flags == 0)?,
        _ => return Err(Reject::Mismatch),
    }
    // Extensions: type, length, value.
    while !cursor.is_empty() {
        cursor.skip(1)?;
        let len = cursor.u8()?;
        cursor.skip(len.into())?;
    }
    Ok(())
}

const REQUEST: &[u8] = b"\x01\0\0\x02\0\0\0\x01\xc0\0\x02\x01\0\0\0\x07\xc0\0\x02\x02\0\0\0\x08";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a route is looked for", &[REQUEST], &[]).on(654),
    Example::not(Transport::Udp, "the same on another port", &[REQUEST], &[]),
    Example::not(Transport::Udp, "a request that is cut short", &[b"\x01\0\0\x02\0\0\0\x01"], &[]).on(654),
];
