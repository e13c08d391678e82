//! Home Node B Application Part (HNBAP), between home base stations and their gateway, over SCTP.
//!
//! ```text
//! choice (1): 00 initiating, 20 successful, 40 unsuccessful   procedure (1)   criticality (1)   length   value
//! ```
//!
//! 3GPP TS 25.469 section 9.3, in packed encoding rules. SCTP's payload protocol identifier is 20.

use crate::formats::sctp;
use crate::inspect::{Carriers, Confidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// HNBAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "hnbap",
    title: "Home Node B Application Part",
    specification: "3GPP TS 25.469 section 9.3",
    carriers: Carriers::SCTP,
    ports: &[29169],
    initiator_first: sctp::FIRST,
    responder_first: sctp::FIRST,
    inspect,
    confused_with: "its relatives, which have the same layout: the payload protocol identifier or the port tells them apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// IANA "SCTP Payload Protocol Identifiers".
const PAYLOAD_PROTOCOL: u32 = 20;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "application-part: payload protocol, choice and length (3GPP TS 25.469 section 9.3)";
    sctp::judge(opening, PAYLOAD_PROTOCOL, &[], rule, sctp::application_part)
}

/// A DATA chunk with a message of eight bytes.
const SETUP: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x14\0\x11\0\x04\0\0\x01\0";
const RESPONSE: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x14\x20\x11\0\x04\0\0\x01\0";

const EXAMPLES: &[Example] = &[
    Example::sctp(Confidence::Dialogue, "a procedure and its outcome", &[SETUP], &[RESPONSE]),
    Example::sctp(Confidence::Message, "a procedure that nobody answers", &[SETUP], &[]),
    Example::not(
        Transport::Sctp,
        "user data of another protocol",
        &[b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x63\0\x11\0\x04\0\0\x01\0"],
        &[],
    ),
];
