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
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
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
    describe: Some(describe),
    attributes: &[
        ("pcep.keepalive_seconds", "longest silence that the client promises, in seconds; 0 for any"),
        ("pcep.dead_seconds", "silence after which the client is given up, in seconds; 0 for never"),
        ("pcep.server_keepalive_seconds", "longest silence that the server promises, in seconds; 0 for any"),
        ("pcep.server_dead_seconds", "silence after which the server is given up, in seconds; 0 for never"),
        ("pcep.capabilities", "what the client can do beyond RFC 5440: stateful, path-setup-type, segment-routing ..."),
    ],
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

/// What an open object says (section 7.3).
struct Open {
    keepalive: u8,
    dead: u8,
    capabilities: Vec<String>,
}

/// Reads the open object that an open message begins with: version, timers, a session's number, and elements.
fn opened(mut cursor: Cursor<'_>) -> Result<Open, Reject> {
    cursor.tag(&[0x20, OPEN])?;
    cursor.skip(2)?;
    require(cursor.u8()? == 1)?;
    cursor.u8()?;
    let len = usize::from(cursor.u16()?);
    require(len >= 8)?;
    let mut object = cursor.sub(len - 4)?;
    object.u8()?;
    let (keepalive, dead) = (object.u8()?, object.u8()?);
    object.u8()?;
    let mut capabilities = Vec::new();
    while let (Ok(kind), Ok(len)) = (object.u16(), object.u16()) {
        // IANA "PCEP TLV Type Indicators": those of open objects that say what a peer can do.
        let name = match kind {
            16 => Some("stateful"),
            26 => Some("segment-routing"),
            34 => Some("path-setup-type"),
            _ => None,
        };
        capabilities.extend(name.map(str::to_owned));
        if object.skip(usize::from(len).next_multiple_of(4)).is_err() {
            break;
        }
    }
    Ok(Open { keepalive, dead, capabilities })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(open) = opened(opening.request()) {
        attributes.set("pcep.keepalive_seconds", open.keepalive);
        attributes.set("pcep.dead_seconds", open.dead);
        attributes.set_some("pcep.capabilities", (!open.capabilities.is_empty()).then_some(open.capabilities));
    }
    if let Ok(open) = opened(opening.reply()) {
        attributes.set("pcep.server_keepalive_seconds", open.keepalive);
        attributes.set("pcep.server_dead_seconds", open.dead);
    }
}

const OPENED: &[u8] = b"\x20\x01\0\x0c\x01\x10\0\x08\x20\x1e\x78\x01";
const ALIVE: &[u8] = b"\x20\x02\0\x04";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides open", &[OPENED, ALIVE], &[OPENED]),
    Example::tcp(Confidence::Message, "one side opens", &[OPENED], &[]),
    Example::not(Transport::Tcp, "a keep-alive first", &[ALIVE], &[]),
    Example::not(Transport::Tcp, "an open of another class", &[b"\x20\x01\0\x0c\x02\x10\0\x08\x20\x1e\x78\x01"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_tells_its_timers_and_what_the_peer_can_do() {
        let open = opened(Cursor::open(OPENED)).unwrap();
        assert_eq!((open.keepalive, open.dead, open.capabilities.len()), (30, 120, 0));
        let able = b"\x20\x01\0\x1c\x01\x10\0\x18\x20\x1e\x78\x01\0\x10\0\x04\0\0\0\x05\0\x1a\0\x04\0\0\0\x0a";
        assert_eq!(opened(Cursor::open(able)).unwrap().capabilities, ["stateful", "segment-routing"]);
        assert!(opened(Cursor::open(ALIVE)).is_err());
    }
}
