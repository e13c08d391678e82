//! DLMS/COSEM, by which meters of electricity, gas and water are read, in its wrapper for IP: IEC 62056-4-7.
//!
//! ```text
//! 0001 version | source port | destination port | length | APDU
//! 60 AARQ, 61 AARE, C0 C4 get, C1 C5 set, C3 C7 action, C8 ... ciphered, DB general-glo ...
//! ```
//!
//! The version and a length are 32 bits, so a message alone counts with an association's name or on the port.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// DLMS/COSEM.
pub const INSPECTOR: Inspector = Inspector {
    name: "dlms",
    title: "DLMS/COSEM meter reading",
    specification: "IEC 62056-4-7 (wrapper); IEC 62056-5-3 (APDUs)",
    carriers: Carriers::TCP_UDP,
    ports: &[4059],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dlms.client", "wrapper port of the client: 16 public, 1 management ..."),
        ("dlms.server", "wrapper port of the meter's logical device"),
    ],
    confused_with: "other messages that begin with 0001: their ports do not come back exchanged",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The application context names of IEC 62056-5-3: joint-iso-ccitt ... 5.8.1.x.
const CONTEXT: &[u8] = b"\x60\x85\x74\x05\x08\x01";

/// A message's ports, and whether it names the association.
#[derive(Clone, Copy)]
struct Message {
    source: u16,
    destination: u16,
    names_association: bool,
}

fn message(cursor: &mut Cursor<'_>) -> Result<Message, Reject> {
    cursor.tag(&[0, 1])?;
    let (source, destination) = (cursor.u16()?, cursor.u16()?);
    let len = usize::from(cursor.u16()?);
    require((2..=2048).contains(&len))?;
    let body = cursor.sub(len)?.rest();
    let tag = body.first().copied().unwrap_or_default();
    require(matches!(tag, 0x01 | 0x05 | 0x06 | 0x08 | 0x0c..=0x0f | 0x18 | 0x60..=0x63 | 0xc0..=0xcf | 0xd0..=0xdf | 0x21 | 0x25..=0x28))?;
    let names_association =
        matches!(tag, 0x60 | 0x61) && body.windows(CONTEXT.len()).any(|part| part == CONTEXT);
    Ok(Message { source, destination, names_association })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let count = |said: Said<'_>| of_said(&said, opening.transport, |cursor| message(cursor).map(drop));
    let (requests, replies) = (count(opening.initiator), count(opening.responder));
    if requests == Err(Reject::Mismatch) || replies == Err(Reject::Mismatch) {
        return Err(Reject::Mismatch);
    }
    let rule = "wrapper: version 1, ports that come back exchanged, lengths and APDUs (IEC 62056-4-7)";
    match (message(&mut opening.request()), message(&mut opening.reply())) {
        (Ok(request), Ok(reply)) => {
            require((request.source, request.destination) == (reply.destination, reply.source))?;
            Ok(Evidence::dialogue(rule))
        }
        (Ok(request), Err(_)) if request.names_association => Ok(Evidence::message(rule)),
        (Err(_), Ok(reply)) if reply.names_association => Ok(Evidence::message(rule).from(Side::Responder)),
        (Ok(_), Err(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(request) = message(&mut opening.request()) {
        attributes.set("dlms.client", request.source);
        attributes.set("dlms.server", request.destination);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a value is read",
        &[b"\x00\x01\x00\x10\x00\x01\x00\x0d\xc0\x01\xc1\x00\x08\x00\x00\x01\x00\x00\xff\x02\x00"],
        &[b"\x00\x01\x00\x01\x00\x10\x00\x06\xc4\x01\xc1\x00\x11\x05"],
    ),
    Example::tcp(
        Confidence::Message,
        "an association is asked for",
        &[b"\x00\x01\x00\x10\x00\x01\x00\x0d\x60\x0b\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x01"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "ports that are not exchanged",
        &[b"\x00\x01\x00\x10\x00\x01\x00\x0d\xc0\x01\xc1\x00\x08\x00\x00\x01\x00\x00\xff\x02\x00"],
        &[b"\x00\x01\x00\x10\x00\x01\x00\x06\xc4\x01\xc1\x00\x11\x05"],
    ),
];
