//! Transaction Internet Protocol (TIP) 3.0: two-phase commit in lines of text, [RFC 2371].
//!
//! ```text
//! primary      IDENTIFY 3 3 host.example:3372/path -␊     lowest and highest version, both addresses
//! secondary    IDENTIFIED 3␊                              or NEEDTLS, or ERROR
//! primary      PULL superior-id own-id␊                   or BEGIN, PUSH, QUERY, RECONNECT, MULTIPLEX TMP2.0
//! secondary    PULLED␊                                    and from here on it is the primary
//! ```
//!
//! Lines end in CR or LF, words are separated by spaces, blank lines count for nothing (section 11). Before
//! IDENTIFY only TLS may come. Windows' transaction coordinator (MS-TIPP) ends lines in LF alone, names its
//! transactions `OleTx-` and a GUID, and by default drops a connection whose source port is not 3372 too.
//!
//! [RFC 2371]: https://www.rfc-editor.org/rfc/rfc2371

mod counts;
mod doubt;
mod grammar;
mod multiplexed;
mod watch;

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use grammar::Line;

/// TIP.
pub const INSPECTOR: Inspector = Inspector {
    name: "tip",
    title: "Transaction Internet Protocol",
    specification: "RFC 2371, MS-TIPP",
    ports: PORTS,
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    follow: Some(watch::follow),
    attributes: &[
        ("tip.versions", "versions that the initiator speaks, lowest-highest"),
        ("tip.version", "version that was agreed"),
        ("tip.primary_address", "where the initiator's transaction manager can be reached"),
        ("tip.secondary_address", "what the initiator takes the responder's address for"),
        ("tip.implementation", "windows-msdtc where transactions are named as Windows names them"),
        ("tip.line_end", "lf, cr or crlf: how the initiator ends its lines"),
        ("tip.tls", "demanded, agreed or refused: what was said about TLS"),
        ("tip.multiplexing", "agreed or refused: what was said about TMP2.0"),
        ("tip.connections", "connections opened inside TMP2.0"),
        ("tip.transactions", "identifiers of the first transactions"),
        ("tip.pulled", "transactions that one side fetched from the other"),
        ("tip.pushed", "transactions that one side gave the other"),
        ("tip.begun", "transactions begun for the other side"),
        ("tip.committed", "transactions committed"),
        ("tip.aborted", "transactions aborted"),
        ("tip.read_only", "transactions in which a side had nothing to commit"),
        ("tip.refused", "commands answered by NOTBEGUN, NOTPUSHED, NOTPULLED or NOTRECONNECTED"),
        ("tip.errors", "ERROR lines"),
        ("tip.queries", "recovery: questions whether a transaction still exists"),
        ("tip.reconnects", "recovery: transactions taken up again"),
        ("tip.unexpected", "replies that no command asked for"),
        ("tip.state", "where the transaction was when the flow ended"),
        ("tip.in_doubt", "whether it ended after PREPARED and before COMMIT or ABORT"),
    ],
    headline: &["tip.version", "tip.state"],
    confused_with: "IRC services and message queues with IDENTIFY lines, which have no two versions and two \
                    addresses; SQL consoles with BEGIN, COMMIT and ABORT, which never decide alone",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Section 7; IANA: tip2.
const PORTS: &[u16] = &[3372];

/// The first letters of all commands and replies, and what may come before a line.
const FIRST: ByteSet = ByteSet::of(b" \r\nABCEIMNPQRT");

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = grammar::first(opening.request());
    let reply = grammar::first(opening.reply());
    match (request, reply) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(Line::Identify { low, high, .. }), Ok(reply)) => {
            let fits = match reply {
                Line::Identified(version) => (low..=high).contains(&version),
                Line::Reply(b"NEEDTLS" | b"ERROR") => true,
                _ => false,
            };
            require(fits)?;
            Ok(Evidence::dialogue("identify: IDENTIFY and a reply that fits (RFC 2371 section 13)"))
        }
        (Ok(Line::Identify { .. }), Err(_)) => {
            Ok(Evidence::message("identify: IDENTIFY with two versions and two addresses (RFC 2371 section 13)"))
        }
        (Ok(Line::Command(b"TLS", _)), Ok(Line::Reply(b"TLSING" | b"CANTTLS"))) => {
            Ok(Evidence::dialogue("tls: TLS, and the answer to it (RFC 2371 section 13)"))
        }
        (Err(_), Ok(Line::Identified(_))) => {
            let rule = "identified: IDENTIFIED and a version (RFC 2371 section 13)";
            Ok(Evidence::message(rule).from(Side::Responder))
        }
        // A connection begins with IDENTIFY or TLS: anything else is its middle, or not TIP.
        _ if opening.from_start && !matches!(request, Err(_) | Ok(Line::Command(b"TLS", _))) => {
            Err(Reject::Mismatch)
        }
        _ if opening.from_start => Err(Reject::Incomplete),
        _ => midway(opening),
    }
}

