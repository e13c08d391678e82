//! memcached: its text protocol, binary protocol and both over UDP, memcached's "protocol.txt" and "protocol-binary.txt".
//!
//! ```text
//! text     get key␍␊                        answered by VALUE …, END, STORED, STAT … and the like
//! binary   80 opcode key-length:16 extras data-type 0 vbucket:16 body-length:32 opaque:32 cas:64     answered by 81
//! UDP      request id:16 sequence:16 datagrams:16 00 00, then either
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, is_text, require};
use crate::formats::lines;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict, ZERO};
use crate::key::Transport;

/// memcached.
pub const INSPECTOR: Inspector = Inspector {
    name: "memcached",
    title: "memcached",
    specification: "memcached: protocol.txt and the binary protocol's description",
    carriers: Carriers::TCP_UDP,
    ports: &[11211],
    // Over UDP the request id comes first.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(8, &[(6, ZERO), (7, ZERO)]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("memcached.command", "the first text command"),
        ("memcached.server_version", "the server's version, as its answer to version or stats says"),
    ],
    confused_with: "Redis, whose inline commands are answered with a mark before the text; MySQL and RTP, whose bytes may begin with 80 or 81",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Commands (protocol.txt). They are lower-case, unlike those of most text protocols.
const COMMANDS: &[&str] = &[
    "get", "gets", "gat", "gats", "set", "add", "replace", "append", "prepend", "cas", "delete", "incr", "decr", "touch",
    "stats", "version", "flush_all", "verbosity", "slabs", "lru", "mg", "ms", "md", "ma", "mn", "me", "watch", "lru_crawler",
];

/// Words that answers begin with.
const ANSWERS: &[&str] = &[
    "STAT", "END", "VALUE", "STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "TOUCHED", "VERSION", "OK", "RESET",
    "ERROR", "CLIENT_ERROR", "SERVER_ERROR", "HD", "VA", "EN", "NF", "NS", "EX", "MN", "ME",
];

/// The highest opcode in use (binary protocol, section "Command Opcodes").
const MAX_OPCODE: u8 = 0x3d;

/// Largest value in bytes: servers keep a mebibyte unless told otherwise.
const MAX_VALUE: usize = 1 << 20;

/// Most statistics among which the version is looked for: it is the fourth.
const MAX_STATISTICS: usize = 8;

