//! Ceph's messenger, between monitors, storage daemons and clients: [versions 1 and 2].
//!
//! ```text
//! both   "ceph v027" and addresses          messenger 1
//!        "ceph v2\n" and a length           messenger 2
//! ```
//!
//! [versions 1 and 2]: https://docs.ceph.com/en/latest/dev/msgr2/

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Ceph.
pub const INSPECTOR: Inspector = Inspector {
    name: "ceph",
    title: "Ceph messenger",
    specification: "Ceph developer guide: Messenger protocol v1 (Establish Connection), msgr2 (Banner)",
    ports: &[6789, 3300],
    initiator_first: ByteSet::of(b"c"),
    responder_first: ByteSet::of(b"c"),
    inspect,
    describe: Some(describe),
    attributes: &[("ceph.messenger", "version of the messenger: 1 or 2")],
    confused_with: "nothing: no other protocol begins with ceph v",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn banner(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    let place = cursor.one_of(&[b"ceph v027", b"ceph v2\n"])?;
    Ok(if place == 0 { 1 } else { 2 })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |cursor| banner(cursor).map(|_| Confidence::Message);
    Evidence::of(
        judged(opening.request()),
        judged(opening.reply()),
        "banner: ceph v027 or ceph v2 (Ceph developer guide, Banner)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = banner(opening.request()).or_else(|_| banner(opening.reply())).ok();
    attributes.set_some("ceph.messenger", version);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "messenger 1", &[b"ceph v027\x00\x00\x00\x00"], &[b"ceph v027\x00\x00\x00\x00"]),
    Example::tcp(Confidence::Message, "messenger 2, one side", &[], &[b"ceph v2\n\x10\x00"]),
    Example::not(Transport::Tcp, "text", &[b"ceph values\n"], &[]),
];
