//! PostgreSQL and what speaks its protocol (Redshift, CockroachDB, PgBouncer): version 3.0 of the
//! [frontend/backend protocol].
//!
//! ```text
//! initiator   length 00030000 user NUL name NUL ... NUL                 start-up
//!             00000008 04D2162F, ...30                                  asks for TLS, for GSSAPI
//!             00000010 04D2162E process key                             cancels
//! responder   S or N, G or N                                            to what was asked for
//!             type, length, ...                                         R authentication, E error ...
//! both        type, length, ...                                         from then on
//! ```
//!
//! After `S` the same flow goes on in TLS; it stays PostgreSQL.
//!
//! [frontend/backend protocol]: https://www.postgresql.org/docs/current/protocol.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// PostgreSQL.
pub const INSPECTOR: Inspector = Inspector {
    name: "postgresql",
    title: "PostgreSQL",
    specification: "PostgreSQL documentation, section 53.7 Message Formats",
    ports: &[5432, 6432],
    initiator_first: ByteSet::of(b"\x00QPBEDCSHFfXdcpR"),
    responder_first: ByteSet::of(b"SNGERTDCZKvAnst123IVWHGdc"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("postgresql.user", "user of the start-up message"),
        ("postgresql.database", "database of the start-up message"),
        ("postgresql.application", "application_name of the start-up message"),
        ("postgresql.asks_tls", "whether the client asks for TLS first"),
        ("postgresql.tls_accepted", "whether the server agrees to TLS"),
        ("postgresql.server_version", "server_version that the server reports"),
        ("postgresql.error", "SQLSTATE of the server's first error"),
    ],
    confused_with: "protocols with four bytes of length in front: their next four bytes are not 0003 0000 or 04d2 16xx",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest start-up message (the server's own limit), in bytes.
const MAX_STARTUP: u32 = 10_000;
/// Longest message believed where nothing names the protocol, in bytes.
const MAX_MESSAGE: u32 = 1 << 24;
/// Messages read of a side.
const MAX_MESSAGES: usize = 16;

/// What a client begins with.
#[derive(Clone, Copy)]
enum First<'a> {
    AsksTls,
    AsksGss,
    Cancels,
    /// The parameters, up to their final NUL.
    Startup(&'a [u8]),
}

fn first<'a>(cursor: &mut Cursor<'a>) -> Result<First<'a>, Reject> {
    let len = cursor.u32()?;
    require((8..=MAX_STARTUP).contains(&len))?;
    let code = cursor.u32()?;
    match (code, len) {
        (0x04d2_162f, 8) => Ok(First::AsksTls),
        (0x04d2_1630, 8) => Ok(First::AsksGss),
        (0x04d2_162e, 12..=272) => {
            cursor.skip(len as usize - 8)?;
            Ok(First::Cancels)
        }
        // Version 3.0, and 3.2 of PostgreSQL 18.
        (0x0003_0000 | 0x0003_0002, 9..) => {
            let mut body = cursor.sub(len as usize - 8)?;
            let parameters = body.rest();
            loop {
                let name = body.until(0, 64)?;
                if name.is_empty() {
                    body.end()?;
                    return Ok(First::Startup(parameters));
                }
                require(is_text(name))?;
                body.until(0, 1024)?;
            }
        }
        _ => Err(Reject::Mismatch),
    }
}

/// The value of a start-up parameter.
fn parameter<'a>(parameters: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut words = parameters.split(|&byte| byte == 0);
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        if key == name {
            return Some(value);
        }
    }
    None
}

/// A message with a type.
#[derive(Clone, Copy)]
struct Message<'a> {
    kind: u8,
    body: Cursor<'a>,
}

fn message<'a>(cursor: &mut Cursor<'a>, side: Side) -> Result<Message<'a>, Reject> {
    let kind = cursor.u8()?;
    let known: &[u8] = match side {
        Side::Initiator => b"QPBEDCSHFfXdcp",
        Side::Responder => b"RSKEZTDCINntsAVvGHWdc123",
    };
    require(known.contains(&kind))?;
    let len = cursor.u32()?;
    require((4..MAX_MESSAGE).contains(&len))?;
    let body = cursor.within(len as usize - 4)?;
    let message = Message { kind, body };
    judge(&message, side)?;
    Ok(message)
}

