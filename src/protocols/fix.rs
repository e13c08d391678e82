//! Financial Information eXchange: tag-value messages, the FIX session layer, section "Message format".
//!
//! ```text
//! 8=FIX.4.4␁9=65␁35=A␁49=sender␁56=target␁34=1␁52=…␁ … 10=062␁
//! ```
//!
//! The first three tags are always 8, 9 and 35, and the last is 10, a check sum of three digits (␁ is 01).

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// FIX.
pub const INSPECTOR: Inspector = Inspector {
    name: "fix",
    title: "Financial Information eXchange",
    specification: "FIX session layer (FIX 4.2 to FIXT 1.1), Message format",
    initiator_first: ByteSet::of(b"8"),
    responder_first: ByteSet::of(b"8"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("fix.version", "BeginString"),
        ("fix.sender", "the initiator's SenderCompID"),
        ("fix.target", "the initiator's TargetCompID"),
    ],
    confused_with: "nothing: no other protocol begins with 8=FIX",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// What ends each field.
const SOH: u8 = 1;

/// Longest value in bytes that is read.
const MAX_VALUE: usize = 256;

/// Largest BodyLength that is believed.
const MAX_BODY: u64 = 1 << 24;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |version: Result<&[u8], Reject>| version.map(|_| Confidence::Message);
    Evidence::of(
        confidence(header(opening.request())),
        confidence(header(opening.reply())),
        "header: BeginString, BodyLength and MsgType in their places (FIX session layer)",
    )
}

fn header(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(b"8=FIX")?;
    let version = cursor.until(SOH, 16)?;
    require(is_text(version))?;
    cursor.tag(b"9=")?;
    let len = decimal(cursor.until(SOH, 8)?)?;
    require(len <= MAX_BODY)?;
    let mut after = cursor;
    cursor.tag(b"35=")?;
    require(is_text(cursor.until(SOH, 8)?))?;
    // Where the whole message is here, its check sum must be where the length says.
    if after.skip(usize::try_from(len).unwrap_or(usize::MAX)).is_ok() {
        match after.tag(b"10=") {
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
            Ok(()) | Err(Reject::Incomplete) => {}
        }
    }
    Ok(version)
}

fn field<'a>(message: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    message.split(|&byte| byte == SOH).find_map(|field| field.strip_prefix(tag)).filter(|value| value.len() <= MAX_VALUE)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let asked = opening.initiator.bytes();
    let first = if asked.is_empty() { opening.responder.bytes() } else { asked };
    attributes.set_some("fix.version", field(first, b"8="));
    attributes.set_some("fix.sender", field(asked, b"49="));
    attributes.set_some("fix.target", field(asked, b"56="));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "two logons",
        &[b"8=FIX.4.4\x019=15\x0135=A\x0149=A\x0156=B\x0110=001\x01"],
        &[b"8=FIX.4.4\x019=15\x0135=A\x0149=B\x0156=A\x0110=002\x01"],
    ),
    Example::tcp(Confidence::Message, "a message that goes on", &[b"8=FIXT.1.1\x019=62\x0135=0\x01"], &[]),
    Example::not(Transport::Tcp, "no check sum where the length says", &[b"8=FIX.4.4\x019=5\x0135=0\x0149=ABCDEFG\x01"], &[]),
];
