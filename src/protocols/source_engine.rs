//! Queries of the Source engine's game servers, Valve's "Server queries".
//!
//! ```text
//!  FF FF FF FF   'T' "Source Engine Query" 00    answered by 'I' version name 00 map 00 …, or a challenge 'A' number:32
//!                'U' or 'V' challenge:32          answered by 'D' players, 'E' rules
//! ```
//!
//! A letter after four FFs is not much: only the question with its sentence is believed alone.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;

/// The Source engine's queries.
pub const INSPECTOR: Inspector = Inspector {
    name: "source-engine",
    title: "Source engine server queries",
    specification: "Valve Developer Community, Server queries",
    carriers: Carriers::UDP,
    ports: &[27015, 27016, 27017, 27018, 27019],
    initiator_first: ByteSet::of(&[0xff]),
    responder_first: ByteSet::of(&[0xff]),
    inspect,
    describe: Some(describe),
    attributes: &[("source_engine.server", "the server's name")],
    confused_with: "Steam's discovery and Quake's queries, which begin FF FF FF FF too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Begins a packet that is not split.
const SINGLE: &[u8] = &[0xff; 4];

fn inspect(opening: &Opening<'_>) -> Verdict {
    match (question(opening.request()), answer(opening.reply())) {
        (Ok(_), Ok(_)) => Ok(Evidence::dialogue("query: a query and its answer (Server queries)")),
        (Ok(true), Err(Reject::Incomplete)) => Ok(Evidence::message("query: a query with its sentence (Server queries)")),
        (Err(Reject::Incomplete), Ok(true)) => {
            Ok(Evidence::signature("answer: a server's description (Server queries)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// Whether the question is telling by itself.
fn question(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    cursor.tag(SINGLE)?;
    match cursor.u8()? {
        b'T' => cursor.tag(b"Source Engine Query\0").map(|()| true),
        b'U' | b'V' => {
            cursor.skip(4)?;
            cursor.end().map(|()| false)
        }
        b'W' => cursor.end().map(|()| false),
        _ => Err(Reject::Mismatch),
    }
}

/// Whether the answer is telling by itself.
fn answer(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    cursor.tag(SINGLE)?;
    match cursor.u8()? {
        b'I' => {
            // Version 17 since 2008; then name, map, folder and game, each ended by a zero.
            require(matches!(cursor.u8()?, 7 | 15 | 17 | 47 | 48))?;
            for _ in 0..4 {
                cursor.until(0, 256)?;
            }
            Ok(true)
        }
        b'A' => {
            cursor.skip(4)?;
            cursor.end().map(|()| false)
        }
        b'D' | b'E' | b'm' => Ok(false),
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let name = opening.responder.datagrams().find_map(|datagram| {
        let mut cursor = Cursor::closed(datagram.bytes);
        cursor.tag(SINGLE).and_then(|()| cursor.tag(b"I")).and_then(|()| cursor.u8()).ok()?;
        cursor.until(0, 256).ok()
    });
    attributes.set_some("source_engine.server", name);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a server is asked",
        &[b"\xff\xff\xff\xffTSource Engine Query\0"],
        &[b"\xff\xff\xff\xffI\x11name\0map\0folder\0game\0\x01\0"],
    ),
    Example::udp(Confidence::Message, "a question", &[b"\xff\xff\xff\xffTSource Engine Query\0"], &[]),
    Example::not(Transport::Udp, "Quake 3", &[b"\xff\xff\xff\xffgetstatus\n"], &[]),
    Example::not(Transport::Udp, "four bytes and a letter", &[b"\xff\xff\xff\xffU\0\0\0\0"], &[]),
];