/// That a message holds what its type says, as far as that is simple.
fn judge(message: &Message<'_>, side: Side) -> Result<(), Reject> {
    let mut body = message.body;
    let whole = !body.is_open();
    let empty = |body: Cursor<'_>| require(body.is_empty() && !body.is_open());
    match (side, message.kind) {
        (Side::Initiator, b'S' | b'H' | b'X' | b'c')
        | (Side::Responder, b'1' | b'2' | b'3' | b'I' | b'n' | b's' | b'c') => empty(body),
        (Side::Initiator, b'Q') => {
            require(!whole || body.rest().last() == Some(&0))?;
            require(body.rest().iter().take_while(|&&byte| byte != 0).all(|&byte| byte >= b'\t'))
        }
        (Side::Responder, b'Z') => {
            require(matches!(body.u8()?, b'I' | b'T' | b'E'))?;
            body.end()
        }
        (Side::Responder, b'R') => require(body.u32()? <= 12),
        (Side::Responder, b'S' | b'C' | b'E' | b'N') => {
            require(!whole || body.rest().last() == Some(&0))?;
            require(body.rest().iter().all(|&byte| byte == 0 || byte >= b'\t'))
        }
        (Side::Responder, b'K') => require(body.len() >= 8 || body.is_open()),
        (Side::Responder, b'T' | b'D') | (Side::Initiator, b'B') => {
            require(body.len() >= 2 || body.is_open())
        }
        _ => Ok(()),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.initiator.bytes().first() == Some(&0) {
        return inspect_start(opening);
    }
    inspect_middle(opening)
}

fn inspect_start(opening: &Opening<'_>) -> Verdict {
    let begun = match first(&mut opening.request()) {
        Err(Reject::Incomplete) => return partial_startup(opening.request()).map_err(|_| Reject::Incomplete),
        begun => begun?,
    };
    let mut reply = opening.reply();
    let answered = match begun {
        First::AsksTls => reply.u8().and_then(|byte| require(matches!(byte, b'S' | b'N' | b'E'))),
        First::AsksGss => reply.u8().and_then(|byte| require(matches!(byte, b'G' | b'N' | b'E'))),
        First::Cancels => Err(Reject::Incomplete),
        First::Startup(_) => message(&mut reply, Side::Responder)
            .and_then(|message| require(matches!(message.kind, b'R' | b'E' | b'N' | b'v'))),
    };
    let evidence = Evidence::of(
        Ok(Confidence::Message),
        answered.map(|()| Confidence::Message),
        "startup: start-up or request of protocol 3 (PostgreSQL documentation section 53.7)",
    )?;
    // Where encryption is declined, the start-up and its answer follow in clear.
    let asked = matches!(begun, First::AsksTls | First::AsksGss);
    let declined = asked && opening.responder.bytes().first() == Some(&b'N');
    Ok(evidence.wanting_more(declined && opening.responder.pieces().len() < 3))
}

/// A start-up whose end is missing: its length, the version, and the name of a parameter.
fn partial_startup(mut cursor: Cursor<'_>) -> Verdict {
    let len = cursor.u32()?;
    require((9..=MAX_STARTUP).contains(&len) && matches!(cursor.u32()?, 0x0003_0000 | 0x0003_0002))?;
    cursor.one_of(PARAMETERS)?;
    Ok(Evidence::signature("startup-begun: version 3 and a parameter; the rest is missing (PostgreSQL documentation section 53.7)"))
}

/// Parameters that clients begin with.
const PARAMETERS: &[&[u8]] = &[b"user\0", b"database\0", b"application_name\0", b"client_encoding\0", b"replication\0", b"DateStyle\0"];

/// A flow whose start is lost, or of which only the server was captured.
fn inspect_middle(opening: &Opening<'_>) -> Verdict {
    let count = |side: Side| {
        of_said(&opening.said(side), Transport::Tcp, |cursor| {
            message(cursor, side).and_then(|m| if m.body.is_open() { Err(Reject::Incomplete) } else { Ok(()) })
        })
    };
    let rule = "messages: types and lengths of protocol 3 (PostgreSQL documentation section 53.7)";
    match (count(Side::Initiator), count(Side::Responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(_), Ok(_)) => Ok(Evidence::message(rule)),
        // Three messages of one side: 24 bits of type and 32 of length at least.
        (Ok(3..), _) => Ok(Evidence::signature(rule)),
        (_, Ok(3..)) => Ok(Evidence::signature(rule).from(Side::Responder)),
        (Ok(_), _) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        (_, Ok(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    let mut begun = first(&mut request).ok();
    let asks_tls = matches!(begun, Some(First::AsksTls));
    if asks_tls || matches!(begun, Some(First::AsksGss)) {
        begun = first(&mut request).ok();
    }
    if let Some(First::Startup(parameters)) = begun {
        attributes.set_some("postgresql.user", parameter(parameters, b"user"));
        attributes.set_some("postgresql.database", parameter(parameters, b"database"));
        attributes.set_some("postgresql.application", parameter(parameters, b"application_name"));
    }
    // Who joins later cannot tell.
    let known = asks_tls || (opening.from_start && begun.is_some());
    attributes.set_some("postgresql.asks_tls", known.then_some(asks_tls));
    if asks_tls {
        let agreed = opening.reply().u8().ok().map(|byte| byte == b'S');
        attributes.set_some("postgresql.tls_accepted", agreed);
    }
    for message in replies(opening.responder, asks_tls) {
        let body = message.body.rest();
        if message.kind == b'S' {
            attributes.set_some("postgresql.server_version", parameter(body, b"server_version"));
        } else if message.kind == b'E' {
            let state = body.split(|&byte| byte == 0).find_map(|field| field.strip_prefix(b"C"));
            attributes.set_some("postgresql.error", state.filter(|state| state.len() == 5));
        }
    }
}

fn replies(said: Said<'_>, after_byte: bool) -> impl Iterator<Item = Message<'_>> {
    let mut stream = said.stream();
    if after_byte {
        let _ = stream.skip(1);
    }
    (0..MAX_MESSAGES).map_while(move |_| message(&mut stream, Side::Responder).ok())
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Signature, "a start-up that the capture cut", &[b"\0\0\0\x52\0\x03\0\0user\0post"], &[]),
    Example::not(Transport::Tcp, "a version and no parameter", &[b"\0\0\0\x52\0\x03\0\0\0\0\0\0\0"], &[]),
    Example::tcp(
        Confidence::Dialogue,
        "a user starts and is asked for a password",
        &[b"\x00\x00\x00\x20\x00\x03\x00\x00user\x00bob\x00database\x00shop\x00\x00"],
        &[b"R\x00\x00\x00\x0c\x00\x00\x00\x05\xaa\xbb\xcc\xdd"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "TLS is asked for and agreed to",
        &[b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"\x16\x03\x01"],
        &[b"S", b"\x16\x03\x03"],
    ),
    Example::tcp(
        Confidence::Message,
        "a statement is cancelled",
        &[b"\x00\x00\x00\x10\x04\xd2\x16\x2e\x00\x00\x10\x01\x12\x34\x56\x78"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: a query and its rows",
        &[b"Q\x00\x00\x00\x0dselect 1\x00"],
        &[b"C\x00\x00\x00\x0dSELECT 1\x00Z\x00\x00\x00\x05I"],
    ),
    Example::not(Transport::Tcp, "another version", &[b"\x00\x00\x00\x22\x00\x04\x00\x00user\x00bob\x00"], &[]),
    Example::not(Transport::Tcp, "a single letter", &[], &[b"S"]),
];
