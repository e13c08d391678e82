//! The Java Debug Wire Protocol: both sides say "JDWP-Handshake", the [specification], section "Handshake".
//!
//! [specification]: https://docs.oracle.com/en/java/javase/21/docs/specs/jdwp/jdwp-spec.html

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// JDWP.
pub const INSPECTOR: Inspector = Inspector {
    name: "jdwp",
    title: "Java Debug Wire Protocol",
    specification: "JDWP, Handshake",
    ports: &[5005, 8000, 8787],
    initiator_first: ByteSet::of(b"J"),
    responder_first: ByteSet::of(b"J"),
    inspect,
    confused_with: "nothing: the fourteen characters are its own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let handshake = |mut cursor: Cursor<'_>| cursor.tag(b"JDWP-Handshake").map(|()| Confidence::Message);
    Evidence::of(handshake(opening.request()), handshake(opening.reply()), "handshake: JDWP-Handshake (JDWP, Handshake)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides", &[b"JDWP-Handshake"], &[b"JDWP-Handshake"]),
    Example::tcp(Confidence::Message, "only the debugger was captured", &[b"JDWP-Handshake\0\0\0\x0b"], &[]),
    Example::not(Transport::Tcp, "another word", &[b"JDWP-Handshook"], &[]),
];
