//! Packet Forwarding Control Protocol (PFCP), between the control and the user plane of mobile cores.
//!
//! ```text
//! 1 (3 bits), 0 0, FO, MP, S   type (1)   length after 4 bytes (2)   [session id (8)]   sequence (3)   priority or 0
//! element   type (2), length (2), value
//! ```
//!
//! 3GPP TS 29.244 section 7.2. The elements fill the datagram; the answer has the sequence number and the next type.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::{in_most_datagrams, share};

/// PFCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "pfcp",
    title: "Packet Forwarding Control Protocol",
    specification: "3GPP TS 29.244 section 7.2",
    carriers: Carriers::UDP,
    ports: &[8805],
    initiator_first: ByteSet::range(0x20, 0x27),
    responder_first: ByteSet::range(0x20, 0x27),
    inspect,
    confused_with: "GTP version 1, whose flags differ; elements must fill the datagram",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// S: a session id is there. FO: another message follows in the datagram.
const SESSION: u8 = 0x01;
const FOLLOWED: u8 = 0x04;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let answered = share(opening, |cursor| message(cursor, 1), |cursor| message(cursor, 0));
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_most_datagrams(&opening.said(side), |cursor| message(*cursor, 0).map(drop))?;
        Ok(Confidence::Message)
    };
    let rule = "elements: a known message whose elements fill it (3GPP TS 29.244 section 7.2)";
    let verdict = Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)?;
    let confidence = if answered { Confidence::Dialogue } else { Confidence::Message };
    Ok(Evidence { confidence, ..verdict })
}

/// Reads a message: its sequence number, and its type plus `step`.
fn message(mut cursor: Cursor<'_>, step: u8) -> Result<(u32, u8), Reject> {
    let (flags, kind) = (cursor.u8()?, cursor.u8()?);
    // Heartbeat to node report, and sessions (table 7.3-1).
    require(flags >> 3 == 4 && matches!(kind, 1..=17 | 50..=57))?;
    require((flags & SESSION != 0) == (kind >= 50))?;
    let mut body = cursor.u16().and_then(|len| cursor.within(len.into()))?;
    require(flags & FOLLOWED != 0 || cursor.is_empty())?;
    if flags & SESSION != 0 {
        body.skip(8)?;
    }
    let sequence = body.u24()?;
    body.skip(1)?;
    let mut elements = 0;
    while !body.is_empty() {
        let (kind, len) = (body.u16()?, body.u16()?);
        require(kind != 0)?;
        body.skip(len.into())?;
        elements += 1;
    }
    // Only a session's deletion may be without any element (section 7.5.6).
    require(elements > 0 || kind == 54)?;
    Ok((sequence, kind.wrapping_add(step)))
}

const HEARTBEAT: &[u8] = b"\x20\x01\0\x0c\0\0\x07\0\0\x60\0\x04\xed\0\x3a\0";
const ANSWER: &[u8] = b"\x20\x02\0\x0c\0\0\x07\0\0\x60\0\x04\xed\0\x39\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a heartbeat and its answer", &[HEARTBEAT], &[ANSWER]),
    Example::udp(Confidence::Message, "a heartbeat alone", &[HEARTBEAT], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[b"\x20\x01\0\x0c\0\0\x07\0\0\x60\0\x05\xed\0\x3a\0"], &[]),
    Example::not(Transport::Udp, "a session's message without a session", &[b"\x20\x32\0\x0c\0\0\x07\0\0\x60\0\x04\xed\0\x3a\0"], &[]),
];
