//! XOT, X.25 over TCP between routers: [RFC 1613].
//!
//! ```text
//! version 0000 | length | X.25 packet: format, channel | type ...        port 1998, a call first
//! ```
//!
//! [RFC 1613]: https://www.rfc-editor.org/rfc/rfc1613

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// XOT.
pub const INSPECTOR: Inspector = Inspector {
    name: "xot",
    title: "X.25 over TCP",
    specification: "RFC 1613 section 3; ITU-T X.25 section 5",
    ports: &[1998],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "other messages that begin with zeros and a length: the packet's format and type must fit on both sides",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest packet: X.25's 4096 bytes and a header.
const MAX_PACKET: usize = 4100;

fn packet(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0, 0])?;
    let len = usize::from(cursor.u16()?);
    require((3..=MAX_PACKET).contains(&len))?;
    let mut body = cursor.sub(len)?;
    // The general format: modulo 8 or 128, delivery and qualifier bits.
    require(matches!(body.u8()? & 0x30, 0x10 | 0x20))?;
    body.skip(1)?;
    let kind = body.u8()?;
    // Data is even; calls, clears, interrupts, resets, restarts, flow control, diagnostics and registration are listed.
    require(
        kind & 1 == 0
            || matches!(kind, 0x0b | 0x0f | 0x13 | 0x17 | 0x1b | 0x1f | 0x23 | 0x27 | 0xf1 | 0xf3 | 0xf7 | 0xfb | 0xff)
            || matches!(kind & 0x1f, 0x01 | 0x05 | 0x09),
    )
}

/// Whether a side begins with a call request, or its acceptance.
fn first_kind(said: Said<'_>) -> Option<u8> {
    said.bytes().get(6).copied()
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| of_said(&said, Transport::Tcp, packet).map(|_| Confidence::Signature);
    let rule = "packet: version 0, length and an X.25 packet (RFC 1613 section 3)";
    let evidence = Evidence::of(judged(opening.initiator), judged(opening.responder), rule)?;
    let called = first_kind(opening.initiator) == Some(0x0b);
    let accepted = matches!(first_kind(opening.responder), Some(0x0f | 0x13));
    match evidence.confidence {
        Confidence::Dialogue if called && accepted => Ok(evidence),
        _ if opening.is_on(INSPECTOR.ports) => Ok(Evidence { confidence: Confidence::Signature, ..evidence }),
        _ => Err(Reject::Incomplete),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a call is accepted",
        &[b"\x00\x00\x00\x08\x10\x01\x0b\x22\x11\x22\x00\x00"],
        &[b"\x00\x00\x00\x03\x10\x01\x0f"],
    ),
    Example::tcp(Confidence::Signature, "only the call, on the port", &[b"\x00\x00\x00\x08\x10\x01\x0b\x22\x11\x22\x00\x00"], &[]).on(1998),
    Example::not(Transport::Tcp, "only the call, anywhere", &[b"\x00\x00\x00\x08\x10\x01\x0b\x22\x11\x22\x00\x00"], &[]),
];
