//! LLRP, by which readers of RFID tags are controlled: EPCglobal's Low Level Reader Protocol 1.1.
//!
//! ```text
//! version and type, 3 and 10 bits | length of the whole | id | parameters: type, length ...
//! responder   04 3F  reader event notification, first on every connection
//! initiator   04 01 capabilities, 04 03 configuration, 04 14 add operation, 04 3E keep-alive answer ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// LLRP.
pub const INSPECTOR: Inspector = Inspector {
    name: "llrp",
    title: "Low Level Reader Protocol (RFID)",
    specification: "EPCglobal LLRP 1.1 section 16.1",
    ports: &[5084],
    initiator_first: ByteSet::of(&[0x04, 0x07, 0x08, 0x0b]),
    responder_first: ByteSet::of(&[0x04, 0x07, 0x08, 0x0b]),
    inspect,
    confused_with: "SOCKS 4, which begins with 04 01 too: its length does not fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a message's header.
const HEADER: u32 = 10;
const CUSTOM: u16 = 1023;
/// Type of the parameter LLRPStatus.
const STATUS: u16 = 287;

/// Whether a reader sends messages of this type, or a client; both may send a type of a maker's own.
const fn is_from_reader(kind: u16) -> Option<bool> {
    match kind {
        CUSTOM => None,
        4 | 10..=13 | 30..=37 | 50..=57 | 61..=63 | 100 => Some(true),
        _ => Some(false),
    }
}

/// Reads a message; gives whether a reader sends it.
fn message(cursor: &mut Cursor<'_>) -> Result<Option<bool>, Reject> {
    let word = cursor.u16()?;
    let (version, kind) = (word >> 10, word & 0x3ff);
    require(matches!(version, 1 | 2))?;
    require(matches!(kind, 1..=4 | 10..=14 | 20..=26 | 30..=37 | 40..=47 | 50..=57 | 60..=64 | 72 | 100 | CUSTOM))?;
    let len = cursor.u32()?;
    require((HEADER..1 << 20).contains(&len))?;
    cursor.skip(4)?;
    let mut body = cursor.sub((len - HEADER) as usize)?;
    // A notification is one parameter of type 246 to the message's end.
    // A response begins with a status (section 14.2.2).
    if matches!(kind, 4 | 11..=13 | 30..=36 | 50..=54 | 56 | 57 | 100) {
        require(body.u16()? == STATUS)?;
    } else if kind == 63 {
        require(body.u16()? == 246 && u32::from(body.u16()?) == len - HEADER)?;
    }
    Ok(is_from_reader(kind))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut reader = None;
        let count = of_said(&said, Transport::Tcp, |cursor| {
            let one = message(cursor)?;
            require(one.is_none() || reader.is_none() || reader == one)?;
            reader = reader.or(one);
            Ok(())
        })?;
        let notifies = said.bytes().get(1) == Some(&63);
        Ok((if notifies || count > 2 { Confidence::Message } else { Confidence::Signature }, reader))
    };
    let (request, reply) = (judged(opening.initiator), judged(opening.responder));
    if let (Ok((_, asks)), Ok((_, answers))) = (request, reply) {
        require(asks.is_none() || asks != answers)?;
    }
    let [request, reply] = [request, reply].map(|judged| judged.map(|(confidence, _)| confidence));
    if request == Ok(Confidence::Signature) && reply.is_err() && !opening.is_on(INSPECTOR.ports) {
        return Err(if reply == Err(Reject::Mismatch) { Reject::Mismatch } else { Reject::Incomplete });
    }
    Evidence::of(request, reply, "message: version, type and length, and the reader's notification (LLRP section 16.1)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the reader notifies and its capabilities are asked for",
        &[b"\x04\x01\x00\x00\x00\x0b\x00\x00\x00\x01\x00"],
        &[b"\x04\x3f\x00\x00\x00\x14\x00\x00\x00\x00\x00\xf6\x00\x0a\x01\x00\x00\x06\x00\x00"],
    ),
    Example::not(Transport::Tcp, "SOCKS 4", &[b"\x04\x01\x00\x50\x0a\x00\x00\x01root\x00"], &[]),
];
