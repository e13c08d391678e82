//! GVCP, the control of GigE Vision cameras: AIA GigE Vision specification.
//!
//! ```text
//! 42 | flags | command | length of the rest | request id | ...
//! status     | command + 1 | length of the rest | request's id | ...
//! ```
//!
//! A command alone is some 28 bits, so it counts on the port or with its answer.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, share};

/// GVCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "gvcp",
    title: "GigE Vision Control Protocol",
    specification: "AIA GigE Vision 2.0 section 13 and 14, GVCP headers",
    carriers: Carriers::UDP,
    ports: &[3956],
    initiator_first: ByteSet::of(&[0x42]),
    responder_first: ByteSet::of(&[0x00, 0x80, 0x8f]),
    inspect,
    describe: Some(describe),
    attributes: &[("gvcp.model", "manufacturer and model of the camera that answers a discovery")],
    confused_with: "nothing where the answer fits the command",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a command: its code and id.
fn command(mut cursor: Cursor<'_>) -> Result<(u16, u16), Reject> {
    cursor.tag(&[0x42])?;
    cursor.skip(1)?;
    let code = cursor.u16()?;
    require(matches!(code, 0x0002 | 0x0004 | 0x0040 | 0x0080 | 0x0082 | 0x0084 | 0x0086 | 0x0088 | 0x00c0 | 0x00c2))?;
    let len = usize::from(cursor.u16()?);
    let id = cursor.u16()?;
    require(id != 0)?;
    cursor.skip(len)?;
    cursor.end()?;
    Ok((code, id))
}

/// Reads an answer: the code of the command that it answers, and its id.
fn answer(mut cursor: Cursor<'_>) -> Result<(u16, u16), Reject> {
    let status = cursor.u16()?;
    require(status == 0 || status >> 12 == 8)?;
    let code = cursor.u16()?;
    require(code & 1 == 1)?;
    let len = usize::from(cursor.u16()?);
    let id = cursor.u16()?;
    cursor.skip(len)?;
    cursor.end()?;
    Ok((code - 1, id))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let commands = in_datagrams(&opening.initiator, |cursor| command(*cursor).map(drop))?;
    let rule = "command: key 42, a known command and the datagram's length (GigE Vision, GVCP header)";
    if opening.responder.is_silent() {
        return if opening.is_on(INSPECTOR.ports) || commands >= 3 {
            Ok(Evidence::signature(rule))
        } else {
            Err(Reject::Incomplete)
        };
    }
    in_datagrams(&opening.responder, |cursor| answer(*cursor).map(drop))?;
    require(share(opening, command, answer))?;
    Ok(Evidence::dialogue("answered-command: code and id of the answer fit the command (GigE Vision, GVCP header)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut reply = opening.reply();
    if let Ok((0x0002, _)) = answer(reply) {
        // The header, versions and addresses are 80 bytes; then manufacturer and model, 32 bytes each.
        let model = reply.skip(80).and_then(|()| reply.take(64));
        let words = model.ok().map(|names| {
            let word = |part: &[u8]| String::from_utf8_lossy(part.split(|&b| b == 0).next().unwrap_or_default()).into_owned();
            let (maker, model) = names.split_at(32);
            format!("{} {}", word(maker), word(model))
        });
        attributes.set_some("gvcp.model", words);
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a register is read",
        &[b"\x42\x01\x00\x80\x00\x04\x00\x07\x00\x00\x0a\x00"],
        &[b"\x00\x00\x00\x81\x00\x04\x00\x07\x00\x00\x00\x02"],
    ),
    Example::udp(Confidence::Signature, "cameras are searched for", &[b"\x42\x11\x00\x02\x00\x00\x00\x01"], &[]).on(3956),
    Example::not(
        Transport::Udp,
        "an answer to another command",
        &[b"\x42\x01\x00\x80\x00\x04\x00\x07\x00\x00\x0a\x00"],
        &[b"\x00\x00\x00\x83\x00\x04\x00\x07\x00\x00\x00\x02"],
    ),
    Example::not(Transport::Udp, "one command anywhere", &[b"\x42\x11\x00\x02\x00\x00\x00\x01"], &[]),
];
