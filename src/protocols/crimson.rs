//! Crimson, by which Red Lion's panels and gateways are configured.
//!
//! ```text
//! length of the rest | register | operation ...             01 2B 1B 00: who made it?   01 2A 1A 00: which model?
//! ```
//!
//! A request is six bytes, so it takes the port or an answer from the same register.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Red Lion Crimson.
pub const INSPECTOR: Inspector = Inspector {
    name: "crimson",
    title: "Red Lion Crimson v3",
    specification: "Crimson v3 messages as published by security researchers: length, register, data",
    ports: &[789],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("crimson.answer", "text of the first answer: maker or model")],
    confused_with: "other short messages with two bytes of length in front",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a message: its register and its data.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let len = usize::from(cursor.u16()?);
    require((4..=1024).contains(&len))?;
    let mut body = cursor.sub(len)?;
    let register = body.u16()?;
    Ok((register, body.rest()))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (register, operation) = message(&mut opening.request())?;
    require(matches!((register, operation), (0x012b, [0x1b, 0]) | (0x012a, [0x1a, 0])))?;
    match message(&mut opening.reply()) {
        Ok((answered, _)) if answered == register => Ok(Evidence::new(
            Confidence::Message,
            "answered-request: maker or model is asked for and the register comes back (Crimson v3)",
        )),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Err(Reject::Incomplete) if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("request: maker or model is asked for on Crimson's port (Crimson v3)"))
        }
        Err(reject) => Err(reject),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let text = message(&mut opening.reply()).ok().and_then(|(_, data)| {
        let text = data.get(2..)?.split(|&byte| byte == 0).next()?;
        (is_text(text) && !text.is_empty()).then_some(text)
    });
    attributes.set_some("crimson.answer", text);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "the maker is asked for",
        &[b"\x00\x04\x01\x2b\x1b\x00"],
        &[b"\x00\x10\x01\x2b\x1b\x00Red Lion Co\x00"],
    ),
    Example::tcp(Confidence::Signature, "only the request, on the port", &[b"\x00\x04\x01\x2a\x1a\x00"], &[]).on(789),
    Example::not(Transport::Tcp, "an answer from another register", &[b"\x00\x04\x01\x2b\x1b\x00"], &[b"\x00\x04\x01\x2c\x1b\x00"]),
];
