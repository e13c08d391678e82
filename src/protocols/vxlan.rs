//! Virtual eXtensible Local Area Network (VXLAN), where its content could not be followed.
//!
//! ```text
//! 08 0 0 0   network id (3)   0   an Ethernet frame
//! ```
//!
//! [RFC 7348] section 5. A flow stays VXLAN only where the frame inside is none that makes a flow of its own.
//!
//! [RFC 7348]: https://www.rfc-editor.org/rfc/rfc7348

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::ip_packet;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// VXLAN.
pub const INSPECTOR: Inspector = Inspector {
    name: "vxlan",
    title: "Virtual eXtensible Local Area Network",
    specification: "RFC 7348 section 5",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0x08]),
    responder_first: ByteSet::of(&[0x08]),
    inspect,
    confused_with: "nothing on its ports; elsewhere the frame inside must fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Registered, and what Linux had before.
const PORTS: &[u16] = &[4789, 8472];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut whole = true;
    let count = in_datagrams(&opening.initiator, |cursor| {
        header(cursor)?;
        whole &= ip_packet::frame(*cursor).is_ok();
        Ok(())
    })?;
    match (whole, opening.is_on(PORTS)) {
        (true, _) => Ok(Evidence::new(Confidence::Message, "frame: VXLAN's header before a frame that fits (RFC 7348 section 5)")),
        (false, true) => Ok(Evidence::new(Confidence::Signature, "header: VXLAN's header on its port (RFC 7348 section 5)")),
        (false, false) if count > 0 => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// The flag that says that there is a network id, and the reserved zeros.
fn header(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0x08, 0, 0, 0])?;
    cursor.skip(3)?;
    cursor.tag(&[0])
}

const FRAME: &[u8] = b"\x08\0\0\0\0\0\x64\0\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\
    \x45\0\0\x1c\0\0\0\0\x40\x11\xf6\xcd\xc0\0\x02\x01\xc0\0\x02\x02\0\x35\0\x35\0\x08\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a frame inside", &[FRAME], &[]),
    Example::udp(Confidence::Signature, "a header alone, on its port", &[b"\x08\0\0\0\0\0\x64\0"], &[]).on(4789),
    Example::not(Transport::Udp, "a header alone, on another port", &[b"\x08\0\0\0\0\0\x64\0"], &[]),
];
