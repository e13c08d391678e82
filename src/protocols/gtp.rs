//! GPRS Tunnelling Protocol (GTP): control and user plane, versions 0 to 2, and GTP' for charging.
//!
//! ```text
//! 1    version, type, flags (1)  message (1)  length after 8 bytes (2)  tunnel (4)  [sequence (2)  N-PDU (1)  extension (1)]
//! 2    version, flags (1)  message (1)  length after 4 bytes (2)  [tunnel (4)]  sequence (3)  0  elements
//! 0    version, 1, 7 (1)  message (1)  length after 20 bytes (2)  sequence (2)  label (2)  3 bytes ff or number  tunnel (8)
//! GTP' type bit 0, 7 in three bits (1)  message (1)  length after 6 or 20 bytes (2)  sequence (2)
//! ```
//!
//! 3GPP TS 29.060, 29.281, 29.274 and 32.295. The answer has the request's sequence number and the next type.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::ip_packet;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, share};

/// GTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "gtp",
    title: "GPRS Tunnelling Protocol",
    specification: "3GPP TS 29.060 section 6, TS 29.281 section 5, TS 29.274 section 5, TS 32.295 section 6",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("gtp.version", "0, 1 or 2"), ("gtp.plane", "control, user or charging")],
    confused_with: "other datagrams of a flag byte, a type and a length: elements or an IP packet must fill them, or the port speaks",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Control, user, charging (TS 29.281 section 4.4.2, TS 32.295 section 5).
const PORTS: &[u16] = &[2123, 2152, 3386];
/// The flag bytes of the four kinds: version 1 with its three options, version 2 with its two, version 0, GTP'.
const FIRST: ByteSet = ByteSet::range(0x30, 0x37)
    .or(ByteSet::of(&[0x40, 0x48, 0x50, 0x58, 0x44, 0x4c]))
    .or(ByteSet::of(&[0x1e, 0x1f, 0x0e, 0x0f, 0x2e, 0x2f, 0x4e, 0x4f]));
/// A tunnelled packet (TS 29.281 section 6).
const G_PDU: u8 = 255;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plane {
    Control,
    User,
    Charging,
}