/// Commands and replies in pairs, of a connection whose beginning the capture missed. Whoever commands now
/// may have been the secondary at first: PULL exchanges the roles.
fn midway(opening: &Opening<'_>) -> Verdict {
    let rule = "commands: commands and the replies to them, in order (RFC 2371 section 13)";
    let mut mismatch = true;
    for (side, primary, secondary) in [
        (Side::Initiator, opening.initiator, opening.responder),
        (Side::Responder, opening.responder, opening.initiator),
    ] {
        match grammar::pairs(primary, secondary) {
            Ok(found) if found.pairs >= 2 && found.named => return Ok(Evidence::message(rule).from(side)),
            // PREPARE and COMMIT are other protocols' words as well; with a transaction's name they are not.
            Ok(found) if found.pairs >= 1 && found.named => return Ok(Evidence::signature(rule).from(side)),
            Ok(_) | Err(Reject::Incomplete) => mismatch = false,
            Err(Reject::Mismatch) => {}
        }
    }
    Err(if mismatch { Reject::Mismatch } else { Reject::Incomplete })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(Line::Identify { low, high, primary, secondary }) = grammar::first(opening.request()) {
        attributes.set("tip.versions", format!("{low}-{high}"));
        attributes.set_some("tip.primary_address", (primary != b"-").then_some(primary));
        attributes.set_some("tip.secondary_address", (secondary != b"-").then_some(secondary));
    }
    if let Ok(Line::Identified(version)) = grammar::first(opening.reply()) {
        attributes.set("tip.version", version);
    }
    attributes.set_some("tip.line_end", line_end(opening.initiator));
}

fn line_end(said: Said<'_>) -> Option<&'static str> {
    let mut cursor: Cursor<'_> = said.stream();
    cursor.line(grammar::MAX_LINE).ok()?;
    let consumed = said.bytes().len() - cursor.len();
    match said.bytes().get(..consumed)? {
        [.., b'\r', b'\n'] => Some("crlf"),
        // A line feed may follow that is not here.
        [.., b'\r'] if !cursor.is_empty() => Some("cr"),
        [.., b'\r'] => None,
        _ => Some("lf"),
    }
}

/// A version: RFC 2371 is version 3, and no number beyond two digits was ever one.
fn version(word: &[u8]) -> Result<u64, Reject> {
    let version = decimal(word)?;
    require(version < 100)?;
    Ok(version)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "identification as Windows does it, and a transaction pulled",
        &[b"IDENTIFY 3 3 primary.example:8086/Tip/ secondary.example:3372/\n", b"PULL OleTx-1 2\n"],
        &[b"IDENTIFIED 3\n", b"PULLED\n"],
    ),
    Example::tcp(Confidence::Dialogue, "the responder demands TLS", &[b"IDENTIFY 3 3 - host/\r\n"], &[b"NEEDTLS\r\n"]),
    Example::tcp(Confidence::Dialogue, "TLS before anything else", &[b"TLS\n"], &[b"TLSING\n"]),
    Example::tcp(Confidence::Message, "nobody answers", &[b" IDENTIFY  3 3 - host/\n"], &[]),
    Example::tcp(Confidence::Message, "only the secondary was captured", &[], &[b"IDENTIFIED 3\n"]),
    Example::not(Transport::Tcp, "a message queue's client", &[b"  V2IDENTIFY\n\0\0\0\x02{}"], &[]),
    Example::not(Transport::Tcp, "a chat service's word", &[b"IDENTIFY secret\n"], &[]).on(3372),
    Example::not(Transport::Tcp, "a version out of range", &[b"IDENTIFY 3 3 - h/\n"], &[b"IDENTIFIED 4\n"]),
    Example::not(
        Transport::Tcp,
        "an SQL console",
        &[b"BEGIN\nCOMMIT\n"],
        &[b"BEGIN\nCOMMIT\n"],
    )
    .on(3372),
    Example::not(Transport::Tcp, "a scanner's HTTP", &[b"GET / HTTP/1.0\r\n\r\n"], &[b"ERROR\n"]).on(3372),
];
