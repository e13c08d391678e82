//! X Window System: X.Org's "X Window System Protocol", version 11, section 8.
//!
//! ```text
//! client  'B' or 'l' (byte order), unused, 11 u16, 0 u16, length of the protocol's name u16, of its data u16, unused u16,
//!         name ("MIT-MAGIC-COOKIE-1"), data, each filled up to four bytes
//! server  1 accepted, unused, 11 u16, 0 u16, length u16 in words of what follows      0 refused: length of the reason u8
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// X11.
pub const INSPECTOR: Inspector = Inspector {
    name: "x11",
    title: "X Window System",
    specification: "X Window System Protocol, version 11, section 8",
    ports: &[6000, 6001, 6002, 6003, 6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011, 6012],
    initiator_first: ByteSet::of(b"Bl"),
    responder_first: ByteSet::of(&[0, 1, 2]),
    inspect,
    describe: Some(describe),
    attributes: &[("x11.authorization", "how the client proves itself"), ("x11.vendor", "what the server was made by")],
    confused_with: "text that begins with B or l: the version and the lengths have to follow",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest authorisation name and data in bytes: a cookie, a Kerberos ticket.
const MAX_AUTHORIZATION: u16 = 4096;

/// Reads a number in the order that the client chose.
fn number(cursor: &mut Cursor<'_>, little: bool) -> Result<u16, Reject> {
    if little { cursor.u16_le() } else { cursor.u16() }
}

/// Gives the byte order and the authorisation's name.
fn request(mut stream: Cursor<'_>) -> Result<(bool, &[u8]), Reject> {
    let little = match stream.u8()? {
        b'l' => true,
        b'B' => false,
        _ => return Err(Reject::Mismatch),
    };
    stream.skip(1)?;
    require(number(&mut stream, little)? == 11 && number(&mut stream, little)? == 0)?;
    let (name, data) = (number(&mut stream, little)?, number(&mut stream, little)?);
    require(name <= 64 && data <= MAX_AUTHORIZATION)?;
    stream.skip(2)?;
    let name = stream.take(name.into())?;
    require(name.iter().all(u8::is_ascii_graphic))?;
    Ok((little, name))
}

/// Reads the server's answer; gives what follows its head, if it accepts.
fn reply(mut stream: Cursor<'_>, little: bool) -> Result<Cursor<'_>, Reject> {
    // Refused, accepted, or asked for more.
    require(stream.u8()? <= 2)?;
    stream.skip(1)?;
    require(number(&mut stream, little)? == 11 && number(&mut stream, little)? == 0)?;
    stream.skip(2)?;
    Ok(stream)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = request(opening.request())?;
    let rule = "setup: byte order, version 11 and lengths (X protocol section 8)";
    let answer = reply(opening.reply(), request.0).map(|_| Confidence::Message);
    // 40 bits without a name, too few of them not zero to be called a message.
    let asked = if request.1.is_empty() { Confidence::Signature } else { Confidence::Message };
    Evidence::of(Ok(asked), answer, rule)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Ok((little, name)) = request(opening.request()) else { return };
    attributes.set_some("x11.authorization", Some(name).filter(|name| !name.is_empty()));
    if let (Ok(mut rest), Some(1)) = (reply(opening.reply(), little), opening.responder.bytes().first()) {
        let vendor = rest.skip(16).and_then(|()| {
            let len = number(&mut rest, little)?;
            rest.skip(14)?;
            rest.take(len.into())
        });
        attributes.set_some("x11.vendor", vendor.ok());
    }
}

const SETUP: &[u8] = b"l\x00\x0b\x00\x00\x00\x12\x00\x10\x00\x00\x00MIT-MAGIC-COOKIE-1\0\0cookiecookiecook";
const ACCEPTED: &[u8] = b"\x01\x00\x0b\x00\x00\x00\x02\x00whatever";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "the server accepts", &[SETUP], &[ACCEPTED]),
    Example::tcp(Confidence::Message, "nobody answers", &[SETUP], &[]),
    Example::tcp(Confidence::Signature, "a client that proves nothing, big-endian", &[b"B\x00\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00"], &[]),
    Example::not(Transport::Tcp, "a list of files", &[b"ls -la\r\n/home/a b"], &[]),
    Example::not(Transport::Tcp, "an answer in the other byte order", &[SETUP], &[b"\x01\x00\x00\x0b\x00\x00\x00\x02whatever"]),
];
