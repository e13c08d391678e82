//! The Internet Printing Protocol: HTTP whose requests carry `application/ipp`, [RFC 8010] section 3 and RFC 8011.
//!
//! [RFC 8010]: https://www.rfc-editor.org/rfc/rfc8010

use super::http;
use crate::byteset::LETTERS;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// IPP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ipp",
    title: "Internet Printing Protocol",
    specification: "RFC 8010 section 3, RFC 8011",
    ports: &[631],
    refines: Some("http"),
    initiator_first: LETTERS,
    responder_first: LETTERS,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ipp.target", "the printer or queue that was asked"),
        ("ipp.version", "major and minor version"),
        ("ipp.operation", "the operation's number (RFC 8011 section 5.4.15)"),
        ("ipp.user_agent", "the client's program"),
    ],
    confused_with: "the web pages that printers serve on the same port, which are HTTP",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// RFC 8010 section 4.
const CONTENT_TYPE: &str = "application/ipp";

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = http::request(opening);
    let response = http::response(opening);
    let says = |head: &http::Head<'_>| head.says("content-type", CONTENT_TYPE);
    match (&request, &response) {
        // 100 Continue may come before the answer, and refusals are HTML: any response will do.
        (Ok((_, asked)), Ok(_)) if says(asked) => {
            Ok(Evidence::dialogue("content-type: HTTP that carries application/ipp (RFC 8010 section 4)"))
        }
        (Ok((_, asked)), _) if says(asked) => {
            Ok(Evidence::message("content-type: HTTP that carries application/ipp (RFC 8010 section 4)"))
        }
        (Err(Reject::Incomplete), Ok((_, answered))) if says(answered) => {
            Ok(Evidence::message("content-type: HTTP that carries application/ipp (RFC 8010 section 4)").from(Side::Responder))
        }
        (Ok((_, asked)), _) => Err(if asked.is_whole { Reject::Mismatch } else { Reject::Incomplete }),
        (Err(reject), _) => Err(*reject),
    }
}

/// RFC 8010 section 3.1.1: version and operation.
fn operation(mut body: Cursor<'_>) -> Result<(u8, u8, u16), Reject> {
    let (major, minor) = (body.u8()?, body.u8()?);
    require((1..=2).contains(&major))?;
    Ok((major, minor, body.u16()?))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Ok((line, head)) = http::request(opening) else { return };
    attributes.set("ipp.target", line.target);
    attributes.set_some("ipp.user_agent", head.field("user-agent"));
    if let Ok((major, minor, operation)) = operation(Cursor::closed(head.body)) {
        attributes.set("ipp.version", format!("{major}.{minor}"));
        attributes.set("ipp.operation", operation);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a printer is asked for its attributes",
        &[b"POST /printers/a HTTP/1.1\r\nContent-Type: application/ipp\r\n\r\n\x02\0\0\x0b\0\0\0\x01"],
        &[b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n\r\n"],
    ),
    Example::tcp(Confidence::Message, "only the printer was captured", &[], &[b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n\r\n"]),
    Example::not(Transport::Tcp, "a printer's web page", &[b"GET / HTTP/1.1\r\nHost: printer\r\n\r\n"], &[b"HTTP/1.1 200 OK\r\n\r\n"]),
];
