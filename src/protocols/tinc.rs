//! tinc, the VPN daemon: its manual's chapter "The meta-protocol".
//!
//! ```text
//! both  0 name 17.7␊         ID: request 0, the node's name, protocol version 17 and minor
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::formats::lines;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// tinc.
pub const INSPECTOR: Inspector = Inspector {
    name: "tinc",
    title: "tinc VPN",
    specification: "tinc manual, The meta-protocol",
    ports: &[655],
    initiator_first: ByteSet::of(b"0"),
    responder_first: ByteSet::of(b"0"),
    inspect,
    describe: Some(describe),
    attributes: &[("tinc.initiator", "the connecting node's name"), ("tinc.responder", "the other node's name")],
    confused_with: "lines of numbers and words: the protocol version has to be tinc's on both sides",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The protocol version since tinc 1.0.
const VERSION: &[u8] = b"17";

fn id(mut stream: Cursor<'_>) -> Result<&[u8], Reject> {
    stream.tag(b"0 ")?;
    let line = lines::text_line(&mut stream)?;
    let mut words = line.split(|&byte| byte == b' ');
    let name = words.next().ok_or(Reject::Mismatch)?;
    let version = words.next().ok_or(Reject::Mismatch)?;
    let mut parts = version.split(|&byte| byte == b'.');
    require(parts.next() == Some(VERSION) && parts.next().is_none_or(|minor| decimal(minor).is_ok()))?;
    // Names are letters, digits and underscores; ^ and ? begin those of invitations.
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'^' | b'?');
    require(!name.is_empty() && name.iter().all(in_name) && words.next().is_none())?;
    Ok(name)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |cursor| id(cursor).map(|_| Confidence::Signature);
    Evidence::of(judge(opening.request()), judge(opening.reply()), "id: a node's name and the protocol version")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("tinc.initiator", id(opening.request()).ok());
    attributes.set_some("tinc.responder", id(opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both nodes tell their names", &[b"0 alpha 17.7\n"], &[b"0 beta 17.7\n"]),
    Example::tcp(Confidence::Signature, "one node tells its name", &[b"0 alpha 17\n"], &[]),
    Example::not(Transport::Tcp, "another version", &[b"0 alpha 18\n"], &[]),
    Example::not(Transport::Tcp, "a line of numbers", &[b"0 1 2 3\n"], &[]),
];
