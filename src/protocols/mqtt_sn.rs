//! MQTT-SN, MQTT for sensors over UDP: version 1.2.
//!
//! ```text
//! length, 1 byte or 01 and 2 | type | ...
//! initiator   04 CONNECT: flags | 01 protocol | keep alive | client id        01 SEARCHGW
//! responder   05 CONNACK: return code                                          02 GWINFO, 00 ADVERTISE
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// MQTT-SN.
pub const INSPECTOR: Inspector = Inspector {
    name: "mqtt-sn",
    title: "MQTT for Sensor Networks",
    specification: "MQTT-SN 1.2 section 5",
    carriers: Carriers::UDP,
    ports: &[1883, 10000, 1885],
    initiator_first: ByteSet::range(0x01, 0x40),
    responder_first: ByteSet::range(0x01, 0x40),
    inspect,
    describe: Some(describe),
    attributes: &[("mqtt-sn.client_id", "client identifier")],
    confused_with: "other datagrams with their length in front: CONNECT and CONNACK must be there",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const CONNECT: u8 = 4;
const CONNACK: u8 = 5;

/// Reads a message: its type and body.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, Cursor<'a>), Reject> {
    let short = cursor.u8()?;
    let (len, counted) = if short == 1 { (usize::from(cursor.u16()?), 4) } else { (usize::from(short), 2) };
    let kind = cursor.u8()?;
    require(kind <= 0x1d && !matches!(kind, 0x03 | 0x11 | 0x19))?;
    let body = cursor.sub(len.checked_sub(counted).ok_or(Reject::Mismatch)?)?;
    cursor.end()?;
    Ok((kind, body))
}

/// Reads a CONNECT, and gives the client's identifier.
fn connect<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let (kind, mut body) = message(cursor)?;
    require(kind == CONNECT)?;
    // Only the will and the clean session may be flagged; the protocol is 1.
    require(body.u8()? & !0x0c == 0)?;
    body.tag(&[1])?;
    body.skip(2)?;
    let client = body.rest();
    require((1..=23).contains(&client.len()) && is_text(client))?;
    Ok(client)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    connect(&mut opening.request())?;
    in_datagrams(&opening.initiator, |cursor| message(cursor).map(drop))?;
    let mut reply = opening.reply();
    let acknowledged = message(&mut reply).and_then(|(kind, mut body)| {
        // A will is asked for first; a CONNACK is one code.
        require(kind == 6 && body.is_empty() || kind == CONNACK && body.u8()? <= 3)
    });
    Evidence::of(
        Ok(Confidence::Signature),
        acknowledged.map(|()| Confidence::Message),
        "connect: CONNECT with protocol 1 and a client, and CONNACK (MQTT-SN 1.2 section 5.4)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("mqtt-sn.client_id", connect(&mut opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a client connects", &[b"\x0c\x04\x04\x01\x00\x3csensor"], &[b"\x03\x05\x00"]),
    Example::udp(Confidence::Signature, "only the client was captured", &[b"\x0c\x04\x04\x01\x00\x3csensor"], &[]),
    Example::not(Transport::Udp, "another length", &[b"\x0d\x04\x04\x01\x00\x3csensor"], &[]),
    Example::not(Transport::Udp, "another answer", &[b"\x0c\x04\x04\x01\x00\x3csensor"], &[b"\x03\x09\x00"]),
];
