//! Pia, Nintendo's library for games between consoles: the packet header that the NintendoClients wiki describes.
//!
//! ```text
//! 32 AB 98 64   encryption and version: 1 or 2 up to version 5.10, later a bit and a number   ids, counters, nonce, tag
//! ```
//!
//! Peers send it to each other, and to servers that measure the way between them. What follows is encrypted.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Nintendo's Pia.
pub const INSPECTOR: Inspector = Inspector {
    name: "pia",
    title: "Nintendo Pia (games between consoles)",
    specification: "NintendoClients wiki: Pia protocol, packet format",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x32]),
    responder_first: ByteSet::of(&[0x32]),
    inspect,
    confused_with: "nothing: every packet has four fixed bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const MAGIC: &[u8] = &[0x32, 0xab, 0x98, 0x64];
/// The highest version of the header that is believed; 16 is known.
const MAX_VERSION: u8 = 31;
/// The shortest header behind magic and version, in bytes: that of versions up to 5.6.
const MIN_REST: usize = 7;

fn packet(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(MAGIC)?;
    require((1..=MAX_VERSION).contains(&(cursor.u8()? & 0x7f)))?;
    cursor.skip(MIN_REST)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| in_datagrams(&opening.said(side), packet).map(|_| Confidence::Signature);
    let rule = "magic: four fixed bytes and a version (NintendoClients wiki, Pia protocol)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

const PACKET: &[u8] = b"\x32\xab\x98\x64\x02\x56\x00\x01\x96\x01\x33\xe0noncenonsixteen bytes tagsealed";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "two consoles", &[PACKET], &[PACKET]),
    Example::udp(Confidence::Signature, "a later version, and nobody answers", &[b"\x32\xab\x98\x64\x89\0\0\0\0\x11\xba\xc9\x0d\0\0\0noncenontag tag "], &[]),
    Example::not(Transport::Udp, "no version", &[b"\x32\xab\x98\x64\x00\x56\x00\x01\x96\x01\x33\xe0"], &[]),
    Example::not(Transport::Udp, "something else after it", &[PACKET, b"another protocol"], &[]),
];
