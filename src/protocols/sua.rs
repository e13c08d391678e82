//! SCCP User Adaptation Layer (SUA), over SCTP.
//!
//! ```text
//! version 1 (1)   0 (1)   class (1)   type (1)   length of the whole message (4)   parameters: tag (2), length (2), value
//! ```
//!
//! RFC 3868 section 3.1. SCTP's payload protocol identifier is 4.

use crate::cursor::Cursor;
use crate::formats::sctp;
use crate::inspect::{Carriers, Confidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// SUA.
pub const INSPECTOR: Inspector = Inspector {
    name: "sua",
    title: "SCCP User Adaptation Layer",
    specification: "RFC 3868 section 3.1",
    carriers: Carriers::SCTP,
    ports: PORTS,
    initiator_first: sctp::FIRST,
    responder_first: sctp::FIRST,
    inspect,
    confused_with: "its relatives, which have the same header: the payload protocol identifier or the port tells them apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Registered port; nobody listens elsewhere without saying what it is.
const PORTS: &[u16] = &[14001];
/// IANA "SCTP Payload Protocol Identifiers".
const PAYLOAD_PROTOCOL: u32 = 4;
/// The classes of messages that it has.
const CLASSES: &[u8] = &[0, 2, 3, 4, 7, 8, 9];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "adaptation-message: payload protocol, class and length (RFC 3868 section 3.1)";
    sctp::judge(opening, PAYLOAD_PROTOCOL, PORTS, rule, |payload: Cursor<'_>| sctp::adaptation(payload, CLASSES))
}

/// A DATA chunk with a message of eight bytes.
const UP: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x04\x01\0\x03\x01\0\0\0\x08";

const EXAMPLES: &[Example] = &[
    Example::sctp(Confidence::Dialogue, "both sides come up", &[UP], &[UP]),
    Example::sctp(Confidence::Message, "one side comes up", &[UP], &[]),
    Example::not(
        Transport::Sctp,
        "user data of another protocol",
        &[b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x63\x01\0\x03\x01\0\0\0\x08"],
        &[],
    ),
];
