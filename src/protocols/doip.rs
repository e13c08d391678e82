//! DoIP, diagnostics of cars over IP: ISO 13400-2.
//!
//! ```text
//! version | its complement | payload type | payload length | payload
//! 02        FD               0001 to 0008, 4001 to 4004, 8001 to 8003
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// DoIP.
pub const INSPECTOR: Inspector = Inspector {
    name: "doip",
    title: "Diagnostics over IP",
    specification: "ISO 13400-2:2019 section 7",
    carriers: Carriers::TCP_UDP,
    ports: &[13400],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("doip.vin", "vehicle identification number that is announced")],
    confused_with: "nothing: a version, its complement, a known type and the length that follows from it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Versions 1 to 4, and FF for requests that do not know yet.
const FIRST: ByteSet = ByteSet::of(&[1, 2, 3, 4, 0xff]);

/// Reads a message, and gives its type and payload.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let version = cursor.u8()?;
    require(matches!(version, 1..=4 | 0xff) && cursor.u8()? == !version)?;
    let kind = cursor.u16()?;
    let len = cursor.u32()?;
    // Table 17: most types have one length or few.
    require(match kind {
        0x0000 | 0x8002 | 0x8003 => len < 1 << 16,
        0x0001 | 0x0007 | 0x4001 | 0x4003 => len == 0,
        0x0002 => len == 6,
        0x0003 => len == 17,
        0x0004 => matches!(len, 32 | 33),
        0x0005 => matches!(len, 7 | 11),
        0x0006 => matches!(len, 9 | 13),
        0x0008 => len == 2,
        0x4002 => matches!(len, 3 | 7),
        0x4004 => len == 1,
        0x8001 => (5..1 << 20).contains(&len),
        _ => false,
    })?;
    Ok((kind, cursor.take(len as usize)?))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: version and complement, and a length that the type has (ISO 13400-2 section 7)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let announced = [opening.initiator, opening.responder]
        .iter()
        .flat_map(Said::datagrams)
        .filter_map(|datagram| message(&mut datagram.cursor()).ok())
        .find(|(kind, _)| *kind == 0x0004);
    let vin = announced.and_then(|(_, payload)| payload.get(..17)).filter(|vin| is_text(vin));
    attributes.set_some("doip.vin", vin);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "the power mode is asked for",
        &[b"\x02\xfd\x40\x03\x00\x00\x00\x00"],
        &[b"\x02\xfd\x40\x04\x00\x00\x00\x01\x01"],
    ),
    Example::tcp(
        Confidence::Message,
        "routing is activated",
        &[b"\x02\xfd\x00\x05\x00\x00\x00\x0b\x0e\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
        &[],
    ),
    Example::not(Transport::Tcp, "a length that the type does not have", &[b"\x02\xfd\x00\x05\x00\x00\x00\x0c\x0e"], &[]),
    Example::not(Transport::Udp, "another complement", &[b"\x02\xfc\x40\x03\x00\x00\x00\x00"], &[]),
];
