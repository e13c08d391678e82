//! Scalable-Group Tag Exchange Protocol (SXP), which tells groups by address, over TCP.
//!
//! ```text
//! length with header (4)   type (4): 1 open, 2 open response, 3 update, 4 error, 5 purge, 6 keep-alive
//! open   version (4): 1 to 4   mode (4): 1 speaker, 2 listener, 3 both ...
//! ```
//!
//! IETF draft "Source-Group Tag eXchange Protocol" section 4.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// Scalable-Group Tag Exchange Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "sxp",
    title: "Scalable-Group Tag Exchange Protocol",
    specification: "Source-Group Tag eXchange Protocol (IETF draft), section 4",
    ports: PORTS,
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "SMPP, whose header begins with a length and a number too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[64999];
/// Longest message in bytes (section 4).
const MAX_LENGTH: u32 = 4096;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut opened = false;
        let mut place = 0;
        let count = in_stream(opening.said(side).stream(), |cursor| {
            let kind = message(cursor)?;
            opened |= place == 0 && matches!(kind, 1 | 2);
            place += 1;
            require(opened || !opening.from_start || kind == 4)
        })?;
        match (opened, count, opening.is_on(PORTS)) {
            (true, ..) | (false, _, true) => Ok(Confidence::Message),
            (false, 2.., false) => Ok(Confidence::Signature),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "open: length, type, version and mode (SXP draft section 4)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    let (len, kind) = (cursor.u32()?, cursor.u32()?);
    require((8..=MAX_LENGTH).contains(&len) && (1..=6).contains(&kind) && (!matches!(kind, 5 | 6) || len == 8))?;
    let mut body = cursor.within(len as usize - 8)?;
    if matches!(kind, 1 | 2) {
        require((1..=5).contains(&body.u32()?) && (1..=3).contains(&body.u32()?))?;
    }
    body.skip(body.len())?;
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind) }
}

const OPENED: &[u8] = b"\0\0\0\x10\0\0\0\x01\0\0\0\x04\0\0\0\x01";
const ANSWERED: &[u8] = b"\0\0\0\x10\0\0\0\x02\0\0\0\x04\0\0\0\x02";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a speaker opens, a listener answers", &[OPENED], &[ANSWERED]),
    Example::tcp(Confidence::Message, "a speaker alone", &[OPENED], &[]),
    Example::not(Transport::Tcp, "SMPP, whose commands have other numbers", &[b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x01"], &[]),
    Example::not(Transport::Tcp, "a version that is none", &[b"\0\0\0\x10\0\0\0\x01\0\0\0\x09\0\0\0\x01"], &[]),
];
