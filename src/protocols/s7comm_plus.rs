//! S7comm-plus, which Siemens' newer controllers and their engineering station speak on ISO transport.
//!
//! Siemens has not published it; the frame around its messages is common knowledge:
//!
//! ```text
//! TPKT, COTP data | 72 | version | length | data ...             | 72 | version | 00 00
//!                        1 to 3, FE                of the data     trailer in the last part of a message
//! ```

use super::cotp;
use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// S7comm-plus.
pub const INSPECTOR: Inspector = Inspector {
    name: "s7comm-plus",
    title: "Siemens S7 communication plus",
    specification: "RFC 1006 section 6; framing as published by researchers of industrial control (72, version, length, trailer)",
    ports: &[102],
    refines: Some("cotp"),
    initiator_first: ByteSet::of(&[0x03]),
    responder_first: ByteSet::of(&[0x03]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("s7comm-plus.called_tsap", "transport selector of the controller: text, else hexadecimal"),
        ("s7comm-plus.calling_tsap", "transport selector of the side that opens: text, else hexadecimal"),
        ("s7comm-plus.version", "protocol version of the first request"),
    ],
    confused_with: "S7comm, whose messages begin with 32 in the same transport",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header and of the trailer.
const HEADER: usize = 4;

/// The version in a side's first message.
fn version(said: Said<'_>) -> Result<u8, Reject> {
    let (mut data, ends) = cotp::user_data(said)?;
    let there = data.len();
    data.tag(&[0x72])?;
    let version = data.u8()?;
    require(matches!(version, 1..=3 | 0xfe))?;
    let len = usize::from(data.u16()?);
    let part = data.within(len)?;
    if part.is_open() {
        return if there > HEADER { Ok(version) } else { Err(Reject::Incomplete) };
    }
    // What is left after the data is the trailer, which a message that goes on in the next part lacks.
    if !data.is_empty() || (ends && version != 0xfe) {
        data.tag(&[0x72, version, 0, 0])?;
    }
    data.end()?;
    Ok(version)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said| version(said).map(|_| Confidence::Message);
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "s7-plus-frame: 72, a version and a length that agrees with TPKT's (RFC 1006 section 6, S7comm-plus frame)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    cotp::describe_selectors(opening, attributes, ["s7comm-plus.calling_tsap", "s7comm-plus.called_tsap"]);
    attributes.set_some("s7comm-plus.version", version(opening.initiator).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session is asked for and granted",
        &[b"\x03\x00\x00\x15\x02\xf0\x80\x72\x01\x00\x06\x31\x00\x00\x04\xca\x00\x72\x01\x00\x00"],
        &[b"\x03\x00\x00\x15\x02\xf0\x80\x72\x01\x00\x06\x32\x00\x00\x04\xca\x00\x72\x01\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the engineering station was captured",
        &[b"\x03\x00\x00\x15\x02\xf0\x80\x72\x02\x00\x06\x31\x00\x00\x04\xca\x00\x72\x02\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a trailer of another version",
        &[b"\x03\x00\x00\x15\x02\xf0\x80\x72\x01\x00\x06\x31\x00\x00\x04\xca\x00\x72\x02\x00\x00"],
        &[],
    ),
];
