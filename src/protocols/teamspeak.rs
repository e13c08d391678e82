//! TeamSpeak 3: the first packets of a connection, which begin with its mark.
//!
//! ```text
//!  initiator   "TS3INIT1"  packet id 00 65   client id 00 00   88   version:32   step 00 …
//!  responder   "TS3INIT1"  packet id 00 65   88   step 01 …
//! ```

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// TeamSpeak 3.
pub const INSPECTOR: Inspector = Inspector {
    name: "teamspeak",
    title: "TeamSpeak 3",
    specification: "TeamSpeak 3: the low-level initiation, as its reimplementations document it",
    carriers: Carriers::UDP,
    ports: &[9987],
    initiator_first: ByteSet::of(b"T"),
    responder_first: ByteSet::of(b"T"),
    inspect,
    confused_with: "nothing: the mark and the packet id have ten bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(initiation(opening.request()), initiation(opening.reply()), "initiation: TeamSpeak's mark and packet id")
}

fn initiation(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(b"TS3INIT1")?;
    cursor.tag(&[0, 0x65])?;
    Ok(Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a connection", &[b"TS3INIT1\0\x65\0\0\x88\x09\x83\x8c\xcf\0"], &[b"TS3INIT1\0\x65\x88\x01"]),
    Example::udp(Confidence::Message, "only the client was captured", &[b"TS3INIT1\0\x65\0\0\x88"], &[]),
    Example::not(Transport::Udp, "another mark", &[b"TS4INIT1\0\x65\0\0"], &[]),
];
