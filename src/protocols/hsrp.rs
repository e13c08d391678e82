//! Hot Standby Router Protocol (HSRP), versions 1 and 2, sent to a group by each router.
//!
//! ```text
//! version 1   0, opcode, state, hello, hold, priority, group, 0, "cisco" or a password (8), virtual address (4)   RFC 2281 section 5
//! version 2   type (1), length (1), value: 1 group state (40), 2 interface state (4), 3 text (8), 4 MD5 (28)
//! ```
//!
//! Elements must fill the datagram. Over IPv6 it is version 2 on a port of its own.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::in_datagrams;

/// HSRP.
pub const INSPECTOR: Inspector = Inspector {
    name: "hsrp",
    title: "Hot Standby Router Protocol",
    specification: "RFC 2281 section 5; version 2 as Cisco documents it",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(0, MAX_ELEMENT),
    responder_first: ByteSet::range(0, MAX_ELEMENT),
    inspect,
    describe: Some(describe),
    attributes: &[("hsrp.group", "the group's number"), ("hsrp.version", "1 or 2")],
    confused_with: "nothing of the same lengths, states and order of times",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// IPv4 and IPv6.
const PORTS: &[u16] = &[1985, 2029];
/// Last type of element of version 2.
const MAX_ELEMENT: u8 = 4;
/// Elements' lengths by type, from 1 on.
const LENGTHS: [u8; 4] = [40, 4, 8, 28];

struct Message {
    version: u8,
    group: Option<u16>,
    /// Whether it tells a group's state, and not only an interface's.
    telling: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut telling = false;
        in_datagrams(&opening.said(side), |cursor| {
            telling |= message(*cursor)?.telling;
            Ok(())
        })?;
        if opening.is_on(PORTS) || telling { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    let rule = "router-state: states and times in their places (RFC 2281 section 5)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    if cursor.rest().first() == Some(&0) {
        return version_1(cursor);
    }
    let mut message = Message { version: 2, group: None, telling: false };
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u8()?, cursor.u8()?);
        require(LENGTHS.get(usize::from(kind).wrapping_sub(1)) == Some(&len))?;
        let mut value = cursor.sub(len.into())?;
        if kind == 1 {
            let [version, opcode, state, family] = value.array()?;
            require(version == 2 && opcode <= 3 && state <= 6 && matches!(family, 4 | 6))?;
            message.group = Some(value.u16()?);
            message.telling = true;
        }
    }
    Ok(message)
}

fn version_1(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    let whole = cursor.len();
    let [_, opcode, state, hello] = cursor.array()?;
    if opcode == 3 {
        // An interface's state: type 1, its length, its state, reserved zero, two counts, reserved zeros.
        cursor.skip(cursor.len())?;
        require(whole == 16 && (state, hello) == (0, 1))?;
        return Ok(Message { version: 1, group: None, telling: false });
    }
    let [hold, _, group, reserved] = cursor.array()?;
    let states = [0, 1, 2, 4, 8, 16];
    require(opcode <= 2 && states.contains(&state) && reserved == 0 && hello > 0 && hold > hello)?;
    let password = cursor.take(8)?;
    cursor.skip(4)?;
    // An MD5 element may follow.
    require(cursor.is_open() || cursor.is_empty() || cursor.len() == 30)?;
    Ok(Message { version: 1, group: Some(group.into()), telling: password == b"cisco\0\0\0" })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for datagram in opening.initiator.datagrams() {
        if let Ok(message) = message(datagram.cursor()) {
            attributes.set("hsrp.version", message.version);
            attributes.set_some("hsrp.group", message.group);
        }
    }
}

const HELLO: &[u8] = b"\0\0\x10\x03\x0a\x78\x01\0cisco\0\0\0\xc0\0\x02\x01";
const SECOND: &[u8] =
    &laid_out::<52>(&[(0, &[1, 40, 2, 0, 6, 4, 0, 103]), (42, &[3, 9]), (44, b"cisco")]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "version 1 with the usual password", &[HELLO], &[]),
    Example::udp(Confidence::Message, "version 2 with a text element", &[&laid_out::<52>(&[(0, &[1, 40, 2, 0, 6, 4, 0, 103]), (42, b"\x03\x08cisco")])], &[]),
    Example::udp(Confidence::Message, "an interface that is passive, on its port", &[b"\x02\x04\0\0\0\x01"], &[]).on(2029),
    Example::not(Transport::Udp, "an element that is too long", &[SECOND], &[]),
    Example::not(Transport::Udp, "a router that would hold shorter than it greets", &[b"\0\0\x10\x0a\x03\x78\x01\0cisco\0\0\0\xc0\0\x02\x01"], &[]).on(1985),
];
