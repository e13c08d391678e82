//! Echo: a server that sends back what it gets, over TCP and UDP.
//!
//! ```text
//! initiator   anything
//! responder   the same
//! ```
//!
//! RFC 862. Since anything can be echoed, it counts only on its port, and only what came back tells.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Verdict};
use crate::key::Transport;

/// Echo Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "echo",
    title: "Echo Protocol",
    specification: "RFC 862",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::OWN_PORTS,
    inspect,
    confused_with: "any protocol whose answer repeats the question: it counts only on its port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[7];
/// Fewest bytes that must come back.
const ENOUGH: usize = 4;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let (sent, back) = (opening.initiator.bytes(), opening.responder.bytes());
    let same = sent.iter().zip(back).all(|(a, b)| a == b);
    require(same)?;
    if sent.len().min(back.len()) < ENOUGH {
        return Err(Reject::Incomplete);
    }
    Ok(Evidence::dialogue("echoed: what was sent comes back (RFC 862)"))
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "what was sent comes back", &[b"is anybody there"], &[b"is anybody there"]).on(7),
    Example::tcp(Confidence::Dialogue, "so over TCP", &[b"is anybody there"], &[b"is anybody there"]).on(7),
    Example::not(Transport::Tcp, "something else comes back", &[b"is anybody there"], &[b"it is"]).on(7),
    Example::not(Transport::Udp, "the same on another port", &[b"is anybody there"], &[b"is anybody there"]),
];
