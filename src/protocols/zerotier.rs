//! ZeroTier, as its packet format's documentation (`Packet.hpp`) describes it: HELLO, the only message in clear.
//!
//! ```text
//! packet id 8, destination 5, source 5, flags, cipher and hops u8, MAC 8, verb u8 (01), protocol version u8,
//! software version u8 u8 u16, time in milliseconds u64, source's identity ...
//! ```
//!
//! The cipher bits say "authenticated, not encrypted" (0), the time is one of this century, and the identity
//! begins with the source address again: 40 bits that agree, and some twenty more.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// ZeroTier.
pub const INSPECTOR: Inspector = Inspector {
    name: "zerotier",
    title: "ZeroTier virtual network",
    specification: "ZeroTier, Packet.hpp",
    carriers: Carriers::UDP,
    ports: &[9993],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("zerotier.address", "the sender's address")],
    confused_with: "noise, which all its other messages look like",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HELLO: u8 = 1;
/// Protocol versions so far, with room.
const MAX_VERSION: u8 = 20;
/// Milliseconds since 1970 at the beginnings of 2010 and 2100.
const TIMES: std::ops::Range<u64> = 1_262_304_000_000..4_102_444_800_000;

/// Reads a HELLO; gives the sender's address.
fn hello(mut datagram: Cursor<'_>) -> Result<[u8; 5], Reject> {
    datagram.skip(8 + 5)?;
    let source = datagram.array()?;
    let flags = datagram.u8()?;
    // Bits 3 to 5 are the cipher; the lowest three count hops.
    require(matches!(flags & 0x38, 0))?;
    datagram.skip(8)?;
    require(datagram.u8()? == HELLO && (1..=MAX_VERSION).contains(&datagram.u8()?))?;
    datagram.skip(4)?;
    require(TIMES.contains(&datagram.u64()?))?;
    datagram.tag(&source)?;
    Ok(source)
}

fn side(said: Said<'_>) -> Result<Confidence, Reject> {
    let found = said.datagrams().any(|datagram| hello(datagram.cursor()).is_ok());
    let enough = said.pieces().len() >= 4;
    match (found, enough) {
        (true, _) => Ok(Confidence::Message),
        (false, true) => Err(Reject::Mismatch),
        (false, false) => Err(Reject::Incomplete),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "hello: a HELLO whose identity is its sender's (Packet.hpp)";
    // The answer is encrypted.
    match (side(opening.initiator), side(opening.responder)) {
        (Ok(confidence), Err(_)) => Ok(Evidence::new(confidence, rule)),
        (first, second) => Evidence::of(first, second, rule),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let source = opening.initiator.datagrams().find_map(|datagram| hello(datagram.cursor()).ok());
    attributes.set_some("zerotier.address", source.map(|source| source.map(|byte| format!("{byte:02x}")).concat()));
}

/// A HELLO of 2020 from 89abcdef01.
const EXAMPLE: &[u8] = b"packetid\x12\x34\x56\x78\x9a\x89\xab\xcd\xef\x01\x00macmacma\x01\x0b\x01\x06\x00\x00\
    \x00\x00\x01\x6f\x5e\x66\xe8\x00\x89\xab\xcd\xef\x01\x00publickey";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a node says hello", &[EXAMPLE], &[b"encrypted"]),
    Example::udp(Confidence::Dialogue, "both nodes say hello", &[EXAMPLE], &[EXAMPLE]),
    Example::not(
        Transport::Udp,
        "an identity that is not the sender's",
        &[b"packetid\x12\x34\x56\x78\x9a\x89\xab\xcd\xef\x01\x00macmacma\x01\x0b\x01\x06\x00\x00\
            \x00\x00\x01\x6f\x5e\x66\xe8\x00\x89\xab\xcd\xef\x02\x00publickey"],
        &[],
    ),
];
