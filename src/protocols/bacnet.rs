//! BACnet/IP, the control network of buildings: ASHRAE 135, annex J (and annex U for IPv6).
//!
//! ```text
//! 81 | function | length | ... | 01 NPDU version | control | [addresses] | APDU        annex J, IPv4
//! 82 | function | length | source virtual address ...                                  annex U, IPv6
//! ```
//!
//! The length is that of the datagram. With the type and the NPDU's version that is 36 bits and more.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// BACnet/IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "bacnet",
    title: "BACnet/IP",
    specification: "ASHRAE 135-2020 annex J.2 and annex U.2; clause 6.2 for the NPDU, clause 20.1 for the APDU",
    carriers: Carriers::UDP,
    ports: &[47808],
    initiator_first: ByteSet::of(&[0x81, 0x82]),
    responder_first: ByteSet::of(&[0x81, 0x82]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("bacnet.bvlc_function", "function of the first message (10 original unicast, 11 original broadcast ...)"),
        ("bacnet.service", "number of the first confirmed or unconfirmed service (8 who-is, 12 read-property ...)"),
        ("bacnet.device", "instance number of the device that announces itself (I-Am)"),
    ],
    confused_with: "RTP and RTCP, whose first bytes can be 81 too; their length is not in the next two",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// What a message says of the application, if it reaches it.
#[derive(Clone, Copy, Default)]
struct Seen<'a> {
    function: u8,
    /// The APDU, from its type on.
    application: Option<&'a [u8]>,
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Seen<'a>, Reject> {
    let kind = cursor.u8()?;
    require(matches!(kind, 0x81 | 0x82))?;
    let function = cursor.u8()?;
    let len = usize::from(cursor.u16()?);
    let mut body = cursor.within(len.checked_sub(4).ok_or(Reject::Mismatch)?)?;
    // A datagram holds one message (J.2: the length covers the whole message).
    cursor.end()?;
    let rest = len - 4;
    let carries = if kind == 0x81 {
        match function {
            0x00 | 0x05 => require(rest == 2).map(|()| None)?,
            0x01 | 0x03 => require(rest % 10 == 0).map(|()| None)?,
            0x02 | 0x06 => require(rest == 0).map(|()| None)?,
            0x07 => require(rest % 10 == 0).map(|()| None)?,
            0x08 => require(rest == 6).map(|()| None)?,
            // The address and the port of the device that it is forwarded for come first.
            0x04 => Some(6),
            0x09..=0x0b => Some(0),
            0x0c => None,
            _ => return Err(Reject::Mismatch),
        }
    } else {
        match function {
            // Source, and for a unicast destination virtual address, three bytes each.
            0x01 => Some(6),
            0x02 | 0x0c => Some(3),
            0x08 => Some(3 + 18),
            0x00 => require(rest == 5).map(|()| None)?,
            0x03..=0x07 | 0x09..=0x0b => require((3..=24).contains(&rest)).map(|()| None)?,
            _ => return Err(Reject::Mismatch),
        }
    };
    let application = match carries {
        Some(before) => {
            body.skip(before)?;
            network(&mut body)?
        }
        None => None,
    };
    Ok(Seen { function, application })
}

/// Reads the NPDU's header (clause 6.2) and gives the APDU after it, if there is one.
fn network<'a>(body: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, Reject> {
    body.tag(&[1])?;
    let control = body.u8()?;
    // Bits 6 and 4 are reserved and zero.
    require(control & 0x50 == 0)?;
    let mut address = |present: bool| -> Result<(), Reject> {
        if present {
            body.skip(2)?;
            let len = usize::from(body.u8()?);
            require(len <= 18)?;
            body.skip(len)?;
        }
        Ok(())
    };
    let has_destination = control & 0x20 != 0;
    address(has_destination)?;
    address(control & 0x08 != 0)?;
    if has_destination {
        body.skip(1)?;
    }
    if control & 0x80 != 0 {
        // A message of the network layer itself.
        body.skip(1)?;
        return Ok(None);
    }
    let application = body.rest();
    // Clause 20.1: eight types, in the upper half of the first byte.
    require(body.u8()? >> 4 <= 7)?;
    Ok(Some(application))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "bvlc: type, function and the datagram's length, NPDU of version 1 (ASHRAE 135 annex J.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = message(&mut opening.request()).ok();
    attributes.set_some("bacnet.bvlc_function", first.map(|seen| seen.function));
    let application = first.and_then(|seen| seen.application);
    attributes.set_some("bacnet.service", application.and_then(service));
    let device = [opening.request(), opening.reply()]
        .iter_mut()
        .find_map(|cursor| announced_device(message(cursor).ok()?.application?));
    attributes.set_some("bacnet.device", device);
}

/// The service of a confirmed request (after its two or four bytes of header) or an unconfirmed one (clause 20.1.2).
fn service(application: &[u8]) -> Option<u8> {
    match application {
        [0x00..=0x07, _, _, service, ..]
        | [0x10, service, ..]
        | [0x08..=0x0f, _, _, _, _, service, ..] => Some(*service),
        _ => None,
    }
}

/// The instance in an I-Am (clause 16.10.1): an object identifier of type 8, device, in 10 and 22 bits.
fn announced_device(application: &[u8]) -> Option<u32> {
    let [0x10, 0x00, 0xc4, a, b, c, d, ..] = application else { return None };
    let identifier = u32::from_be_bytes([*a, *b, *c, *d]);
    (identifier >> 22 == 8).then_some(identifier & 0x3f_ffff)
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "who is there, and a device answers",
        &[b"\x81\x0b\x00\x0c\x01\x20\xff\xff\x00\xff\x10\x08"],
        &[b"\x81\x0a\x00\x14\x01\x00\x10\x00\xc4\x02\x00\x00\x05\x22\x05\xc4\x91\x03\x21\x2a"],
    ),
    Example::udp(
        Confidence::Message,
        "a foreign device registers",
        &[b"\x81\x05\x00\x06\x00\x3c"],
        &[],
    ),
    Example::udp(
        Confidence::Message,
        "a unicast over IPv6",
        &[b"\x82\x01\x00\x0f\x00\x00\x01\x00\x00\x02\x01\x04\x00\x05\x01"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a length that is not the datagram's",
        &[b"\x81\x0b\x00\x0d\x01\x20\xff\xff\x00\xff\x10\x08"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "an RTCP report",
        &[b"\x81\xc9\x00\x07\x01\x02\x03\x04\x01\x02\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
        &[],
    ),
];
