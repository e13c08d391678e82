//! MPLS echo, with which label switched paths are tested (LSP ping).
//!
//! ```text
//! 1 (2)   flags (2)   type (1)   reply mode (1)   return code (1)   subcode (1)   handle (4)   sequence (4)   two times (8 each)
//! elements: type (2), length (2), value padded to four bytes
//! ```
//!
//! RFC 8029 section 3. The answer repeats handle and sequence; elements fill the datagram.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::{in_datagrams, share};

/// MPLS echo (LSP ping).
pub const INSPECTOR: Inspector = Inspector {
    name: "mpls-echo",
    title: "MPLS echo (LSP ping)",
    specification: "RFC 8029 section 3",
    carriers: Carriers::UDP,
    ports: &[3503],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "NetFlow version 1, whose records would have to fill it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    if share(opening, |cursor| message(cursor, &[1, 3]), |cursor| message(cursor, &[2, 4])) {
        return Ok(Evidence::dialogue("handle: the answer repeats handle and sequence (RFC 8029 section 3)"));
    }
    let judge = |side: Side, kinds: &[u8]| -> Result<Confidence, Reject> {
        in_datagrams(&opening.said(side), |cursor| message(*cursor, kinds).map(drop))?;
        Ok(Confidence::Message)
    };
    let rule = "elements: version, type, reply mode, and elements that fill the datagram (RFC 8029 section 3)";
    let verdict = Evidence::of(judge(Side::Initiator, &[1, 3]), judge(Side::Responder, &[2, 4]), rule)?;
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Reads a message of one of `kinds`: handle and sequence.
fn message(mut cursor: Cursor<'_>, kinds: &[u8]) -> Result<(u32, u32), Reject> {
    let (version, flags) = (cursor.u16()?, cursor.u16()?);
    let [kind, mode, code, _] = cursor.array()?;
    require(version == 1 && flags <= 0x1f && kinds.contains(&kind) && (1..=5).contains(&mode) && code <= 40)?;
    let ids = (cursor.u32()?, cursor.u32()?);
    cursor.skip(16)?;
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u16()?, usize::from(cursor.u16()?));
        // Assigned ones, and those that vendors have (IANA "TLVs" of LSP ping).
        require((1..=64).contains(&kind) || kind >= 0x7c00)?;
        cursor.skip(len.next_multiple_of(4).min(cursor.len().max(len)))?;
    }
    Ok(ids)
}

const REQUEST: &[u8] = &laid_out::<40>(&[(0, &[0, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1]), (32, &[0, 3, 0, 4, 0, 1, 0, 1])]);
const REPLY: &[u8] = &laid_out::<32>(&[(0, &[0, 1, 0, 0, 2, 2, 3, 1, 0, 0, 0, 7, 0, 0, 0, 1])]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a path is tested", &[REQUEST], &[]),
    Example::udp(Confidence::Dialogue, "and answered", &[REQUEST], &[REPLY]),
    Example::not(Transport::Udp, "a reply mode that is none", &[&laid_out::<32>(&[(0, &[0, 1, 0, 0, 1, 9])])], &[]),
    Example::not(Transport::Udp, "an element that is too long", &[&laid_out::<40>(&[(0, &[0, 1, 0, 0, 1, 2]), (32, &[0, 3, 0, 9])])], &[]),
];
