//! NetBIOS name service (RFC 1002 section 4.2): DNS' layout with names of 32 letters from A to P, UDP 137.
//!
//! The letters alone are 150 bits of evidence; what remains is to tell requests from responses.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::netbios::{self, Name};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// The NetBIOS name service.
pub const INSPECTOR: Inspector = Inspector {
    name: "netbios-ns",
    title: "NetBIOS name service",
    specification: "RFC 1002 section 4.2",
    carriers: Carriers::UDP,
    ports: PORTS,
    // A transaction's number may be anything.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: crate::formats::dns::SHAPE,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("netbios-ns.name", "the first name asked for or registered, with its suffix"),
        ("netbios-ns.operation", "query, status, registration, release, wait or refresh"),
        ("netbios-ns.result", "response code of the first response, where it is an error"),
    ],
    confused_with: "DNS, whose layout it shares, without names of 32 letters from A to P",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[137];
/// Query, registration, release, wait, refresh (twice, as RFC 1002 contradicts itself) and multihomed registration.
const OPCODES: [u16; 7] = [0, 5, 6, 7, 8, 9, 15];
/// Types NB and NBSTAT, and the null record of an answer that has nothing to tell (section 4.2.1.3).
const NB: u16 = 32;
const NBSTAT: u16 = 33;
const NULL: u16 = 10;
/// Class IN.
const INTERNET: u16 = 1;
/// Most questions and records of a kind that are believed.
const MAX_COUNT: u16 = 64;

/// A message, up to its first name.
#[derive(Clone, Copy, Debug)]
struct Message {
    id: u16,
    flags: u16,
    name: Name,
    kind: u16,
}

impl Message {
    const fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    const fn opcode(&self) -> u16 {
        self.flags >> 11 & 0xf
    }
}

fn message(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    let (id, flags) = (cursor.u16()?, cursor.u16()?);
    require(OPCODES.contains(&(flags >> 11 & 0xf)))?;
    let counts = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
    require(counts.iter().all(|&count| count <= MAX_COUNT))?;
    let name = netbios::name(&mut cursor)?;
    let kind = cursor.u16()?;
    require(matches!(kind, NB | NBSTAT | NULL) && cursor.u16()? == INTERNET)?;
    Ok(Message { id, flags, name, kind })
}

/// The first message of a side that is none damaged.
fn first(said: Said<'_>) -> Result<Message, Reject> {
    let mut first = Err(Reject::Incomplete);
    for (place, datagram) in said.datagrams().enumerate() {
        match message(datagram.cursor()) {
            Ok(message) => return Ok(message),
            Err(reject) if place == 0 => first = Err(reject),
            Err(_) => {}
        }
    }
    first
}

/// Letters that have to fit in a damaged or cut message on the service's own port: 48 bits.
const ENOUGH: usize = 12;
/// Letters that have to be left of a cut one: 32 bits, and a sound header.
const FEWEST: usize = 8;

/// Whether a side's first datagram is a message that was damaged on its way, or of which the capture cut most.
fn resembles(said: Said<'_>) -> bool {
    said.datagrams().next().is_some_and(|datagram| {
        let bytes = datagram.bytes.get(12..).unwrap_or_default();
        // A name that is here as a whole should be damaged in a few letters only; of one that was cut all must fit.
        let enough = match bytes.len() {
            33.. => 2 * ENOUGH,
            _ if datagram.is_cut() => (bytes.len().saturating_sub(1)).max(FEWEST),
            _ => ENOUGH,
        };
        netbios::resembles(bytes, enough)
    })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "name: a message with a NetBIOS name (RFC 1002 section 4.2)";
    match (first(opening.initiator), first(opening.responder)) {
        (Ok(asked), Ok(told)) if asked.id == told.id && !asked.is_response() && told.is_response() => Ok(
            Evidence::dialogue("answered: a request and the response to its number (RFC 1002 section 4.2)"),
        ),
        (Ok(_), Ok(_)) => Ok(Evidence::message(rule)),
        (Ok(asked), Err(Reject::Incomplete)) if !asked.is_response() => Ok(Evidence::message(rule)),
        (Err(Reject::Incomplete), Ok(told)) if told.is_response() => {
            Ok(Evidence::message(rule).from(Side::Responder))
        }
        _ if opening.is_on(PORTS) && resembles(opening.initiator) => {
            Ok(Evidence::signature("damaged-name: what is left of a NetBIOS name, on its port (RFC 1002 section 4.2)"))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (asked, told) = (first(opening.initiator).ok(), first(opening.responder).ok());
    if let Some(message) = asked.or(told) {
        attributes.set("netbios-ns.name", message.name.text());
        let operation = match message.opcode() {
            0 if message.kind == NBSTAT => "status",
            0 => "query",
            6 => "release",
            7 => "wait",
            8 | 9 => "refresh",
            _ => "registration",
        };
        attributes.set("netbios-ns.operation", operation);
    }
    let told = told.filter(Message::is_response);
    attributes.set_some("netbios-ns.result", told.map(|told| told.flags & 0xf).filter(|&code| code != 0));
}

const QUERY: &[u8] = b"\x80\x01\x01\x10\0\x01\0\0\0\0\0\0\x20EGFCEFEEDBDACACACACACACACACACACA\0\0\x20\0\x01";
const RESPONSE: &[u8] = b"\x80\x01\x85\0\0\0\0\x01\0\0\0\0\x20EGFCEFEEDBDACACACACACACACACACACA\0\0\x20\0\x01\
    \0\x04\x93\xe0\0\x06\0\0\x0a\0\0\x02";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a name and its address", &[QUERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "a question to everybody", &[QUERY], &[]),
    Example::udp(Confidence::Message, "only the answer", &[], &[RESPONSE]),
    Example::udp(
        Confidence::Message,
        "a damaged question, and then a whole one",
        &[b"\x80\x01\x01\x10\0\x01\0\0\0\0\0\0\x20EG\xffCEFE", QUERY],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "a question of which two letters are damaged",
        &[b"\x80\x01\x01\x10\0\x01\0\0\0\0\0\0\x20EGFC\xff\xffEEDBDACACACACACACACACACACA\0\0\x20\0\x01"],
        &[],
    )
    .on(137),
    Example::not(
        Transport::Udp,
        "DNS",
        &[b"\x80\x01\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01"],
        &[],
    )
    .on(137),
];
