//! Nebula, Slack's overlay network: Nebula's package `header`.
//!
//! ```text
//! version 4 bits (1), type 4 bits (0 handshake, 1 message, 3 lighthouse, 4 test, 5 close), subtype u8, reserved u16 (0),
//! remote index u32, counter u64                                                            big-endian
//! handshake 1: index 0, counter 1        handshake 2: counter 2
//! ```
//!
//! The first handshake message has 128 fixed bits.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Nebula.
pub const INSPECTOR: Inspector = Inspector {
    name: "nebula",
    title: "Nebula overlay network",
    specification: "Nebula, package header",
    carriers: Carriers::UDP,
    ports: &[4242],
    initiator_first: ByteSet::range(0x10, 0x15),
    responder_first: ByteSet::range(0x10, 0x15),
    inspect,
    confused_with: "nothing: sixteen fixed bytes begin a handshake",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A handshake with a remote index of 0 and a counter of 1: what opens a tunnel.
const FIRST: &[u8] = b"\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01";
/// Shortest handshake message in bytes behind the header: a Noise key and a certificate.
const MIN_HANDSHAKE: usize = 64;

fn first(mut datagram: Cursor<'_>) -> Result<(), Reject> {
    datagram.tag(FIRST)?;
    require(datagram.is_open() || datagram.len() >= MIN_HANDSHAKE)
}

fn second(mut datagram: Cursor<'_>) -> Result<(), Reject> {
    datagram.tag(&[0x10, 0, 0, 0])?;
    require(datagram.u32()? != 0 && datagram.u64()? == 2)?;
    require(datagram.is_open() || datagram.len() >= MIN_HANDSHAKE)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let any = |side: Side, judge: fn(Cursor<'_>) -> Result<(), Reject>| {
        let found = opening.said(side).datagrams().any(|datagram| judge(datagram.cursor()).is_ok());
        if found { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    let rule = "handshake: a header of the first or second handshake message (package header)";
    Evidence::of(any(Side::Initiator, first), any(Side::Responder, second), rule)
}

const HELLO: &[u8] = b"\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01a key and a certificate, a key and a certificate, a key and a cert.";
const ANSWER: &[u8] = b"\x10\x00\x00\x00\x00\x00\x12\x34\x00\x00\x00\x00\x00\x00\x00\x02a key and a certificate, a key and a certificate, a key and a cert.";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a handshake", &[HELLO], &[ANSWER]),
    Example::udp(Confidence::Message, "nobody answers", &[HELLO], &[]),
    Example::not(Transport::Udp, "a header with nothing behind it", &[FIRST], &[]),
    Example::not(Transport::Udp, "another counter", &[b"\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03a key and a certificate, a key and a certificate, a key and a cert."], &[]),
];