#[derive(Clone, Copy)]
struct Message {
    version: u8,
    plane: Plane,
    kind: u8,
    sequence: Option<u32>,
    /// Whether something inside fits exactly, so that the port need not speak.
    telling: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let answered = share(
        opening,
        |cursor| request(cursor, 1),
        |cursor| request(cursor, 0),
    );
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut telling = false;
        in_datagrams(&opening.said(side), |cursor| {
            telling |= message(*cursor)?.telling;
            Ok(())
        })?;
        match (opening.is_on(PORTS), telling) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let (asked, replied) = (judge(Side::Initiator), judge(Side::Responder));
    if answered && asked != Err(Reject::Mismatch) && replied != Err(Reject::Mismatch) {
        return Ok(Evidence::dialogue("sequence: the next type answers with the same number (3GPP TS 29.060 section 7.1)"));
    }
    let rule = "header: flags, a known message, and a length that is the datagram's (3GPP TS 29.060 section 6)";
    let verdict = Evidence::of(asked, replied, rule)?;
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Version, sequence number, and the type that answers (`step` 1) or that this is (`step` 0).
fn request(cursor: Cursor<'_>, step: u8) -> Result<(u8, u32, u8), Reject> {
    let message = message(cursor)?;
    Ok((message.version, message.sequence.ok_or(Reject::Mismatch)?, message.kind.wrapping_add(step)))
}

fn message(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    let (flags, kind) = (cursor.u8()?, cursor.u8()?);
    let version = flags >> 5;
    let len = usize::from(cursor.u16()?);
    if flags & 0x1e == 0x0e && version <= 2 {
        return charging(cursor, version, flags, kind, len);
    }
    match version {
        0 => {
            require(flags & 0x1e == 0x1e && is_known(kind))?;
            let sequence = cursor.u16()?;
            cursor.skip(14)?;
            let body = exactly(cursor, len)?;
            let telling = kind == G_PDU && ip_packet::packet(body).is_ok();
            let plane = if kind == G_PDU { Plane::User } else { Plane::Control };
            Ok(Message { version, plane, kind, sequence: Some(sequence.into()), telling })
        }
        1 => version_1(cursor, flags, kind, len),
        2 => version_2(cursor, flags, kind, len),
        _ => Err(Reject::Mismatch),
    }
}

fn charging(mut cursor: Cursor<'_>, version: u8, flags: u8, kind: u8, len: usize) -> Result<Message, Reject> {
    // Node alive, redirection, record transfer, echo, version not supported (TS 32.295 section 6.2.1).
    require(matches!(kind, 1..=7 | 240 | 241))?;
    let sequence = cursor.u16()?;
    if version == 0 && flags & 1 == 0 {
        cursor.skip(14)?;
    }
    exactly(cursor, len)?;
    Ok(Message { version, plane: Plane::Charging, kind, sequence: Some(sequence.into()), telling: false })
}

fn version_1(mut cursor: Cursor<'_>, flags: u8, kind: u8, len: usize) -> Result<Message, Reject> {
    require(flags & 0x18 == 0x10 && is_known(kind))?;
    cursor.skip(4)?;
    let mut body = exactly(cursor, len)?;
    let mut sequence = None;
    if flags & 7 != 0 {
        sequence = Some(u32::from(body.u16()?)).filter(|_| flags & 2 != 0);
        cursor = body;
        cursor.skip(1)?;
        let mut next = cursor.u8()?;
        // Extension headers: length in words, contents, the next one's type (TS 29.281 section 5.2.1).
        while next != 0 && flags & 4 != 0 {
            let words = cursor.u8()?;
            require(words > 0)?;
            cursor.skip(usize::from(words) * 4 - 2)?;
            next = cursor.u8()?;
        }
        body = cursor;
    }
    let telling = kind == G_PDU && ip_packet::packet(body).is_ok();
    let user = matches!(kind, G_PDU | 26 | 31 | 254);
    let plane = if user { Plane::User } else { Plane::Control };
    Ok(Message { version: 1, plane, kind, sequence, telling })
}

fn version_2(cursor: Cursor<'_>, flags: u8, kind: u8, len: usize) -> Result<Message, Reject> {
    // Spare bits are zero; bit 3 says whether there is a tunnel id, bit 4 whether another message follows (section 5.1).
    require(flags & 3 == 0)?;
    require(matches!(kind, 1..=3 | 25..=73 | 95..=103 | 128..=141 | 149..=171 | 176..=180 | 200..=212 | 231..=240))?;
    let piggybacked = flags & 0x10 != 0;
    let mut body = if piggybacked { cursor.clone().within(len)? } else { exactly(cursor, len)? };
    if flags & 8 != 0 {
        body.skip(4)?;
    }
    let sequence = body.u24()?;
    body.skip(1)?;
    let mut elements = 0;
    // Type, length, instance, value (section 8.2.1).
    while !body.is_empty() {
        body.skip(1)?;
        let len = body.u16()?;
        require(body.u8()? >> 4 == 0)?;
        body.skip(len.into())?;
        elements += 1;
    }
    Ok(Message { version: 2, plane: Plane::Control, kind, sequence: Some(sequence), telling: elements > 0 })
}

/// The rest, which must be `len` bytes.
fn exactly(mut cursor: Cursor<'_>, len: usize) -> Result<Cursor<'_>, Reject> {
    let body = cursor.within(len)?;
    cursor.end()?;
    Ok(body)
}

/// Message types of versions 0 and 1 (TS 29.060 table 1).
const fn is_known(kind: u8) -> bool {
    matches!(kind, 1..=7 | 16..=37 | 48..=61 | 70 | 96..=105 | 112..=121 | 128..=129 | 240..=241 | 254..)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(message) = message(opening.request()).or_else(|_| message(opening.reply())) {
        attributes.set("gtp.version", message.version);
        // The path is tested alike on both planes (TS 29.281 section 7.2): the port tells which.
        let tests = matches!(message.kind, 1 | 2) && opening.port() == 2152;
        attributes.set("gtp.plane", match message.plane {
            Plane::Control if tests => "user",
            Plane::Control => "control",
            Plane::User => "user",
            Plane::Charging => "charging",
        });
    }
}

const ECHO: &[u8] = b"\x32\x01\0\x04\0\0\0\0\0\x07\0\0";
const ECHOED: &[u8] = b"\x32\x02\0\x06\0\0\0\0\0\x07\0\0\x0e\x05";
const ECHO_2: &[u8] = b"\x40\x01\0\x09\0\0\x07\0\x03\0\x01\0\x05";
const PACKET: &[u8] = b"\x30\xff\0\x1c\0\0\0\x09\x45\0\0\x1c\0\0\0\0\x40\x11\xf6\xcd\xc0\0\x02\x01\xc0\0\x02\x02\0\x35\0\x35\0\x08\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "an echo and its answer", &[ECHO], &[ECHOED]),
    Example::udp(Confidence::Message, "an echo on the control port", &[ECHO], &[]).on(2123),
    Example::udp(Confidence::Signature, "version 2, whose elements fill it", &[ECHO_2], &[]),
    Example::udp(Confidence::Signature, "a packet in a tunnel", &[PACKET], &[]),
    Example::udp(Confidence::Message, "charging", &[b"\x2e\x01\0\x02\0\x07\x0e\x01"], &[]).on(3386),
    Example::not(Transport::Udp, "an echo on another port", &[ECHO], &[]),
    Example::not(Transport::Udp, "a length that is not the datagram's", &[b"\x32\x01\0\x05\0\0\0\0\0\x07\0\0"], &[]).on(2123),
];
