//! KNXnet/IP, by which building automation reaches its bus: KNX standard 03.08.
//!
//! ```text
//! 06 | version 10 | service, 2 bytes | length of the whole | ...
//! search 0201, describe 0203, connect 0205, tunnel 0420, route 0530 ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// KNXnet/IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "knxnet-ip",
    title: "KNXnet/IP",
    specification: "KNX standard 03.08.01 section 5.1, 03.08.02 section 2.3",
    carriers: Carriers::TCP_UDP,
    ports: &[3671],
    initiator_first: ByteSet::of(&[0x06]),
    responder_first: ByteSet::of(&[0x06]),
    inspect,
    describe: Some(describe),
    attributes: &[("knxnet-ip.service", "service type of the first message (0x0201 search, 0x0205 connect ...)")],
    confused_with: "RMCP (IPMI), which begins with 06 00",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header, its first byte.
const HEADER: usize = 6;

fn message(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    // Version 1.0, and 1.3 and later of KNXnet/IP core 2.
    cursor.tag(&[0x06])?;
    require(matches!(cursor.u8()?, 0x10 | 0x13..=0x15))?;
    let service = cursor.u16()?;
    require(matches!(
        service,
        0x0201..=0x020c | 0x0310..=0x0311 | 0x0420..=0x0425 | 0x0530..=0x0533 | 0x0600..=0x06ff | 0x0740..=0x0743 | 0x0950..=0x0957
    ))?;
    let len = usize::from(cursor.u16()?);
    let mut body = cursor.sub(len.checked_sub(HEADER).ok_or(Reject::Mismatch)?)?;
    // What begins with a host address: its structure's length, and UDP or TCP (03.08.02 section 7.5.1).
    if matches!(service, 0x0201..=0x0203 | 0x0205 | 0x020b) {
        body.tag(&[0x08])?;
        require(matches!(body.u8()?, 1 | 2))?;
    }
    // Tunnelling and device management begin with a connection header of four bytes.
    if matches!(service, 0x0310 | 0x0311 | 0x0420..=0x0425) {
        body.tag(&[0x04])?;
    }
    Ok(service)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop))
            .map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: 06 10, a service and the whole length (KNX 03.08.01 section 5.1)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let service = message(&mut opening.request()).or_else(|_| message(&mut opening.reply())).ok();
    attributes.set_some("knxnet-ip.service", service.map(|service| format!("0x{service:04x}")));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a connection is asked about and stands",
        &[b"\x06\x10\x02\x07\x00\x10\x15\x00\x08\x01\xc0\xa8\xc8\x0c\xc3\xb4"],
        &[b"\x06\x10\x02\x08\x00\x08\x15\x00"],
    ),
    Example::udp(
        Confidence::Message,
        "devices are searched for",
        &[b"\x06\x10\x02\x01\x00\x0e\x08\x01\xc0\xa8\xc8\x0c\x0e\x57"],
        &[],
    ),
    Example::not(Transport::Udp, "RMCP", &[b"\x06\x00\xff\x06\x00\x00\x11\xbe\x80\x00\x00\x00"], &[]),
    Example::not(Transport::Udp, "another length", &[b"\x06\x10\x02\x08\x00\x09\x15\x00"], &[]),
];
