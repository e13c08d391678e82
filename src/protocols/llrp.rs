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

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let word = cursor.u16()?;
    let (version, kind) = (word >> 10, word & 0x3ff);
    require(matches!(version, 1 | 2))?;
    require(matches!(kind, 1..=4 | 10..=14 | 20..=26 | 30..=37 | 40..=47 | 50..=57 | 60..=64 | 72 | 100 | CUSTOM))?;
    let len = cursor.u32()?;
    require((HEADER..1 << 20).contains(&len))?;
    cursor.skip(4)?;
    let mut body = cursor.sub((len - HEADER) as usize)?;
    // A notification is one parameter of type 246 to the message's end.
    if kind == 63 {
        require(body.u16()? == 246 && u32::from(body.u16()?) == len - HEADER)?;
    }
    Ok(())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let count = of_said(&said, Transport::Tcp, message)?;
        let notifies = said.bytes().get(1) == Some(&63);
        Ok(if notifies || count > 2 { Confidence::Message } else { Confidence::Signature })
    };
    let (request, reply) = (judged(opening.initiator), judged(opening.responder));
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
