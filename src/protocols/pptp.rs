//! Point-to-Point Tunneling Protocol, its control connection: [RFC 2637] section 2.
//!
//! ```text
//! length u16, 0001 control message, 1A2B3C4D, control type u16 (1 to 15), reserved u16, ...
//! ```
//!
//! [RFC 2637]: https://www.rfc-editor.org/rfc/rfc2637

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence;

/// PPTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "pptp",
    title: "Point-to-Point Tunneling Protocol",
    specification: "RFC 2637 section 2",
    ports: &[1723],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("pptp.host", "the client's host name"), ("pptp.vendor", "what the client was made by")],
    confused_with: "nothing: every message has the magic cookie",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const COOKIE: [u8; 4] = [0x1a, 0x2b, 0x3c, 0x4d];

/// A control message's length in bytes by its type; 1 to 15 exist (section 2).
const fn len_of(kind: u16) -> Option<u16> {
    Some(match kind {
        1 | 2 => 156,
        3..=5 | 12 => 16,
        6 => 20,
        7 => 168,
        8 | 11 => 32,
        9 => 220,
        10 | 15 => 24,
        13 => 148,
        14 => 40,
        _ => return None,
    })
}

fn message<'a>(stream: &mut Cursor<'a>) -> Result<(u16, Cursor<'a>), Reject> {
    let len = stream.u16()?;
    require((12..=220).contains(&len))?;
    stream.tag(&[0, 1])?;
    stream.tag(&COOKIE)?;
    let kind = stream.u16()?;
    // Implementations differ by a few bytes in some messages, so the length has only to be near.
    require(len_of(kind).is_some_and(|usual| usual.abs_diff(len) <= 4))?;
    let body = stream.sub(usize::from(len) - 10)?;
    Ok((kind, body))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side| {
        sequence::of_side(opening, side, |stream| message(stream).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judge(Side::Initiator),
        judge(Side::Responder),
        "control-message: the magic cookie in a message of its type's length (RFC 2637 section 2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let text = |bytes: &'static str, value: &[u8], attributes: &mut Attributes| {
        let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
        attributes.set_some(bytes, value.get(..end).filter(|text| !text.is_empty()));
    };
    let mut stream = opening.request();
    if let Ok((1, mut body)) = message(&mut stream) {
        let read = body.skip(18).and_then(|()| Ok((body.take(64)?, body.take(64)?)));
        if let Ok((host, vendor)) = read {
            text("pptp.host", host, attributes);
            text("pptp.vendor", vendor, attributes);
        }
    }
}

const ECHO: &[u8] = b"\x00\x10\x00\x01\x1a\x2b\x3c\x4d\x00\x05\x00\x00\x00\x00\x00\x01";
const ECHO_REPLY: &[u8] = b"\x00\x14\x00\x01\x1a\x2b\x3c\x4d\x00\x06\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "an echo and its reply", &[ECHO], &[ECHO_REPLY]),
    Example::tcp(Confidence::Message, "nobody answers", &[ECHO], &[]),
    Example::not(Transport::Tcp, "another cookie", &[b"\x00\x10\x00\x01\x1a\x2b\x3c\x4e\x00\x05\x00\x00\x00\x00\x00\x01"], &[]),
    Example::not(Transport::Tcp, "a type of another length", &[b"\x00\x20\x00\x01\x1a\x2b\x3c\x4d\x00\x05\x00\x00\x00\x00\x00\x01"], &[]),
];
