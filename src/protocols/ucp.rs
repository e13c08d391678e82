//! UCP/EMI, by which short messages reach the centres of some carriers.
//!
//! ```text
//! 02 | transaction, 2 digits | "/" length, 5 digits | "/" O or R | "/" operation, 2 digits | "/" fields | check, 2 digits | 03
//! ```
//!
//! The length is of all between STX and ETX, and the check is the sum of the bytes before it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// UCP/EMI.
pub const INSPECTOR: Inspector = Inspector {
    name: "ucp",
    title: "UCP/EMI short message protocol",
    specification: "EMI-UCP interface specification 4.6 section 4.2",
    ports: &[5000],
    initiator_first: ByteSet::of(&[0x02]),
    responder_first: ByteSet::of(&[0x02]),
    inspect,
    describe: Some(describe),
    attributes: &[("ucp.operation", "first operation (51 submit, 60 session, 31 alert ...)")],
    confused_with: "other frames of STX and ETX: slashes, a length and a sum must fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes from STX to ETX, both not counted, of the shortest message: header, slash and check.
const SHORTEST: usize = 16;

fn message(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    cursor.tag(&[2])?;
    let whole = *cursor;
    let mut field = |len: usize| -> Result<&[u8], Reject> {
        let field = cursor.take(len)?;
        cursor.tag(b"/")?;
        Ok(field)
    };
    decimal(field(2)?)?;
    let len = usize::try_from(decimal(field(5)?)?).map_err(|_| Reject::Mismatch)?;
    require((SHORTEST..4096).contains(&len))?;
    require(matches!(field(1)?, b"O" | b"R"))?;
    let operation = decimal(field(2)?)?;
    let mut body = whole;
    let counted = body.take(len)?;
    require(is_text(counted))?;
    let (summed, check) = counted.split_at_checked(len - 2).ok_or(Reject::Mismatch)?;
    let sum = summed.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    require(check == format!("{sum:02X}").as_bytes())?;
    body.tag(&[3])?;
    *cursor = body;
    Ok(operation)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, Transport::Tcp, |cursor| message(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(judged(opening.initiator), judged(opening.responder), "message: length, operation and sum (EMI-UCP section 4.2)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("ucp.operation", message(&mut opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "an alert and its answer", &[b"\x0201/00035/O/31/0234765439845/0139/9F\x03"], &[b"\x0201/00023/R/31/A/0000/27\x03"]),
    Example::not(Transport::Tcp, "a sum that does not fit", &[b"\x0201/00035/O/31/0234765439845/0139/00\x03"], &[]),
];
