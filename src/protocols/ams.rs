//! ADS over AMS, which Beckhoff's TwinCAT speaks over TCP, and its discovery over UDP.
//!
//! ```text
//! TCP   00 00 | length LE | target net id, 6, port LE | source net id, 6, port LE | command | flags | length | error | invoke
//!               of the rest, 32 and the data                                        1 to 9    4, 5    of the data
//! UDP   03 66 14 71 | invoke LE | service | ...
//! ```
//!
//! Both lengths must agree, and so must the addresses and the invoke id of an answer.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// ADS/AMS.
pub const INSPECTOR: Inspector = Inspector {
    name: "ams",
    title: "Beckhoff ADS (AMS)",
    specification: "Beckhoff Information System: ADS, AMS/TCP packet and AMS header",
    carriers: Carriers::TCP_UDP,
    ports: &[48898, 48899],
    initiator_first: ByteSet::of(&[0x00, 0x03]),
    responder_first: ByteSet::of(&[0x00, 0x03]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ams.target", "AMS net id and port that the first command is for"),
        ("ams.source", "AMS net id and port that the first command is from"),
        ("ams.command", "command of the first message (1 device, 2 read, 3 write, 4 state, 9 read and write ...)"),
    ],
    confused_with: "other messages that begin with zeros and a length: the second length does not agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the AMS header, which the first length counts.
const HEADER: u32 = 32;
/// Begins every datagram of the discovery.
const DISCOVERY: &[u8] = &[0x03, 0x66, 0x14, 0x71];

/// An AMS header.
struct Header {
    target: ([u8; 6], u16),
    source: ([u8; 6], u16),
    command: u16,
}

fn message(cursor: &mut Cursor<'_>) -> Result<Header, Reject> {
    cursor.tag(&[0, 0])?;
    let len = cursor.u32_le()?;
    let data = len.checked_sub(HEADER).filter(|&data| data < 1 << 24).ok_or(Reject::Mismatch)?;
    let target = (cursor.array()?, cursor.u16_le()?);
    let source = (cursor.array()?, cursor.u16_le()?);
    let command = cursor.u16_le()?;
    require(command <= 9)?;
    // Bit 0 response, bit 2 ADS command, bit 6 UDP, bits 1 and 3 to 8 options of system use.
    let flags = cursor.u16_le()?;
    require(flags & 0x0004 != 0 && flags < 0x0200)?;
    require(cursor.u32_le()? == data)?;
    cursor.skip(8)?;
    cursor.skip(data as usize)?;
    Ok(Header { target, source, command })
}

fn discovery(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(DISCOVERY)?;
    cursor.skip(4)?;
    // The service, with the highest bit set in answers; then the sender's net id, port and count of tags.
    require(cursor.u32_le()? & 0x7fff_ffff <= 0x100)?;
    cursor.skip(6 + 2)?;
    cursor.skip(cursor.len())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let is_tcp = opening.transport == Transport::Tcp;
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| {
            if is_tcp { message(cursor).map(drop) } else { discovery(cursor) }
        })
        .map(|_| Confidence::Message)
    };
    let rule = if is_tcp {
        "ams-tcp: reserved zeros and two lengths that agree (Beckhoff, AMS/TCP packet)"
    } else {
        "ams-discovery: 03 66 14 71 and a service (Beckhoff, ADS over UDP)"
    };
    Evidence::of(judged(opening.initiator), judged(opening.responder), rule)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(header) = message(&mut opening.request()) {
        let printed = |([a, b, c, d, e, f], port): ([u8; 6], u16)| format!("{a}.{b}.{c}.{d}.{e}.{f}:{port}");
        attributes.set("ams.target", printed(header.target));
        attributes.set("ams.source", printed(header.source));
        attributes.set("ams.command", header.command);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the state is read",
        &[b"\x00\x00\x20\x00\x00\x00\x05\x0d\x75\x60\x01\x01\x10\x27\xc0\xa8\x01\xc7\x01\x01\x03\x80\x04\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"],
        &[b"\x00\x00\x28\x00\x00\x00\xc0\xa8\x01\xc7\x01\x01\x03\x80\x05\x0d\x75\x60\x01\x01\x10\x27\x04\x00\x05\x00\x08\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x05\x00\x02\x00"],
    ),
    Example::udp(
        Confidence::Message,
        "controllers are searched for",
        &[b"\x03\x66\x14\x71\x00\x00\x00\x00\x01\x00\x00\x00\xc0\xa8\x01\xc7\x01\x01\x10\x27\x00\x00\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "two lengths that do not agree",
        &[b"\x00\x00\x20\x00\x00\x00\x05\x0d\x75\x60\x01\x01\x10\x27\xc0\xa8\x01\xc7\x01\x01\x03\x80\x04\x00\x04\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"],
        &[],
    ),
];
