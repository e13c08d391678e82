//! EtherNet/IP, the industrial protocol of ODVA around CIP: explicit messages and cyclic input and output.
//!
//! ```text
//! command LE | length LE | session | status | sender context, 8 bytes | options 0      encapsulation, 24 bytes
//! 65 00        04 00       00000000  ...        01 00 00 00                               register session
//!
//! items LE | type LE | length LE | ...                                                  common packet format
//! 02 00      02 80     08 00       connection, sequence    B1 00   length   data          cyclic, UDP only
//! ```
//!
//! In the encapsulation the length, the options and a small set of commands and states must fit; in cyclic
//! data every item's length must end with the datagram.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// EtherNet/IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "enip",
    title: "EtherNet/IP (CIP)",
    specification: "ODVA: The CIP Networks Library, volume 2, chapter 2 (encapsulation, common packet format)",
    carriers: Carriers::TCP_UDP,
    ports: &[44818, 2222],
    initiator_first: ByteSet::of(&[0x00, 0x01, 0x02, 0x03, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73]),
    responder_first: ByteSet::of(&[0x00, 0x01, 0x02, 0x03, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("enip.command", "first encapsulation command (99 list identity, 101 register session, 111 send RR data ...)"),
        ("enip.product", "product name of the first device that answers list identity"),
        ("enip.connection", "connection identifier of the first cyclic datagram"),
    ],
    confused_with: "other little-endian headers with many zeros: their lengths do not end with the message",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most items of a common packet: address, data, and the two of socket addresses.
const MAX_ITEMS: u16 = 4;

const LIST_IDENTITY: u16 = 0x63;
const REGISTER_SESSION: u16 = 0x65;
const SEND_RR_DATA: u16 = 0x6f;
const SEND_UNIT_DATA: u16 = 0x70;

/// One encapsulated message (chapter 2-3): its command and its data.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u16, Cursor<'a>), Reject> {
    let command = cursor.u16_le()?;
    require(matches!(command, 0x00 | 0x04 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73))?;
    let len = usize::from(cursor.u16_le()?);
    let session = cursor.u32_le()?;
    let status = cursor.u32_le()?;
    // Table 2-3.3: the states that exist.
    require(matches!(status, 0..=3 | 0x64 | 0x65 | 0x69 | 0x6a))?;
    cursor.skip(8)?;
    cursor.tag(&[0; 4])?;
    let data = cursor.within(len)?;
    let mut body = data;
    match command {
        REGISTER_SESSION if status == 0 => {
            require(len == 4)?;
            body.tag(&[1, 0, 0, 0])?;
        }
        0x66 => require(len == 0 && session != 0)?,
        SEND_RR_DATA | SEND_UNIT_DATA if len > 0 => {
            require(session != 0 && len >= 16)?;
            // Interface handle 0 is CIP; then a time-out.
            body.tag(&[0; 4])?;
            body.skip(2)?;
            items(&mut body)?;
        }
        0x04 | 0x63 | 0x64 if len > 0 => items(&mut body)?,
        // A request without data, a NOP, a refusal: the header is all there is.
        _ => require(command != REGISTER_SESSION || status != 0)?,
    }
    Ok((command, data))
}

/// Reads the items of a common packet to their end (chapter 2-6).
fn items(body: &mut Cursor<'_>) -> Result<(), Reject> {
    let count = body.u16_le()?;
    require((1..=MAX_ITEMS).contains(&count))?;
    for _ in 0..count {
        let kind = body.u16_le()?;
        require(matches!(kind, 0x00 | 0x0c | 0x86 | 0x91 | 0xa1 | 0xb1 | 0xb2 | 0x100 | 0x8000..=0x8003))?;
        let len = usize::from(body.u16_le()?);
        body.within(len)?;
    }
    if body.is_open() { Ok(()) } else { body.end() }
}

