//! Amanda, the network archiver: its security messages over UDP and TCP 10080.
//!
//! ```text
//! "Amanda 2.6 REQ HANDLE 000-00000008 SEQ 1438888888" LF "SECURITY USER amanda" LF "SERVICE noop" LF ...
//! "Amanda 2.6 ACK HANDLE ..."   "REP", "PREP", "NAK"
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Amanda.
pub const INSPECTOR: Inspector = Inspector {
    name: "amanda",
    title: "Amanda network backup",
    specification: "Amanda: the protocol's packets, as docs/PROTOCOL describes them",
    carriers: Carriers::TCP_UDP,
    ports: &[10080],
    initiator_first: ByteSet::of(b"A"),
    responder_first: ByteSet::of(b"A"),
    inspect,
    describe: Some(describe),
    attributes: &[("amanda.version", "version that the initiator says it has")],
    confused_with: "nothing: Amanda, a version, a kind of packet and a handle",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a packet's first line, and gives the version.
fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    cursor.tag(b"Amanda ")?;
    let version = cursor.until(b' ', 8)?;
    require(is_text(version) && version.contains(&b'.'))?;
    cursor.one_of(&[b"REQ HANDLE ", b"ACK HANDLE ", b"REP HANDLE ", b"PREP HANDLE ", b"NAK HANDLE "])?;
    Ok(version)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |mut cursor| packet(&mut cursor).map(|_| Confidence::Message);
    Evidence::of(judged(opening.request()), judged(opening.reply()), "packet: a version, a kind and a handle (Amanda's protocol)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("amanda.version", packet(&mut opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a request and its acknowledgement",
        &[b"Amanda 2.6 REQ HANDLE 000-00000008 SEQ 1438888888\nSERVICE noop\n"],
        &[b"Amanda 2.6 ACK HANDLE 000-00000008 SEQ 1438888888\n"],
    ),
    Example::not(Transport::Udp, "text", &[b"Amanda is here. How are you?\n"], &[]),
];
