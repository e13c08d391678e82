//! The Network News Transfer Protocol, [RFC 3977] sections 3 and 5.
//!
//! ```text
//! responder   200 news.example.org ready␍␊        or 201 (section 5.1)
//! initiator   MODE READER␍␊                       or CAPABILITIES, GROUP, AUTHINFO (RFC 4643), IHAVE …
//! ```
//!
//! [RFC 3977]: https://www.rfc-editor.org/rfc/rfc3977

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::formats::lines::{self, mentions};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// NNTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "nntp",
    title: "Network News Transfer Protocol",
    specification: "RFC 3977 sections 3 and 5",
    ports: &[119, 433],
    initiator_first: LETTERS,
    responder_first: ByteSet::of(b"245"),
    inspect,
    describe: Some(describe),
    attributes: &[("nntp.greeting", "the server's first line")],
    confused_with: "FTP and SMTP, whose greeting is 220",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Commands of NNTP alone (RFC 3977 sections 5 to 8, RFC 4642 to 4644).
const OWN: &[&str] = &[
    "CAPABILITIES", "MODE", "GROUP", "LISTGROUP", "ARTICLE", "HEAD", "BODY", "IHAVE", "CHECK", "TAKETHIS", "NEWGROUPS",
    "NEWNEWS", "AUTHINFO", "XOVER", "OVER", "XHDR", "HDR", "XFEATURE", "SLAVE",
];

/// Commands that other protocols have too.
const SHARED: &[&str] = &["LIST", "STAT", "NEXT", "LAST", "POST", "DATE", "HELP", "QUIT", "STARTTLS"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(INSPECTOR.ports);
    match (client(opening.request()), server(opening.reply())) {
        (Ok(own), Ok(named)) if own || named || on_port => {
            Ok(Evidence::dialogue("greeting-and-command: a news server's greeting and a command (RFC 3977 section 5)"))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Err(Reject::Incomplete), Ok(named)) if named || on_port => {
            Ok(Evidence::signature("greeting: a news server's greeting (RFC 3977 section 5.1)").from(Side::Responder))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Whether the command is NNTP's alone.
fn client(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let line = lines::command(&mut cursor, &[OWN, SHARED].concat())?;
    // HTTP's HEAD and POST end in a version; NNTP's have at most a message's number.
    require(!mentions(line, " HTTP/"))?;
    Ok(lines::is_verb(line, OWN))
}

/// Whether the greeting names NNTP.
fn server(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let line = lines::reply_line(&mut cursor)?;
    require(matches!(line.code, 200 | 201 | 400 | 480 | 502))?;
    let names = ["NNTP", "news", "INN", "Usenet"];
    Ok(names.iter().any(|name| mentions(line.text, name)))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("nntp.greeting", lines::reply_line(&mut opening.reply()).ok().map(|line| line.text));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a greeting and a reader", &[b"MODE READER\r\n"], &[b"200 ready\r\n"]),
    Example::tcp(Confidence::Dialogue, "a named server and a client that leaves", &[b"QUIT\r\n"], &[b"201 INN ready\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting that names NNTP", &[], &[b"200 NNTP service ready\r\n"]),
    Example::not(Transport::Tcp, "an answer that names nothing", &[], &[b"200 OK\r\n"]),
    Example::not(Transport::Tcp, "HTTP", &[b"HEAD / HTTP/1.0\r\n\r\n"], &[b"HTTP/1.0 200 OK\r\n\r\n"]),
    Example::not(Transport::Tcp, "FTP", &[b"USER a\r\n"], &[b"220 ready\r\n"]),
];
