//! The Simple Common Gateway Interface: a netstring of headers, then the body, the [specification].
//!
//! ```text
//! initiator   70:CONTENT_LENGTH␀27␀SCGI␀1␀REQUEST_METHOD␀POST␀…,        the first header is the length, one is SCGI = 1
//! responder   Status: 200 OK␍␊ Content-Type: text/plain␍␊ …
//! ```
//!
//! [specification]: https://python.ca/scgi/protocol.txt

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SCGI.
pub const INSPECTOR: Inspector = Inspector {
    name: "scgi",
    title: "Simple Common Gateway Interface",
    specification: "SCGI: A Simple Common Gateway Interface alternative",
    ports: &[4000],
    initiator_first: ByteSet::range(b'1', b'9'),
    responder_first: ByteSet::range(b'A', b'Z'),
    inspect,
    confused_with: "other netstrings, whose first words are others",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    headers(opening.request())?;
    let mut reply = opening.reply();
    match reply.one_of(&[b"Status: ", b"HTTP/1.", b"Content-"]) {
        Ok(_) => Ok(Evidence::dialogue("headers: a netstring of headers, and a response (SCGI)")),
        Err(_) => Ok(Evidence::message("headers: a netstring of headers (SCGI)")),
    }
}

fn headers(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let so_far = cursor.rest().iter().take_while(|&&byte| byte != b':').take(8);
    require(so_far.into_iter().all(u8::is_ascii_digit))?;
    let len = decimal(cursor.until(b':', 7)?)?;
    require((24..=1 << 20).contains(&len))?;
    cursor.tag(b"CONTENT_LENGTH\0")?;
    decimal(cursor.until(0, 20)?).map(drop)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a request",
        &[b"45:CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0,"],
        &[b"Status: 200 OK\r\n"],
    ),
    Example::tcp(Confidence::Message, "only the web server was captured", &[b"70:CONTENT_LENGTH\x0027\0SCGI\x001\0"], &[]),
    Example::not(Transport::Tcp, "another netstring", &[b"12:hello world!,"], &[]),
];
