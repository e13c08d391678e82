//! Bacula and Bareos, between director, storage and file daemons, and their console.
//!
//! ```text
//! length, 4 bytes | "Hello Director NAME calling" LF          "Hello *UserAgent* calling ..."
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Bacula.
pub const INSPECTOR: Inspector = Inspector {
    name: "bacula",
    title: "Bacula and Bareos backup",
    specification: "Bacula developer's guide: daemon protocol, bnet messages",
    ports: &[9101, 9102, 9103],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("bacula.hello", "the caller's first sentence, which names it")],
    confused_with: "nothing: a length and a sentence that ends in calling",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn hello<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = cursor.u32()?;
    require((12..512).contains(&len))?;
    let mut ahead = *cursor;
    ahead.tag(b"Hello ")?;
    let line = cursor.take(len as usize)?.trim_ascii_end();
    require(is_text(line) && line.windows(7).any(|word| word == b"calling"))?;
    Ok(line)
}

/// Reads a line of the other side: a challenge, or an answer that begins with a number.
fn line(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let len = cursor.u32()?;
    require((4..4096).contains(&len))?;
    require(is_text(cursor.take(len as usize)?.trim_ascii_end()))?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    hello(&mut opening.request())?;
    Evidence::of(Ok(Confidence::Message), line(opening.reply()), "hello: a length and who is calling (Bacula daemon protocol)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("bacula.hello", hello(&mut opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a director calls a file daemon",
        &[b"\x00\x00\x00\x1bHello Director dir calling\n"],
        &[b"\x00\x00\x00\x12auth cram-md5 <1>\n"],
    ),
    Example::not(Transport::Tcp, "another sentence", &[b"\x00\x00\x00\x1bHello Director dir is here\n"], &[]),
];
