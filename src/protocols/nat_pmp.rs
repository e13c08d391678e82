//! NAT Port Mapping Protocol (NAT-PMP), with which hosts ask their gateway for its address and for mappings.
//!
//! ```text
//! initiator   0, opcode 0                                                  the gateway's address?
//!             0, opcode 1 or 2, 0 0, inner port, outer port, lifetime (4)  a mapping
//! responder   0, 128 + opcode, result (2), seconds since start (4), and 4 or 8 bytes
//! ```
//!
//! [RFC 6886] section 3. A request for the address is two zeros, so that it counts only on port 5351.
//!
//! [RFC 6886]: https://www.rfc-editor.org/rfc/rfc6886

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// NAT-PMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "nat-pmp",
    title: "NAT Port Mapping Protocol",
    specification: "RFC 6886 section 3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("nat_pmp.external_address", "the gateway's outer IPv4 address"),
        ("nat_pmp.inner_port", "the port for which a mapping was asked"),
    ],
    confused_with: "PCP, its successor on the same port, whose version is 2",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[5351];
/// Longest lifetime in seconds that is believed: a year; two hours are recommended (section 3.3).
const MAX_LIFETIME: u32 = 365 * 86_400;
/// Highest result code (RFC 6886 section 3.5).
const MAX_RESULT: u16 = 5;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, answered) = (request(opening.request()), reply(opening.reply()));
    let on_port = opening.is_on(PORTS);
    let weigh = |opcode: Result<u8, Reject>| match opcode {
        Ok(_) if on_port => Ok(Confidence::Message),
        // One of 2^39 random datagrams of twelve bytes; zeros ask for all mappings to be taken back.
        Ok(1 | 2) if !opening.request().rest().ends_with(&[0; 8]) => Ok(Confidence::Signature),
        Ok(_) => Err(Reject::Incomplete),
        Err(reject) => Err(reject),
    };
    let rule = "fixed-layout: version 0, opcode and length (RFC 6886 sections 3.2 and 3.3)";
    match (asked, answered) {
        (Ok(asked), Ok(answered)) if asked == answered => Ok(Evidence::dialogue(rule)),
        (Ok(_), Ok(_)) => Err(Reject::Mismatch),
        (asked, answered) => Evidence::of(weigh(asked), weigh(answered), rule),
    }
}

fn request(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    cursor.tag(&[0])?;
    let opcode = cursor.u8()?;
    require(opcode <= 2)?;
    if opcode != 0 {
        cursor.tag(&[0, 0])?;
        let (inner, outer, lifetime) = (cursor.u16()?, cursor.u16()?, cursor.u32()?);
        // Port 0 stands for all mappings, which can only be taken back (section 3.4).
        require(inner != 0 || outer == 0 && lifetime == 0)?;
        require(lifetime <= MAX_LIFETIME)?;
    }
    cursor.end()?;
    Ok(opcode)
}

fn reply(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    cursor.tag(&[0])?;
    let opcode = cursor.u8()?.wrapping_sub(128);
    require(opcode <= 2 && cursor.u16()? <= MAX_RESULT)?;
    cursor.skip(if opcode == 0 { 8 } else { 12 })?;
    cursor.end()?;
    Ok(opcode)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let (Ok(0), &[.., a, b, c, d]) = (reply(opening.reply()), opening.reply().rest()) {
        attributes.set("nat_pmp.external_address", format!("{a}.{b}.{c}.{d}"));
    }
    if let (Ok(1 | 2), &[_, _, _, _, high, low, ..]) = (request(opening.request()), opening.request().rest()) {
        attributes.set("nat_pmp.inner_port", u16::from_be_bytes([high, low]));
    }
}

const MAPPING: &[u8] = b"\0\x02\0\0\x1f\x90\x1f\x90\0\0\x0e\x10";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "the gateway tells its address", &[b"\0\0"], &[b"\0\x80\0\0\0\x01\x02\x03\xcb\0\x71\x01"]),
    Example::udp(Confidence::Message, "the question on its port", &[b"\0\0"], &[]).on(5351),
    Example::udp(Confidence::Signature, "a mapping, on another port", &[MAPPING], &[]),
    Example::not(Transport::Udp, "the question on another port", &[b"\0\0"], &[]),
    Example::not(Transport::Udp, "an answer to something else", &[b"\0\0"], &[b"\0\x81\0\0\0\x01\x02\x03\x1f\x90\x1f\x90\0\0\x0e\x10"]),
];
