//! Multicast Source Discovery Protocol (MSDP), between rendezvous points over TCP.
//!
//! ```text
//! type (1)   length with header (2)   1 source active: count (1), rendezvous point (4), count x 12 bytes [, a packet]
//!                                     2 request: 0, group (4)   3 response: as 1   4 keep-alive: nothing
//! ```
//!
//! RFC 3618 section 12. Both sides keep the session alive.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// Multicast Source Discovery Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "msdp",
    title: "Multicast Source Discovery Protocol",
    specification: "RFC 3618 section 12",
    ports: PORTS,
    initiator_first: ByteSet::range(1, 7),
    responder_first: ByteSet::range(1, 7),
    inspect,
    confused_with: "other streams of a type and a length: sources must be counted and groups be multicast",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[639];
/// Longest message in bytes (RFC 3618 section 12).
const MAX_LENGTH: u16 = 9192;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut sources = false;
        let count = in_stream(opening.said(side).stream(), |cursor| {
            sources |= message(cursor)?;
            Ok(())
        })?;
        // A keep-alive is 24 bits.
        match (opening.is_on(PORTS), sources || count >= 2) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "messages: types whose lengths follow from their counts (RFC 3618 section 12)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a message: whether it lists sources.
fn message(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    let (kind, len) = (cursor.u8()?, cursor.u16()?);
    require((3..=MAX_LENGTH).contains(&len))?;
    let mut body = cursor.within(usize::from(len) - 3)?;
    match kind {
        1 | 3 => {
            let count = usize::from(body.u8()?);
            require(count > 0)?;
            body.skip(4)?;
            for _ in 0..count {
                // Three reserved bytes, the source's prefix length, group, source.
                body.tag(&[0, 0, 0, 32])?;
                require(body.u8()? >> 4 == 0xe)?;
                body.skip(7)?;
            }
            require(kind == 1 || body.is_empty())?;
            body.skip(body.len())?;
        }
        2 => {
            require(len == 8 && body.u8()? == 0)?;
            require(body.u8()? >> 4 == 0xe)?;
            body.skip(3)?;
        }
        4 => require(len == 3)?,
        _ => return Err(Reject::Mismatch),
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(matches!(kind, 1 | 3)) }
}

const ALIVE: &[u8] = b"\x04\0\x03";
const ACTIVE: &[u8] = b"\x01\0\x14\x01\xc0\0\x02\x01\0\0\0\x20\xef\x01\x02\x03\xc0\0\x02\x09";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides, one with a source", &[ALIVE, ACTIVE], &[ALIVE, ALIVE]),
    Example::tcp(Confidence::Message, "a keep-alive, on its port", &[ALIVE], &[]).on(639),
    Example::not(Transport::Tcp, "a keep-alive, on another port", &[ALIVE], &[]),
    Example::not(Transport::Tcp, "a group that is none", &[b"\x01\0\x14\x01\xc0\0\x02\x01\0\0\0\x20\xcf\x01\x02\x03\xc0\0\x02\x09"], &[]),
];
