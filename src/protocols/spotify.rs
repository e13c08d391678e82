//! Spotify's discovery in the local network: datagrams to port 57621 that begin with "SpotUdp0".

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// Spotify's discovery.
pub const INSPECTOR: Inspector = Inspector {
    name: "spotify",
    title: "Spotify local discovery",
    specification: "the mark that Spotify's clients broadcast",
    carriers: Carriers::UDP,
    ports: &[57621],
    initiator_first: ByteSet::of(b"S"),
    responder_first: ByteSet::of(b"S"),
    inspect,
    confused_with: "nothing: the mark has eight characters",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mark = |mut cursor: Cursor<'_>| cursor.tag(b"SpotUdp").map(|()| Confidence::Signature);
    Evidence::of(mark(opening.request()), mark(opening.reply()), "mark: SpotUdp")
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "an announcement", &[b"SpotUdp0\x01\x02\x03\x04"], &[]),
    Example::not(Transport::Udp, "another mark", &[b"SpotLight"], &[]),
];
