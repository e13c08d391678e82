//! Real-time Transport Protocol: [RFC 3550] section 5.1; SRTP looks the same from outside (RFC 3711).
//!
//! ```text
//! 10 P X CC(4)  M PT(7)  sequence u16  timestamp u32  SSRC u32  CC x CSRC u32  [extension]  payload
//! ```
//!
//! There is no signature. Two packets of one source with the same SSRC, the next sequence numbers and near
//! timestamps have more than 50 bits that agree; one packet by itself has four and is never claimed. RTCP may be mixed in
//! (RFC 5761); a flow that is all RTCP is not RTP, and one that STUN or DTLS opened goes by their names.
//!
//! [RFC 3550]: https://www.rfc-editor.org/rfc/rfc3550

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// RTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rtp",
    title: "Real-time Transport Protocol",
    specification: "RFC 3550 section 5.1",
    carriers: Carriers::UDP,
    ports: &[5004],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    nobody_listens: true,
    describe: Some(describe),
    attributes: &[
        ("rtp.ssrc", "the initiator's synchronisation source, or the responder's where only it speaks"),
        ("rtp.payload_type", "the payload type of that source's first packet, by name where RFC 3551 names it"),
    ],
    confused_with: "RTCP, which comes beside it; STUN and DTLS, which open its way in the same flow; any counter behind \
                    a first byte of 80: the sequence, the source and the timestamp have to agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Version 2; and ZRTP's first byte, which may come before.
const FIRST: ByteSet = ByteSet::range(0x80, 0xbf).or(ByteSet::of(&[0x10]));
const HEADER: usize = 12;
/// Furthest that the sequence number may jump from one packet to the next: losses, and order that the network changed.
const MAX_SEQUENCE_STEP: u16 = 64;
/// Furthest that the timestamp may jump, in ticks: 23 seconds at video's 90 kHz. It moves both ways, as video is
/// sent in decoding order.
const MAX_TIMESTAMP_STEP: u32 = 1 << 21;

/// A packet's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

impl Packet {
    pub(super) fn parse(mut datagram: Cursor<'_>) -> Result<Self, Reject> {
        let whole = datagram;
        let first = datagram.u8()?;
        require(first >> 6 == 2)?;
        let payload_type = datagram.u8()? & 0x7f;
        // 72 to 76 with the marker are RTCP's types (RFC 5761 section 4).
        require(!matches!(payload_type, 64..=95))?;
        let (sequence, timestamp, ssrc) = (datagram.u16()?, datagram.u32()?, datagram.u32()?);
        datagram.skip(4 * usize::from(first & 0x0f))?;
        if first & 0x10 != 0 {
            datagram.skip(2)?;
            let words = datagram.u16()?;
            datagram.skip(4 * usize::from(words))?;
        }
        if let (true, false, Some(&padding)) = (first & 0x20 != 0, whole.is_open(), whole.rest().last()) {
            // SRTP encrypts the padding's length, so only plain lengths can be checked: zero is none.
            require(padding != 0 || datagram.len() > HEADER)?;
        }
        Ok(Self { payload_type, sequence, timestamp, ssrc })
    }

    /// Whether `next` can be the packet after this one, or one that it overtook.
    fn precedes(&self, next: &Self) -> bool {
        let step = next.sequence.wrapping_sub(self.sequence);
        let near = step != 0 && (step <= MAX_SEQUENCE_STEP || step.wrapping_neg() <= MAX_SEQUENCE_STEP);
        let moved = next.timestamp.wrapping_sub(self.timestamp);
        let in_time = moved.min(moved.wrapping_neg()) <= MAX_TIMESTAMP_STEP;
        // A source of zero has to show that its clock runs, or it may be a header of another kind.
        let clock_runs = self.ssrc != 0 || moved != 0;
        self.ssrc == next.ssrc && near && in_time && clock_runs
    }
}

/// What a side's datagrams are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Media {
    /// Pairs of packets that follow each other.
    pub(super) pairs: usize,
    pub(super) rtp: usize,
    pub(super) rtcp: usize,
    /// What is neither, and no keepalive either.
    pub(super) other: usize,
    /// STUN with its cookie, or DTLS.
    pub(super) ice: bool,
    first: Option<Packet>,
}

