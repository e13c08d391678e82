//! Health Level Seven, version 2, in the Minimal Lower Layer Protocol: HL7 v2.5.1 section 2.5, and appendix C.
//!
//! ```text
//! 0B  MSH|^~\&|application|facility|… CR  PID|… CR  1C 0D        answered by a message with an MSA segment
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// HL7 version 2.
pub const INSPECTOR: Inspector = Inspector {
    name: "hl7",
    title: "Health Level Seven version 2",
    specification: "HL7 v2.5.1 section 2.5 and appendix C, MLLP",
    ports: &[2575],
    initiator_first: ByteSet::of(&[0x0b]),
    responder_first: ByteSet::of(&[0x0b]),
    inspect,
    describe: Some(describe),
    attributes: &[("hl7.message_type", "MSH-9 of the first message"), ("hl7.version", "MSH-12 of the first message")],
    confused_with: "nothing: a vertical tabulator before a segment's name is its own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest header segment in bytes that is read.
const MAX_SEGMENT: usize = 1024;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |header: Result<&[u8], Reject>| header.map(|_| Confidence::Message);
    Evidence::of(
        confidence(header(opening.request())),
        confidence(header(opening.reply())),
        "header: a message header segment after a start block (HL7 v2.5.1 2.5, MLLP)",
    )
}

/// Reads the header segment and gives what stands after its encoding characters.
fn header(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(&[0x0b])?;
    // Message, batch and file headers define the separators alike.
    cursor.one_of(&[b"MSH", b"BHS", b"FHS"])?;
    let separator = cursor.u8()?;
    let encoding = cursor.until(separator, 5)?;
    require(separator.is_ascii_punctuation() && encoding.iter().all(u8::is_ascii_punctuation) && encoding.len() >= 2)?;
    let rest = cursor.rest();
    let end = rest.iter().take(MAX_SEGMENT).position(|&byte| byte == b'\r').unwrap_or(rest.len().min(MAX_SEGMENT));
    Ok(rest.get(..end).unwrap_or_default())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Ok(fields) = header(opening.request()) else { return };
    let separator = opening.initiator.bytes().get(4).copied().unwrap_or(b'|');
    // The separator itself is field 1, the encoding characters are field 2.
    let field = |number: usize| fields.split(|&byte| byte == separator).nth(number - 3).filter(|field| !field.is_empty());
    attributes.set_some("hl7.message_type", field(9));
    attributes.set_some("hl7.version", field(12));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a message and its acknowledgement",
        &[b"\x0bMSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5.1\r\x1c\r"],
        &[b"\x0bMSH|^~\\&|C|D|A|B|20240101||ACK|1|P|2.5.1\rMSA|AA|1\r\x1c\r"],
    ),
    Example::tcp(Confidence::Message, "only the sender was captured", &[b"\x0bMSH|^~\\&|A|"], &[]),
    Example::not(Transport::Tcp, "no separators", &[b"\x0bMSHabcdefgh"], &[]),
];
