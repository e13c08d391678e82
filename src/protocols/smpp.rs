//! SMPP, by which short messages reach a carrier's centre: SMPP v3.4 and v5.0.
//!
//! ```text
//! length of the whole | command | status | sequence | body
//! initiator   bind 1 2 9: system id NUL password NUL type NUL version ...
//! responder   80000000 + command, the same sequence
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// SMPP.
pub const INSPECTOR: Inspector = Inspector {
    name: "smpp",
    title: "Short Message Peer-to-Peer",
    specification: "SMPP v3.4 sections 3.2 and 4",
    ports: &[2775],
    initiator_first: ByteSet::of(&[0x00]),
    responder_first: ByteSet::of(&[0x00]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("smpp.system_id", "system id that the client binds with"),
        ("smpp.status", "status of the centre's first answer: 0 is success"),
    ],
    confused_with: "SXP, whose messages have a length and a small type in front too, but no status of zero behind",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages read of a side.
const MAX_MESSAGES: usize = 8;
/// Bytes of the header.
const HEADER: u32 = 16;
/// Longest message believed, in bytes.
const MAX_LENGTH: u32 = 1 << 17;
/// Set in the command of an answer.
const RESPONSE: u32 = 0x8000_0000;

/// A message's header and body.
#[derive(Clone, Copy)]
struct Message<'a> {
    command: u32,
    status: u32,
    sequence: u32,
    body: &'a [u8],
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let len = cursor.u32()?;
    require((HEADER..MAX_LENGTH).contains(&len))?;
    let command = cursor.u32()?;
    let is_response = command & RESPONSE != 0;
    let operation = command & !RESPONSE;
    require(matches!(operation, 0..=9 | 0x0b | 0x15 | 0x21 | 0x102 | 0x103 | 0x111..=0x113))?;
    require(operation != 0 || is_response)?;
    let status = cursor.u32()?;
    // Section 3.2: zero in a request.
    require(is_response && status < 0x600 || status == 0)?;
    let sequence = cursor.u32()?;
    require((1..0x8000_0000).contains(&sequence))?;
    let body = cursor.take((len - HEADER) as usize)?;
    let message = Message { command, status, sequence, body };
    require(match command {
        1 | 2 | 9 => bind(body).is_ok(),
        // Enquire link and unbind, and their answers, have no body.
        0x06 | 0x15 | 0x8000_0006 | 0x8000_0015 => body.is_empty(),
        // A message has its service type first, of at most five letters.
        4 | 5 => body.len() > 20 && Cursor::closed(body).until(0, 5).is_ok_and(is_text),
        0x8000_0001 | 0x8000_0002 | 0x8000_0009 => body.is_empty() || Cursor::closed(body).until(0, 15).is_ok_and(is_text),
        _ => true,
    })?;
    Ok(message)
}

/// Reads a bind's body (section 4.1.1), and gives the system id.
fn bind(body: &[u8]) -> Result<&[u8], Reject> {
    let mut body = Cursor::closed(body);
    let system = body.until(0, 15)?;
    let password = body.until(0, 15)?;
    let kind = body.until(0, 12)?;
    require([system, password, kind].iter().all(|text| is_text(text)))?;
    require(matches!(body.u8()?, 0..=0x50))?;
    body.skip(2)?;
    body.until(0, 40)?;
    Ok(system)
}

fn messages(said: Said<'_>) -> impl Iterator<Item = Message<'_>> {
    let mut stream = said.stream();
    (0..MAX_MESSAGES).map_while(move |_| message(&mut stream).ok())
}

fn judged(said: Said<'_>) -> Result<Confidence, Reject> {
    of_said(&said, Transport::Tcp, |cursor| message(cursor).map(drop))?;
    let binds = messages(said).any(|message| matches!(message.command, 1 | 2 | 9));
    Ok(if binds { Confidence::Message } else { Confidence::Signature })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "message: length, command, status and sequence (SMPP v3.4 section 3.2)";
    let evidence = Evidence::of(judged(opening.initiator), judged(opening.responder), rule)?;
    let answered = [(opening.initiator, opening.responder), (opening.responder, opening.initiator)]
        .into_iter()
        .any(|(asking, answering)| {
            messages(answering).any(|answer| {
                messages(asking).any(|request| {
                    answer.command == request.command | RESPONSE && answer.sequence == request.sequence
                })
            })
        });
    if evidence.confidence == Confidence::Dialogue && !answered {
        return Ok(Evidence { confidence: Confidence::Message, ..evidence });
    }
    Ok(evidence)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let system = messages(opening.initiator)
        .find(|message| matches!(message.command, 1 | 2 | 9))
        .and_then(|message| bind(message.body).ok());
    attributes.set_some("smpp.system_id", system);
    let answer = messages(opening.responder).find(|message| message.command & RESPONSE != 0);
    attributes.set_some("smpp.status", answer.map(|message| message.status));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a transmitter binds",
        &[b"\x00\x00\x00\x21\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01esme\x00secret\x00\x00\x34\x00\x00\x00"],
        &[b"\x00\x00\x00\x15\x80\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01smsc\x00"],
    ),
    Example::tcp(
        Confidence::Signature,
        "in the middle: is the link alive",
        &[b"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x07"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "an SXP open",
        &[b"\x00\x00\x00\x20\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x01\x50\x05\x04\x0a\x00\x00\x01\x50\x06\x03\x00\x01\x00\x02\x00\x03"],
        &[],
    ),
];
