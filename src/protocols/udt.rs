//! UDP-based Data Transfer (UDT), version 4: its handshake, and that of Secure Reliable Transport up to its answer.
//!
//! A handshake is a control packet of exactly 64 bytes, big-endian:
//!
//! ```text
//!  0 80 00 00 00    4 additional   8 timestamp      12 destination socket (0 at first)
//! 16 version (4)   20 type: 1 stream, 2 datagram    24 first sequence   28 largest packet   32 window
//! 36 request: 1 or 0, -1 in answers   40 own socket  44 cookie          48 the peer's address (16)
//! ```

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{
    Attributes, Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// UDT.
pub const INSPECTOR: Inspector = Inspector {
    name: "udt",
    title: "UDP-based Data Transfer",
    specification: "UDT4 (draft-gg-udt) section 3.2",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x80]),
    responder_first: ByteSet::of(&[0x80]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("udt.mode", "stream or datagram"),
        ("udt.largest_packet", "largest packet that the initiator takes, in bytes"),
    ],
    confused_with: "SRT, whose first packet is the same and whose answer is version 5; RTP, which has no zeros behind 80; \
                    Citrix EDT on ports 1494 and 2598",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A handshake of UDT or of SRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) destination: u32,
    pub(super) version: u32,
    /// UDT's socket type; in SRT's version 5 encryption and extension fields.
    pub(super) kind: u32,
    pub(super) largest: u32,
    pub(super) socket: u32,
    /// What comes behind the 64 bytes.
    pub(super) extensions: usize,
}

/// Bytes of a handshake without SRT's extensions.
const LEN: u32 = 64;
/// Packet sizes that make sense, in bytes.
const SIZES: std::ops::RangeInclusive<u32> = 500..=9_216;

/// Reads a handshake: 32 fixed bits and the bounds of version and size fit one in 2^70 random datagrams.
pub(super) fn handshake(datagram: &Datagram<'_>) -> Result<Handshake, Reject> {
    let mut cursor = datagram.cursor();
    cursor.tag(&[0x80, 0, 0, 0])?;
    require(datagram.wire_len >= LEN)?;
    cursor.skip(8)?;
    let (destination, version, kind) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    require(matches!(version, 4 | 5))?;
    cursor.skip(4)?;
    let largest = cursor.u32()?;
    require(SIZES.contains(&largest))?;
    cursor.skip(8)?;
    let socket = cursor.u32()?;
    let extensions = (datagram.wire_len - LEN) as usize;
    Ok(Handshake { destination, version, kind, largest, socket, extensions })
}

fn first(said: Said<'_>) -> Result<Handshake, Reject> {
    let handshake = said.datagrams().next().map_or(Err(Reject::Incomplete), |datagram| handshake(&datagram))?;
    require(handshake.version == 4 && matches!(handshake.kind, 1 | 2) && handshake.extensions == 0)?;
    Ok(handshake)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "handshake: a UDT handshake of 64 bytes (draft-gg-udt section 3.2)";
    match (first(opening.initiator), first(opening.responder)) {
        (Ok(request), Ok(reply)) if reply.destination == request.socket => {
            Ok(Evidence::dialogue("handshakes: a handshake, and the answer to its socket (draft-gg-udt section 3.2)"))
        }
        // SRT begins with a datagram handshake too, and only the answer tells.
        (Ok(request), Err(Reject::Incomplete)) if request.kind == 2 => Ok(Evidence::signature(rule)),
        (Ok(_), Ok(_) | Err(Reject::Incomplete)) => Ok(Evidence::message(rule)),
        // Who asks knows no socket of the other side yet: an answer names one.
        (Err(Reject::Incomplete), Ok(reply)) if reply.destination != 0 => Ok(Evidence::message(rule).from(Side::Responder)),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(handshake) = first(opening.initiator).or_else(|_| first(opening.responder)) {
        attributes.set("udt.mode", if handshake.kind == 1 { "stream" } else { "datagram" });
        attributes.set("udt.largest_packet", handshake.largest);
    }
}

const REQUEST: &[u8] = b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x64\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";
const REPLY: &[u8] = b"\x80\0\0\0\0\0\0\0\0\0\0\0\x0a\x0b\x0c\x0d\0\0\0\x04\0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x64\0\xff\xff\xff\xff\x1a\x1b\x1c\x1d\0\0\0\0\x01\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a handshake and its answer", &[REQUEST], &[REPLY]),
    Example::udp(Confidence::Message, "a handshake without answer", &[REQUEST], &[]),
    Example::udp(Confidence::Message, "only the answer was captured", &[], &[REPLY]),
    Example::not(Transport::Udp, "RTP", &[b"\x80\0\0\x01\0\0\0\xa0\x12\x34\x56\x78voice"], &[]),
    Example::not(Transport::Udp, "a handshake with something behind it", &[b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\
        \0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\0\0\x64\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0"], &[]),
];
