//! Mumble's ping over UDP: a request of twelve bytes whose number comes back, the "Mumble Protocol", section "Ping".
//!
//! ```text
//!  initiator   00 00 00 00   number:64
//!  responder   version 00 01 02 xx   number:64   users:32   most users:32   bandwidth:32
//! ```
//!
//! Voice is encrypted, and the control connection is TLS; this is what server lists and clients send in clear.

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// Mumble's ping.
pub const INSPECTOR: Inspector = Inspector {
    name: "mumble",
    title: "Mumble ping",
    specification: "Mumble Protocol, Ping",
    carriers: Carriers::UDP,
    ports: &[64738],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("mumble.users", "users that are connected"), ("mumble.most_users", "users that may be")],
    confused_with: "anything that begins with zeros: so the answer must repeat the number",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (mut request, mut reply) = (opening.request(), opening.reply());
    request.tag(&[0; 4])?;
    let number = request.u64()?;
    request.end()?;
    reply.tag(&[0])?;
    // Versions 1.2 to 1.5.
    require(reply.u8()? == 1)?;
    reply.u16()?;
    require(reply.u64()? == number)?;
    reply.skip(12)?;
    reply.end()?;
    Ok(Evidence::dialogue("ping: a number that comes back with a version and counts (Mumble Protocol, Ping)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut reply = opening.reply();
    if reply.skip(12).is_ok() {
        attributes.set_some("mumble.users", reply.u32().ok());
        attributes.set_some("mumble.most_users", reply.u32().ok());
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a ping",
        &[b"\0\0\0\0abcdefgh"],
        &[b"\0\x01\x03\x04abcdefgh\0\0\0\x05\0\0\0\x64\0\x01\x19\x40"],
    ),
    Example::not(Transport::Udp, "another number", &[b"\0\0\0\0abcdefgh"], &[b"\0\x01\x03\x04hgfedcba\0\0\0\x05\0\0\0\x64\0\x01\x19\x40"]),
];
