//! Z39.50, searching libraries' catalogues: ANSI/NISO Z39.50-2003 (ISO 23950), in BER over TCP.
//!
//! ```text
//! client   B4 length   83 version  84 options  85 preferred message size  86 exceptional record size   (after a reference, 82)
//! server   B5 length   the same, then 8C 01 and whether it accepts
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::ber;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Z39.50.
pub const INSPECTOR: Inspector = Inspector {
    name: "z3950",
    title: "Z39.50 information retrieval",
    specification: "ANSI/NISO Z39.50-2003 section 4.1 (APDUs)",
    ports: &[210],
    initiator_first: ByteSet::of(&[INIT_REQUEST]),
    responder_first: ByteSet::of(&[INIT_RESPONSE]),
    inspect,
    confused_with: "nothing: four elements in order fill what begins both sides",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// initRequest `[20]` and initResponse `[21]` of the PDU.
const INIT_REQUEST: u8 = 0xb4;
const INIT_RESPONSE: u8 = 0xb5;

fn init(mut cursor: Cursor<'_>, kind: u8) -> Result<Confidence, Reject> {
    let mut fields = ber::expect(&mut cursor, kind)?;
    // A reference of the client's own may come first.
    ber::optional(&mut fields, 0x82)?;
    // Bit strings: how many bits of the last byte are not used, then the bits.
    for identifier in [0x83, 0x84] {
        let bits = ber::octets(&mut fields, identifier)?;
        require(matches!(bits, [0..=7, _, ..]) && bits.len() <= 9)?;
    }
    for identifier in [0x85, 0x86] {
        require(ber::number(&mut fields, identifier)? >= 0)?;
    }
    if kind == INIT_RESPONSE {
        require(matches!(ber::octets(&mut fields, 0x8c)?, [_]))?;
    }
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "init: an initialization, with its fields in order (Z39.50-2003 section 4.1)";
    Evidence::of(init(opening.request(), INIT_REQUEST), init(opening.reply(), INIT_RESPONSE), rule)
}

const REQUEST: &[u8] = b"\xb4\x13\x83\x02\x05\xe0\x84\x03\0\xea\x40\x85\x03\x10\0\0\x86\x03\x10\0\0";
const RESPONSE: &[u8] = b"\xb5\x16\x83\x02\x05\xe0\x84\x03\0\xea\x40\x85\x03\x10\0\0\x86\x03\x10\0\0\x8c\x01\xff";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a client and a catalogue", &[REQUEST], &[RESPONSE]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[RESPONSE]),
    Example::not(Transport::Tcp, "fields in another order", &[b"\xb4\x09\x84\x03\0\xea\x40\x83\x02\x05\xe0"], &[]),
];
