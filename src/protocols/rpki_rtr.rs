//! RPKI to Router protocol, with which routers fetch validated origins.
//!
//! ```text
//! version (1)   type (1)   session or 0 (2)   length with header (4)   0 notify 12, 1 serial query 12, 2 reset query 8, 3 response 8,
//! 4 IPv4 prefix 20, 6 IPv6 prefix 32, 7 end 12 or 24, 8 reset 8, 9 router key, 10 error
//! ```
//!
//! RFC 8210 section 5. The length follows from the type. A router asks first.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// RPKI to Router protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "rpki-rtr",
    title: "RPKI to Router protocol",
    specification: "RFC 8210 section 5",
    ports: PORTS,
    initiator_first: ByteSet::of(&[0, 1, 2]),
    responder_first: ByteSet::of(&[0, 1, 2]),
    inspect,
    confused_with: "nothing whose lengths follow so from its types",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[323];
/// Shortest message, and longest that is believed, in bytes.
const MIN_LENGTH: u32 = 8;
const MAX_LENGTH: u32 = 65_536;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let count = in_stream(opening.said(side).stream(), |cursor| {
            let kind = message(cursor)?;
            let asks = matches!(kind, 1 | 2 | 10);
            require(!opening.from_start || asks || side == Side::Responder)
        })?;
        Ok(if count >= 2 || opening.is_on(PORTS) { Confidence::Message } else { Confidence::Signature })
    };
    let rule = "units: types of the lengths that they have (RFC 8210 section 5)";
    match (judge(Side::Initiator), judge(Side::Responder)) {
        // One short message off its port is HART-IP's keep-alive as well.
        (Ok(Confidence::Signature), Err(Reject::Incomplete)) | (Err(Reject::Incomplete), Ok(Confidence::Signature)) => {
            Err(Reject::Incomplete)
        }
        (asked, answered) => Evidence::of(asked, answered, rule),
    }
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    let (version, kind, zero, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?, cursor.u32()?);
    let expected = match kind {
        0 | 1 => 12,
        2 | 3 | 8 => 8,
        4 => 20,
        6 => 32,
        7 if version == 0 => 12,
        7 => 24,
        9..=11 => len,
        _ => return Err(Reject::Mismatch),
    };
    require(version <= 2 && len == expected && (MIN_LENGTH..=MAX_LENGTH).contains(&len))?;
    require(zero == 0 || !matches!(kind, 2 | 4 | 6 | 8))?;
    cursor.skip(len as usize - 8)?;
    Ok(kind)
}

const RESET_QUERY: &[u8] = b"\x01\x02\0\0\0\0\0\x08";
const PREFIX: &[u8] = b"\x01\x04\0\0\0\0\0\x14\x01\x18\x18\0\xc0\0\x02\0\0\0\xfd\xe8";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a router asks for everything", &[RESET_QUERY], &[b"\x01\x03\0\x07\0\0\0\x08", PREFIX]),
    Example::tcp(Confidence::Message, "only the cache was captured", &[], &[PREFIX, PREFIX]),
    Example::not(Transport::Tcp, "a query that nobody answers, which is HART-IP's keep-alive as well", &[RESET_QUERY], &[]),
    Example::not(Transport::Tcp, "a prefix of another length", &[RESET_QUERY], &[b"\x01\x04\0\0\0\0\0\x15\x01\x18\x18\0\xc0\0\x02\0\0\0\xfd\xe8"]),
    Example::not(Transport::Tcp, "a router that sends prefixes", &[PREFIX], &[]),
];
