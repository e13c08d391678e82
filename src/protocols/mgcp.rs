//! Media Gateway Control Protocol: [RFC 3435].
//!
//! ```text
//! command   RQNT 1207 aaln/1@gw.example MGCP 1.0␊      verb, transaction id, endpoint, version; then parameters
//! response  200 1207 OK␊                               code, the same transaction id
//! ```
//!
//! [RFC 3435]: https://www.rfc-editor.org/rfc/rfc3435

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, decimal, require};
use crate::formats::lines;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// MGCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "mgcp",
    title: "Media Gateway Control Protocol",
    specification: "RFC 3435 section 3",
    carriers: Carriers::UDP,
    ports: &[2427, 2727],
    initiator_first: LETTERS.or(ByteSet::range(b'0', b'9')),
    responder_first: LETTERS.or(ByteSet::range(b'0', b'9')),
    inspect,
    describe: Some(describe),
    attributes: &[("mgcp.verb", "the first command's verb"), ("mgcp.endpoint", "the first command's endpoint")],
    confused_with: "other protocols whose replies are three digits: the transaction id has to be one that was asked",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A message's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start<'a> {
    Command { verb: &'a [u8], transaction: u64, endpoint: &'a [u8] },
    Response { transaction: u64 },
}

fn start(mut datagram: Cursor<'_>) -> Result<Start<'_>, Reject> {
    let line = lines::text_line(&mut datagram)?;
    let mut words = line.split(|&byte| byte == b' ' || byte == b'\t').filter(|word| !word.is_empty());
    let mut word = || words.next().ok_or(Reject::Mismatch);
    let (first, transaction) = (word()?, decimal(word()?)?);
    // Up to nine digits (section 3.2.1.2).
    require((1..=999_999_999).contains(&transaction))?;
    if first.len() == 3 && decimal(first).is_ok() {
        return Ok(Start::Response { transaction });
    }
    // Verbs have four letters; extensions begin with X (section 3.2.1.1).
    require(first.len() == 4 && first.iter().all(u8::is_ascii_alphanumeric))?;
    let endpoint = word()?;
    require(word()?.eq_ignore_ascii_case(b"MGCP") && matches!(word()?, b"0.1" | b"1.0"))?;
    Ok(Start::Command { verb: first, transaction, endpoint })
}

fn starts<'a>(opening: &Opening<'a>, side: Side) -> Vec<Result<Start<'a>, Reject>> {
    let datagrams = opening.said(side).datagrams().filter(|datagram| datagram.wire_len > 4);
    datagrams.map(|datagram| start(datagram.cursor())).collect()
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [first, second] = [Side::Initiator, Side::Responder].map(|side| starts(opening, side));
    require(!first.iter().chain(&second).any(|start| *start == Err(Reject::Mismatch)))?;
    let commands = |starts: &[Result<Start<'_>, Reject>]| {
        let of = |start: &Start<'_>| match start {
            Start::Command { transaction, .. } => Some(*transaction),
            Start::Response { .. } => None,
        };
        starts.iter().flatten().filter_map(of).collect::<Vec<_>>()
    };
    let answers = |starts: &[Result<Start<'_>, Reject>], asked: &[u64]| {
        starts.iter().flatten().any(|start| matches!(start, Start::Response { transaction } if asked.contains(transaction)))
    };
    let (asked, asked_back) = (commands(&first), commands(&second));
    if answers(&second, &asked) || answers(&first, &asked_back) {
        return Ok(Evidence::dialogue("transaction: a command, and the response to its transaction (RFC 3435 section 3.3)"));
    }
    let rule = "command: a command line with MGCP's version (RFC 3435 section 3.2.1)";
    match (asked.is_empty(), asked_back.is_empty()) {
        (false, _) => Ok(Evidence::message(rule)),
        (true, false) => Ok(Evidence::message(rule).from(Side::Responder)),
        // Three digits and a number: enough on the port only.
        (true, true) if !second.is_empty() && opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("response: a response line (RFC 3435 section 3.3)").from(Side::Responder))
        }
        (true, true) => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for start in [Side::Initiator, Side::Responder].into_iter().flat_map(|side| starts(opening, side)).flatten() {
        if let Start::Command { verb, endpoint, .. } = start {
            attributes.set("mgcp.verb", verb);
            attributes.set("mgcp.endpoint", endpoint);
            return;
        }
    }
}

const COMMAND: &[u8] = b"RQNT 1207 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\n";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a command and its response", &[COMMAND], &[b"200 1207 OK\r\n"]),
    Example::udp(Confidence::Message, "nobody answers", &[COMMAND], &[]),
    Example::udp(Confidence::Message, "the response to another transaction", &[COMMAND], &[b"200 1208 OK\n"]),
    Example::udp(Confidence::Signature, "only the response, on the port", &[], &[b"200 1207 OK\r\n"]).on(2427),
    Example::not(Transport::Udp, "only a response, elsewhere", &[], &[b"200 1207 OK\r\n"]),
    Example::not(Transport::Udp, "a line without the version", &[b"RQNT 1207 aaln/1@gw.example\r\n"], &[]),
];
