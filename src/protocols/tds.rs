//! Tabular Data Stream (TDS): Microsoft SQL Server (MS-TDS), and the older login of Sybase's servers.
//!
//! ```text
//!  0 type    1 status (1: last packet)   2 length with this header (2)   4 process (2)   6 packet   7 window (0)
//!    12 prelogin, answered by 04         options: token, offset (2), length (2) ..., FF, then their data
//!    10 login                            length (4, little-endian), version (4), ... names by offset and length
//!    02 login before version 7           512 and more bytes of fields of fixed size
//!    01 batch, 03 procedure, 06 cancel, 07 bulk, 08 token, 0E transaction, 11 security token
//!    04 answer                           tokens
//! ```
//!
//! Type 3, status 0 is what TPKT begins with (RDP, H.323, S7): a procedure call counts as a last packet only.

mod packet;

use crate::byteset::ByteSet;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use packet::{Packet, kind};

/// TDS.
pub const INSPECTOR: Inspector = Inspector {
    name: "tds",
    title: "Tabular Data Stream",
    specification: "MS-TDS section 2.2",
    ports: PORTS,
    initiator_first: ByteSet::of(&[0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0e, 0x10, 0x11, 0x12]),
    responder_first: ByteSet::of(&[0x04, 0x11, 0x12]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("tds.client_version", "version of the client's library, from its prelogin"),
        ("tds.server_version", "version of the server, from its prelogin"),
        ("tds.encryption", "off, on, not supported or required, as the server says"),
        ("tds.tds_version", "version of the protocol that the client asks for"),
        ("tds.host", "the client's name for itself"),
        ("tds.user", "the user who logs in"),
        ("tds.application", "the client's program"),
        ("tds.server", "the server's name, as the client knows it"),
        ("tds.database", "the database to begin with"),
    ],
    headline: &["tds.server", "tds.database"],
    confused_with: "RDP and other users of TPKT, which begin with 03 00; MQTT, whose connect begins with 10",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[1433];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = packet::first(opening.initiator, Side::Initiator);
    let told = packet::first(opening.responder, Side::Responder);
    let rule = "packets: packets of their stated lengths, and what they have to hold (MS-TDS section 2.2)";
    match (asked, told) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok((asked, sure)), Ok((told, answer))) => {
            let login = matches!(asked.kind, kind::PRELOGIN | kind::LOGIN7 | kind::LOGIN);
            // A prelogin is answered by one, a login and everything else by tokens.
            let fits = matches!(told.kind, kind::ANSWER | kind::SECURITY) || asked.kind == kind::PRELOGIN;
            if !fits {
                return Err(Reject::Mismatch);
            }
            // In the middle of a connection both sides' packets fit, but hold little that is telling.
            let told = login && sure >= Confidence::Message && answer >= Confidence::Message;
            Ok(if told { Evidence::dialogue(rule) } else { Evidence::message(rule) })
        }
        (Ok((asked, sure)), Err(Reject::Incomplete)) => {
            // Without an answer, packets that hold nothing telling count on the port only.
            if sure >= Confidence::Message || opening.is_on(PORTS) {
                Ok(Evidence::new(if asked.whole { sure } else { Confidence::Signature }, rule))
            } else {
                Err(Reject::Incomplete)
            }
        }
        (Err(Reject::Incomplete), Ok((_, sure))) if sure >= Confidence::Message || opening.is_on(PORTS) => {
            Ok(Evidence::new(sure, rule).from(Side::Responder))
        }
        (Err(Reject::Incomplete), _) => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let asked = || packet::packets(opening.initiator);
    let version = |prelogin: &Packet<'_>| {
        let version = prelogin.option(0)?;
        match *version {
            [major, minor, high, low, ..] => {
                Some(format!("{major}.{minor}.{}", u16::from_be_bytes([high, low])))
            }
            _ => None,
        }
    };
    if let Some(prelogin) = asked().find(|packet| packet.kind == kind::PRELOGIN) {
        attributes.set_some("tds.client_version", version(&prelogin));
        if let Some(answer) = packet::packets(opening.responder).next() {
            attributes.set_some("tds.server_version", version(&answer));
            attributes.set_some("tds.encryption", match answer.option(1).and_then(|option| option.first()) {
                Some(0) => Some("off"),
                Some(1) => Some("on"),
                Some(2) => Some("not supported"),
                Some(3) => Some("required"),
                _ => None,
            });
        }
    }
    if let Some(login) = asked().find(|packet| packet.kind == kind::LOGIN7).and_then(|packet| packet.login7()) {
        attributes.set("tds.tds_version", login.version);
        for (key, name) in [
            ("tds.host", login.host),
            ("tds.user", login.user),
            ("tds.application", login.application),
            ("tds.server", login.server),
            ("tds.database", login.database),
        ] {
            attributes.set_some(key, Some(name).filter(|name| !name.is_empty()));
        }
    }
}

const PRELOGIN: &[u8] =
    b"\x12\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x10\0\0\0\0";
const ANSWER: &[u8] = b"\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x0f\0\x10\0\0\0\x02";
const BATCH: &[u8] = b"\x01\x01\0\x12\0\0\x01\0G\0O\0 \0 \0;\0";
/// DONE: status, command, row count.
const DONE: &[u8] = b"\x04\x01\0\x15\0\x36\x01\0\xfd\x10\0\xc1\0\x01\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both preludes to a login", &[PRELOGIN], &[ANSWER]),
    Example::tcp(Confidence::Message, "a prelude without answer", &[PRELOGIN], &[]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[ANSWER]),
    Example::tcp(Confidence::Message, "the middle of a connection", &[BATCH], &[DONE]),
    Example::tcp(Confidence::Signature, "a batch on the port", &[BATCH], &[]).on(1433),
    Example::not(Transport::Tcp, "a batch elsewhere, which could be anything", &[BATCH], &[]),
    Example::not(
        Transport::Tcp,
        "RDP without TLS",
        &[b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\0\0\0\0"],
        &[b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\0\0\0\0"],
    )
    .on(1433),
    Example::not(Transport::Tcp, "MQTT", &[b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04name"], &[]).on(1433),
];
