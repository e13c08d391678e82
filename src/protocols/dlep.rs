//! Dynamic Link Exchange Protocol (DLEP), between radios and routers: discovery over UDP, sessions over TCP.
//!
//! ```text
//! UDP   "DLEP"   type (2): 1 discovery, 2 offer   length (2)   items
//! TCP            type (2): 1 initialisation, 2 its answer ...   length (2)   items: type (2), length (2), value
//! ```
//!
//! [RFC 8175] section 11. Items must fill the length; a session's first message holds the heartbeat interval.
//!
//! [RFC 8175]: https://www.rfc-editor.org/rfc/rfc8175

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// DLEP.
pub const INSPECTOR: Inspector = Inspector {
    name: "dlep",
    title: "Dynamic Link Exchange Protocol",
    specification: "RFC 8175 sections 11 and 12",
    carriers: Carriers::TCP_UDP,
    ports: &[854],
    initiator_first: ByteSet::of(b"D\0"),
    responder_first: ByteSet::of(b"D\0"),
    inspect,
    confused_with: "nothing: UDP begins with its name, and both sides of TCP open a session",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A session's heartbeat interval in milliseconds: item 5, 4 bytes (RFC 8175 section 13.5).
const HEARTBEAT: (u16, u16) = (5, 4);
/// Last item type for which there is a specification, with room for those to come.
const LAST_ITEM: u16 = 64;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "items: a signal or message whose items fill it (RFC 8175 section 11)";
    let judge = |side: Side| -> Result<Confidence, Reject> {
        if opening.transport == Transport::Udp {
            in_datagrams(&opening.said(side), |cursor| signal(*cursor))?;
            return Ok(Confidence::Message);
        }
        let initialisation = if side == Side::Initiator { 1 } else { 2 };
        let mut stream = opening.said(side).stream();
        require(stream.u16()? == initialisation)?;
        let len = stream.u16()?;
        require(items(stream.within(len.into())?)?)?;
        Ok(Confidence::Message)
    };
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn signal(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"DLEP")?;
    require(matches!(cursor.u16()?, 1 | 2))?;
    let len = cursor.u16()?;
    items(cursor.sub(len.into())?)?;
    cursor.end()
}

/// Reads items, and says whether the heartbeat interval was among them.
fn items(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let mut heartbeat = false;
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u16()?, cursor.u16()?);
        require((1..=LAST_ITEM).contains(&kind) || kind >= 0xff00)?;
        heartbeat |= (kind, len) == HEARTBEAT;
        cursor.skip(len.into())?;
    }
    if cursor.is_open() { Err(Reject::Incomplete) } else { Ok(heartbeat) }
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a router looks for radios", &[b"DLEP\0\x01\0\x08\0\x04\0\x04\0abc"], &[]),
    Example::tcp(
        Confidence::Dialogue,
        "a session is opened",
        &[b"\0\x01\0\x08\0\x05\0\x04\0\0\xea\x60"],
        &[b"\0\x02\0\x0d\0\x01\0\x01\0\0\x05\0\x04\0\0\xea\x60"],
    ),
    Example::not(Transport::Tcp, "no heartbeat interval", &[b"\0\x01\0\x08\0\x04\0\x04\0abc"], &[]),
    Example::not(Transport::Udp, "an item that is too long", &[b"DLEP\0\x01\0\x08\0\x04\0\x05\0abc"], &[]),
];
