//! TP-Link's smart home protocol: JSON under a running exclusive or, over UDP and TCP.
//!
//! ```text
//! UDP   the text, each byte combined with the one before it as it was sent, the first with 171
//! TCP   length (4), the same
//! ```
//!
//! As published with TP-Link's Kasa devices: a request for, and an answer of, objects such as `{"system":{"get_sysinfo":{}}}`.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_side;

/// TP-Link smart home.
pub const INSPECTOR: Inspector = Inspector {
    name: "tplink-smarthome",
    title: "TP-Link Smart Home protocol",
    specification: "the protocol of TP-Link's Kasa devices, as published by their analysis",
    carriers: Carriers::TCP_UDP,
    ports: &[9999],
    initiator_first: ByteSet::of(&[0, KEY ^ b'{']),
    responder_first: ByteSet::of(&[0, KEY ^ b'{']),
    inspect,
    confused_with: "nothing: all of it must become an object of printable text",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// With what the first byte is combined.
const KEY: u8 = 171;
/// Longest message over TCP that is believed, in bytes.
const MAX_LENGTH: usize = 64 * 1024;
/// Shortest object that says something: `{"a":{}}`, in bytes.
const MIN_LENGTH: usize = 8;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        of_side(opening, side, |cursor| {
            let mut body = if opening.transport == Transport::Tcp {
                let len = cursor.u32()? as usize;
                require((MIN_LENGTH..=MAX_LENGTH).contains(&len))?;
                cursor.within(len)?
            } else {
                let all = *cursor;
                cursor.skip(cursor.len())?;
                all
            };
            object(&mut body)
        })?;
        Ok(Confidence::Message)
    };
    let rule = "autokey: under the running exclusive or stands an object (TP-Link Kasa)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads an object that fills `cursor`: its braces and its first quote, and printable text between them.
fn object(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let bytes = cursor.rest();
    let before = std::iter::once(KEY).chain(bytes.iter().copied());
    let text = bytes.iter().zip(before).map(|(&byte, before)| byte ^ before);
    require(text.clone().zip(*b"{\"").all(|(is, should)| is == should))?;
    require(text.clone().all(|byte| byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t')))?;
    if cursor.is_open() {
        return Err(Reject::Incomplete);
    }
    require(bytes.len() >= MIN_LENGTH && text.last() == Some(b'}'))
}

const QUESTION: &[u8] = &hidden(*b"{\"system\":{\"get_sysinfo\":{}}}");

/// A text as it is sent.
#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
const fn hidden<const N: usize>(mut text: [u8; N]) -> [u8; N] {
    let (mut before, mut i) = (KEY, 0);
    while i < N {
        text[i] ^= before;
        before = text[i];
        i += 1;
    }
    text
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a question to all devices", &[QUESTION], &[]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[b"\0\0\0\x1d", QUESTION], &[b"\0\0\0\x1d", QUESTION]),
    Example::not(Transport::Udp, "an object in clear", &[b"{\"system\":{\"get_sysinfo\":{}}}"], &[]),
];
