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
    attributes: &[
        ("redis.command", "the first command, without its arguments"),
        ("redis.server_version", "the server's version, as its reply to INFO or HELLO says"),
    ],
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

/// Packets of the server in which its version is looked for, and the longest version in bytes.
const MAX_REPLIES: usize = 4;
const MAX_VERSION: usize = 32;

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
        (Ok(Half::Own), Ok(_)) => {
            let rule = "command-and-reply: a command in RESP and a reply (RESP specification)";
            Ok(Evidence::dialogue(rule).wanting_more(may_tell_version(opening)))
        }
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
        let line = lines::command(&mut cursor, INLINE)?;
        // A browser's request has a command's verb as well.
        require(!line.windows(6).any(|part| part == b" HTTP/"))?;
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

/// Whether replies hold what INFO is answered with, behind simple strings at the most.
fn is_information(mut cursor: Cursor<'_>) -> bool {
    for _ in 0..MAX_REPLIES {
        match cursor.u8() {
            Ok(b'+') if lines::text_line(&mut cursor).is_ok() => {}
            Ok(b'$') => {
                return number(&mut cursor).is_ok() && cursor.tag(b"# Server\r\nredis_version:").is_ok();
            }
            _ => return false,
        }
    }
    false
}

/// Reads the beginning of a reply.
fn reply(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    if is_information(cursor) {
        return Ok(Half::Own);
    }
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
            let texts: &[&[u8]] = &[b"ERR unknown command", b"ERR wrong number of arguments for '", b"ERR Protocol error"];
            Ok(if own.contains(&word) || texts.iter().any(|text| line.starts_with(text)) { Half::Own } else { Half::Fitting })
        }
        b':' | b'$' | b'*' | b'%' | b'~' | b'>' | b'=' | b'!' | b'(' => {
            let negative = cursor.rest().first() == Some(&b'-');
            if negative {
                cursor.u8()?;
            }
            let len = number(&mut cursor)?;
            // A string of as many bytes as it says.
            if kind == b'$' && len > 0 && !negative {
                let whole = cursor.take(usize::try_from(len).unwrap_or(usize::MAX)).and_then(|_| cursor.tag(b"\r\n"));
                return match whole {
                    Ok(()) => Ok(Half::Own),
                    Err(Reject::Incomplete) => Ok(Half::Fitting),
                    Err(Reject::Mismatch) => Err(Reject::Mismatch),
                };
            }
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

/// The first command's name: in RESP, or inline.
fn command<'a>(opening: &Opening<'a>) -> Option<&'a [u8]> {
    let mut request = opening.request();
    if request.tag(b"*").is_ok() {
        number(&mut request).and_then(|_| bulk(&mut request)).ok()
    } else {
        lines::command(&mut request, INLINE).ok().map(lines::verb)
    }
}

/// Whether the server has yet to tell its version: clients ask for it behind their password and their name.
fn may_tell_version(opening: &Opening<'_>) -> bool {
    let prepares = |name: &[u8]| [&b"AUTH"[..], b"HELLO", b"CLIENT", b"INFO"].iter().any(|known| name.eq_ignore_ascii_case(known));
    opening.responder.pieces().len() < MAX_REPLIES
        && server_version(opening.responder.bytes()).is_none()
        && command(opening).is_some_and(prepares)
}

/// The version in a reply to INFO, a line of text, or in the map that answers HELLO.
fn server_version(replies: &[u8]) -> Option<&[u8]> {
    let version = if let Some(at) = memchr::memmem::find(replies, b"\r\nredis_version:") {
        replies.get(at + b"\r\nredis_version:".len()..)?
    } else {
        let key = b"$7\r\nversion\r\n$";
        let at = memchr::memmem::find(replies, b"$6\r\nserver\r\n$")?;
        let rest = replies.get(at..)?;
        let rest = rest.get(memchr::memmem::find(rest, key)? + key.len()..)?;
        rest.get(memchr::memchr(b'\n', rest)? + 1..)?
    };
    let line = version.get(..memchr::memchr(b'\r', version)?)?;
    ((1..=MAX_VERSION).contains(&line.len()) && crate::cursor::is_text(line)).then_some(line)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("redis.command", command(opening).map(<[u8]>::to_ascii_lowercase).as_deref());
    attributes.set_some("redis.server_version", server_version(opening.responder.bytes()));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Signature,
        "only the server was captured, which answers INFO",
        &[],
        &[b"+OK\r\n", b"$30\r\n# Server\r\nredis_version:7.2.4\r\n\r\n"],
    ),
    Example::not(Transport::Tcp, "a string of another's", &[], &[b"+OK\r\n", b"# Server\r\nredis_version:7.2.4\r\n"]),
    Example::tcp(Confidence::Dialogue, "a command and its value", &[b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"], &[b"$5\r\nvalue\r\n"]),
    Example::tcp(Confidence::Dialogue, "an inline PING", &[b"PING\r\n"], &[b"+PONG\r\n"]),
    Example::tcp(Confidence::Dialogue, "a password that is asked for", &[b"INFO\r\n"], &[b"-NOAUTH Authentication required.\r\n"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"*1\r\n$7\r\nCOMMAND\r\n"], &[]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"*2\r\n$1\r\na\r\n:1\r\n"]),
    Example::tcp(Confidence::Signature, "a value, of which only the server was captured", &[], &[b"$5\r\nvalue\r\n"]),
    Example::not(Transport::Tcp, "a browser's request that a mail server refuses", &[b"GET / HTTP/1.1\r\n"], &[b"-ERR unknown\r\n"]),
    Example::not(Transport::Tcp, "a string that is longer than it says", &[], &[b"$3\r\nvalue\r\n"]),
    Example::not(Transport::Tcp, "POP3", &[b"USER a\r\n"], &[b"+OK ready\r\n"]),
    Example::not(Transport::Tcp, "NATS", &[b"PING\r\n"], &[b"PONG\r\n"]),
    Example::not(Transport::Tcp, "IMAP's greeting", &[], &[b"* OK IMAP4 ready\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_version_is_read_from_what_answers_info_and_hello_in_either_protocol() {
        let info = b"+OK\r\n$576\r\n# Server\r\nredis_version:7.0.15\r\nredis_git_sha1:00000000\r\n";
        assert_eq!(server_version(info), Some(&b"7.0.15"[..]));
        for head in [&b"%7"[..], b"*14"] {
            let hello = [head, b"\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n"].concat();
            assert_eq!(server_version(&hello), Some(&b"7.0.15"[..]));
        }
        // A value that happens to be called so is no server's word, and a version that is cut is none.
        assert_eq!(server_version(b"*2\r\n$7\r\nversion\r\n$1\r\n1\r\n"), None);
        assert_eq!(server_version(b"$576\r\n# Server\r\nredis_version:7.0"), None);
    }
}
