//! DLSw, by which SNA and NetBIOS cross IP between routers: [RFC 1795] over TCP.
//!
//! ```text
//! version 31 | header length 16 or 72 | message length | correlator | port id | 2 bytes | type | flow control ...
//! both sides, on port 2065: capabilities exchange (type 20) first
//! ```
//!
//! [RFC 1795]: https://www.rfc-editor.org/rfc/rfc1795

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// DLSw.
pub const INSPECTOR: Inspector = Inspector {
    name: "dlsw",
    title: "Data Link Switching",
    specification: "RFC 1795 section 3.2 and 3.5; RFC 2166",
    carriers: Carriers::TCP_UDP,
    ports: &[2065, 2067],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    confused_with: "text that begins with the digit 1, and LWAPP: the header's length and the type do not fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Versions 1 and 2, and 2 over UDP.
const FIRST: ByteSet = ByteSet::of(&[0x31, 0x32, 0x4b]);
/// Bytes of an information header, and of a control header.
const INFORMATION: u8 = 16;
const CONTROL: u8 = 72;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    require(matches!(cursor.u8()?, 0x31 | 0x32 | 0x4b))?;
    let header = cursor.u8()?;
    require(matches!(header, INFORMATION | CONTROL))?;
    let len = usize::from(cursor.u16()?);
    cursor.skip(4 + 4 + 2)?;
    let kind = cursor.u8()?;
    require(matches!(kind, 0x03..=0x22 | 0x2a..=0x2b | 0x7a))?;
    // Version, header length, message length, correlator, port, two bytes and the type were 15.
    cursor.skip(usize::from(header) - 15)?;
    cursor.skip(len)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, message)
            .map(|count| if count > 1 { Confidence::Message } else { Confidence::Signature })
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: version, header length, type and length (RFC 1795 section 3.2)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "capabilities are exchanged", &[CAPABILITIES], &[CAPABILITIES]),
    Example::tcp(Confidence::Signature, "only one side", &[CAPABILITIES], &[]),
    Example::not(Transport::Tcp, "text", &[b"1 Welcome to the list of all things\r\n"], &[]),
];
/// A control header of capabilities exchange, with four bytes behind it.
const CAPABILITIES: &[u8] = b"\x31\x48\x00\x04\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x04\x15\x20";
