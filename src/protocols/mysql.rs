//! MySQL and MariaDB: the connection phase of the [client/server protocol].
//!
//! ```text
//! length LE, 3 bytes | sequence | payload
//! responder   seq 0   0A  version NUL  thread id  8 bytes of salt 00  capabilities ...     greeting
//!             seq 0   FF  error number  text                                               refusal
//! initiator   seq 1   capabilities  largest packet  character set  23 zeros  user NUL ...   log-in
//!             seq 1   the same 32 bytes, and then a TLS handshake
//! responder   seq 2+  00 OK, FF error, FE another method, 01 more
//! ```
//!
//! [client/server protocol]: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// MySQL.
pub const INSPECTOR: Inspector = Inspector {
    name: "mysql",
    title: "MySQL and MariaDB",
    specification: "MySQL Internals: connection phase, Protocol::HandshakeV10 and Protocol::HandshakeResponse",
    ports: &[3306],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("mysql.server_version", "the version in the server's greeting"),
        ("mysql.error", "number of the error with which the server refused the connection"),
        ("mysql.tls", "whether the client goes over to TLS"),
        ("mysql.auth_plugin", "authentication method that the server prefers"),
    ],
    confused_with: "MySQL's X protocol on 33060; Sphinx and proxies, which speak the same greeting",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest version text in bytes; real ones have some 40.
const MAX_VERSION: usize = 96;
/// Longest refusal: an error number, a state and one sentence.
const MAX_REFUSAL: usize = 600;
/// Capability: the client goes over to TLS.
const CLIENT_SSL: u32 = 0x0800;
/// Capability: protocol of version 4.1 and later.
const CLIENT_PROTOCOL_41: u32 = 0x0200;

/// Reads a packet's header and gives its payload, which may still be coming.
fn packet<'a>(cursor: &mut Cursor<'a>, sequence: u8) -> Result<Cursor<'a>, Reject> {
    let len = usize::try_from(cursor.u24_le()?).map_err(|_| Reject::Mismatch)?;
    require(len > 0)?;
    require(cursor.u8()? == sequence)?;
    cursor.within(len)
}

/// What a server begins with.
enum Greeting<'a> {
    Version { version: &'a [u8], plugin: Option<&'a [u8]> },
    Refusal { number: u16 },
}

fn greeting<'a>(cursor: &mut Cursor<'a>) -> Result<Greeting<'a>, Reject> {
    let mut payload = packet(cursor, 0)?;
    let first = payload.u8()?;
    if first == 0xff {
        let number = payload.u16_le()?;
        // Server errors are numbered from 1000 on.
        require((1000..=5000).contains(&number))?;
        require(payload.len() < MAX_REFUSAL)?;
        let text = payload.rest();
        require(text.iter().all(|&byte| byte >= 0x20))?;
        return if payload.is_open() { Err(Reject::Incomplete) } else { Ok(Greeting::Refusal { number }) };
    }
    require(first == 10)?;
    let version = payload.until(0, MAX_VERSION)?;
    require(version.first().is_some_and(u8::is_ascii_digit) && version.contains(&b'.') && is_text(version))?;
    payload.skip(4 + 8)?;
    payload.tag(&[0])?;
    payload.skip(2)?;
    if payload.is_empty() && !payload.is_open() {
        // A server of before 4.1 says no more.
        return Ok(Greeting::Version { version, plugin: None });
    }
    payload.skip(1 + 2 + 2 + 1)?;
    // Ten zeros, of which MariaDB uses the last four.
    payload.tag(&[0; 6])?;
    payload.skip(4)?;
    // The rest of the salt, at least 13 bytes with its NUL.
    payload.skip(12)?;
    let plugin = payload.until(0, MAX_VERSION).and_then(|_| payload.until(0, MAX_VERSION));
    match plugin {
        Err(Reject::Incomplete) => Err(Reject::Incomplete),
        plugin => Ok(Greeting::Version { version, plugin: plugin.ok().filter(|name| is_text(name)) }),
    }
}

/// Reads a greeting as far as its version: length, sequence 0, protocol 10 and digits around a dot, some 40 bits.
fn begun(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let mut payload = packet(&mut cursor, 0)?;
    payload.tag(&[10])?;
    let version = payload.until(0, MAX_VERSION)?;
    require(version.first().is_some_and(u8::is_ascii_digit) && version.contains(&b'.') && is_text(version))
}

/// A client's answer to the greeting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    /// It logs in.
    Password,
    /// It goes over to TLS.
    Tls,
    /// It logs in as before 4.1, in a form that tells nothing without the greeting.
    Old,
}

