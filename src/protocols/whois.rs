//! WHOIS, [RFC 3912]: a line is asked, a text is answered, and the connection ends.
//!
//! Nothing of it has a form but the labels that registries use in their answers. So it is believed on its own port,
//! or where an answer has such labels.
//!
//! [RFC 3912]: https://www.rfc-editor.org/rfc/rfc3912

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// WHOIS.
pub const INSPECTOR: Inspector = Inspector {
    name: "whois",
    title: "WHOIS",
    specification: "RFC 3912 section 2",
    ports: &[43, 4343],
    initiator_first: ByteSet::range(0x21, 0x7e),
    responder_first: ByteSet::range(0x20, 0x7e).or(ByteSet::of(b"\r\n")),
    inspect,
    describe: Some(describe),
    attributes: &[("whois.query", "what was asked for")],
    confused_with: "finger, which asks in one line too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest question in bytes.
const MAX_QUERY: usize = 256;

/// Labels of the registries' answers.
const LABELS: &[&str] = &["Domain Name:", "inetnum:", "NetRange:", "aut-num:", "refer:", "whois:", "Registry Domain ID:", "% IANA", "% This is the"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    query(opening.request())?;
    let answer = opening.responder.bytes();
    let on_port = opening.is_on(INSPECTOR.ports);
    let labelled = LABELS.iter().any(|label| mentions(answer.get(..answer.len().min(2048)).unwrap_or_default(), label));
    match (on_port, labelled) {
        (_, true) => Ok(Evidence::message("labels: a question in one line, answered with a registry's labels (RFC 3912)")),
        (true, false) => Ok(Evidence::signature("question-on-port: a question in one line on WHOIS' port (RFC 3912)")),
        (false, false) if opening.responder.has_ended() => Err(Reject::Mismatch),
        (false, false) => Err(Reject::Incomplete),
    }
}

/// One line and nothing after it.
fn query(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    require(is_text(cursor.rest().split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default()))?;
    let line = cursor.line(MAX_QUERY)?;
    require(!line.is_empty() && cursor.rest().trim_ascii().is_empty())?;
    Ok(line)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("whois.query", query(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a registry's answer", &[b"example.org\r\n"], &[b"Domain Name: EXAMPLE.ORG\r\n"]),
    Example::tcp(Confidence::Signature, "a question on WHOIS' port", &[b"-T dn example.org\r\n"], &[]).on(43),
    Example::not(Transport::Tcp, "a conversation", &[b"hello\r\nworld\r\n"], &[b"Domain Name: EXAMPLE.ORG\r\n"]),
    Example::not(Transport::Tcp, "a line elsewhere", &[b"example.org\r\n"], &[b"hello\r\n"]),
];
