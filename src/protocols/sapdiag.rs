//! SAP's Diag protocol, which SAP GUI speaks to an application server, as it begins.
//!
//! ```text
//! length | FFFFFFFF 0A 00 00 ... dispatcher header, 200 bytes | Diag header: 00, flags ... | items
//! ```
//!
//! Only the first message has the dispatcher's header; all have the length of the network interface in front.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SAP Diag.
pub const INSPECTOR: Inspector = Inspector {
    name: "sapdiag",
    title: "SAP Diag (SAP GUI)",
    specification: "SAP NI and Diag as documented by open dissectors: dispatcher header, Diag header",
    ports: &[3200, 3201, 3210, 3220],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "other protocols with four bytes of length in front: the dispatcher's header begins with a fixed pattern",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the dispatcher's header and of the Diag header after it.
const DISPATCHER: u32 = 200;
const DIAG: u32 = 8;

fn first(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let len = cursor.u32()?;
    require((DISPATCHER + DIAG..1 << 16).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    // No request yet: -1, then the return code 10, sender and action 0.
    body.tag(&[0xff, 0xff, 0xff, 0xff, 0x0a, 0x00, 0x00])?;
    body.skip(4)?;
    // No terminal and no user yet.
    body.tag(&[0xff; 4])?;
    Ok(Confidence::Message)
}

fn answer(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let len = cursor.u32()?;
    require((DIAG..1 << 20).contains(&len))?;
    // The Diag header's mode.
    require(cursor.u8()? <= 0x10)?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = first(opening.request())?;
    Evidence::of(Ok(asked), answer(opening.reply()), "dispatcher-header: its fixed beginning behind a length (SAP Diag)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a front end logs on",
        &[b"\x00\x00\x01\x06\xff\xff\xff\xff\x0a\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"],
        &[b"\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x10\x06"],
    ),
    Example::not(
        Transport::Tcp,
        "another return code",
        &[b"\x00\x00\x01\x06\xff\xff\xff\xff\x0b\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"],
        &[],
    ),
];
