//! DHCP failover, with which two servers share their leases, over TCP.
//!
//! ```text
//! length (2)   type (1): 1 to 12   header's length (1)   time (4)   transaction (4)   options: code (2), length (2), value
//! ```
//!
//! IETF draft "DHCP Failover Protocol" section 6. A session begins with CONNECT (5) and its acknowledgement (6).

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// DHCP failover.
pub const INSPECTOR: Inspector = Inspector {
    name: "dhcp-failover",
    title: "DHCP failover",
    specification: "DHCP Failover Protocol (IETF draft), section 6",
    ports: &[647, 847],
    initiator_first: ByteSet::range(0, 8),
    responder_first: ByteSet::range(0, 8),
    inspect,
    confused_with: "nothing whose options fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const CONNECT: u8 = 5;
const CONNECTED: u8 = 6;
/// Header in bytes, and longest message (section 6.1).
const HEADER: u16 = 12;
const MAX_LENGTH: u16 = 2048;
/// Last message type, and last option code that a specification has.
const LAST_TYPE: u8 = 13;
const LAST_OPTION: u16 = 64;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side, first: u8| -> Result<Confidence, Reject> {
        let mut place = 0;
        in_stream(opening.said(side).stream(), |cursor| {
            let kind = message(cursor)?;
            place += 1;
            require(place > 1 || kind == first || !opening.from_start)
        })?;
        Ok(Confidence::Message)
    };
    let rule = "options: a message's type, and options that fill its length (DHCP failover draft section 6)";
    Evidence::of(judge(Side::Initiator, CONNECT), judge(Side::Responder, CONNECTED), rule)
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    let (len, kind, offset) = (cursor.u16()?, cursor.u8()?, cursor.u8()?);
    require((HEADER..=MAX_LENGTH).contains(&len) && (1..=LAST_TYPE).contains(&kind) && matches!(offset, 8 | 12))?;
    let mut body = cursor.within(usize::from(len) - 4)?;
    body.skip(8)?;
    let mut options = 0;
    while !body.is_empty() {
        let (code, len) = (body.u16()?, body.u16()?);
        require((1..=LAST_OPTION).contains(&code))?;
        body.skip(len.into())?;
        options += 1;
    }
    if body.is_open() {
        return Err(Reject::Incomplete);
    }
    require(options > 0 || !matches!(kind, CONNECT | CONNECTED))?;
    Ok(kind)
}

const CONNECTING: &[u8] = b"\0\x1c\x05\x08\x69\x55\0\0\0\0\0\x01\0\x01\0\x04\xc0\0\x02\x01\0\x13\0\x04\0\0\0\x0a";
const ACCEPTING: &[u8] = b"\0\x14\x06\x08\x69\x55\0\0\0\0\0\x01\0\x01\0\x04\xc0\0\x02\x02";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "two servers connect", &[CONNECTING], &[ACCEPTING]),
    Example::not(Transport::Tcp, "an option that is too long", &[b"\0\x14\x05\x08\x69\x55\0\0\0\0\0\x01\0\x01\0\x05\xc0\0\x02\x01"], &[]),
    Example::not(Transport::Tcp, "a session that begins otherwise", &[ACCEPTING], &[]),
];
