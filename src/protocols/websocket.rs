//! The WebSocket protocol: HTTP's upgrade, [RFC 6455] section 4, and frames, section 5.2.
//!
//! ```text
//! initiator   GET /chat HTTP/1.1␍␊ … Upgrade: websocket␍␊ Sec-WebSocket-Key: (16 bytes in base64)␍␊␍␊
//! responder   HTTP/1.1 101 Switching Protocols␍␊ … Upgrade: websocket␍␊ Sec-WebSocket-Accept: …␍␊␍␊
//! ```
//!
//! A request alone is a wish; only the answer 101 makes the flow a WebSocket.
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455

use super::http;
use crate::byteset::LETTERS;
use crate::cursor::require;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// WebSocket.
pub const INSPECTOR: Inspector = Inspector {
    name: "websocket",
    title: "WebSocket",
    specification: "RFC 6455 section 4",
    ports: &[80, 8080],
    refines: Some("http"),
    initiator_first: LETTERS,
    responder_first: LETTERS,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("websocket.host", "the request's Host field"),
        ("websocket.protocol", "the subprotocol that the responder chose"),
        ("websocket.origin", "the page that asked for it"),
    ],
    confused_with: "HTTP whose upgrade was asked for and not granted",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// HTTP's status for a granted upgrade (RFC 9110 section 15.2.2).
const SWITCHING_PROTOCOLS: u64 = 101;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (code, answer) = http::response(opening)?;
    require(code == SWITCHING_PROTOCOLS)?;
    if !answer.is_whole {
        return Err(Reject::Incomplete);
    }
    // RFC 6455 section 4.1 demands both fields of the answer; older drafts called the second another name.
    require(answer.says("upgrade", "websocket"))?;
    match http::request(opening) {
        Ok((_, head)) if head.says("upgrade", "websocket") => {
            Ok(Evidence::dialogue("upgrade-granted: HTTP's upgrade to WebSocket, answered 101 (RFC 6455 section 4)"))
        }
        Ok((_, head)) if head.is_whole => Err(Reject::Mismatch),
        Ok(_) | Err(Reject::Incomplete) => {
            Ok(Evidence::message("upgrade-answer: HTTP's answer 101 with Upgrade: websocket (RFC 6455 section 4.2.2)")
                .from(Side::Responder))
        }
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((_, head)) = http::request(opening) {
        attributes.set_some("websocket.host", head.field("host"));
        attributes.set_some("websocket.origin", head.field("origin"));
    }
    if let Ok((_, head)) = http::response(opening) {
        attributes.set_some("websocket.protocol", head.field("sec-websocket-protocol"));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "an upgrade that is granted",
        &[b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n"],
        &[b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the answer was captured",
        &[],
        &[b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"],
    ),
    Example::not(
        Transport::Tcp,
        "an upgrade that is refused",
        &[b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"],
        &[b"HTTP/1.1 403 Forbidden\r\n\r\n"],
    ),
    Example::not(
        Transport::Tcp,
        "an upgrade to HTTP/2",
        &[b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"],
        &[b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"],
    ),
];
