//! Tailscale's disco messages, by which peers look for a way to each other: Tailscale's package `disco`.
//!
//! ```text
//! "TS" and U+1F4AC in UTF-8 (54 53 F0 9F 92 AC), sender's public key 32, nonce 24, sealed message
//! ```
//!
//! What flows when a way has been found is WireGuard, in the same five-tuple.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// Tailscale.
pub const INSPECTOR: Inspector = Inspector {
    name: "tailscale",
    title: "Tailscale disco",
    specification: "Tailscale, package disco",
    carriers: Carriers::UDP,
    ports: &[41641],
    initiator_first: ByteSet::of(b"T"),
    responder_first: ByteSet::of(b"T").or(ByteSet::range(1, 4)),
    inspect,
    confused_with: "nothing: every message has six fixed bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const MAGIC: &[u8] = b"TS\xf0\x9f\x92\xac";
/// Key, nonce, tag, and the message's type and version.
const MIN_BEHIND_MAGIC: usize = 32 + 24 + 16 + 2;

fn side(said: Said<'_>) -> Result<Confidence, Reject> {
    let judge = |mut datagram: Cursor<'_>| {
        datagram.tag(MAGIC)?;
        require(datagram.is_open() || datagram.len() >= MIN_BEHIND_MAGIC)
    };
    let found = said.datagrams().any(|datagram| judge(datagram.cursor()).is_ok());
    if found { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "magic: six fixed bytes before a key and a nonce (package disco)";
    Evidence::of(side(opening.initiator), side(opening.responder), rule)
}

const PING: &[u8] = b"TS\xf0\x9f\x92\xackeykeykeykeykeykeykeykeykeykeykenoncenoncenoncenoncenoncsealed message, and a tag";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "both sides look for each other", &[PING], &[PING]),
    Example::udp(Confidence::Message, "nobody answers", &[PING], &[]),
    Example::not(Transport::Udp, "text that begins alike", &[b"TS is short for something else entirely, as everybody who reads it will notice at once"], &[]),
    Example::not(Transport::Udp, "the magic and nothing behind it", &[b"TS\xf0\x9f\x92\xac"], &[]),
];
