//! Web Cache Communication Protocol (WCCP), between routers and caches.
//!
//! ```text
//! version 1   type (4): 7 here I am, 8 I see you, 9 assign buckets
//! version 2   type (4): 10 here I am, 11 I see you, 12 redirect assign, 13 removal query   version 02 00 or 02 01 (2)   length (2)
//!             components: type (2), length (2), value
//! ```
//!
//! IETF draft "Web Cache Communication Protocol V2.0" section 5. Components fill the length.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Web Cache Communication Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "wccp",
    title: "Web Cache Communication Protocol",
    specification: "Web Cache Communication Protocol V2.0 (IETF draft), section 5",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing whose components fill it so",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[2048];
/// Last component type, with room for those to come.
const LAST_COMPONENT: u16 = 32;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut second = true;
        in_datagrams(&opening.said(side), |cursor| {
            second &= message(*cursor)?;
            Ok(())
        })?;
        if second || opening.is_on(PORTS) { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    let rule = "components: a type, a version, and components that fill the length (WCCP V2.0 section 5)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a message: whether it is of version 2.
fn message(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let kind = cursor.u32()?;
    if matches!(kind, 7..=9) {
        // Version, then hash revision: 4 bytes each (version 1's draft, section 4).
        require(cursor.u32()? <= 4)?;
        cursor.skip(cursor.len())?;
        return Ok(false);
    }
    require(matches!(kind, 10..=13) && matches!(cursor.u16()?, 0x0200 | 0x0201))?;
    let len = cursor.u16()?;
    let mut body = cursor.within(len.into())?;
    cursor.end()?;
    while !body.is_empty() {
        let (kind, len) = (body.u16()?, body.u16()?);
        require(kind <= LAST_COMPONENT)?;
        body.skip(len.into())?;
    }
    Ok(true)
}

const HERE: &[u8] = b"\0\0\0\x0a\x02\0\0\x08\0\0\0\x04\0\0\0\0";
const SEEN: &[u8] = b"\0\0\0\x0b\x02\0\0\x08\0\0\0\x04\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a cache announces itself, a router sees it", &[HERE], &[SEEN]),
    Example::udp(Confidence::Message, "version 1 on its port", &[b"\0\0\0\x07\0\0\0\x04\0\0\0\0"], &[]).on(2048),
    Example::not(Transport::Udp, "a component that is too long", &[b"\0\0\0\x0a\x02\0\0\x08\0\0\0\x05\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "version 1 on another port", &[b"\0\0\0\x07\0\0\0\x04\0\0\0\0"], &[]),
];
