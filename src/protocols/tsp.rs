//! Time Synchronization Protocol (TSP) of the `timed` daemons, on local networks.
//!
//! ```text
//! type (1)   version 1 (1)   sequence (2)   seconds (4), microseconds (4) or hops   machine's name (up to 256), ends with zeros
//! ```
//!
//! "The Berkeley UNIX Time Synchronization Protocol" (Gusella, Zatti, Bloom), figure 1. It counts only on its port.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::in_datagrams;

/// Time Synchronization Protocol (timed).
pub const INSPECTOR: Inspector = Inspector {
    name: "tsp",
    title: "Time Synchronization Protocol (timed)",
    specification: "The Berkeley UNIX Time Synchronization Protocol, figure 1",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(1, LAST_TYPE),
    responder_first: ByteSet::range(1, LAST_TYPE),
    inspect,
    confused_with: "other datagrams: it counts only on its port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[525];
/// Last message type.
const LAST_TYPE: u8 = 24;
/// Header before the name, and the longest name, in bytes.
const HEADER: usize = 12;
const MAX_NAME: usize = 256;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "named-machine: a type, version 1 and a machine's name, on its port (Berkeley TSP, figure 1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let (kind, version) = (cursor.u8()?, cursor.u8()?);
    require((1..=LAST_TYPE).contains(&kind) && version == 1)?;
    cursor.skip(HEADER - 2)?;
    let name = cursor.until(0, MAX_NAME)?;
    require(!name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

const MASTER: &[u8] = &laid_out::<76>(&[(0, &[4, 1, 0, 7]), (12, b"clock.example")]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a slave looks for its master", &[MASTER], &[]).on(525),
    Example::not(Transport::Udp, "the same on another port", &[MASTER], &[]),
    Example::not(Transport::Udp, "no name", &[&laid_out::<76>(&[(0, &[4, 1, 0, 7])])], &[]).on(525),
];
