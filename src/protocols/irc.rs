//! Internet Relay Chat, [RFC 1459] and [RFC 2812] section 2.3, with IRCv3's capability negotiation.
//!
//! ```text
//! initiator   CAP LS 302␍␊ NICK wiz␍␊ USER guest 0 * :Ronnie␍␊       registration (RFC 2812 section 3.1)
//! responder   :irc.example.org NOTICE * :*** Looking up …␍␊            [:prefix SP] command parameters
//!             :irc.example.org 001 wiz :Welcome …␍␊                     replies have three digits
//! ```
//!
//! [RFC 1459]: https://www.rfc-editor.org/rfc/rfc1459
//! [RFC 2812]: https://www.rfc-editor.org/rfc/rfc2812

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::formats::lines::{self, argument, is_verb, verb};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// IRC.
pub const INSPECTOR: Inspector = Inspector {
    name: "irc",
    title: "Internet Relay Chat",
    specification: "RFC 2812 sections 2.3 and 3",
    ports: PORTS,
    initiator_first: LETTERS.or(ByteSet::of(b" :@\r\n")),
    responder_first: LETTERS.or(ByteSet::of(b":@")),
    inspect,
    describe: Some(describe),
    attributes: &[("irc.nick", "the nickname that the client asked for"), ("irc.server", "the name that the server gave itself")],
    confused_with: "FTP and POP3, whose clients say USER and PASS too; HTTP on 6667 or 8080",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000];

/// Commands with which a client can register (RFC 2812 section 3.1), and those that may follow.
const CLIENT: &[&str] = &["NICK", "USER", "CAP", "PASS", "JOIN", "PRIVMSG", "PONG", "MODE", "WHO", "NOTICE", "PROTOCTL", "SERVER"];

/// Commands that servers send.
const SERVER: &[&str] = &["NOTICE", "PING", "ERROR", "CAP", "AUTHENTICATE", "NICK", "JOIN", "PRIVMSG", "MODE", "QUIT", "PART", "KICK", "TOPIC"];

/// Those that a server says in its own name, without a prefix; what users do always says who did it.
const OWN: &[&str] = &["NOTICE", "PING", "ERROR", "CAP", "AUTHENTICATE"];

/// Lines of a side that are looked at.
const MAX_LINES: usize = 8;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, answered) = (client(opening.request()), server(opening.reply()));
    let side = Side::Responder;
    match (asked, answered) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(_), Ok(_)) => {
            let rule = "registration-and-message: an IRC command and a server's message (RFC 2812 sections 2.3 and 3)";
            Ok(Evidence::dialogue(rule).wanting_more(opening.initiator.pieces().len() < 3))
        }
        (Ok(true), Err(Reject::Incomplete)) => {
            Ok(Evidence::message("registration: NICK and USER with its four parameters (RFC 2812 section 3.1)"))
        }
        (Ok(false), Err(Reject::Incomplete)) if opening.is_on(PORTS) => {
            Ok(Evidence::signature("command-on-port: an IRC command on IRC's port (RFC 2812 section 3)"))
        }
        (Err(Reject::Incomplete), Ok(true)) => {
            Ok(Evidence::message("server-message: a message with a server's prefix (RFC 2812 section 2.3)").from(side))
        }
        (Err(Reject::Incomplete), Ok(false)) if opening.is_on(PORTS) => {
            Ok(Evidence::signature("server-message-on-port: a server's message on IRC's port (RFC 2812 section 2.3)").from(side))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Whether the client registers, with NICK and a USER of at least three parameters.
fn client(cursor: Cursor<'_>) -> Result<bool, Reject> {
    let mut lines = Lines(cursor);
    let first = lines.next_line()?;
    require(is_verb(without_prefix(first), CLIENT) && !argument(without_prefix(first)).is_empty())?;
    let all: Vec<&[u8]> = std::iter::once(first).chain(std::iter::from_fn(|| lines.next_line().ok())).take(MAX_LINES).collect();
    let nick = all.iter().any(|line| is_verb(line, &["NICK"]));
    // USER has four parameters; who says NICK too may say less.
    let few = |line: &&[u8]| argument(line).split(|&byte| byte == b' ').count() < 3;
    require(nick || !all.iter().any(|line| is_verb(line, &["USER"]) && few(line)))?;
    let user = all.iter().any(|line| is_verb(line, &["USER"]));
    Ok(nick && user)
}

/// Whether the message has a prefix and one of a server's commands or a numeric reply after it.
fn server(cursor: Cursor<'_>) -> Result<bool, Reject> {
    let line = Lines(cursor).next_line()?;
    let prefixed = line.starts_with(b":");
    let message = without_prefix(line);
    let numeric = verb(message).len() == 3 && verb(message).iter().all(u8::is_ascii_digit);
    require(is_verb(message, if prefixed { SERVER } else { OWN }) || numeric && prefixed)?;
    require(!argument(message).is_empty())?;
    Ok(prefixed)
}

/// A message without its tags (IRCv3) and prefix.
fn without_prefix(line: &[u8]) -> &[u8] {
    let mut line = line;
    for mark in [b"@", b":"] {
        if line.starts_with(mark) {
            line = argument(line);
        }
    }
    line
}

/// Lines, without the blanks before them and without empty ones.
struct Lines<'a>(Cursor<'a>);

impl<'a> Lines<'a> {
    fn next_line(&mut self) -> Result<&'a [u8], Reject> {
        loop {
            // Formatting codes and client-to-client requests are control characters inside messages.
            let control = |byte: &u8| *byte < 7 || matches!(byte, 0x0b | 0x0c | 0x0e | 0x10..=0x15 | 0x17..=0x1c);
            let early = self.0.rest().iter().take(8).any(control);
            require(!early)?;
            let line = self.0.line(lines::MAX_LINE)?.trim_ascii_start();
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut asked = Lines(opening.request());
    for line in std::iter::from_fn(|| asked.next_line().ok()).take(MAX_LINES) {
        if is_verb(line, &["NICK"]) {
            attributes.set("irc.nick", argument(line));
        }
    }
    if let Ok(line) = Lines(opening.reply()).next_line() {
        attributes.set_some("irc.server", verb(line).strip_prefix(b":"));
    }
}

const EXAMPLES: &[Example] = &[
    Example::not(Transport::Tcp, "other words of a text protocol", &[b"USER START\r\nINFO\r\n"], &[b"PING OK\r\n"]),
    Example::not(Transport::Tcp, "a user's command without saying whose, on IRC's port", &[], &[b"QUIT STOP LOGIN\r\n"]).on(6667),
    Example::tcp(
        Confidence::Dialogue,
        "a registration and a notice",
        &[b"NICK wiz\r\nUSER guest 0 * :Ronnie Reagan\r\n"],
        &[b":irc.example.org NOTICE * :*** Looking up your hostname\r\n"],
    ),
    Example::tcp(Confidence::Dialogue, "a server without a prefix", &[b"CAP LS 302\r\n"], &[b"NOTICE AUTH :*** hello\r\n"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"USER a b c :d\nNICK e\n"], &[]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b":irc.example.org 001 wiz :Welcome\r\n"]),
    Example::tcp(Confidence::Signature, "a command on IRC's port", &[b"PRIVMSG bob :hello\r\n"], &[]).on(6667),
    Example::not(Transport::Tcp, "FTP", &[b"USER anonymous\r\n"], &[b"220 ready\r\n"]),
    Example::not(Transport::Tcp, "POP3's client", &[b"USER a\r\nPASS b\r\n"], &[]),
    Example::not(Transport::Tcp, "HTTP", &[b"GET / HTTP/1.1\r\n\r\n"], &[]),
];