/// A side's first message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Text { is_telling: bool },
    Binary { opcode: u8, opaque: u32 },
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let udp = opening.transport == Transport::Udp;
    let (mut request, mut reply) = (opening.request(), opening.reply());
    let mut ids = [None, None];
    if udp {
        ids = [frame(&mut request)?, frame(&mut reply)?];
    }
    let (asked, answered) = (ask(request), answer(reply));
    let on_port = opening.is_on(INSPECTOR.ports);
    match (asked, answered) {
        (Ok(Half::Text { .. }), Ok(Half::Text { .. })) => {
            let [asked, answered] = ids;
            require(asked == answered)?;
            let (command, answer) = (lines::text_line(&mut request)?, lines::text_line(&mut reply)?);
            let suits = suits(command, answer);
            if !suits && on_port {
                return Ok(Evidence::signature("text-on-port: a command on memcached's port (protocol.txt)"));
            }
            require(suits)?;
            Ok(Evidence::dialogue("text: a command and its own answer (protocol.txt)"))
        }
        (Ok(Half::Binary { opcode, opaque }), Ok(Half::Binary { opcode: also, opaque: same })) => {
            require(opcode == also && opaque == same)?;
            Ok(Evidence::dialogue("binary: a request and its answer (binary protocol)"))
        }
        (Ok(Half::Binary { .. }), Err(Reject::Incomplete)) => {
            Ok(Evidence::signature("binary: a request whose lengths agree (binary protocol)"))
        }
        (Ok(Half::Text { is_telling: true }), Err(Reject::Incomplete)) => {
            Ok(Evidence::signature("text: a command that stores as many bytes as it says (protocol.txt)"))
        }
        (Ok(Half::Text { .. }), Err(Reject::Incomplete)) if on_port => {
            Ok(Evidence::signature("text-on-port: a command on memcached's port (protocol.txt)"))
        }
        (Err(Reject::Incomplete), Ok(Half::Text { is_telling })) if on_port || is_telling => {
            Ok(Evidence::signature("answer: an answer of the text protocol (protocol.txt)").from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(_)) if on_port => {
            Ok(Evidence::signature("answer: an answer on memcached's port (protocol.txt)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) | (Ok(_), Ok(_)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// The header before each datagram (protocol.txt, "UDP protocol"): gives the request id, or nothing of a silent side.
fn frame(cursor: &mut Cursor<'_>) -> Result<Option<u16>, Reject> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let (id, sequence, count) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    cursor.tag(&[0, 0])?;
    require(count >= 1 && sequence < count)?;
    Ok(Some(id))
}

fn ask(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    if cursor.rest().first() == Some(&0x80) {
        return binary(&mut cursor, 0x80);
    }
    require(cursor.rest().first().is_none_or(u8::is_ascii_lowercase))?;
    let line = lines::command(&mut cursor, COMMANDS)?;
    // `set key flags expiry bytes`, as many bytes, and a line end.
    let stores = matches!(lines::verb(line), b"set" | b"add" | b"replace" | b"append" | b"prepend");
    Ok(Half::Text { is_telling: stores && counted(line, 2, cursor) })
}

/// Whether an answer is one that the command has. Other protocols have the same verbs, and other answers to them.
fn suits(asked: &[u8], answered: &[u8]) -> bool {
    if asked.ends_with(b" noreply") || matches!(lines::verb(answered), b"CLIENT_ERROR" | b"SERVER_ERROR") {
        return true;
    }
    match lines::verb(asked) {
        b"get" | b"gets" | b"gat" | b"gats" => answered == b"END" || is_value(answered),
        b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas" => {
            matches!(answered, b"STORED" | b"NOT_STORED" | b"EXISTS" | b"NOT_FOUND")
        }
        b"delete" => matches!(answered, b"DELETED" | b"NOT_FOUND"),
        b"incr" | b"decr" => answered == b"NOT_FOUND",
        b"touch" => matches!(answered, b"TOUCHED" | b"NOT_FOUND"),
        b"version" => lines::verb(answered) == b"VERSION",
        b"stats" if answered == b"OK" => asked.len() > b"stats".len(),
        b"stats" => matches!(lines::verb(answered), b"STAT" | b"END" | b"RESET"),
        b"mg" | b"ms" | b"md" | b"ma" | b"mn" | b"me" => lines::verb(answered).len() == 2,
        _ => answered == b"OK",
    }
}

/// `VALUE key flags bytes`, and perhaps a number by which to compare and swap.
fn is_value(line: &[u8]) -> bool {
    let numbers = line.split(|&byte| byte == b' ').skip(2);
    lines::verb(line) == b"VALUE" && matches!(numbers.clone().count(), 2 | 3) && numbers.map(decimal).all(|number| number.is_ok())
}

/// Whether a line consists of a verb, a key and numbers of which `place`, counted from the key, is the length of the bytes that
/// follow it with a line end of their own.
fn counted(line: &[u8], place: usize, mut cursor: Cursor<'_>) -> bool {
    let mut words = line.split(|&byte| byte == b' ').skip(2);
    let lens = words.by_ref().map(decimal).collect::<Result<Vec<u64>, Reject>>();
    let Some(&len) = lens.as_ref().ok().and_then(|lens| lens.get(place)) else { return false };
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    len <= MAX_VALUE && cursor.take(len).is_ok() && cursor.tag(b"\r\n").is_ok()
}

fn answer(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    if cursor.rest().first() == Some(&0x81) {
        return binary(&mut cursor, 0x81);
    }
    require(cursor.rest().first().is_none_or(u8::is_ascii_uppercase))?;
    let mut line = lines::command(&mut cursor, ANSWERS)?;
    // What was stored before tells nothing; what is given out behind it may.
    for _ in 0..MAX_STATISTICS {
        let mut ahead = cursor;
        let (b"STORED" | b"END" | b"DELETED", Ok(next)) = (line, lines::command(&mut ahead, ANSWERS)) else { break };
        (line, cursor) = (next, ahead);
    }
    // `VALUE key flags bytes`, and as many.
    let is_value = lines::verb(line) == b"VALUE" && counted(line, 1, cursor);
    Ok(Half::Text { is_telling: is_value || line.starts_with(b"STAT pid ") || line.starts_with(b"CLIENT_ERROR ") })
}

fn binary(cursor: &mut Cursor<'_>, magic: u8) -> Result<Half, Reject> {
    cursor.tag(&[magic])?;
    let (opcode, key) = (cursor.u8()?, cursor.u16()?);
    let (extras, data_type) = (cursor.u8()?, cursor.u8()?);
    cursor.u16()?;
    let (body, opaque) = (cursor.u32()?, cursor.u32()?);
    cursor.u64()?;
    require(opcode <= MAX_OPCODE && data_type == 0 && extras <= 24)?;
    // Keys have at most 250 bytes; the rest of the body is the value.
    require(key <= 250 && u32::from(key) + u32::from(extras) <= body && body <= 1 << 26)?;
    Ok(Half::Binary { opcode, opaque })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    if opening.transport == Transport::Udp && frame(&mut request).is_err() {
        return;
    }
    attributes.set_some("memcached.command", lines::command(&mut request, COMMANDS).ok().map(lines::verb));
    let mut reply = opening.reply();
    if opening.transport == Transport::Udp && frame(&mut reply).is_err() {
        return;
    }
    attributes.set_some("memcached.server_version", server_version(reply.rest()));
}

/// The version in `VERSION 1.6.18`, in `STAT version 1.6.18` behind other statistics, or in the answer to either in binary.
fn server_version(answers: &[u8]) -> Option<&[u8]> {
    if answers.first() == Some(&0x81) {
        return binary_version(answers);
    }
    let mut lines = answers.split_inclusive(|&byte| byte == b'\n').take(MAX_STATISTICS);
    let version = lines.find_map(|line| {
        let line = line.strip_suffix(b"\r\n")?;
        line.strip_prefix(b"VERSION ").or_else(|| line.strip_prefix(b"STAT version "))
    })?;
    is_text(version).then_some(version)
}

/// Opcodes of the binary protocol: 0b version, 10 statistics, each in an answer of its own.
fn binary_version(mut answers: &[u8]) -> Option<&[u8]> {
    for _ in 0..MAX_STATISTICS {
        let mut cursor = Cursor::closed(answers);
        let Ok(Half::Binary { opcode, .. }) = binary(&mut cursor, 0x81) else { return None };
        let key = usize::from(u16::from_be_bytes(*answers.get(2..)?.first_chunk::<2>()?));
        let body = u32::from_be_bytes(*answers.get(8..)?.first_chunk::<4>()?) as usize;
        let body = cursor.take(body).ok()?;
        let extras = usize::from(*answers.get(4)?);
        let (name, value) = body.get(extras..)?.split_at_checked(key)?;
        if (opcode == 0x0b || opcode == 0x10 && name == b"version") && is_text(value) && !value.is_empty() {
            return Some(value);
        }
        answers = cursor.rest();
    }
    None
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Signature, "only the server was captured, which stored and gave out", &[], &[b"STORED\r\n", b"VALUE k 0 5\r\nhello\r\nEND\r\n"]),
    Example::not(Transport::Tcp, "words that are memcached's, and no value", &[], &[b"STORED\r\nVALUE of goods\r\n"]),
    Example::tcp(Confidence::Dialogue, "a text command", &[b"get key\r\n"], &[b"VALUE key 0 1\r\nx\r\nEND\r\n"]),
    Example::tcp(
        Confidence::Dialogue,
        "a binary request",
        &[b"\x80\0\0\x03\0\0\0\0\0\0\0\x03\0\0\0\x07\0\0\0\0\0\0\0\0key"],
        &[b"\x81\0\0\0\x04\0\0\0\0\0\0\x05\0\0\0\x07\0\0\0\0\0\0\0\x01\xde\xad\xbe\xefx"],
    ),
    Example::tcp(Confidence::Signature, "a value is stored, of which only the client was captured", &[b"set key 0 60 3\r\nabc\r\n"], &[]),
    Example::tcp(Confidence::Signature, "a value, of which only the server was captured", &[], &[b"VALUE key 0 3\r\nabc\r\nEND\r\n"]),
    Example::tcp(Confidence::Signature, "a command on memcached's port", &[b"stats\r\n"], &[]).on(11211),
    Example::udp(
        Confidence::Dialogue,
        "over UDP",
        &[b"\0\x01\0\0\0\x01\0\0stats\r\n"],
        &[b"\0\x01\0\0\0\x01\0\0STAT pid 1\r\nEND\r\n"],
    ),
    Example::not(Transport::Tcp, "a value of another length", &[], &[b"VALUE key 0 2\r\nabc\r\nEND\r\n"]),
    Example::not(Transport::Tcp, "beanstalkd's statistics", &[b"stats\r\n"], &[b"OK 954\r\n---\n"]),
    Example::not(Transport::Tcp, "a word that is set elsewhere", &[b"set led on\r\n"], &[b"OK led on\r\n"]),
    Example::not(Transport::Tcp, "a name that nobody knows", &[b"get name\r\n"], &[b"ERROR\r\n"]),
    Example::not(Transport::Tcp, "Redis' inline command", &[b"get key\r\n"], &[b"$-1\r\n"]),
    Example::not(Transport::Tcp, "another's opaque", &[b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0"], &[b"\x81\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_version_is_read_from_text_and_binary_answers() {
        let binary = |opcode, key: &[u8], value: &[u8]| {
            let mut answer = vec![0x81, opcode, 0, key.len() as u8, 0, 0, 0, 0, 0, 0, 0, (key.len() + value.len()) as u8];
            answer.extend([0; 12]);
            [answer, key.to_vec(), value.to_vec()].concat()
        };
        let statistics = [binary(0x10, b"pid", b"6435"), binary(0x10, b"version", b"1.6.18")].concat();
        let answers: [&[u8]; 4] =
            [b"VERSION 1.6.18\r\n", b"STAT pid 1\r\nSTAT uptime 4\r\nSTAT version 1.6.18\r\n", &binary(0x0b, b"", b"1.6.18"), &statistics];
        for answer in answers {
            assert_eq!(server_version(answer), Some(&b"1.6.18"[..]), "{answer:?}");
        }
        assert_eq!(server_version(b"VALUE version 0 1\r\nx\r\nEND\r\n"), None);
        assert_eq!(server_version(b"VERSION 1.6"), None);
    }
}
