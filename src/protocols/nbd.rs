//! NBD, the Network Block Device: [its protocol]'s negotiation.
//!
//! ```text
//! responder   "NBDMAGIC" "IHAVEOPT" flags            newstyle
//!             "NBDMAGIC" 00 00 42 02 81 86 12 53 ... oldstyle
//! initiator   flags | "IHAVEOPT" option length ...
//! ```
//!
//! [its protocol]: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// NBD.
pub const INSPECTOR: Inspector = Inspector {
    name: "nbd",
    title: "Network Block Device",
    specification: "The NBD protocol: Handshake",
    ports: &[10809],
    initiator_first: ByteSet::of(&[0x00, 0x25]),
    responder_first: ByteSet::of(b"N"),
    inspect,
    confused_with: "nothing: two magic words",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn greeting(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(b"NBDMAGIC")?;
    cursor.one_of(&[b"IHAVEOPT", b"\x00\x00\x42\x02\x81\x86\x12\x53"])?;
    Ok(Confidence::Message)
}

fn answer(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    if cursor.rest().first() == Some(&0x25) {
        // Oldstyle has no negotiation: a request comes at once.
        cursor.tag(&[0x25, 0x60, 0x95, 0x13])?;
        return Ok(Confidence::Message);
    }
    require(cursor.u32()? <= 3)?;
    cursor.tag(b"IHAVEOPT")?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(answer(opening.request()), greeting(opening.reply()), "handshake: NBDMAGIC and IHAVEOPT (NBD protocol, Handshake)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "options are negotiated",
        &[b"\x00\x00\x00\x03IHAVEOPT\x00\x00\x00\x07\x00\x00\x00\x06"],
        &[b"NBDMAGICIHAVEOPT\x00\x03"],
    ),
    Example::not(Transport::Tcp, "another second word", &[], &[b"NBDMAGICIHAVENOT\x00\x03"]),
];