/// A datagram of cyclic data (chapter 2-6.2): a sequenced address and connected data. Gives the connection.
fn cyclic(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    cursor.tag(b"\x02\x00\x02\x80\x08\x00")?;
    let connection = cursor.u32_le()?;
    cursor.skip(4)?;
    cursor.tag(b"\xb1\x00")?;
    let len = usize::from(cursor.u16_le()?);
    cursor.skip(len)?;
    // The target of a forward open may add socket addresses; cyclic data has none.
    cursor.end()?;
    Ok(connection)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let is_cyclic = opening.transport == Transport::Udp
        && [opening.initiator, opening.responder].iter().any(|said| said.bytes().starts_with(b"\x02\x00\x02\x80"));
    if is_cyclic {
        let judged = |said: Said<'_>| {
            of_said(&said, opening.transport, |cursor| cyclic(cursor).map(drop)).map(|_| Confidence::Message)
        };
        return Evidence::of(
            judged(opening.initiator),
            judged(opening.responder),
            "cyclic-data: sequenced address and connected data to the datagram's end (CIP volume 2, 2-6.2)",
        );
    }
    // A header alone is a command, a state and zeros: on its own it tells only at home. All zeros is a NOP.
    let at_home = opening.is_on(INSPECTOR.ports);
    let judged = |said: Said<'_>| {
        let (mut commands, mut data_seen) = (0, false);
        of_said(&said, opening.transport, |cursor| {
            let (command, data) = message(cursor)?;
            commands += usize::from(command != 0);
            // Only where data has a form it counts.
            data_seen |= matches!(command, 0x04 | 0x63..=0x65 | 0x6f | 0x70) && !data.is_empty();
            if data.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
        })?;
        match (commands, data_seen) {
            (0, _) => Err(Reject::Incomplete),
            (_, true) => Ok(Confidence::Message),
            (_, false) => Ok(Confidence::Signature),
        }
    };
    let (request, reply) = (judged(opening.initiator), judged(opening.responder));
    let some_data = [request, reply].contains(&Ok(Confidence::Message));
    if !at_home && !some_data && (request.or(reply) == Ok(Confidence::Signature)) {
        return Err(Reject::Incomplete);
    }
    Evidence::of(
        request,
        reply,
        "encapsulation: command, length, state and options fit, and so do the items (CIP volume 2, 2-3)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(connection) = cyclic(&mut opening.request()).or_else(|_| cyclic(&mut opening.reply())) {
        attributes.set("enip.connection", connection);
        return;
    }
    attributes.set_some("enip.command", message(&mut opening.request()).ok().map(|(command, _)| command));
    if let Ok((LIST_IDENTITY, data)) = message(&mut opening.reply()) {
        attributes.set_some("enip.product", product(data).ok());
    }
}

/// The product name in an identity item (table 2-4.4): after 32 bytes of item, versions, socket address and numbers.
fn product(mut data: Cursor<'_>) -> Result<&[u8], Reject> {
    data.skip(2 + 4 + 2 + 16 + 2 + 2 + 2 + 2 + 2 + 4)?;
    let len = usize::from(data.u8()?);
    data.take(len)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session is registered",
        &[b"\x65\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x01\x00\x00\x00"],
        &[b"\x65\x00\x04\x00\x11\x00\x02\x10\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x01\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: a request for CIP",
        &[b"\x6f\x00\x14\x00\x00\x01\x02\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x04\x00\x01\x02\x20\x06"],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "devices are asked for, on the port",
        &[b"\x63\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
        &[],
    )
    .on(44818),
    Example::udp(
        Confidence::Dialogue,
        "cyclic data both ways",
        &[b"\x02\x00\x02\x80\x08\x00\x11\x22\x33\x44\x01\x00\x00\x00\xb1\x00\x04\x00\x01\x00\xff\xff"],
        &[b"\x02\x00\x02\x80\x08\x00\x55\x22\x33\x44\x01\x00\x00\x00\xb1\x00\x06\x00\x01\x00\xff\xff\x00\x00"],
    ),
    Example::not(
        Transport::Udp,
        "cyclic data that does not end with the datagram",
        &[b"\x02\x00\x02\x80\x08\x00\x11\x22\x33\x44\x01\x00\x00\x00\xb1\x00\x04\x00\x01\x00\xff\xff\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a session of another version",
        &[b"\x65\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x02\x00\x00\x00"],
        &[],
    ),
];
