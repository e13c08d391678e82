//! uwsgi: a request's variables from a web server to an application, uWSGI's [protocol], section "The uwsgi packet header".
//!
//! ```text
//!  modifier 0   size:16 little-endian   modifier   then for each variable: length:16 name length:16 value
//! ```
//!
//! [protocol]: https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// uwsgi.
pub const INSPECTOR: Inspector = Inspector {
    name: "uwsgi",
    title: "uwsgi",
    specification: "The uwsgi Protocol, packet header and vars",
    ports: &[3031],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(b"H"),
    inspect,
    describe: Some(describe),
    attributes: &[("uwsgi.method", "the request's method"), ("uwsgi.uri", "the request's path, without its query")],
    confused_with: "HTTP, in which the application answers",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    variables(opening.request(), |_, _| {})?;
    let mut reply = opening.reply();
    match reply.tag(b"HTTP/1.") {
        Ok(()) => Ok(Evidence::dialogue("variables: a request's variables, answered in HTTP (uwsgi Protocol)")),
        Err(Reject::Incomplete) => Ok(Evidence::message("variables: a request's variables (uwsgi Protocol)")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

/// Reads the variables, which have names in capitals, and of which one is the method.
fn variables<'a>(mut cursor: Cursor<'a>, mut found: impl FnMut(&'a [u8], &'a [u8])) -> Result<(), Reject> {
    cursor.tag(&[0])?;
    let size = cursor.u16_le()?;
    cursor.u8()?;
    let mut body = cursor.within(size.into())?;
    let mut has_method = false;
    while !body.is_empty() && !has_method {
        let len = body.u16_le()?;
        require((2..=64).contains(&len))?;
        let name = body.take(len.into())?;
        require(name.iter().all(|&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'))?;
        let len = body.u16_le()?;
        let value = body.take(len.into())?;
        has_method = name == b"REQUEST_METHOD";
        found(name, value);
    }
    // The method comes among the first; without it the rest of the variables is still to come.
    if has_method { Ok(()) } else { body.u8().map(drop) }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let _ = variables(opening.request(), |name, value| match name {
        b"REQUEST_METHOD" => attributes.set("uwsgi.method", value),
        b"REQUEST_URI" | b"PATH_INFO" => {
            attributes.set_some("uwsgi.uri", value.split(|&byte| byte == b'?').next());
        }
        _ => {}
    });
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a request",
        &[b"\0\x26\0\0\x0c\0QUERY_STRING\0\0\x0e\0REQUEST_METHOD\x03\0GET\x01"],
        &[b"HTTP/1.1 200 OK\r\n"],
    ),
    Example::tcp(Confidence::Message, "only the web server was captured", &[b"\0\x15\0\0\x0e\0REQUEST_METHOD\x03\0GET"], &[]),
    Example::not(Transport::Tcp, "names that are none", &[b"\0\x15\0\0\x0e\0request_method\x03\0GET"], &[]),
];
