//! Corosync's Totem protocol, with which cluster nodes order their messages.
//!
//! ```text
//! version 2 and later   c0 70 or 70 c0, 3 (1), type (1), encapsulation (1), node (4), target (4)
//! version 1             type (1), encapsulation (1), ff 22 or 22 ff, node (4)
//! ```
//!
//! As Corosync's totemsrp defines it, in either byte order. Mostly encrypted, and then not to be known by its bytes.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Corosync Totem.
pub const INSPECTOR: Inspector = Inspector {
    name: "corosync",
    title: "Corosync Totem",
    specification: "Corosync, totemsrp message headers",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(0, 5).or(ByteSet::of(&[0x70, 0xc0])),
    responder_first: ByteSet::range(0, 5).or(ByteSet::of(&[0x70, 0xc0])),
    inspect,
    confused_with: "nothing on its ports",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[5405, 5404];
/// Last message type: token hold cancel; last encapsulation: of messages of another ring.
const LAST_TYPE: u8 = 5;
const LAST_ENCAPSULATION: u8 = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let count = in_datagrams(&opening.said(side), |cursor| header(*cursor))?;
        match (opening.is_on(PORTS), count) {
            (true, _) => Ok(Confidence::Message),
            (false, 2..) => Ok(Confidence::Signature),
            (false, _) => Err(Reject::Incomplete),
        }
    };
    let rule = "totem-header: magic or byte order mark, type and encapsulation (Corosync)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn header(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let [a, b, c, d] = cursor.array()?;
    let encapsulation = match (a, b, c, d) {
        (0xc0, 0x70, 3, kind) | (0x70, 0xc0, 3, kind) if kind <= LAST_TYPE => cursor.u8()?,
        (kind, encapsulation, 0xff, 0x22) | (kind, encapsulation, 0x22, 0xff) if kind <= LAST_TYPE => encapsulation,
        _ => return Err(Reject::Mismatch),
    };
    require(encapsulation <= LAST_ENCAPSULATION)?;
    let node = cursor.u32()?;
    require(node != 0)?;
    cursor.skip(8)
}

const TOKEN: &[u8] = b"\x70\xc0\x03\0\0\x01\0\0\0\x02\0\0\0\x05\0\0\0\x07\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a token on its port", &[TOKEN], &[]).on(5405),
    Example::udp(Confidence::Signature, "tokens on another port", &[TOKEN, TOKEN], &[]),
    Example::not(Transport::Udp, "one token on another port", &[TOKEN], &[]),
    Example::not(Transport::Udp, "a type that is none", &[b"\x70\xc0\x03\x09\0\x01\0\0\0\x02\0\0\0\x05\0\0\0"], &[]).on(5405),
];
