//! F1 Application Protocol (F1AP), between the central and the distributed unit of a 5G base station, over SCTP.
//!
//! ```text
//! choice (1): 00 initiating, 20 successful, 40 unsuccessful   procedure (1)   criticality (1)   length   value
//! ```
//!
//! 3GPP TS 38.473 section 9.4, in packed encoding rules. SCTP's payload protocol identifier is 62.

use crate::formats::sctp;
use crate::inspect::{Carriers, Confidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// F1AP.
pub const INSPECTOR: Inspector = Inspector {
    name: "f1ap",
    title: "F1 Application Protocol",
    specification: "3GPP TS 38.473 section 9.4",
    carriers: Carriers::SCTP,
    ports: PORTS,
    initiator_first: sctp::FIRST,
    responder_first: sctp::FIRST,
    inspect,
    confused_with: "its relatives, which have the same layout: the payload protocol identifier or the port tells them apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Registered port.
const PORTS: &[u16] = &[38472];
/// IANA "SCTP Payload Protocol Identifiers".
const PAYLOAD_PROTOCOL: u32 = 62;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "application-part: payload protocol, choice and length (3GPP TS 38.473 section 9.4)";
    sctp::judge(opening, PAYLOAD_PROTOCOL, PORTS, rule, sctp::application_part)
}

/// A DATA chunk with a message of eight bytes.
const SETUP: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x3e\0\x11\0\x04\0\0\x01\0";
const RESPONSE: &[u8] = b"\0\x03\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x3e\x20\x11\0\x04\0\0\x01\0";

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
