//! Syncthing's local discovery, version 4: a number and a Protocol Buffer, the [specification], section "Packet Format".
//!
//! ```text
//!  2E A7 D9 0B   0A 20 device id 32   12 … addresses   18 instance
//! ```
//!
//! [specification]: https://docs.syncthing.net/specs/localdisco-v4.html

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Syncthing's local discovery.
pub const INSPECTOR: Inspector = Inspector {
    name: "syncthing",
    title: "Syncthing local discovery",
    specification: "Syncthing Local Discovery Protocol v4, Packet Format",
    carriers: Carriers::UDP,
    ports: &[21027],
    initiator_first: ByteSet::of(&[0x2e]),
    responder_first: ByteSet::of(&[0x2e]),
    inspect,
    confused_with: "nothing: six bytes are fixed",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(announcement(opening.request()), announcement(opening.reply()), "announcement: a number and a device id (Local Discovery v4)")
}

fn announcement(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(&[0x2e, 0xa7, 0xd9, 0x0b])?;
    // Field 1, a byte string of 32 bytes.
    cursor.tag(&[0x0a, 0x20])?;
    cursor.skip(32)?;
    Ok(Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "an announcement", &[b"\x2e\xa7\xd9\x0b\x0a\x200123456789abcdef0123456789abcdef\x12\x05tcp:/"], &[]),
    Example::not(Transport::Udp, "another field", &[b"\x2e\xa7\xd9\x0b\x08\x010123456789abcdef0123456789abcdef"], &[]),
];
