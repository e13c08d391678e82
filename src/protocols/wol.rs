//! Wake-on-LAN: the magic packet that wakes a machine, here in a datagram.
//!
//! ```text
//! ff x 6   the machine's address (6) x 16   [password (4 or 6)]
//! ```
//!
//! AMD "Magic Packet Technology". Its 102 bytes repeat one address; nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::in_datagrams;

/// Wake-on-LAN.
pub const INSPECTOR: Inspector = Inspector {
    name: "wol",
    title: "Wake-on-LAN",
    specification: "AMD Magic Packet Technology, publication 20213",
    carriers: Carriers::UDP,
    ports: &[9, 7],
    initiator_first: ByteSet::of(&[0xff]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("wol.address", "the address of the machine that is woken")],
    confused_with: "nothing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// How often the address stands in it.
const TIMES: usize = 16;

fn inspect(opening: &Opening<'_>) -> Verdict {
    in_datagrams(&opening.initiator, |cursor| {
        cursor.tag(&[0xff; 6])?;
        let address = cursor.take(6)?;
        // One machine's: neither a group's nor everybody's.
        require(address.first().is_some_and(|first| first & 1 == 0) && address != [0; 6])?;
        for _ in 1..TIMES {
            cursor.tag(address)?;
        }
        require(cursor.is_open() || matches!(cursor.len(), 0 | 4 | 6))
    })?;
    Ok(Evidence::message("magic-packet: one address sixteen times (AMD Magic Packet Technology)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some([a, b, c, d, e, f]) = opening.request().rest().get(6..12) {
        attributes.set("wol.address", format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"));
    }
}

const MAGIC: &[u8] = &magic([2, 0, 0, 0, 0, 1]);

#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
const fn magic(address: [u8; 6]) -> [u8; 102] {
    let mut bytes = [0xff; 102];
    let mut at = 6;
    while at < bytes.len() {
        bytes[at] = address[at % 6];
        at += 1;
    }
    bytes
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a machine is woken", &[MAGIC], &[]),
    Example::udp(Confidence::Message, "with a password", &[&laid_out::<106>(&[(0, MAGIC)])], &[]),
    Example::not(Transport::Udp, "nothing but ones", &[&[0xff; 102]], &[]),
    Example::not(Transport::Udp, "an address that changes", &[&laid_out::<102>(&[(0, &[0xff; 6]), (6, &[2, 0, 0, 0, 0, 1])])], &[]),
];
