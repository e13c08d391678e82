//! Radmin's remote control protocol, as far as its framing is seen on the wire.
//!
//! ```text
//! 01, length u32 of the data, checksum u32 of the data, data          big-endian
//! client  01 00000001 00000008 08        server  01 00000025 ........ 08 ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Evidence, Example, Inspector, Opening, Reject, Verdict, Confidence};
use crate::key::Transport;

/// Radmin.
pub const INSPECTOR: Inspector = Inspector {
    name: "radmin",
    title: "Radmin remote control",
    specification: "framing as observed; the maker publishes none",
    ports: &[4899],
    initiator_first: ByteSet::of(&[1]),
    responder_first: ByteSet::of(&[1]),
    inspect,
    confused_with: "nothing: the first message has ten fixed bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HELLO: &[u8] = b"\x01\x00\x00\x00\x01\x00\x00\x00\x08\x08";
/// Longest answer to the hello in bytes.
const MAX_ANSWER: u32 = 1024;

fn request(mut stream: Cursor<'_>) -> Result<Confidence, Reject> {
    stream.tag(HELLO)?;
    Ok(Confidence::Message)
}

fn reply(mut stream: Cursor<'_>) -> Result<Confidence, Reject> {
    stream.tag(&[1])?;
    let len = stream.u32()?;
    require((1..=MAX_ANSWER).contains(&len))?;
    stream.skip(4)?;
    let mut data = stream.sub(len as usize)?;
    data.tag(&[8])?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = request(opening.request());
    // The answer is told by the question only.
    match (request, reply(opening.reply())) {
        (Err(reject), _) => Err(reject),
        (request, reply) => Evidence::of(request, reply, "hello: ten fixed bytes, and an answer of the same kind"),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a hello and its answer", &[HELLO], &[b"\x01\x00\x00\x00\x02\x00\x00\x00\x09\x08\x01"]),
    Example::tcp(Confidence::Message, "nobody answers", &[HELLO], &[]),
    Example::not(Transport::Tcp, "another checksum", &[b"\x01\x00\x00\x00\x01\x00\x00\x00\x09\x08"], &[]),
];
