//! Node B Application Part (NBAP), between UMTS base stations and their controller, over SCTP.
//!
//! ```text
//! choice (2 bits): initiating, successful, unsuccessful, outcome; procedure and mode, criticality ... in unaligned bits
//! ```
//!
//! 3GPP TS 25.433 section 9.3, in packed encoding rules. SCTP's payload protocol identifier is 25.

use crate::cursor::Cursor;
use crate::formats::sctp;
use crate::inspect::{Carriers, Confidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// NBAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "nbap",
    title: "Node B Application Part",
    specification: "3GPP TS 25.433 section 9.3",
    carriers: Carriers::SCTP,
    ports: &[],
    initiator_first: sctp::FIRST,
    responder_first: sctp::FIRST,
    inspect,
    confused_with: "its relatives, which have the same layout: the payload protocol identifier or the port tells them apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// IANA "SCTP Payload Protocol Identifiers".
const PAYLOAD_PROTOCOL: u32 = 25;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "application-part: payload protocol, choice and length (3GPP TS 25.433 section 9.3)";
    sctp::judge(opening, PAYLOAD_PROTOCOL, &[], rule, choice)
}

/// Nothing after the first two bits is aligned, so that the payload protocol must speak.
fn choice(payload: Cursor<'_>) -> Result<(), Reject> {
    if payload.is_empty() { Err(Reject::Incomplete) } else { Err(Reject::Mismatch) }
}

/// A DATA chunk with a message of eight bytes.
const SETUP: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x19\0\x11\0\x04\0\0\x01\0";
const RESPONSE: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x19\x20\x11\0\x04\0\0\x01\0";

const EXAMPLES: &[Example] = &[
    Example::sctp(Confidence::Signature, "a procedure and its outcome", &[SETUP], &[RESPONSE]),
    Example::sctp(Confidence::Signature, "a procedure that nobody answers", &[SETUP], &[]),
    Example::not(
        Transport::Sctp,
        "user data of another protocol",
        &[b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x63\0\x11\0\x04\0\0\x01\0"],
        &[],
    ),
];
