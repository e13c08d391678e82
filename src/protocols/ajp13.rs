//! The Apache JServ Protocol, version 1.3: from a web server to a servlet container, Tomcat's [description].
//!
//! ```text
//! initiator   12 34  length:16  code  …       2 forward request, 7 shutdown, 8 ping, 10 cping
//! responder   41 42  length:16  code  …       3 body chunk, 4 headers, 5 end, 6 get body chunk, 9 cpong
//! ```
//!
//! [description]: https://tomcat.apache.org/connectors-doc/ajp/ajpv13a.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// AJP 1.3.
pub const INSPECTOR: Inspector = Inspector {
    name: "ajp13",
    title: "Apache JServ Protocol version 1.3",
    specification: "AJPv1.3, sections Packet Structure and Request Packet Structure",
    ports: &[8009],
    initiator_first: ByteSet::of(&[0x12]),
    responder_first: ByteSet::of(b"A"),
    inspect,
    describe: Some(describe),
    attributes: &[("ajp13.target", "the first request's path"), ("ajp13.client", "the address of the web server's client")],
    confused_with: "TLS on port 8009; TDS, whose pre-login begins with 12 too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest packet in bytes after its header (AJPv1.3: 8 KiB; up to 64 KiB may be configured).
const MAX_LEN: u16 = u16::MAX - 4;

/// Highest number of a method (AJPv1.3, table of methods).
const MAX_METHOD: u8 = 27;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "packets: AJP's packets (AJPv1.3, Packet Structure)";
    match (request(opening.request()), reply(opening.reply())) {
        (Ok(_), Ok(())) => Ok(Evidence::dialogue(rule)),
        (Ok(confidence), Err(Reject::Incomplete)) => Ok(Evidence::new(confidence, rule)),
        (Err(Reject::Incomplete), Ok(())) => Ok(Evidence::signature(rule).from(Side::Responder)),
        (Err(reject), _) | (_, Err(reject)) => Err(reject),
    }
}

fn request(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(&[0x12, 0x34])?;
    let len = cursor.u16()?;
    require((1..=MAX_LEN).contains(&len))?;
    let mut body = cursor.within(len.into())?;
    match body.u8()? {
        2 => forwarded(&mut body).map(|_| Confidence::Message),
        7 | 8 | 10 => require(len == 1).map(|()| Confidence::Signature),
        _ => Err(Reject::Mismatch),
    }
}

/// Path and client's address.
fn forwarded<'a>(body: &mut Cursor<'a>) -> Result<(&'a [u8], &'a [u8]), Reject> {
    let method = body.u8()?;
    require((1..=MAX_METHOD).contains(&method) || method == u8::MAX)?;
    let version = string(body)?;
    require(version.starts_with(b"HTTP/"))?;
    Ok((string(body)?, string(body)?))
}

/// A length, that many bytes of text, and a zero byte.
fn string<'a>(body: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = body.u16()?;
    let text = body.take(len.into())?;
    require(is_text(text))?;
    body.tag(&[0])?;
    Ok(text)
}

fn reply(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"AB")?;
    let len = cursor.u16()?;
    let code = cursor.u8()?;
    require(matches!(code, 3..=6 | 9) && len > 0 && (code != 9 || len == 1))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut cursor = opening.request();
    // A cping may come before the first request.
    while cursor.tag(&[0x12, 0x34]).is_ok() {
        let Ok(mut body) = cursor.u16().and_then(|len| cursor.within(len.into())) else { return };
        if body.u8() == Ok(2) {
            if let Ok((target, client)) = forwarded(&mut body) {
                attributes.set("ajp13.target", target);
                attributes.set("ajp13.client", client);
            }
            return;
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a cping and its answer", &[b"\x12\x34\0\x01\x0a"], &[b"AB\0\x01\x09"]),
    Example::tcp(
        Confidence::Message,
        "a request is forwarded",
        &[b"\x12\x34\0\x1f\x02\x02\0\x08HTTP/1.1\0\0\x01/\0\0\x09192.0.2.1\0"],
        &[],
    ),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"AB\0\x02\x05\x01"]),
    Example::not(Transport::Tcp, "TDS' pre-login", &[b"\x12\x01\0\x2f\0\0\x01\0"], &[]),
    Example::not(Transport::Tcp, "a code that does not exist", &[b"\x12\x34\0\x01\x63"], &[]),
];
