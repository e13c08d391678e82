//! Path Computation Element Communication Protocol (PCEP).
//!
//! ```text
//! 1 (3 bits), 0   type (1): 1 open, 2 keep-alive, 3 request, 4 reply, 5 notification, 6 error, 7 close ...   length (2)
//! object   class (1)   type (4 bits), flags (4 bits)   length with header (2)   value
//! ```
//!
//! RFC 5440 section 6. Both sides begin with an open; lengths are multiples of four, and objects fill the message.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// Path Computation Element Communication Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "pcep",
    title: "Path Computation Element Communication Protocol",
    specification: "RFC 5440 sections 6 and 7",
    ports: PORTS,
    initiator_first: ByteSet::of(&[0x20]),
    responder_first: ByteSet::of(&[0x20]),
    inspect,
    confused_with: "BFCP and MQTT, which begin with 20 too: an open holds an open object",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[4189];
const OPEN: u8 = 1;
/// Last message type: start of TLS (IANA "PCEP Messages").
const LAST_TYPE: u8 = 15;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut opened = false;
        let mut place = 0;
        let count = in_stream(opening.said(side).stream(), |cursor| {
            let kind = message(cursor)?;
            opened |= kind == OPEN && place == 0;
            place += 1;
            require(opened || !opening.from_start || kind == 13)
        })?;
        match (opened, count, opening.is_on(PORTS)) {
            (true, ..) | (false, _, true) => Ok(Confidence::Message),
            (false, 3.., false) => Ok(Confidence::Signature),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "objects: an open, and objects that fill the messages (RFC 5440 section 6.1)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    cursor.tag(&[0x20])?;
    let (kind, len) = (cursor.u8()?, cursor.u16()?);
    require((1..=LAST_TYPE).contains(&kind) && len >= 4 && len % 4 == 0 && (kind != 2 || len == 4))?;
    let mut body = cursor.within(usize::from(len) - 4)?;
    while !body.is_empty() {
        let (class, flags, len) = (body.u8()?, body.u8()?, body.u16()?);
        require(class != 0 && flags >> 4 != 0 && len >= 4 && len % 4 == 0)?;
        require(kind != OPEN || class == 1)?;
        body.skip(usize::from(len) - 4)?;
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind) }
}

const OPENED: &[u8] = b"\x20\x01\0\x0c\x01\x10\0\x08\x20\x1e\x78\x01";
const ALIVE: &[u8] = b"\x20\x02\0\x04";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides open", &[OPENED, ALIVE], &[OPENED]),
    Example::tcp(Confidence::Message, "one side opens", &[OPENED], &[]),
    Example::not(Transport::Tcp, "a keep-alive first", &[ALIVE], &[]),
    Example::not(Transport::Tcp, "an open of another class", &[b"\x20\x01\0\x0c\x02\x10\0\x08\x20\x1e\x78\x01"], &[]),
];
