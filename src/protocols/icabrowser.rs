//! Citrix ICA browser: old farms' answers to "which servers and applications are there?", UDP 1604.
//!
//! ```text
//! 0 length of the datagram (2, little-endian)   2 version and type (2)   4 02 FD A8 E3
//! ```
//!
//! The protocol is not public; these bytes are what scanners ask and get.

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Shape, Verdict};
use crate::key::Transport;

/// The ICA browser.
pub const INSPECTOR: Inspector = Inspector {
    name: "icabrowser",
    title: "Citrix ICA browser",
    specification: "not public; query and answers as seen on the wire",
    carriers: Carriers::UDP,
    ports: &[1604],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(8, &[(4, ByteSet::of(&[0x02])), (5, ByteSet::of(&[0xfd])), (6, ByteSet::of(&[0xa8])), (7, ByteSet::of(&[0xe3]))]),
    inspect,
    confused_with: "nothing: a length and four fixed bytes agree in one of 2^48 random datagrams",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn packet(datagram: Option<Datagram<'_>>) -> Result<Confidence, Reject> {
    let datagram = datagram.ok_or(Reject::Incomplete)?;
    let mut cursor = datagram.cursor();
    require(u32::from(cursor.u16_le()?) == datagram.wire_len)?;
    cursor.skip(2)?;
    cursor.tag(&[0x02, 0xfd, 0xa8, 0xe3])?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        packet(opening.initiator.datagrams().next()),
        packet(opening.responder.datagrams().next()),
        "packet: an ICA browser packet of its stated length",
    )
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a query and its answer",
        &[b"\x10\0\x01\x30\x02\xfd\xa8\xe3\0\0\0\0\0\0\0\0"],
        &[b"\x0c\0\x02\x31\x02\xfd\xa8\xe3\x02\0\0\0"],
    ),
    Example::udp(Confidence::Message, "a query without answer", &[b"\x0a\0\x01\x30\x02\xfd\xa8\xe3\0\0"], &[]),
    Example::not(Transport::Udp, "another length", &[b"\x10\0\x01\x30\x02\xfd\xa8\xe3\0\0"], &[]).on(1604),
];
