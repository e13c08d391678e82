//! Port Control Protocol (PCP), the successor of NAT-PMP on the same port.
//!
//! ```text
//! initiator   2, opcode, 0 0, lifetime (4), the client's address (16), by opcode, options
//! responder   2, 128 + opcode, 0, result, lifetime (4), epoch (4), 12 zeros, by opcode, options
//! by opcode   0 ANNOUNCE: nothing   1 MAP: nonce (12), protocol, 3 zeros, ports, address (16)   2 PEER: MAP and 20 bytes
//! ```
//!
//! [RFC 6887] section 7; the answer repeats the nonce. Lengths are multiples of 4, at most 1100 bytes.
//!
//! [RFC 6887]: https://www.rfc-editor.org/rfc/rfc6887

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;

/// PCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "pcp",
    title: "Port Control Protocol",
    specification: "RFC 6887 sections 7, 11 and 12",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[VERSION]),
    responder_first: ByteSet::of(&[VERSION]),
    inspect,
    confused_with: "NAT-PMP, whose version is 0",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[5351];
const VERSION: u8 = 2;
/// Longest message in bytes (RFC 6887 section 7).
const MAX_LENGTH: usize = 1100;
/// Last result code (RFC 6887 section 7.4).
const MAX_RESULT: u8 = 13;
/// Bytes after the header by opcode (sections 14.1, 11.1 and 12.1).
const BODIES: [usize; 3] = [0, 36, 56];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, answered) = (message(opening.request(), false), message(opening.reply(), true));
    let rule = "mapping: version 2, reserved zeros, and the opcode's layout (RFC 6887 section 7)";
    match (asked, answered) {
        (Ok(asked), Ok(answered)) => {
            require(asked == answered)?;
            Ok(Evidence::dialogue(rule))
        }
        (asked, answered) => {
            let weigh = |message: Result<(u8, &[u8]), Reject>| match message {
                Ok((0, _)) if !opening.is_on(PORTS) => Err(Reject::Incomplete),
                Ok(_) => Ok(Confidence::Message),
                Err(reject) => Err(reject),
            };
            Evidence::of(weigh(asked), weigh(answered), rule)
        }
    }
}

/// Reads a message: its opcode, and the nonce and protocol where it has them.
fn message(mut cursor: Cursor<'_>, response: bool) -> Result<(u8, &[u8]), Reject> {
    require(cursor.is_open() || cursor.len().is_multiple_of(4) && cursor.len() <= MAX_LENGTH)?;
    cursor.tag(&[VERSION])?;
    let opcode = cursor.u8()?;
    require((opcode & 0x80 != 0) == response)?;
    let body = *BODIES.get(usize::from(opcode & 0x7f)).ok_or(Reject::Mismatch)?;
    cursor.tag(&[0])?;
    let result = cursor.u8()?;
    require(if response { result <= MAX_RESULT } else { result == 0 })?;
    cursor.skip(4)?;
    if response {
        cursor.skip(4)?;
        cursor.tag(&[0; 12])?;
    } else {
        let address = cursor.take(16)?;
        // IPv4 addresses are mapped; others are global, unique local or link-local (section 5).
        let mapped = address.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
        require(mapped || address.first().is_some_and(|first| matches!(first, 0x20..=0x3f | 0xfc..=0xfe)))?;
    }
    let mut body = cursor.sub(body)?;
    let nonce = if body.is_empty() { &[] } else { body.take(13)? };
    if !body.is_empty() {
        body.tag(&[0, 0, 0])?;
    }
    options(cursor)?;
    Ok((opcode & 0x7f, nonce))
}

/// Code, reserved zero, length, value padded to four bytes (RFC 6887 section 7.3).
fn options(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    while !cursor.is_empty() {
        cursor.skip(1)?;
        cursor.tag(&[0])?;
        let len = usize::from(cursor.u16()?);
        cursor.skip(len.next_multiple_of(4))?;
    }
    Ok(())
}

const REQUEST: &[u8] = &laid_out::<60>(&[
    (0, &[2, 1, 0, 0, 0, 0, 0x0e, 0x10]),
    (18, &[0xff, 0xff, 192, 0, 2, 1]),
    (24, b"123456789012\x06\0\0\0\x1f\x90\x1f\x90"),
]);
const REPLY: &[u8] = &laid_out::<60>(&[
    (0, &[2, 0x81, 0, 0, 0, 0, 0x0e, 0x10, 0, 0, 1, 2]),
    (24, b"123456789012\x06\0\0\0\x1f\x90\x1f\x90"),
]);
const OTHER: &[u8] = &laid_out::<60>(&[(0, &[2, 0x81, 0, 0, 0, 0, 0x0e, 0x10]), (24, b"210987654321\x06")]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a mapping is asked for and given", &[REQUEST], &[REPLY]),
    Example::udp(Confidence::Message, "a gateway that does not answer", &[REQUEST], &[]),
    Example::udp(Confidence::Message, "a server that announces itself", &[], &[&laid_out::<24>(&[(0, &[2, 0x80])])]).on(5351),
    Example::not(Transport::Udp, "an answer with another nonce", &[REQUEST], &[OTHER]),
    Example::not(Transport::Udp, "an announcement on another port", &[], &[&laid_out::<24>(&[(0, &[2, 0x80])])]),
];
