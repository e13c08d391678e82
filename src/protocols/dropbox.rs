//! Dropbox' discovery in the local network: a JSON object, broadcast from and to port 17500.
//!
//! ```text
//! {"host_int": 123, "version": [2, 0], "displayname": "", "port": 17500, "namespaces": [1, 2]}
//! ```

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// Dropbox' discovery.
pub const INSPECTOR: Inspector = Inspector {
    name: "dropbox",
    title: "Dropbox LAN sync discovery",
    specification: "the object that Dropbox' clients broadcast: host_int, version, displayname, port, namespaces",
    carriers: Carriers::UDP,
    ports: &[17500],
    initiator_first: ByteSet::of(b"{"),
    responder_first: ByteSet::of(b"{"),
    inspect,
    describe: Some(describe),
    attributes: &[("dropbox.version", "the discovery's version")],
    confused_with: "other JSON in datagrams, which lacks host_int and namespaces",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    for side in [Side::Initiator, Side::Responder] {
        if let Some(confidence) = announced(opening.said(side)) {
            return Ok(Evidence::new(confidence, "announcement: an object with host_int and version").from(side));
        }
    }
    Err(Reject::Mismatch)
}

fn announced(said: Said<'_>) -> Option<Confidence> {
    said.datagrams().find_map(|datagram| {
        let bytes = datagram.bytes;
        require(bytes.starts_with(b"{\"") && mentions(bytes, "\"host_int\": ") && mentions(bytes, "\"version\": [")).ok()?;
        // The last of the keys is missing where the capture cut the datagram.
        let is_whole = mentions(bytes, "\"port\": ") || mentions(bytes, "\"namespaces\": [");
        Some(if is_whole { Confidence::Message } else { Confidence::Signature })
    })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let bytes = opening.initiator.bytes();
    let key = b"\"version\": [";
    let at = bytes.windows(key.len()).position(|window| window == key);
    let rest = at.and_then(|at| bytes.get(at + key.len()..)).unwrap_or_default();
    let end = rest.iter().take(16).position(|&byte| byte == b']');
    attributes.set_some("dropbox.version", end.and_then(|end| rest.get(..end)));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "an announcement",
        &[b"{\"host_int\": 12, \"version\": [2, 0], \"displayname\": \"\", \"port\": 17500, \"namespaces\": [1, 2]}"],
        &[],
    ),
    Example::udp(Confidence::Signature, "an announcement that lacks its end", &[b"{\"version\": [2, 0], \"host_int\": 1"], &[]),
    Example::not(Transport::Udp, "other JSON", &[b"{\"version\": [2, 0], \"port\": 17500}"], &[]),
];
