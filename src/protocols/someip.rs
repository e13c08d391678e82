//! SOME/IP, the service middleware inside cars: AUTOSAR PRS SOME/IP, and its service discovery.
//!
//! ```text
//! service | method | length of the rest | client | session | 01 | interface | type | return code | payload
//! FFFF      8100     service discovery                       02: notification
//! ```
//!
//! The length, the protocol's version and the type are some 40 bits.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Verdict, ZERO};
use crate::key::Transport;
use crate::sequence::of_said;

/// SOME/IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "someip",
    title: "Scalable service-Oriented MiddlewarE over IP",
    specification: "AUTOSAR PRS SOME/IP Protocol section 4.1.2; PRS SOME/IP Service Discovery section 4.1.2",
    carriers: Carriers::TCP_UDP,
    ports: &[30490, 30491, 30501],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(16, &[(4, ZERO), (5, ByteSet::range(0x00, 0x0f)), (12, ByteSet::of(&[0x01]))]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("someip.service", "service of the first message, as hexadecimal; 0xffff with method 0x8100 is discovery"),
        ("someip.method", "method or event of the first message, as hexadecimal"),
    ],
    confused_with: "DNS, as which it is often taken on port 30490: the third word is the length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes that the length counts at least: from the client on to the return code.
const COUNTED_HEADER: u32 = 8;

/// A message's ids: service, method, client, session.
fn message(cursor: &mut Cursor<'_>) -> Result<[u16; 4], Reject> {
    let (service, method) = (cursor.u16()?, cursor.u16()?);
    let len = cursor.u32()?;
    require((COUNTED_HEADER..1 << 20).contains(&len))?;
    let (client, session) = (cursor.u16()?, cursor.u16()?);
    cursor.tag(&[1])?;
    cursor.skip(1)?;
    // Requests, notifications, responses and errors; 20 is set for parts of large ones.
    let kind = cursor.u8()?;
    require(matches!(kind & !0x20, 0x00..=0x02 | 0x40..=0x42 | 0x80 | 0x81 | 0xc0 | 0xc1))?;
    let code = cursor.u8()?;
    // Only answers have a return code.
    require(if kind & 0x80 == 0 { code == 0 } else { code <= 0x5e })?;
    cursor.skip((len - COUNTED_HEADER) as usize)?;
    Ok([service, method, client, session])
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: length, protocol version 1, type and return code (AUTOSAR PRS SOME/IP section 4.1.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let ids = message(&mut opening.request()).or_else(|_| message(&mut opening.reply()));
    if let Ok([service, method, ..]) = ids {
        attributes.set("someip.service", format!("0x{service:04x}"));
        attributes.set("someip.method", format!("0x{method:04x}"));
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a method is called",
        &[b"\x12\x34\x00\x08\x00\x00\x00\x0a\x00\x00\x00\x01\x01\x01\x00\x00\xab\xab"],
        &[b"\x12\x34\x00\x08\x00\x00\x00\x0a\x00\x00\x00\x01\x01\x01\x80\x00\xab\xab"],
    ),
    Example::udp(
        Confidence::Message,
        "services are looked for",
        &[b"\xff\xff\x81\x00\x00\x00\x00\x24\x00\x00\x00\x01\x01\x01\x02\x00\xc0\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x12\x34\xff\xff\xff\x00\x00\x03\xff\xff\xff\xff\x00\x00\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a DNS query",
        &[b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02de\x00\x00\x01\x00\x01"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "another length",
        &[b"\x12\x34\x00\x08\x00\x00\x00\x0b\x00\x00\x00\x01\x01\x01\x00\x00\xab\xab"],
        &[],
    ),
];
