//! ClickHouse's native protocol, on 9000.
//!
//! ```text
//! initiator   00 hello | client's name | version major | minor | revision | database | user | password
//! responder   00 hello | "ClickHouse" | version major | minor | revision ...       or 02 exception | code | name ...
//! ```
//!
//! Strings have a variable-length number in front, and so are all numbers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ClickHouse.
pub const INSPECTOR: Inspector = Inspector {
    name: "clickhouse",
    title: "ClickHouse native protocol",
    specification: "ClickHouse documentation: native protocol, client and server hello",
    ports: &[9000],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0, 2]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("clickhouse.client", "the client's name and version"),
        ("clickhouse.server_version", "the server's version"),
        ("clickhouse.database", "database that the client asks for"),
        ("clickhouse.user", "user that logs in"),
    ],
    confused_with: "other protocols that begin with 00 and a string: the versions and the three strings behind must fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Lowest revision of a server or client in use: that of 2016.
const FIRST_REVISION: u64 = 50_000;

/// Reads a number of seven bits a byte.
fn number(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Reject::Mismatch)
}

fn string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = number(cursor)?;
    require(len <= 256)?;
    let text = cursor.take(usize::try_from(len).map_err(|_| Reject::Mismatch)?)?;
    require(is_text(text))?;
    Ok(text)
}

/// A hello up to the revision: name, major, minor.
fn hello<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], u64, u64), Reject> {
    cursor.tag(&[0])?;
    let name = string(cursor)?;
    require(name.len() >= 3)?;
    let (major, minor) = (number(cursor)?, number(cursor)?);
    require((1..100).contains(&major) && minor < 1000)?;
    require((FIRST_REVISION..100_000).contains(&number(cursor)?))?;
    Ok((name, major, minor))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    let asked = hello(&mut request)
        .and_then(|_| string(&mut request))
        .and_then(|_| string(&mut request))
        .and_then(|_| string(&mut request));
    let mut reply = opening.reply();
    let answered = match reply.rest().first() {
        Some(2) => {
            let mut ahead = reply;
            ahead.skip(1 + 4).and_then(|()| string(&mut ahead)).and_then(|name| require(name.starts_with(b"DB::")))
        }
        _ => hello(&mut reply).and_then(|(name, ..)| require(name.starts_with(b"ClickHouse"))),
    };
    Evidence::of(
        asked.map(|_| Confidence::Message),
        answered.map(|()| Confidence::Message),
        "hello: name, versions and revision, and who logs in where (ClickHouse native protocol, hello)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    if let Ok((name, major, minor)) = hello(&mut request) {
        attributes.set("clickhouse.client", format!("{} {major}.{minor}", String::from_utf8_lossy(name)));
        attributes.set_some("clickhouse.database", string(&mut request).ok());
        attributes.set_some("clickhouse.user", string(&mut request).ok());
    }
    if let Ok((_, major, minor)) = hello(&mut opening.reply()) {
        attributes.set("clickhouse.server_version", format!("{major}.{minor}"));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client logs in",
        &[b"\x00\x11ClickHouse client\x15\x03\xc4\xa8\x03\x04shop\x03bob\x06secret"],
        &[b"\x00\x0aClickHouse\x15\x03\xc4\xa8\x03\x03UTC"],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"\x00\x0aClickHouse\x15\x03\xc4\xa8\x03"]),
    Example::not(Transport::Tcp, "a string and no versions", &[b"\x00\x05hello\x00\x00\x00\x00\x00\x00"], &[]),
];
