//! SLMP and MELSEC communication, by which Mitsubishi's controllers are read and written: frames 3E and 4E, binary.
//!
//! ```text
//! 50 00 | net | station | module LE | 00 | length LE | timer | command LE | subcommand LE | ...       request 3E
//! D0 00 | net | station | module LE | 00 | length LE | end code | ...                                 response 3E
//! 54 00, D4 00 | serial LE | 00 00 | net ...                                                          4E
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// SLMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "slmp",
    title: "Mitsubishi SLMP (MELSEC)",
    specification: "CC-Link Partner Association BAP-C2006, SLMP: message format; Mitsubishi SH-080008",
    carriers: Carriers::TCP_UDP,
    ports: &[5007, 5006, 1025, 61450],
    initiator_first: ByteSet::of(&[0x50, 0x54]),
    responder_first: ByteSet::of(&[0xd0, 0xd4]),
    inspect,
    describe: Some(describe),
    attributes: &[("slmp.command", "command of the first request (0x0401 read, 0x1401 write, 0x0101 type name ...)")],
    confused_with: "nothing: seven bytes of address of which five are nearly always alike, and a length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads the route after the subheader, and what the length encloses.
fn body<'a>(cursor: &mut Cursor<'a>, subheaders: [u8; 2]) -> Result<Cursor<'a>, Reject> {
    let [short, with_serial] = subheaders;
    let first = cursor.u8()?;
    require(first == short || first == with_serial)?;
    cursor.tag(&[0])?;
    if first == with_serial {
        cursor.skip(2)?;
        cursor.tag(&[0, 0])?;
    }
    let (network, station) = (cursor.u8()?, cursor.u8()?);
    require(network <= 239 && (1..=0x78).contains(&station) || matches!(station, 0x7d | 0x7e | 0xff))?;
    // The module: the own one and those of a multiple CPU, or control CPUs.
    require(matches!(cursor.u16_le()?, 0x03ff | 0x03d0..=0x03d3 | 0x03e0..=0x03e3 | 0x0000))?;
    cursor.skip(1)?;
    let len = usize::from(cursor.u16_le()?);
    require((2..8192).contains(&len))?;
    cursor.sub(len)
}

/// Reads a request, and gives its command.
fn request(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    let mut body = body(cursor, [0x50, 0x54])?;
    body.skip(2)?;
    let command = body.u16_le()?;
    require(matches!(command >> 8, 0x01 | 0x04 | 0x06 | 0x08 | 0x0e | 0x10 | 0x14 | 0x16 | 0x18 | 0x30))?;
    let subcommand = body.u16_le()?;
    require(subcommand & 0xff00 == 0)?;
    Ok(command)
}

fn response(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let mut body = body(cursor, [0xd0, 0xd4])?;
    // Errors are numbered from 4000 on, and their text repeats the route.
    let code = body.u16_le()?;
    require(code == 0 || code >= 0x4000)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let count = |said: Said<'_>, is_request: bool| {
        of_said(&said, opening.transport, |cursor| {
            if is_request { request(cursor).map(drop) } else { response(cursor) }
        })
        .map(|_| Confidence::Message)
    };
    Evidence::of(
        count(opening.initiator, true),
        count(opening.responder, false),
        "frame: subheader, route, length and command of 3E or 4E (SLMP message format)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let command = request(&mut opening.request()).ok();
    attributes.set_some("slmp.command", command.map(|command| format!("0x{command:04x}")));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "words are read",
        &[b"\x50\x00\x00\xff\xff\x03\x00\x0c\x00\x10\x00\x01\x04\x00\x00\x64\x00\x00\xa8\x01\x00"],
        &[b"\xd0\x00\x00\xff\xff\x03\x00\x04\x00\x00\x00\x34\x12"],
    ),
    Example::udp(
        Confidence::Message,
        "a request with a serial number",
        &[b"\x54\x00\x01\x00\x00\x00\x00\xff\xff\x03\x00\x06\x00\x10\x00\x01\x01\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "another module",
        &[b"\x50\x00\x00\xff\xff\x07\x00\x0c\x00\x10\x00\x01\x04\x00\x00\x64\x00\x00\xa8\x01\x00"],
        &[],
    ),
];
