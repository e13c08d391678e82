//! OICQ, the protocol of Tencent's QQ over UDP; not published, its frame is common knowledge.
//!
//! ```text
//! 02 | client version | command | sequence | QQ number | encrypted ... | 03
//! ```
//!
//! The frame itself is 16 bits and a command below 256, so it takes QQ's port, or both sides with one number.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// OICQ.
pub const INSPECTOR: Inspector = Inspector {
    name: "oicq",
    title: "Tencent QQ (OICQ)",
    specification: "Frame of the QQ client's protocol as documented by open clients",
    carriers: Carriers::UDP,
    ports: &[8000],
    initiator_first: ByteSet::of(&[0x02]),
    responder_first: ByteSet::of(&[0x02]),
    inspect,
    describe: Some(describe),
    attributes: &[("oicq.client_version", "version of the client, as hexadecimal")],
    confused_with: "anything in frames of STX and ETX, with which serial protocols over UDP begin and end",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Lowest number that QQ ever gave away.
const FIRST_NUMBER: u32 = 10_000;
/// Bytes of the shortest frame: the header and the ETX.
const SHORTEST: usize = 12;

/// A frame's version, sequence and number.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    version: u16,
    command: u16,
    sequence: u16,
    number: u32,
}

fn frame(cursor: &mut Cursor<'_>) -> Result<Frame, Reject> {
    require(cursor.len() >= SHORTEST || cursor.is_open())?;
    require(cursor.is_open() || cursor.rest().last() == Some(&0x03))?;
    cursor.tag(&[0x02])?;
    let version = cursor.u16()?;
    let command = cursor.u16()?;
    require(command <= 0x00ff)?;
    let sequence = cursor.u16()?;
    let number = cursor.u32()?;
    require(number >= FIRST_NUMBER)?;
    cursor.skip(cursor.len())?;
    Ok(Frame { version, command, sequence, number })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let count = |said: Said<'_>| of_said(&said, opening.transport, |cursor| frame(cursor).map(drop));
    let (sent, answered) = (count(opening.initiator), count(opening.responder));
    if sent == Err(Reject::Mismatch) || answered == Err(Reject::Mismatch) {
        return Err(Reject::Mismatch);
    }
    let first = |said: Said<'_>| said.datagrams().find_map(|datagram| frame(&mut datagram.cursor()).ok());
    let rule = "frame: STX, version, command, number and ETX, on QQ's port (QQ client protocol)";
    match (first(opening.initiator), first(opening.responder)) {
        (Some(request), Some(reply)) if request.number == reply.number && request.command == reply.command => {
            Ok(Evidence::dialogue(
                "answered-frame: both sides' frames have one command and QQ number (QQ client protocol)",
            ))
        }
        (Some(_), None) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        (None, Some(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = frame(&mut opening.request()).ok().map(|frame| format!("0x{:04x}", frame.version));
    attributes.set_some("oicq.client_version", version);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a client keeps its session alive",
        &[b"\x02\x3b\x0b\x00\x02\x00\x17\x00\xbc\x61\x4e\xaa\xbb\xcc\xdd\x03"],
        &[b"\x02\x3b\x0b\x00\x02\x00\x17\x00\xbc\x61\x4e\xee\xff\x00\x11\x03"],
    ),
    Example::udp(
        Confidence::Signature,
        "only the client was captured, on the port",
        &[b"\x02\x3b\x0b\x00\x01\x00\x17\x00\xbc\x61\x4e\xaa\xbb\xcc\xdd\x03"],
        &[],
    )
    .on(8000),
    Example::not(
        Transport::Udp,
        "only one side, anywhere",
        &[b"\x02\x3b\x0b\x00\x01\x00\x17\x00\xbc\x61\x4e\xaa\xbb\xcc\xdd\x03"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a frame without its end",
        &[b"\x02\x3b\x0b\x00\x02\x00\x17\x00\xbc\x61\x4e\xaa\xbb\xcc\xdd\x04"],
        &[],
    ),
];