impl Media {
    pub(super) fn of(said: Said<'_>) -> Self {
        let mut media = Self::default();
        let mut last: Vec<Packet> = Vec::new();
        for datagram in said.datagrams() {
            match *datagram.bytes {
                // Keepalives of many kinds: empty, a zero or two, CR LF; ZRTP's preamble and cookie (RFC 6189 section 5).
                [] | [_] | [_, _] | [_, _, _] | [_, _, _, _] | [0x10, _, _, _, b'Z', b'R', b'T', b'P', ..] => {}
                // RTCP's types (RFC 5761 section 4).
                [0x80..=0xbf, 192..=213, ..] => media.rtcp += 1,
                [0..=3, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] | [20..=26, 0xfe, 0xfd | 0xff, ..] => media.ice = true,
                _ => match Packet::parse(datagram.cursor()) {
                    Ok(packet) => {
                        // Captures on mirror ports hold packets twice.
                        if last.contains(&packet) {
                            continue;
                        }
                        media.rtp += 1;
                        media.first.get_or_insert(packet);
                        if let Some(before) = last.iter_mut().find(|before| before.ssrc == packet.ssrc) {
                            media.pairs += usize::from(before.precedes(&packet));
                            *before = packet;
                        } else {
                            last.push(packet);
                        }
                    }
                    Err(_) => media.other += 1,
                },
            }
        }
        media
    }

    /// Whether it is media: packets follow each other, and little else is said.
    fn judge(&self) -> Result<Confidence, Reject> {
        require(!self.ice && self.other * 4 <= self.rtp + 1 && (self.rtp <= 4 || self.pairs * 2 >= self.rtp))?;
        match self.pairs {
            0 => Err(Reject::Incomplete),
            1 | 2 => Ok(Confidence::Signature),
            _ => Ok(Confidence::Message),
        }
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let sides = [opening.initiator, opening.responder].map(Media::of);
    let [first, second] = sides.each_ref().map(Media::judge);
    Evidence::of(first, second, "sequence: packets of one source follow each other (RFC 3550 section 5.1)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = [Side::Initiator, Side::Responder].into_iter().find_map(|side| Media::of(opening.said(side)).first);
    if let Some(packet) = first {
        attributes.set("rtp.ssrc", format!("0x{:08x}", packet.ssrc));
        let name = payload_name(packet.payload_type);
        attributes.set("rtp.payload_type", name.map_or_else(|| packet.payload_type.to_string(), str::to_owned));
    }
}

/// The static payload types that are in use (RFC 3551 section 6).
const fn payload_name(payload_type: u8) -> Option<&'static str> {
    Some(match payload_type {
        0 => "PCMU",
        3 => "GSM",
        4 => "G723",
        8 => "PCMA",
        9 => "G722",
        13 => "CN",
        14 => "MPA",
        15 => "G728",
        18 => "G729",
        26 => "JPEG",
        31 => "H261",
        32 => "MPV",
        33 => "MP2T",
        34 => "H263",
        _ => return None,
    })
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "both sides send",
        &[b"\x80\x00\x00\x01\x00\x00\x00\xa0SRC1voice", b"\x80\x00\x00\x02\x00\x00\x01\x40SRC1voice"],
        &[b"\x80\x08\x12\x34\x00\x01\x00\xa0SRC2voice", b"\x80\x08\x12\x35\x00\x01\x01\x40SRC2voice"],
    ),
    Example::udp(
        Confidence::Message,
        "one side sends, a packet got lost",
        &[
            b"\x80\x60\xff\xfe\x00\x00\x00\xa0SRC1voice",
            b"\x80\x60\xff\xff\x00\x00\x01\x40SRC1voice",
            b"\x80\x60\x00\x01\x00\x00\x01\xe0SRC1voice",
            b"\x80\x60\x00\x02\x00\x00\x02\x80SRC1voice",
        ],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "two packets with an extension",
        &[
            b"\x90\xe0\x00\x01\x00\x00\x00\xa0SRC1\xbe\xde\x00\x01\x10\x00\x00\x00video",
            b"\x90\x60\x00\x02\x00\x00\x00\xa0SRC1\xbe\xde\x00\x01\x10\x00\x00\x00video",
        ],
        &[],
    ),
    Example::not(Transport::Udp, "one packet by itself", &[b"\x80\x00\x00\x01\x00\x00\x00\xa0SRC1voice"], &[]),
    Example::not(
        Transport::Udp,
        "NetBIOS names, whose transaction ids may begin as RTP does",
        &[
            b"\x80\x12\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00 CKAAAAAAAAAAAAAA",
            b"\x80\x13\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00 CKAAAAAAAAAAAAAA",
        ],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "sources that change with each packet",
        &[b"\x80\x00\x00\x01\x00\x00\x00\xa0SRC1voice", b"\x80\x00\x00\x02\x00\x00\x01\x40SRC2voice"],
        &[],
    ),
];
