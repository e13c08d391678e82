//! CIMD2, by which short messages reach the centres that Nokia made.
//!
//! ```text
//! 02 | operation, 2 digits | ":" packet, 3 digits | 09 | parameter, 3 digits | ":" value | 09 ... | check | 03
//! an answer's operation is the request's plus 50, its packet number the same
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// CIMD2.
pub const INSPECTOR: Inspector = Inspector {
    name: "cimd",
    title: "Computer Interface to Message Distribution 2",
    specification: "Nokia CIMD2 interface specification, section 3 (message structure)",
    ports: &[9971],
    initiator_first: ByteSet::of(&[0x02]),
    responder_first: ByteSet::of(&[0x02]),
    inspect,
    confused_with: "UCP, which has slashes where this has colons and tabs",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a message: operation and packet number.
fn message(mut cursor: Cursor<'_>) -> Result<(u64, u64), Reject> {
    cursor.tag(&[2])?;
    let operation = decimal(cursor.take(2)?)?;
    require(matches!(operation, 1..=10 | 13..=15 | 20 | 23 | 30 | 40 | 51..=60 | 62..=65 | 70 | 73 | 98 | 99))?;
    cursor.tag(b":")?;
    let number = decimal(cursor.take(3)?)?;
    cursor.tag(b"\t")?;
    let body = cursor.until(3, 4096)?;
    require(body.iter().all(|&byte| byte == b'\t' || byte >= 0x20))?;
    Ok((operation, number))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = message(opening.request())?;
    let rule = "message: operation, packet number and tabs, and an answer that fits (CIMD2 section 3)";
    match message(opening.reply()) {
        Ok(answered) if answered == (asked.0 + 50, asked.1) => Ok(Evidence::dialogue(rule)),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Err(Reject::Incomplete) => Ok(Evidence::new(Confidence::Signature, rule)),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a log-in and its answer",
        &[b"\x0201:001\t010:user\t011:secret\t4A\x03\n"],
        &[b"\x0251:001\t12\x03\n"],
    ),
    Example::not(Transport::Tcp, "an answer to another", &[b"\x0201:001\t010:user\t4A\x03\n"], &[b"\x0252:001\t12\x03\n"]),
];
