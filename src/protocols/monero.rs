//! Monero's peer protocol: the Levin header, Monero's "LEVIN_PROTOCOL.md", section "Header".
//!
//! ```text
//!  01 21 01 01 01 01 01 01   length:64   expects response:8   command:32   return code:32   flags:32   version:32 = 1
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Monero.
pub const INSPECTOR: Inspector = Inspector {
    name: "monero",
    title: "Monero peer protocol (Levin)",
    specification: "Monero: LEVIN_PROTOCOL.md, Header",
    ports: &[18080, 28080, 38080],
    initiator_first: ByteSet::of(&[1]),
    responder_first: ByteSet::of(&[1]),
    inspect,
    describe: Some(describe),
    attributes: &[("monero.command", "the first command's number: 1001 handshake, 1003 ping, 2001 and up notices")],
    confused_with: "miners of Monero, who speak JSON-RPC to their pool",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const SIGNATURE: &[u8] = &[1, 0x21, 1, 1, 1, 1, 1, 1];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |command: Result<u32, Reject>| command.map(|_| Confidence::Message);
    Evidence::of(confidence(header(opening.request())), confidence(header(opening.reply())), "header: Levin's header (LEVIN_PROTOCOL.md)")
}

fn header(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    cursor.tag(SIGNATURE)?;
    let len = cursor.u64_le()?;
    require(len < 1 << 32 && cursor.u8()? <= 1)?;
    let command = cursor.u32_le()?;
    cursor.skip(8)?;
    require(cursor.u32_le()? == 1)?;
    Ok(command)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("monero.command", header(opening.request()).ok());
}

const ASKS: &[u8] = b"\x01\x21\x01\x01\x01\x01\x01\x01\x10\0\0\0\0\0\0\0\x01\xe9\x03\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0";
const ANSWERS: &[u8] = b"\x01\x21\x01\x01\x01\x01\x01\x01\x10\0\0\0\0\0\0\0\0\xe9\x03\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a handshake", &[ASKS], &[ANSWERS]),
    Example::tcp(Confidence::Message, "one side", &[ASKS], &[]),
    Example::not(Transport::Tcp, "another signature", &[b"\x01\x11\x01\x01\x01\x01\x01\x01\x10\0"], &[]),
];
