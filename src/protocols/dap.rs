//! The Debug Adapter Protocol: JSON objects after a length in a header, the [specification], section "Base Protocol".
//!
//! ```text
//! Content-Length: 119␍␊ ␍␊ {"seq":153,"type":"request","command":"next",…}
//! ```
//!
//! The language server protocol has the same header, and objects with `jsonrpc` in them.
//!
//! [specification]: https://microsoft.github.io/debug-adapter-protocol/specification

use super::http::Head;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// The Debug Adapter Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "dap",
    title: "Debug Adapter Protocol",
    specification: "Debug Adapter Protocol, Base Protocol",
    ports: &[4711, 5678],
    initiator_first: ByteSet::of(b"Cc"),
    responder_first: ByteSet::of(b"Cc"),
    inspect,
    describe: Some(describe),
    attributes: &[("dap.adapter", "the adapter that the client asked for")],
    confused_with: "the language server protocol, which has the same header; HTTP, whose start line is missing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |body: Result<&[u8], Reject>| {
        let body = body?;
        require(!mentions(body, "\"jsonrpc\""))?;
        let kinds = ["request\"", "response\"", "event\""];
        let is_message = mentions(body, "\"type\"") && mentions(body, "\"seq\"") && kinds.iter().any(|kind| mentions(body, kind));
        match is_message {
            true => Ok(Confidence::Message),
            false if body.len() < MAX_BODY => Err(Reject::Incomplete),
            false => Err(Reject::Mismatch),
        }
    };
    Evidence::of(
        confidence(framed(opening.request())),
        confidence(framed(opening.reply())),
        "message: a length and an object with seq and type (DAP, Base Protocol)",
    )
}

/// How much of an object is looked at, in bytes.
const MAX_BODY: usize = 4096;

/// Reads the header and gives the beginning of the object.
pub(super) fn framed(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let mut name = cursor;
    name.tag_ignore_case(b"content-")?;
    let head = Head::parse(Cursor::new(cursor.rest(), cursor.is_open()))?;
    // The first field stands where HTTP has its start line.
    let first = head.start;
    let length = first.get(.."content-length:".len()).filter(|name| name.eq_ignore_ascii_case(b"content-length:"));
    let length = length.and_then(|name| first.get(name.len()..)).or(head.field("content-length"));
    if !head.is_whole {
        return Err(Reject::Incomplete);
    }
    decimal(length.unwrap_or_default().trim_ascii())?;
    cursor = Cursor::new(head.body, cursor.is_open());
    cursor.tag(b"{")?;
    Ok(head.body.get(..head.body.len().min(MAX_BODY)).unwrap_or_default())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let body = framed(opening.request()).unwrap_or_default();
    let key = b"\"adapterID\":\"";
    let at = body.windows(key.len()).position(|window| window == key);
    let rest = at.and_then(|at| body.get(at + key.len()..));
    attributes.set_some("dap.adapter", rest.and_then(|rest| rest.split(|&byte| byte == b'"').next()));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session begins",
        &[b"Content-Length: 49\r\n\r\n{\"seq\":1,\"type\":\"request\",\"command\":\"initialize\"}"],
        &[b"Content-Length: 35\r\n\r\n{\"seq\":1,\"type\":\"response\",\"body\":{}}"],
    ),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"Content-Length: 30\r\n\r\n{\"seq\": 2, \"type\": \"request\"}"], &[]),
    Example::not(Transport::Tcp, "a language server", &[b"Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"}"], &[]),
];
