//! Photon, a transport of games: commands that chain up to the datagram's end, as Exit Games' server documentation describes its
//! reliable UDP.
//!
//! ```text
//!  peer:16   flags 00, 01 or CC   commands:8   time:32   challenge:32   [CC: check sum:32]
//!  command   type 1..16   channel   flags   reserved   length:32 with these twelve bytes   sequence:32   …
//! ```
//!
//! The lengths must add up exactly: some forty bits of a datagram with one command are bound.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;

/// Photon.
pub const INSPECTOR: Inspector = Inspector {
    name: "photon",
    title: "Photon game transport",
    specification: "Photon: reliable UDP, header and commands",
    carriers: Carriers::UDP,
    ports: &[5055, 5056, 5058, 27000, 27001, 27002],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(12, &[(2, FLAGS), (3, COUNTS)]),
    inspect,
    confused_with: "RTCP, whose lengths chain up too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A check sum follows the header.
const WITH_CHECK_SUM: u8 = 0xcc;
const FLAGS: ByteSet = ByteSet::of(&[0, 1, WITH_CHECK_SUM]);
/// How many commands a datagram has.
const COUNTS: ByteSet = ByteSet::range(1, 64);

fn inspect(opening: &Opening<'_>) -> Verdict {
    match (first(opening.initiator), first(opening.responder)) {
        (Ok(asked), Ok(answered)) => {
            let rule = "commands: commands from both sides under one challenge (Photon, reliable UDP)";
            let pair = asked.challenge == answered.challenge;
            Ok(if pair { Evidence::dialogue(rule) } else { Evidence::message(rule) })
        }
        (Ok(_), Err(Reject::Incomplete)) => Ok(Evidence::signature("commands: commands whose lengths add up (Photon, reliable UDP)")),
        (Err(Reject::Incomplete), Ok(_)) => {
            Ok(Evidence::signature("commands: commands whose lengths add up (Photon, reliable UDP)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
    }
}

#[derive(Clone, Copy)]
struct Packet {
    challenge: u32,
}

fn first(said: Said<'_>) -> Result<Packet, Reject> {
    said.datagrams().next().map_or(Err(Reject::Incomplete), |datagram| packet(datagram.cursor()))
}

fn packet(mut cursor: Cursor<'_>) -> Result<Packet, Reject> {
    cursor.u16()?;
    let (flags, count) = (cursor.u8()?, cursor.u8()?);
    require(FLAGS.contains(flags) && COUNTS.contains(count))?;
    cursor.u32()?;
    let challenge = cursor.u32()?;
    require(challenge != 0)?;
    if flags == WITH_CHECK_SUM {
        cursor.u32()?;
    }
    for _ in 0..count {
        let (kind, _channel, flags, _reserved) = (cursor.u8()?, cursor.u8()?, cursor.u8()?, cursor.u8()?);
        require((1..=16).contains(&kind) && flags <= 3)?;
        let len = cursor.u32()?;
        require((12..=2048).contains(&len))?;
        cursor.u32()?;
        cursor.skip(len as usize - 12)?;
    }
    cursor.end()?;
    Ok(Packet { challenge })
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "two commands and their answer",
        &[b"\xff\xff\0\x02\0\0\0\x04abcd\x02\xff\x01\x04\0\0\0\x0c\0\0\0\x01\x05\xff\x01\0\0\0\0\x0c\0\0\0\x02"],
        &[b"\0\0\0\x01\0\0\0\x09abcd\x01\xff\0\0\0\0\0\x14\0\0\0\0\0\0\0\x01\0\0\0\x04"],
    ),
    Example::udp(Confidence::Signature, "only the client was captured", &[b"\0\x01\0\x01\0\0\0\x04abcd\x05\xff\x01\0\0\0\0\x0c\0\0\0\x02"], &[]),
    Example::not(Transport::Udp, "lengths that do not add up", &[b"\0\x01\0\x01\0\0\0\x04abcd\x05\xff\x01\0\0\0\0\x10\0\0\0\x02"], &[]),
    Example::not(Transport::Udp, "zeros", &[&[0; 32]], &[]),
];
