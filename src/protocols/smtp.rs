//! The Simple Mail Transfer Protocol, [RFC 5321] sections 4.1 and 4.2.
//!
//! ```text
//! responder   220 mail.example.org ESMTP␍␊       greeting (section 4.3.1)
//! initiator   EHLO client.example.org␍␊          or HELO
//! responder   250-mail.example.org␍␊ 250-PIPELINING␍␊ 250 STARTTLS␍␊
//! initiator   MAIL FROM:<a@example.org>␍␊ …
//! ```
//!
//! A greeting alone begins like FTP's. What tells them apart is the client's first command, or the word SMTP
//! that RFC 5321 section 4.2 asks for in the greeting.
//!
//! [RFC 5321]: https://www.rfc-editor.org/rfc/rfc5321

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::Cursor;
use crate::formats::lines::{self, argument, is_verb, mentions};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// SMTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "smtp",
    title: "Simple Mail Transfer Protocol",
    specification: "RFC 5321 sections 4.1 and 4.2",
    ports: PORTS,
    initiator_first: LETTERS,
    responder_first: ByteSet::of(b"2345"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("smtp.greeting", "the server's first line"),
        ("smtp.client", "the name that the client gave in HELO or EHLO"),
        ("smtp.starttls", "whether the client asked for TLS"),
        ("smtp.extensions", "what the server offered in answer to EHLO"),
    ],
    confused_with: "FTP and NNTP, whose replies have the same form; LMTP, whose client says LHLO",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Registered for transfer and submission; 2525 in practice.
const PORTS: &[u16] = &[25, 587, 2525];

/// Commands that only SMTP clients send, and send first (RFC 5321 section 4.1.1.1).
const HELLO: &[&str] = &["EHLO", "HELO"];

/// Commands that other protocols have too, or that come later.
const OTHERS: &[&str] =
    &["MAIL", "RCPT", "STARTTLS", "AUTH", "RSET", "NOOP", "QUIT", "HELP", "VRFY", "EXPN", "DATA", "XCLIENT"];

/// How much one side told by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// SMTP's own words.
    Own,
    /// Nothing that speaks against SMTP.
    Fitting,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(PORTS);
    match (client(opening.request()), server(opening.reply())) {
        (Ok(Half::Own), Ok(_)) | (Ok(Half::Fitting), Ok(Half::Own)) => {
            Ok(Evidence::dialogue("greeting-and-command: a greeting and an SMTP command (RFC 5321 section 4.1)")
                .wanting_more(opening.responder.pieces().len() < 3))
        }
        (Ok(Half::Own), Err(Reject::Incomplete)) => {
            Ok(Evidence::signature("hello: EHLO or HELO (RFC 5321 section 4.1.1.1)"))
        }
        (Err(Reject::Incomplete), Ok(Half::Own)) => {
            Ok(Evidence::signature("greeting: a greeting that names SMTP (RFC 5321 section 4.2)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), Ok(Half::Own)) if !opening.from_start => {
            Ok(Evidence::signature("greeting: a greeting that names SMTP (RFC 5321 section 4.2)").from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(Half::Fitting)) if on_port => {
            Ok(Evidence::signature("greeting-on-port: a greeting on a mail port (RFC 5321 section 4.3.1)").from(Side::Responder))
        }
        (Ok(Half::Fitting), Ok(Half::Fitting)) if on_port => {
            Ok(Evidence::message("command-on-port: a greeting and an SMTP command on a mail port (RFC 5321 section 4.1)"))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => mid_stream(opening),
        _ => Err(Reject::Incomplete),
    }
}

fn client(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    let line = lines::command(&mut cursor, &[HELLO, OTHERS].concat())?;
    let own = is_verb(line, HELLO) || mentions(line, "MAIL FROM:") || mentions(line, "RCPT TO:");
    Ok(if own { Half::Own } else { Half::Fitting })
}

fn server(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    let line = lines::reply_line(&mut cursor)?;
    let greeting = matches!(line.code, 220 | 421 | 554);
    match (greeting, mentions(line.text, "SMTP")) {
        (true, true) => Ok(Half::Own),
        (true, false) => Ok(Half::Fitting),
        (false, _) => Err(Reject::Mismatch),
    }
}

/// Without the beginning: commands at the first byte of a packet. `MAIL FROM:<` and `RCPT TO:<` are 10 and 9 bytes that
/// nothing else begins with.
fn mid_stream(opening: &Opening<'_>) -> Verdict {
    if opening.from_start {
        return Err(Reject::Mismatch);
    }
    let bytes = opening.initiator.bytes();
    let starts = std::iter::once(0).chain(opening.initiator.pieces().iter().map(|piece| piece.end));
    let found = starts.map(|at| bytes.get(at as usize..).unwrap_or_default()).any(|rest| {
        let begins = |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
        begins("MAIL FROM:") || begins("RCPT TO:") || begins("EHLO ")
    });
    if found {
        Ok(Evidence::signature("later-command: an SMTP command at a packet's first byte (RFC 5321 section 4.1.1)"))
    } else {
        Err(Reject::Incomplete)
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut replies = opening.reply();
    // Who joins later sees the answer to some command first.
    let first = lines::reply_line(&mut replies.clone()).ok();
    let greeting = first.filter(|line| matches!(line.code, 220 | 421 | 554));
    attributes.set_some("smtp.greeting", greeting.map(|line| line.text));
    let mut commands = opening.request();
    while let Ok(line) = lines::text_line(&mut commands) {
        if is_verb(line, HELLO) {
            attributes.set("smtp.client", argument(line));
        } else if is_verb(line, &["STARTTLS"]) {
            attributes.set("smtp.starttls", true);
        } else if is_verb(line, &["DATA", "BDAT"]) {
            break;
        }
    }
    if lines::reply(&mut replies).is_ok() {
        let mut offered: Vec<String> = Vec::new();
        let mut open = true;
        while let Ok(line) = lines::reply_line(&mut replies) {
            if line.code != 250 {
                open = false;
                break;
            }
            offered.push(String::from_utf8_lossy(line.text).into_owned());
            if !line.more || offered.len() > crate::attributes::MAX_LIST {
                open = line.more;
                break;
            }
        }
        // The first line is the server's name.
        if offered.len() > 1 {
            offered.remove(0);
            attributes.set_list("smtp.extensions", offered, open);
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a greeting and EHLO",
        &[b"EHLO client.example.org\r\n"],
        &[b"220 mail.example.org ESMTP\r\n", b"250-mail.example.org\r\n250 STARTTLS\r\n"],
    ),
    Example::tcp(Confidence::Dialogue, "a client that leaves", &[b"QUIT\r\n"], &[b"220 mail.example.org ESMTP\r\n"]),
    Example::tcp(Confidence::Dialogue, "a greeting that names nothing", &[b"HELO x\r\n"], &[b"220 welcome\r\n"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"EHLO client\r\nMAIL FROM:<a@b>\r\n"], &[]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"220-mail ESMTP ready\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting on the port of mail", &[], &[b"554 no service\r\n"]).on(25),
    Example::not(Transport::Tcp, "FTP", &[b"USER anonymous\r\n"], &[b"220 server ready\r\n"]),
    Example::not(Transport::Tcp, "LMTP", &[b"LHLO client\r\n"], &[b"220 server LMTP\r\n"]),
    Example::not(Transport::Tcp, "a greeting that could be FTP's", &[], &[b"220 server ready\r\n"]),
    Example::not(Transport::Tcp, "a browser that met a mail server", &[b"GET / HTTP/1.1\r\n\r\n"], &[b"220 mail ESMTP\r\n"]),
];
