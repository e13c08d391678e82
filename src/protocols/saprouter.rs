//! SAP's network interface (NI) where it names itself: routes through a SAProuter, and its keep-alives.
//!
//! ```text
//! length | "NI_ROUTE" 00 | version ... hops           length | "NI_PING" 00, "NI_PONG" 00          length | "NI_RTERR" 00 ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SAP network interface.
pub const INSPECTOR: Inspector = Inspector {
    name: "saprouter",
    title: "SAProuter (SAP network interface)",
    specification: "SAP NI and SAProuter protocol as documented by open dissectors: route request, ping, error",
    ports: &[3299],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("saprouter.route", "hosts and services of the route that is asked for")],
    confused_with: "nothing: NI_ and a word behind four bytes of length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a message that names itself, and gives what follows the name.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = cursor.u32()?;
    require((8..1 << 16).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    body.one_of(&[b"NI_ROUTE\0", b"NI_PING\0", b"NI_PONG\0", b"NI_RTERR\0"])?;
    Ok(body.rest())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = message(&mut opening.request()).map(|_| Confidence::Message);
    let reply = message(&mut opening.reply()).map(|_| Confidence::Message);
    // Behind a route that stands, the answer is whatever is spoken at its end.
    let reply = if asked.is_ok() && reply.is_err() { Err(Reject::Incomplete) } else { reply };
    Evidence::of(asked, reply, "ni-message: a length and NI_ROUTE, NI_PING or NI_PONG (SAP NI)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(rest) = message(&mut opening.request()) {
        let words = rest.split(|&byte| byte == 0).filter(|word| word.len() > 1 && is_text(word));
        // Host and service alternate; a password may be third, so only what looks like a name or a number.
        let names: Vec<String> = words
            .filter(|word| word.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte)))
            .take(2)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        attributes.set_some("saprouter.route", (!names.is_empty()).then_some(names));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a keep-alive", &[b"\x00\x00\x00\x08NI_PING\0"], &[b"\x00\x00\x00\x08NI_PONG\0"]),
    Example::tcp(
        Confidence::Message,
        "a route is asked for",
        &[b"\x00\x00\x00\x28NI_ROUTE\0\x02\x28\x02\x00\x00\x01\x00\x00\x00\x00\x11\x00\x00\x00\x08sapa\x003200\x00\x00"],
        &[],
    ),
    Example::not(Transport::Tcp, "another word", &[b"\x00\x00\x00\x08NI_PINK\0"], &[]),
];
