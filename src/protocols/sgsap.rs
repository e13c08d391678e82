//! SGs Application Part (SGsAP), between the LTE core and the circuit-switched one, over SCTP.
//!
//! ```text
//! message type (1)   elements: type (1), length (1), value        the first is mostly the subscriber (1) or a name (2, 9)
//! ```
//!
//! 3GPP TS 29.118 sections 8 and 9. SCTP's payload protocol identifier is 0, so that it counts only on its port.

use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Example, Inspector, Opening, Reject, Verdict};
use crate::formats::sctp;
use crate::key::Transport;

/// SGs Application Part.
pub const INSPECTOR: Inspector = Inspector {
    name: "sgsap",
    title: "SGs Application Part",
    specification: "3GPP TS 29.118 sections 8 and 9",
    carriers: Carriers::SCTP,
    ports: PORTS,
    initiator_first: sctp::FIRST,
    responder_first: sctp::FIRST,
    inspect,
    confused_with: "anything on its port whose elements fill it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[29118];
/// Last message type (3GPP TS 29.118 table 9.2).
const LAST_TYPE: u8 = 0x1f;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "elements: a message's type, and elements that fill it, on its port (3GPP TS 29.118 section 9)";
    sctp::judge(opening, 0, PORTS, rule, message)
}

fn message(mut payload: Cursor<'_>) -> Result<(), Reject> {
    require((1..=LAST_TYPE).contains(&payload.u8()?))?;
    let mut count = 0;
    while !payload.is_empty() {
        payload.skip(1)?;
        let len = payload.u8()?;
        payload.skip(len.into())?;
        count += 1;
    }
    require(count > 0)
}

const RESET: &[u8] = b"\0\x03\0\x17\0\0\0\x01\0\0\0\0\0\0\0\0\x15\x09\x04\x03mme\0";

const EXAMPLES: &[Example] = &[
    Example::sctp(Confidence::Message, "a core that was restarted", &[RESET], &[]).on(29118),
    Example::not(Transport::Sctp, "the same on another port", &[RESET], &[]),
    Example::not(Transport::Sctp, "an element that is too long", &[b"\0\x03\0\x17\0\0\0\x01\0\0\0\0\0\0\0\0\x15\x09\x05\x03mme\0"], &[]).on(29118),
];
