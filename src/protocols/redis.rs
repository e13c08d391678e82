//! Redis: commands and replies in RESP, the [serialization protocol], versions 2 and 3.
//!
//! ```text
//! initiator   *2␍␊$3␍␊GET␍␊$3␍␊key␍␊      an array of bulk strings, the first of them a command
//!             PING␍␊                       or an inline command
//! responder   $5␍␊value␍␊                  + simple  - error  : integer  $ bulk  * array  _ # , ( = ! % ~ > of RESP3
//! ```
//!
//! A reply such as +OK or an inline PING is other protocols' as well (POP3, NATS): each needs its other half.
//!
//! [serialization protocol]: https://redis.io/docs/latest/develop/reference/protocol-spec/

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::formats::lines;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Redis.
pub const INSPECTOR: Inspector = Inspector {
    name: "redis",
    title: "Redis serialization protocol",
    specification: "Redis serialization protocol specification (RESP2, RESP3)",
    ports: PORTS,
    // Clients in error send anything, and are refused in Redis' words.
    initiator_first: LETTERS.or(ByteSet::of(b"*$+-:\r\n")),
    responder_first: ByteSet::of(b"+-:$*_#,(!=%~>"),
    inspect,
    describe: Some(describe),
    attributes: &[("redis.command", "the first command, without its arguments")],
    confused_with: "POP3, which answers +OK too; NATS, whose clients say PING; memcached's text protocol",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The server, and its cluster's sentinels.
const PORTS: &[u16] = &[6379, 6380, 26379];

/// Longest decimal length, with its sign.
const MAX_NUMBER: usize = 20;

/// Most elements of a command that are believed (the server's default limit is 1024 × 1024).
const MAX_ELEMENTS: u64 = 1 << 20;

/// Longest name of a command in bytes.
const MAX_COMMAND: u64 = 32;

/// Commands that are sent inline, by hand or by health checks.
const INLINE: &[&str] = &["PING", "INFO", "AUTH", "QUIT", "CONFIG", "KEYS", "GET", "SET", "MONITOR", "CLIENT", "COMMAND", "HELLO", "SELECT", "ECHO", "DBSIZE", "FLUSHALL", "SLAVEOF", "SAVE", "EXISTS", "INCR", "DEL", "PSYNC", "SYNC", "REPLCONF"];

/// What a side's first message is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// Redis' own form.
    Own,
    /// A form that other protocols have too.
    Fitting,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(PORTS);
    match (request(opening.request()), reply(opening.reply())) {
        (Ok(Half::Own), Ok(_)) => Ok(Evidence::dialogue("command-and-reply: a command in RESP and a reply (RESP specification)")),
        (Ok(Half::Fitting), Ok(Half::Own)) => {
            Ok(Evidence::dialogue("inline-and-reply: an inline command and a reply in RESP (RESP specification)"))
        }
        (Ok(Half::Fitting), Ok(Half::Fitting)) if on_port => {
            Ok(Evidence::message("inline-on-port: an inline command and a reply on Redis' port (RESP specification)"))
        }
        (Ok(Half::Own), Err(Reject::Incomplete)) => {
            Ok(Evidence::message("command: an array of bulk strings that begins with a command (RESP specification)"))
        }
        (Ok(Half::Fitting), Err(Reject::Incomplete)) if on_port => {
            Ok(Evidence::signature("inline-on-port: an inline command on Redis' port (RESP specification)"))
        }
        (Err(Reject::Incomplete), Ok(half)) if on_port || half == Half::Own => {
            Ok(Evidence::signature("reply: a reply in RESP (RESP specification)").from(Side::Responder))
        }
        // Whatever was asked, the server's answer names Redis.
        (Err(Reject::Mismatch), Ok(Half::Own)) if on_port => {
            Ok(Evidence::signature("refusal: an answer that only Redis gives, on its port (RESP specification)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), Err(Reject::Incomplete)) if on_port => Err(Reject::Incomplete),
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// Reads a command: in RESP, or inline.
fn request(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    // Empty lines are passed over, as the server does.
    while cursor.rest().starts_with(b"\r\n") {
        cursor.skip(2)?;
    }
    if cursor.rest() == b"\r" {
        return Err(Reject::Incomplete);
    }
    if cursor.rest().first().is_some_and(|&byte| byte != b'*') {
        lines::command(&mut cursor, INLINE)?;
        return Ok(Half::Fitting);
    }
    cursor.tag(b"*")?;
    let elements = number(&mut cursor)?;
    require((1..=MAX_ELEMENTS).contains(&elements))?;
    bulk(&mut cursor)?;
    Ok(Half::Own)
}

/// Reads a bulk string that is a command's name.
fn bulk<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    cursor.tag(b"$")?;
    let len = number(cursor)?;
    require((1..=MAX_COMMAND).contains(&len))?;
    let name = cursor.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    // Modules' commands have a dot, as in JSON.GET.
    require(name.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'|')))?;
    cursor.tag(b"\r\n")?;
    Ok(name)
}

/// An unsigned length and its line end.
fn number(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    require(cursor.rest().iter().take_while(|&&byte| byte != b'\r').all(u8::is_ascii_digit) || cursor.rest().contains(&b'\r'))?;
    let digits = cursor.until(b'\r', MAX_NUMBER)?;
    cursor.tag(b"\n")?;
    crate::cursor::decimal(digits)
}

/// Reads the beginning of a reply.
fn reply(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    let kind = cursor.u8()?;
    match kind {
        b'+' => {
            let line = lines::text_line(&mut cursor)?;
            Ok(if matches!(line, b"PONG" | b"QUEUED") || line.starts_with(b"FULLRESYNC ") { Half::Own } else { Half::Fitting })
        }
        b'-' => {
            // Errors begin with a word in capitals.
            let line = lines::text_line(&mut cursor)?;
            let word = lines::verb(line);
            require(word.len() >= 3 && word.iter().all(u8::is_ascii_uppercase))?;
            let own: &[&[u8]] = &[b"NOAUTH", b"WRONGPASS", b"WRONGTYPE", b"MISCONF", b"NOPERM", b"MOVED", b"DENIED", b"LOADING", b"READONLY"];
            Ok(if own.contains(&word) || line.starts_with(b"ERR unknown command") || line.starts_with(b"ERR Protocol error") { Half::Own } else { Half::Fitting })
        }
        b':' | b'$' | b'*' | b'%' | b'~' | b'>' | b'=' | b'!' | b'(' => {
            if cursor.rest().first() == Some(&b'-') {
                cursor.u8()?;
            }
            number(&mut cursor)?;
            // A length must be followed by what it counts; a number stands alone.
            if matches!(kind, b'*' | b'%' | b'~' | b'>') && !cursor.is_empty() {
                require(INSPECTOR.responder_first.contains(cursor.u8()?))?;
                return Ok(Half::Own);
            }
            Ok(Half::Fitting)
        }
        b'_' => cursor.tag(b"\r\n").map(|()| Half::Fitting),
        b'#' => cursor.one_of(&[b"t\r\n", b"f\r\n"]).map(|_| Half::Fitting),
        b',' => lines::text_line(&mut cursor).map(|_| Half::Fitting),
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    let name = if request.tag(b"*").is_ok() {
        number(&mut request).and_then(|_| bulk(&mut request)).ok()
    } else {
        lines::command(&mut request, INLINE).ok().map(lines::verb)
    };
    attributes.set_some("redis.command", name.map(<[u8]>::to_ascii_lowercase).as_deref());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a command and its value", &[b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"], &[b"$5\r\nvalue\r\n"]),
    Example::tcp(Confidence::Dialogue, "an inline PING", &[b"PING\r\n"], &[b"+PONG\r\n"]),
    Example::tcp(Confidence::Dialogue, "a password that is asked for", &[b"INFO\r\n"], &[b"-NOAUTH Authentication required.\r\n"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"*1\r\n$7\r\nCOMMAND\r\n"], &[]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"*2\r\n$1\r\na\r\n:1\r\n"]),
    Example::not(Transport::Tcp, "POP3", &[b"USER a\r\n"], &[b"+OK ready\r\n"]),
    Example::not(Transport::Tcp, "NATS", &[b"PING\r\n"], &[b"PONG\r\n"]),
    Example::not(Transport::Tcp, "IMAP's greeting", &[], &[b"* OK IMAP4 ready\r\n"]),
];
