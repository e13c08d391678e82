//! Intelligent Platform Management Interface (IPMI) and Alert Standard Format (ASF), over RMCP.
//!
//! ```text
//! 6   0   sequence, ff = no acknowledgement   class: 6 ASF, 7 IPMI, +128 acknowledgement
//! ASF    00 00 11 be   type (1)   tag (1)   0   length (1)                                       DSP0136 section 3.2
//! IPMI   authentication (1)   sequence (4)   session (4)   [code (16)]   length (1)   message      version 1.5
//!        6   payload type (1)   session (4)   sequence (4)   length (2, little-endian)             version 2.0
//! ```
//!
//! IPMI 2.0 section 13. Lengths must be the datagram's.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// IPMI.
pub const INSPECTOR: Inspector = Inspector {
    name: "ipmi",
    title: "Intelligent Platform Management Interface",
    specification: "IPMI 2.0 section 13, DSP0136 section 3.2",
    carriers: Carriers::UDP,
    ports: &[623, 664],
    initiator_first: ByteSet::of(&[VERSION]),
    responder_first: ByteSet::of(&[VERSION]),
    inspect,
    confused_with: "nothing whose lengths would fit too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// RMCP version 1.0 as ASF 2.0 numbers it.
const VERSION: u8 = 6;
const CLASS_ASF: u8 = 6;
const CLASS_IPMI: u8 = 7;
const ACKNOWLEDGEMENT: u8 = 0x80;
/// Authentication types: none, MD2, MD5, password, OEM; and that of version 2.0.
const PLAIN: [u8; 5] = [0, 1, 2, 4, 5];
const RMCP_PLUS: u8 = 6;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor))?;
        Ok(Confidence::Message)
    };
    let rule = "rmcp-class: RMCP's header, and a length that fits its class (IPMI 2.0 section 13.1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[VERSION, 0])?;
    let sequence = cursor.u8()?;
    let class = cursor.u8()?;
    if class == CLASS_ASF | ACKNOWLEDGEMENT {
        require(sequence != 0xff)?;
        return cursor.end();
    }
    match class {
        CLASS_ASF => {
            cursor.tag(&[0, 0, 0x11, 0xbe])?;
            cursor.skip(2)?;
            cursor.tag(&[0])?;
            let len = cursor.u8()?;
            cursor.skip(len.into())?;
        }
        CLASS_IPMI => {
            let authentication = cursor.u8()?;
            if authentication == RMCP_PLUS {
                let payload = cursor.u8()? & 0x3f;
                // An OEM's payload says whose it is.
                cursor.skip(if payload == 2 { 6 } else { 0 })?;
                cursor.skip(8)?;
                let len = cursor.u16_le()?;
                cursor.skip(len.into())?;
                // A trailer pads and authenticates where there is a session.
                return Ok(());
            }
            require(PLAIN.contains(&authentication))?;
            cursor.skip(8)?;
            if authentication != 0 {
                cursor.skip(16)?;
            }
            let len = cursor.u8()?;
            require(len >= 7)?;
            cursor.skip(len.into())?;
            // Some lengths were once padded by a byte (section 13.6).
            require(cursor.len() <= 1)?;
            return Ok(());
        }
        _ => return Err(Reject::Mismatch),
    }
    cursor.end()
}

const PING: &[u8] = b"\x06\0\xff\x06\0\0\x11\xbe\x80\x07\0\0";
const PONG: &[u8] = b"\x06\0\xff\x06\0\0\x11\xbe\x40\x07\0\x10\0\0\x11\xbe\0\0\0\0\x81\0\0\0\0\0\0\0";
const CAPABILITIES: &[u8] = b"\x06\0\xff\x07\0\0\0\0\0\0\0\0\0\x09\x20\x18\xc8\x81\0\x38\x8e\x04\xb5";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a ping and its answer", &[PING], &[PONG]),
    Example::udp(Confidence::Message, "a question before a session", &[CAPABILITIES], &[]),
    Example::not(Transport::Udp, "a length that is not the datagram's", &[b"\x06\0\xff\x06\0\0\x11\xbe\x80\x07\0\x01"], &[]),
    Example::not(Transport::Udp, "a class that is none", &[b"\x06\0\xff\x08\0\0\x11\xbe\x80\x07\0\0"], &[]),
];
