//! Apple Remote Desktop: its agent's status queries, UDP 3283.
//!
//! ```text
//! question   00 14 00 01 03                 five bytes
//! answer     00 01 03 EA 00 31 ..           or 00 01 01 64 00 31 ..: length of what follows in bytes 2 and 3
//! ```
//!
//! The protocol is not public; these bytes are what scanners ask and get.

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Apple Remote Desktop.
pub const INSPECTOR: Inspector = Inspector {
    name: "ard",
    title: "Apple Remote Desktop",
    specification: "not public; query and answers as seen on the wire",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "Citrix Framehawk, whose range holds 3283; the screen itself is VNC on TCP 5900",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// IANA: net-assistant.
const PORTS: &[u16] = &[3283];
const QUESTION: &[u8] = b"\0\x14\0\x01\x03";

fn question(datagram: &Datagram<'_>) -> Result<Confidence, Reject> {
    let mut cursor = datagram.cursor();
    cursor.tag(QUESTION)?;
    require(cursor.is_empty()).map(|()| Confidence::Signature)
}

fn answer(datagram: &Datagram<'_>) -> Result<Confidence, Reject> {
    let mut cursor = datagram.cursor();
    cursor.tag(&[0, 1])?;
    require(matches!(cursor.u16()?, 0x03ea | 0x0164))?;
    cursor.tag(&[0, 0x31]).map(|()| Confidence::Signature)
}

/// Five bytes are 40 bits, but a query of five bytes is nothing unheard of: alone they count on the port only.
fn inspect(opening: &Opening<'_>) -> Verdict {
    let first = |judge: fn(&Datagram<'_>) -> Result<Confidence, Reject>, datagram: Option<Datagram<'_>>| {
        datagram.map_or(Err(Reject::Incomplete), |datagram| judge(&datagram))
    };
    let evidence = Evidence::of(
        first(question, opening.initiator.datagrams().next()),
        first(answer, opening.responder.datagrams().next()),
        "status: the agent's status query, or an answer to it",
    )?;
    let sure = evidence.confidence == Confidence::Dialogue || opening.is_on(PORTS);
    if sure { Ok(evidence) } else { Err(Reject::Incomplete) }
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a query and its answer", &[QUESTION], &[b"\0\x01\x03\xea\0\x31\0\0"]),
    Example::udp(Confidence::Signature, "a query without answer", &[QUESTION], &[]).on(3283),
    Example::not(Transport::Udp, "a query elsewhere", &[QUESTION], &[]),
    Example::not(Transport::Udp, "a longer question", &[b"\0\x14\0\x01\x03\0"], &[]).on(3283),
];
