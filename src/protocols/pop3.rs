//! The Post Office Protocol, version 3, [RFC 1939] sections 3 to 5, with the extensions of RFC 2449, 2595 and 5034.
//!
//! ```text
//! responder   +OK POP3 server ready <1896.697170952@dbc.example>␍␊      greeting (section 4)
//! initiator   USER name␍␊                                               or CAPA, APOP, AUTH, STLS, QUIT
//! responder   +OK␍␊                                                     or -ERR text
//! ```
//!
//! `+OK` is also what Redis says, to arrays and words of its own: a greeting needs the client's command, the
//! word POP, the time stamp of APOP, or the port.
//!
//! [RFC 1939]: https://www.rfc-editor.org/rfc/rfc1939

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::formats::lines::{self, is_verb, mentions};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// POP3.
pub const INSPECTOR: Inspector = Inspector {
    name: "pop3",
    title: "Post Office Protocol version 3",
    specification: "RFC 1939 sections 3 to 5",
    ports: &[110],
    initiator_first: LETTERS,
    responder_first: ByteSet::of(b"+-"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("pop3.greeting", "the server's first line, after +OK or -ERR"),
        ("pop3.stls", "whether the client asked for TLS"),
    ],
    confused_with: "Redis, which answers +OK to commands of its own; FTP, whose client says USER too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Commands with which a session can begin (RFC 1939 section 4, RFC 2449 section 5, RFC 2595 section 4, RFC 5034).
const FIRST: &[&str] = &["USER", "CAPA", "APOP", "AUTH", "STLS", "QUIT", "PASS", "XTND", "UTF8", "LANG"];

/// Commands that tell POP3 from the other protocols with a client that says USER first.
const OWN: &[&str] = &["CAPA", "APOP", "STLS", "UIDL", "RETR", "DELE", "TOP"];

/// Commands of FTP's that POP3 has not.
const FTPS: &[&str] = &["PASV", "EPSV", "PORT", "EPRT", "TYPE", "SYST", "CWD", "PWD", "FEAT", "SIZE"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, greeted) = (client(opening.request()), server(opening.reply()));
    let side = Side::Responder;
    match (asked, greeted) {
        // QUIT and AUTH are words of Redis too, whose server waits for them; a POP3 server speaks first.
        (Ok(()), Ok(false)) if is_shared(opening.request()) && client_spoke_first(opening) => Err(Reject::Mismatch),
        (Ok(()), Ok(_)) => {
            Ok(Evidence::dialogue("greeting-and-command: +OK and a POP3 command (RFC 1939 section 4)")
                .wanting_more(opening.initiator.pieces().len() < 3))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Err(Reject::Incomplete), Ok(true)) => {
            Ok(Evidence::signature("greeting: +OK and POP3's name or time stamp (RFC 1939 sections 4 and 7)").from(side))
        }
        // A server greets once, and then waits.
        (Err(Reject::Incomplete), Ok(false)) if opening.is_on(INSPECTOR.ports) && is_one_line(opening.reply()) => {
            Ok(Evidence::signature("greeting-on-port: +OK on POP3's port (RFC 1939 section 4)").from(side))
        }
        // Where FTP's commands follow, it was FTP's USER, and its RETR.
        (Ok(()), Err(Reject::Incomplete)) if has_command(opening.request(), FTPS) => Err(Reject::Mismatch),
        (Ok(()), Err(Reject::Incomplete)) if has_own_command(opening.request()) => {
            Ok(Evidence::signature("commands: commands that only POP3 has (RFC 1939 section 5)"))
        }
        _ => Err(Reject::Incomplete),
    }
}

fn client(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    lines::command(&mut cursor, FIRST).map(drop)
}

fn is_shared(mut cursor: Cursor<'_>) -> bool {
    lines::text_line(&mut cursor).is_ok_and(|line| is_verb(line, &["QUIT", "AUTH"]))
}

fn client_spoke_first(opening: &Opening<'_>) -> bool {
    let frame = |side| opening.said(side).pieces().first().map(|piece| piece.frame);
    frame(Side::Initiator) < frame(Side::Responder)
}

/// Whether the greeting is POP3's own, or could be another protocol's.
fn server(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let place = cursor.one_of(&[b"+OK", b"-ERR"])?;
    let line = lines::text_line(&mut cursor)?;
    require(line.is_empty() || line.starts_with(b" "))?;
    let stamp = line.contains(&b'<') && line.contains(&b'@') && line.trim_ascii_end().ends_with(b">");
    Ok(place == 0 && (mentions(line, "POP") || stamp))
}

fn is_one_line(mut cursor: Cursor<'_>) -> bool {
    lines::text_line(&mut cursor).is_ok() && cursor.rest().is_empty()
}

fn has_own_command(cursor: Cursor<'_>) -> bool {
    has_command(cursor, OWN)
}

fn has_command(mut cursor: Cursor<'_>, verbs: &[&str]) -> bool {
    std::iter::from_fn(|| lines::text_line(&mut cursor).ok()).take(8).any(|line| is_verb(line, verbs))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut reply = opening.reply();
    if reply.one_of(&[b"+OK", b"-ERR"]).is_ok() {
        attributes.set_some("pop3.greeting", lines::text_line(&mut reply).ok().map(<[u8]>::trim_ascii));
    }
    let mut request = opening.request();
    let mut commands = std::iter::from_fn(|| lines::text_line(&mut request).ok()).take(8);
    attributes.set("pop3.stls", commands.any(|line| is_verb(line, &["STLS"])));
}

const EXAMPLES: &[Example] = &[
    Example::not(Transport::Tcp, "FTP's client alone", &[b"USER bob\r\nPASS x\r\nSYST\r\nRETR f\r\n"], &[]),
    Example::tcp(Confidence::Dialogue, "a greeting and a user", &[b"USER mrose\r\n"], &[b"+OK ready\r\n"]),
    Example::tcp(Confidence::Dialogue, "a greeting and TLS", &[b"STLS\r\n"], &[b"+OK\r\n", b"+OK Begin TLS\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting with a time stamp", &[], &[b"+OK hello <1896.697@dbc.example>\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting on POP3's port", &[], &[b"+OK hello\r\n"]).on(110),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"USER a\r\nPASS b\r\nUIDL\r\n"], &[]),
    Example::not(Transport::Tcp, "Redis", &[b"*1\r\n$4\r\nPING\r\n"], &[b"+OK\r\n"]),
    Example::not(Transport::Tcp, "an answer that could be Redis'", &[], &[b"+OK\r\n"]),
    Example::not(Transport::Tcp, "answers of Redis on POP3's port", &[], &[b"+OK\r\n", b"+OK\r\n"]).on(110),
    Example::not(Transport::Tcp, "FTP's client", &[b"USER a\r\nPASS b\r\nSYST\r\n"], &[]),
];
