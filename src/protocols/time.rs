//! Time: a server that sends four bytes, the seconds since 1900, and closes, over TCP and UDP.
//!
//! ```text
//! responder   seconds since 1 January 1900 (4)
//! ```
//!
//! RFC 868. Four bytes are little, so that it counts only on its port, and only when they are the time of the capture.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Shape, Side, Verdict};
use crate::key::Transport;
use crate::packet::Timestamp;

/// Time Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "time",
    title: "Time Protocol",
    specification: "RFC 868",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::OWN_PORTS,
    inspect,
    confused_with: "any four bytes: it counts only on its port and at its time",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[37];
/// From 1900 to 1970, in seconds (RFC 868).
const EPOCH: u64 = 2_208_988_800;
/// By how much a server's clock may be wrong, in seconds: some time zones.
const TOLERANCE: u64 = 86_400;
const NANOS: u64 = 1_000_000_000;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let mut reply = opening.reply();
    let told = u64::from(reply.u32()?);
    reply.end()?;
    let captured = opening.responder.pieces().first().map_or(0, |piece| piece.time.since(Timestamp(0)) / NANOS);
    // The number wraps every 2^32 seconds, in 2036 next.
    let now = (captured + EPOCH) & 0xffff_ffff;
    require(now.abs_diff(told) <= TOLERANCE)?;
    Ok(Evidence::message("seconds: the time of the capture, from its port (RFC 868)").from(Side::Responder))
}

const EXAMPLES: &[Example] = &[
    // Examples are captured when 1970 begins.
    Example::tcp(Confidence::Message, "the time", &[], &[b"\x83\xaa\x7e\x80"]).on(37),
    Example::udp(Confidence::Message, "the time, asked for with an empty datagram", &[], &[b"\x83\xaa\x7e\x85"]).on(37),
    Example::not(Transport::Tcp, "another time", &[], &[b"\x93\xaa\x7e\x80"]).on(37),
    Example::not(Transport::Tcp, "the time from another port", &[], &[b"\x83\xaa\x7e\x80"]),
];