fn login(cursor: &mut Cursor<'_>) -> Result<Login, Reject> {
    let mut payload = packet(cursor, 1)?;
    let whole = payload.len();
    let capabilities = payload.u32_le()?;
    if capabilities & CLIENT_PROTOCOL_41 == 0 {
        // Before 4.1: two bytes of capabilities, three of the largest packet, user.
        let user = payload.until(0, MAX_VERSION + 1)?;
        require(user.len() > 1 && user.get(1..).is_some_and(is_text))?;
        return Ok(Login::Old);
    }
    payload.skip(4 + 1)?;
    // 23 zeros, of which MariaDB uses the last four.
    payload.tag(&[0; 19])?;
    payload.skip(4)?;
    if capabilities & CLIENT_SSL != 0 && whole == 32 {
        return Ok(Login::Tls);
    }
    payload.until(0, 256)?;
    require(!payload.is_open()).map_err(|_| Reject::Incomplete)?;
    Ok(Login::Password)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let hello = greeting(&mut opening.reply());
    let answer = login(&mut opening.request());
    match (hello, answer) {
        (Ok(Greeting::Version { .. }), Ok(_)) => Ok(Evidence::dialogue(
            "greeting-and-login: greeting of protocol 10 and the log-in with the next sequence (MySQL connection phase)",
        )
        .from(Side::Responder)),
        (Ok(Greeting::Version { .. }), Err(Reject::Incomplete)) => {
            Ok(Evidence::message("greeting: protocol 10, a version and a salt (MySQL connection phase)")
                .from(Side::Responder))
        }
        (Ok(Greeting::Refusal { .. }), Err(Reject::Incomplete)) => {
            Ok(Evidence::message("refusal: an error packet of sequence 0 (MySQL ERR_Packet)").from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(Login::Old) | Err(Reject::Incomplete)) => {
            begun(opening.reply()).map_err(|_| Reject::Incomplete)?;
            let rule = "greeting-begun: protocol 10 and a version; the rest is missing (MySQL connection phase)";
            Ok(Evidence::signature(rule).from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(_)) => {
            Ok(Evidence::message("login: capabilities, filler and a user of sequence 1 (MySQL connection phase)"))
        }
        _ if !opening.from_start => inspect_middle(opening),
        _ => Err(Reject::Mismatch),
    }
}

/// A flow whose connection phase is lost: a command of sequence 0 and an answer of sequence 1.
fn inspect_middle(opening: &Opening<'_>) -> Verdict {
    let request = command(opening.initiator);
    let reply = packet(&mut opening.reply(), 1).map(drop);
    match (request, reply) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(()), Ok(())) => {
            Ok(Evidence::signature("command: SQL of sequence 0 answered with sequence 1 (MySQL COM_QUERY)"))
        }
        (Ok(()), _) if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("command: SQL of sequence 0, on MySQL's port (MySQL COM_QUERY)"))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Judges a side's first bytes as COM_QUERY, COM_INIT_DB or COM_STMT_PREPARE with text, or COM_PING.
fn command(said: Said<'_>) -> Result<(), Reject> {
    let mut stream = said.cursor(Transport::Tcp);
    let mut payload = packet(&mut stream, 0)?;
    let whole = !payload.is_open();
    match payload.u8()? {
        0x0e => require(payload.is_empty()),
        // A word of SQL at least: eight letters or spaces.
        0x02 | 0x03 | 0x16 => {
            require(payload.rest().iter().take(8).all(|&byte| is_text(&[byte]) || byte == b'\n'))?;
            if payload.len() >= 8 || whole { Ok(()) } else { Err(Reject::Incomplete) }
        }
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    match greeting(&mut opening.reply()) {
        Ok(Greeting::Version { version, plugin }) => {
            attributes.set("mysql.server_version", version);
            attributes.set_some("mysql.auth_plugin", plugin);
        }
        Ok(Greeting::Refusal { number }) => attributes.set("mysql.error", number),
        Err(_) => {}
    }
    attributes.set_some("mysql.tls", login(&mut opening.request()).ok().map(|login| login == Login::Tls));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Signature, "a greeting that the capture cut", &[], &[b"\x4a\0\0\0\x0a8.0.33\0\x01\0\0\0ab"]),
    Example::not(Transport::Tcp, "a greeting cut before its version ends", &[], &[b"\x4a\0\0\0\x0a8.0."]),
    Example::tcp(
        Confidence::Dialogue,
        "a user logs in",
        &[b"\x2a\x00\x00\x01\x05\xa6\x0f\x00\x00\x00\x00\x01\x21\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00root\x00test\x00"],
        &[b"\x4a\x00\x00\x00\x0a8.0.22\x00\x11\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xc7\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00mysql_native_password\x00"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "the client goes over to TLS",
        &[b"\x20\x00\x00\x01\x8d\xaa\x0b\x00\x00\x00\x00\x01\x21\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x16\x03\x01"],
        &[b"\x4a\x00\x00\x00\x0a8.0.22\x00\x11\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xc7\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00mysql_native_password\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "the server refuses the client's host",
        &[],
        &[b"\x2c\x00\x00\x00\xff\x6a\x04Host 'a' is not allowed to connect to x.."],
    ),
    Example::not(
        Transport::Tcp,
        "a version that is none",
        &[],
        &[b"\x4a\x00\x00\x00\x0ahello there\x00\x11\x00\x00\x00abcdefgh\x00\xff\xff"],
    ),
];
