//! Epson's network printer and projector control (ENPC), UDP 3289: discovery and status.
//!
//! ```text
//! 0 "EPSON"  5 packet type: Q or q (query, reply), C or c (command, reply) ...  6 device type  7 device number
//! 8 function (2)   10 result (2)   12 length of the parameters (2), big-endian   14 parameters
//! ```
//!
//! The protocol is not public; the layout is what discovery tools send and printers answer.

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ENPC.
pub const INSPECTOR: Inspector = Inspector {
    name: "enpc",
    title: "Epson network printer control",
    specification: "not public; layout as seen on the wire",
    carriers: Carriers::UDP,
    ports: &[3289],
    initiator_first: ByteSet::of(b"E"),
    responder_first: ByteSet::of(b"E"),
    inspect,
    confused_with: "Citrix Framehawk, whose range holds 3289",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A question in capitals, its answer in small letters.
fn message(datagram: Option<Datagram<'_>>, capital: bool) -> Result<Confidence, Reject> {
    let datagram = datagram.ok_or(Reject::Incomplete)?;
    let mut cursor = datagram.cursor();
    cursor.tag(b"EPSON")?;
    let kind = cursor.u8()?;
    require(if capital { kind.is_ascii_uppercase() } else { kind.is_ascii_lowercase() })?;
    cursor.skip(6)?;
    let len = cursor.u16()?;
    require(datagram.wire_len == 14 + u32::from(len)).map(|()| Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        message(opening.initiator.datagrams().next(), true),
        message(opening.responder.datagrams().next(), false),
        "packet: an ENPC packet whose parameters have their stated length",
    )
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a discovery and its answer",
        &[b"EPSONQ\x03\0\0\0\0\0\0\0"],
        &[b"EPSONq\x03\0\0\0\0\0\0\x02ok"],
    ),
    Example::udp(Confidence::Message, "a discovery without answer", &[b"EPSONQ\x03\0\0\0\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "text that begins alike", &[b"EPSON printer here"], &[]),
];
