//! Controller Area Network (CAN) frames in datagrams, as CAN-to-Ethernet gateways send them.
//!
//! ```text
//! "ISO11898"   frame type (1)   number of frames (1)   frames: identifier (4), length (1), data ...
//! ```
//!
//! proconX CAN-ETH protocol: the eight letters are 64 bits that nothing else begins with. Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// CAN over UDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "can",
    title: "Controller Area Network over UDP (CAN-ETH)",
    specification: "proconX CAN-ETH protocol; ISO 11898 for the frames",
    carriers: Carriers::UDP,
    ports: &[11_898],
    initiator_first: ByteSet::of(b"I"),
    responder_first: ByteSet::of(b"I"),
    inspect,
    confused_with: "nothing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Shortest frame: identifier and length, in bytes.
const MIN_FRAME: usize = 5;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let gateway = |cursor: &mut Cursor<'_>| {
        cursor.tag(b"ISO11898")?;
        cursor.skip(1)?;
        let frames = usize::from(cursor.u8()?);
        require(cursor.is_open() || frames * MIN_FRAME <= cursor.len())
    };
    in_datagrams(&opening.initiator, gateway)?;
    Ok(Evidence::new(Confidence::Signature, "magic: the standard's number, then frames (CAN-ETH)"))
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "one frame", &[b"ISO11898\x01\x01\x23\x01\0\0\x02\0\0\xab\xcd\0\0\0\0\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "more frames than there is room for", &[b"ISO11898\x01\x09\x23\x01\0\0\x02"], &[]),
];
