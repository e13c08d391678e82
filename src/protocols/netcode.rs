//! netcode, connections of multiplayer games over UDP: its [standard], version 1.
//!
//! ```text
//! request   00  "NETCODE 1.0" digit 00   protocol:64   expires:64   nonce 24   sealed token 1024       1078 bytes
//! ```
//!
//! All that follows is encrypted.
//!
//! [standard]: https://github.com/mas-bandwidth/netcode/blob/main/STANDARD.md

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// netcode.
pub const INSPECTOR: Inspector = Inspector {
    name: "netcode",
    title: "netcode (games; Yojimbo, renet)",
    specification: "netcode standard, connection request packet",
    carriers: Carriers::UDP,
    ports: &[40000],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("netcode.version", "the version that the request names")],
    confused_with: "nothing: the request names the protocol and has one length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a request.
const REQUEST: usize = 1078;

/// Reads a request's beginning, and gives the version's text.
fn request(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    require(cursor.total().is_none_or(|total| total == REQUEST))?;
    cursor.tag(&[0])?;
    let version = cursor.until(0, 12)?;
    require(version.len() == 12 && version.starts_with(b"NETCODE 1."))?;
    Ok(version)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    request(opening.request())?;
    Ok(Evidence::message("request: a request to connect that names the protocol, of its length (netcode standard)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = request(opening.request()).ok().and_then(|text| text.strip_prefix(b"NETCODE "));
    attributes.set_some("netcode.version", version);
}

/// A request without its token.
const WHOLE: [u8; REQUEST] = {
    let mut bytes = [7; REQUEST];
    let (head, _) = bytes.split_at_mut(14);
    head.copy_from_slice(b"\0NETCODE 1.02\0");
    bytes
};

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a request to connect", &[&WHOLE], &[]),
    Example::not(Transport::Udp, "a request that is too short", &[b"\0NETCODE 1.02\0\0\0\0\0\0\0\0\0"], &[]),
];
