//! The Internet Message Access Protocol, [RFC 9051] and [RFC 3501], sections 6 and 7.
//!
//! ```text
//! responder   * OK [CAPABILITY IMAP4rev1 STARTTLS] ready␍␊      or * PREAUTH, * BYE (section 7.1)
//! initiator   a001 LOGIN user password␍␊                        tag SP command (section 2.2.1)
//! responder   * CAPABILITY …␍␊ a001 OK done␍␊                   untagged responses, then the tag again
//! ```
//!
//! [RFC 9051]: https://www.rfc-editor.org/rfc/rfc9051
//! [RFC 3501]: https://www.rfc-editor.org/rfc/rfc3501

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::formats::lines::{self, argument, is_verb, mentions, verb};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// IMAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "imap",
    title: "Internet Message Access Protocol",
    specification: "RFC 9051 sections 2.2, 6 and 7",
    ports: &[143],
    initiator_first: LETTERS.or(ByteSet::range(b'0', b'9')).or(ByteSet::of(b".$_-")),
    responder_first: ByteSet::of(b"*"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("imap.greeting", "the server's first line, after the asterisk"),
        ("imap.starttls", "whether the client asked for TLS"),
    ],
    confused_with: "nothing that begins with an asterisk and OK; Redis' arrays begin with an asterisk and a digit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest tag in bytes that is believed; clients use four or five.
const MAX_TAG: usize = 32;

/// Commands that may come in a session's beginning (RFC 9051 sections 6.1 to 6.3, RFC 2971, RFC 5161).
const COMMANDS: &[&str] = &[
    "CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "ID", "ENABLE", "SELECT", "EXAMINE", "LIST",
    "LSUB", "STATUS", "NAMESPACE", "COMPRESS", "UID", "FETCH", "IDLE", "CHECK", "XLIST", "SEARCH", "CLOSE",
];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let side = Side::Responder;
    match (client(opening.request()), server(opening.reply())) {
        (Ok(_), Ok(_)) => Ok(Evidence::dialogue("greeting-and-command: an untagged greeting and a tagged command (RFC 9051 section 2.2)")
            .wanting_more(opening.initiator.pieces().len() < 3)),
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(true), Err(Reject::Incomplete)) => {
            Ok(Evidence::signature("tagged-commands: two tagged commands (RFC 9051 section 2.2.1)"))
        }
        (Err(Reject::Incomplete), Ok(named)) if named || opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("greeting: an untagged greeting (RFC 9051 section 7.1)").from(side))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Whether a second tagged command follows the first.
fn client(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    tagged(&mut cursor)?;
    Ok(tagged(&mut cursor).is_ok())
}

fn tagged<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let tag = verb(cursor.rest());
    let tag_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'$' | b'\r' | b'\n');
    require(tag.len() <= MAX_TAG && tag.iter().all(tag_byte))?;
    let line = lines::text_line(cursor)?;
    let rest = argument(line);
    require(!verb(line).is_empty() && is_verb(rest, COMMANDS))?;
    Ok(rest)
}

/// Whether the greeting names IMAP.
fn server(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    cursor.tag(b"* ")?;
    let state = cursor.one_of(&[b"OK", b"PREAUTH", b"BYE"])?;
    let line = lines::text_line(&mut cursor)?;
    require(line.is_empty() || line.starts_with(b" "))?;
    Ok(state < 2 && mentions(line, "IMAP"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut reply = opening.reply();
    if server(reply).is_ok() {
        attributes.set_some("imap.greeting", lines::text_line(&mut reply).ok().map(argument));
    }
    let mut request = opening.request();
    let mut commands = std::iter::from_fn(|| tagged(&mut request).ok()).take(8);
    attributes.set("imap.starttls", commands.any(|line| is_verb(line, &["STARTTLS"])));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a greeting and a command", &[b"a001 CAPABILITY\r\n"], &[b"* OK ready\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting that names IMAP", &[], &[b"* OK [CAPABILITY IMAP4rev1] hi\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting on IMAP's port", &[], &[b"* BYE too many\r\n"]).on(143),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"1 LOGIN a b\r\n2 SELECT INBOX\r\n"], &[]),
    Example::not(Transport::Tcp, "Redis", &[b"PING\r\n"], &[b"*1\r\n$4\r\nPONG\r\n"]),
    Example::not(Transport::Tcp, "an answer without a greeting", &[b"a001 NOOP\r\n"], &[b"+OK\r\n"]),
];
