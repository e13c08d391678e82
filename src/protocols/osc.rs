//! Open Sound Control, by which mixers, lights and instruments are controlled: OSC 1.0.
//!
//! ```text
//! "/address" NUL to a multiple of four | ",types" NUL to a multiple of four | arguments of those types
//! "#bundle" NUL | time, 8 bytes | size | message or bundle | size ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Open Sound Control.
pub const INSPECTOR: Inspector = Inspector {
    name: "osc",
    title: "Open Sound Control",
    specification: "Open Sound Control 1.0 specification, OSC messages and bundles",
    carriers: Carriers::UDP,
    ports: &[8000, 9000, 57120],
    initiator_first: ByteSet::of(b"/#"),
    responder_first: ByteSet::of(b"/#"),
    inspect,
    describe: Some(describe),
    attributes: &[("osc.address", "address pattern of the first message")],
    confused_with: "text that begins with a slash: it is not padded, and no types with their arguments follow",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest address pattern or list of types, in bytes.
const MAX_TEXT: usize = 256;
/// Most elements of a bundle that are read.
const MAX_ELEMENTS: usize = 16;

/// Reads a string that NULs pad to a multiple of four.
fn string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let text = cursor.until(0, MAX_TEXT)?;
    require(text.iter().all(u8::is_ascii_graphic))?;
    let padding = (text.len() + 1).next_multiple_of(4) - text.len() - 1;
    require(cursor.take(padding)?.iter().all(|&byte| byte == 0))?;
    Ok(text)
}

/// Reads a message to its end, and gives its address.
fn message<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let address = string(cursor)?;
    require(address.len() >= 2 && address.starts_with(b"/"))?;
    let types = string(cursor)?;
    for kind in types.strip_prefix(b",").ok_or(Reject::Mismatch)? {
        match kind {
            b'i' | b'f' | b'c' | b'r' | b'm' => cursor.skip(4)?,
            b'h' | b't' | b'd' => cursor.skip(8)?,
            b's' | b'S' => {
                let text = cursor.until(0, 4096)?;
                cursor.skip((text.len() + 1).next_multiple_of(4) - text.len() - 1)?;
            }
            b'b' => {
                let len = cursor.u32()? as usize;
                require(len < 65_536)?;
                cursor.skip(len.next_multiple_of(4))?;
            }
            b'T' | b'F' | b'N' | b'I' | b'[' | b']' => {}
            _ => return Err(Reject::Mismatch),
        }
    }
    Ok(address)
}

/// Reads a packet: a message, or a bundle, whose first message's address it gives.
fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    if cursor.rest().first() != Some(&b'#') {
        return message(cursor);
    }
    cursor.tag(b"#bundle\0")?;
    cursor.skip(8)?;
    let mut first = None;
    for _ in 0..MAX_ELEMENTS {
        if cursor.is_empty() && first.is_some() {
            break;
        }
        let size = cursor.u32()? as usize;
        require(size.is_multiple_of(4) && size < 65_536)?;
        let mut element = cursor.sub(size)?;
        if element.rest().first() == Some(&b'/') {
            let address = message(&mut element)?;
            element.end()?;
            first = first.or(Some(address));
        } else {
            element.tag(b"#bundle\0")?;
            first = first.or(Some(&[]));
        }
    }
    first.ok_or(Reject::Incomplete)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        in_datagrams(&said, |cursor| {
            packet(cursor)?;
            cursor.end()
        })
        .map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "packet: address, types and their arguments to the end (Open Sound Control 1.0)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let address = packet(&mut opening.request()).or_else(|_| packet(&mut opening.reply())).ok();
    attributes.set_some("osc.address", address.filter(|address| !address.is_empty()));
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a fader is moved", &[b"/ch/01/mix\0\0,f\0\0\x3f\x00\x00\x00"], &[]),
    Example::udp(
        Confidence::Message,
        "a bundle",
        &[b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x10/ch/01\0\0,i\0\0\0\0\0\x01"],
        &[],
    ),
    Example::not(Transport::Udp, "a path", &[b"/etc/passwd\0"], &[]),
    Example::not(Transport::Udp, "too few arguments", &[b"/ch/01/mix\0\0,ff\0\x3f\x00\x00\x00"], &[]),
];
