//! Nagios Remote Plugin Executor (NRPE), unless it is inside TLS, over TCP.
//!
//! ```text
//! version (2): 2 to 4   type (2): 1 query, 2 response   CRC-32 (4)   result (2)
//! version 2: 1024 bytes of text, 2 more       3 and 4: alignment (2), length (4), text of that length
//! ```
//!
//! As Nagios defines the packet; the checksum is over all of it with zeros in its place.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Nagios Remote Plugin Executor.
pub const INSPECTOR: Inspector = Inspector {
    name: "nrpe",
    title: "Nagios Remote Plugin Executor",
    specification: "NRPE packet definition, versions 2 to 4",
    ports: &[5666],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing whose checksum fits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Length of a packet of version 2 in bytes, the header of the others, and the longest text that is believed.
const SECOND: usize = 1036;
const HEADER: usize = 16;
const MAX_TEXT: u32 = 64 * 1024;
const QUERY: u16 = 1;
const RESPONSE: u16 = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "packet: version, type, and a checksum that fits (NRPE)";
    Evidence::of(packet(opening.request(), QUERY), packet(opening.reply(), RESPONSE), rule)
}

fn packet(mut cursor: Cursor<'_>, expected: u16) -> Result<Confidence, Reject> {
    let whole = cursor;
    let (version, kind) = (cursor.u16()?, cursor.u16()?);
    require((2..=4).contains(&version) && (kind == expected || kind == expected + 2))?;
    let sum = cursor.u32()?;
    let result = cursor.u16()?;
    require(kind != QUERY || result <= 3 || version == 2)?;
    let len = if version == 2 {
        SECOND
    } else {
        cursor.skip(2)?;
        let len = cursor.u32()?;
        require(len <= MAX_TEXT)?;
        // Version 3 counts three bytes of alignment to its text.
        HEADER + len as usize + if version == 3 { 3 } else { 0 }
    };
    let mut whole = whole;
    let packet = whole.take(len)?;
    let mut crc = Crc::new();
    for (place, &byte) in packet.iter().enumerate() {
        crc.add(if (4..8).contains(&place) { 0 } else { byte });
    }
    require(crc.value() == sum)?;
    Ok(Confidence::Message)
}

/// CRC-32 as Ethernet has it (IEEE 802.3 section 3.2.9), a bit at a time: packets are short and few.
struct Crc(u32);

impl Crc {
    const fn new() -> Self {
        Self(!0)
    }

    fn add(&mut self, byte: u8) {
        self.0 ^= u32::from(byte);
        for _ in 0..8 {
            self.0 = if self.0 & 1 == 1 { self.0 >> 1 ^ 0xedb8_8320 } else { self.0 >> 1 };
        }
    }

    const fn value(&self) -> u32 {
        !self.0
    }
}

const ASKED: &[u8] = b"\0\x04\0\x01\xe9\xa0\x81\x65\0\0\0\0\0\0\0\x06check\0";
const ANSWERED: &[u8] = b"\0\x04\0\x02\x2c\xfe\xc8\xd7\0\0\0\0\0\0\0\x03OK\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a check and its result", &[ASKED], &[ANSWERED]),
    Example::tcp(Confidence::Message, "a check that nobody answers", &[ASKED], &[]),
    Example::not(Transport::Tcp, "a wrong checksum", &[b"\0\x04\0\x01abcd\0\0\0\0\0\0\0\x06check\0"], &[]),
];
