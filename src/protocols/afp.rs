//! The Apple Filing Protocol over TCP: messages of the Data Stream Interface, Apple's "AFP Programming Guide", section DSI.
//!
//! ```text
//!  flags  command  request id:16  error or offset:32  length:32  reserved:32 = 0      flags 0 request, 1 reply
//! ```
//!
//! Of the sixteen bytes of the header some sixty bits are bound. A reply repeats command and request id.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// AFP over TCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "afp",
    title: "Apple Filing Protocol over the Data Stream Interface",
    specification: "Apple Filing Protocol Programming Guide, Data Stream Interface",
    ports: &[548],
    initiator_first: ByteSet::of(&[0, 1]),
    responder_first: ByteSet::of(&[0, 1]),
    inspect,
    describe: Some(describe),
    attributes: &[("afp.command", "the first command of the session layer")],
    confused_with: "remote packet capture, whose header begins with two small numbers too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest message in bytes that is believed; quanta of 1 MiB are usual.
const MAX_LEN: u32 = 64 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Header {
    is_reply: bool,
    command: u8,
    id: u16,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = messages(opening.initiator);
    let answered = messages(opening.responder);
    match (asked, answered) {
        (Ok(asked), Ok(answered)) => {
            let [asks, answers] = [asked, answered].map(|(first, _)| first);
            // Either side may ask: servers send ticks and attentions.
            let pair = asks.is_reply != answers.is_reply && asks.command == answers.command && asks.id == answers.id;
            if pair {
                Ok(Evidence::dialogue("request-and-reply: a DSI request and its reply (AFP Programming Guide, DSI)"))
            } else if asks.is_reply != answers.is_reply || opening.is_on(INSPECTOR.ports) {
                Ok(Evidence::message("both-sides: DSI headers from both sides (AFP Programming Guide, DSI)"))
            } else {
                // Headers of zeros and small numbers are everybody's.
                Err(Reject::Incomplete)
            }
        }
        (Ok((_, count)), Err(Reject::Incomplete)) if count > 1 || opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("header: a DSI header (AFP Programming Guide, DSI)"))
        }
        (Err(Reject::Incomplete), Ok((_, count))) if count > 1 || opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("header: a DSI header (AFP Programming Guide, DSI)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// The first message's header, and how many messages chain up.
fn messages(said: Said<'_>) -> Result<(Header, usize), Reject> {
    let mut cursor = said.cursor(Transport::Tcp);
    let first = message(&mut cursor)?;
    let mut last = first.id;
    // Requests are numbered one by one; replies come in the order of what is done.
    let mut next = || {
        let header = message(&mut cursor).ok()?;
        let counts = header.is_reply || header.id == last.wrapping_add(1);
        last = header.id;
        counts.then_some(())
    };
    let more = std::iter::from_fn(&mut next).take(3).count();
    Ok((first, more + 1))
}

fn message(cursor: &mut Cursor<'_>) -> Result<Header, Reject> {
    let flags = cursor.u8()?;
    require(flags <= 1)?;
    let command = cursor.u8()?;
    require(matches!(command, 1..=6 | 8))?;
    let id = cursor.u16()?;
    let code = cursor.u32()?;
    let len = cursor.u32()?;
    let reserved = cursor.u32()?;
    require(reserved == 0 && len <= MAX_LEN)?;
    // A request carries an offset only in Write; a reply an error, which is 0 or negative.
    require(if flags == 0 { command == 6 || code == 0 } else { code == 0 || code > 0xffff_0000 })?;
    // Commands and writes hold at least a function's number.
    require(flags == 1 || !matches!(command, 2 | 6) || len > 0)?;
    cursor.within(len as usize)?;
    Ok(Header { is_reply: flags == 1, command, id })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = [opening.initiator, opening.responder].into_iter().find_map(|said| messages(said).ok());
    let name = first.map(|(header, _)| match header.command {
        1 => "close-session",
        2 => "command",
        3 => "get-status",
        4 => "open-session",
        5 => "tickle",
        6 => "write",
        _ => "attention",
    });
    attributes.set_some("afp.command", name);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session is opened",
        &[b"\0\x04\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\x01\x04\0\0\x04\0"],
        &[b"\x01\x04\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\x04\0\x10\0\0"],
    ),
    Example::tcp(Confidence::Signature, "a status is asked for, on AFP's port", &[b"\0\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"], &[]).on(548),
    Example::not(Transport::Tcp, "remote packet capture", &[b"\0\x08\0\0\0\0\0\x14\0\0\0\0\0\0\0\0"], &[b"\0\x88\0\0\0\0\0\0"]),
    Example::not(Transport::Tcp, "zeros", &[&[0; 32]], &[&[0; 32]]),
];
