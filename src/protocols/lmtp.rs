//! The Local Mail Transfer Protocol: SMTP with LHLO instead of EHLO, [RFC 2033] section 4.1.
//!
//! ```text
//! responder   220 mail.example.org LMTP␍␊
//! initiator   LHLO client.example.org␍␊
//! ```
//!
//! [RFC 2033]: https://www.rfc-editor.org/rfc/rfc2033

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::lines;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// LMTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "lmtp",
    title: "Local Mail Transfer Protocol",
    specification: "RFC 2033 section 4.1",
    ports: &[24, 2003],
    initiator_first: ByteSet::of(b"Ll"),
    responder_first: ByteSet::of(b"2"),
    inspect,
    confused_with: "SMTP, whose client says EHLO or HELO",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        hello(opening.request()),
        greeting(opening.reply()),
        "lhlo: LMTP's own command LHLO (RFC 2033 section 4.1)",
    )
    // A greeting says nothing by itself.
    .and_then(|evidence| {
        if opening.initiator.is_silent() { Err(Reject::Incomplete) } else { Ok(evidence) }
    })
}

fn hello(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    lines::command(&mut cursor, &["LHLO"]).map(|_| Confidence::Signature)
}

fn greeting(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    let line = lines::reply_line(&mut cursor)?;
    require(line.code == 220)?;
    Ok(Confidence::Signature)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a greeting and LHLO", &[b"LHLO client\r\n"], &[b"220 server LMTP ready\r\n"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"LHLO client\r\n"], &[]),
    Example::not(Transport::Tcp, "SMTP", &[b"EHLO client\r\n"], &[b"220 server ESMTP\r\n"]),
];
