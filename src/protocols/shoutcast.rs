//! SHOUTcast and its kin: HTTP's requests, answered with a status line of its own.
//!
//! ```text
//! initiator   GET /stream HTTP/1.0␍␊ Icy-MetaData: 1␍␊ ␍␊
//! responder   ICY 200 OK␍␊ icy-name: …␍␊
//! ```

use super::http::{self, Head};
use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// SHOUTcast.
pub const INSPECTOR: Inspector = Inspector {
    name: "shoutcast",
    title: "SHOUTcast streaming",
    specification: "SHOUTcast 1: the ICY status line",
    ports: &[8000, 8001],
    refines: Some("http"),
    initiator_first: LETTERS,
    responder_first: ByteSet::of(b"I"),
    inspect,
    describe: Some(describe),
    attributes: &[("shoutcast.name", "the station's name")],
    confused_with: "Icecast, which answers in HTTP",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "icy-status: a request in HTTP, answered ICY 200 OK";
    icy(opening.reply())?;
    match http::request(opening) {
        Ok(_) => Ok(Evidence::dialogue(rule)),
        Err(Reject::Incomplete) => Ok(Evidence::message(rule).from(Side::Responder)),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

fn icy(mut cursor: Cursor<'_>) -> Result<Head<'_>, Reject> {
    cursor.tag(b"ICY ")?;
    let head = Head::parse(cursor)?;
    require(head.start.first().is_some_and(u8::is_ascii_digit))?;
    Ok(head)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("shoutcast.name", icy(opening.reply()).ok().and_then(|head| head.field("icy-name")).filter(|name| !name.is_empty()));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a stream", &[b"GET / HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n"], &[b"ICY 200 OK\r\nicy-name: x\r\n\r\n"]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"ICY 200 OK\r\nicy-name: x\r\n\r\n"]),
    Example::not(Transport::Tcp, "Icecast", &[b"GET / HTTP/1.0\r\n\r\n"], &[b"HTTP/1.0 200 OK\r\nicy-name: x\r\n\r\n"]),
];
