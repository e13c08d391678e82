//! FOCAS, by which FANUC's numerical controls are read over Ethernet.
//!
//! ```text
//! A0 A0 A0 A0 | version 1 to 4 | type 01 01 open, 02 01 close, 21 01 request; 02 second byte in answers | length | ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// FOCAS.
pub const INSPECTOR: Inspector = Inspector {
    name: "focas",
    title: "FANUC FOCAS over Ethernet",
    specification: "Frame of FOCAS2 over Ethernet as documented by open clients",
    ports: &[8193],
    initiator_first: ByteSet::of(&[0xa0]),
    responder_first: ByteSet::of(&[0xa0]),
    inspect,
    confused_with: "nothing: four A0 and small numbers",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn frame(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0xa0; 4])?;
    require((1..=4).contains(&cursor.u16()?))?;
    require(matches!(cursor.array()?, [1 | 2 | 0x21, 1..=3]))?;
    let len = usize::from(cursor.u16()?);
    cursor.skip(len)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| of_said(&said, Transport::Tcp, frame).map(|_| Confidence::Message);
    Evidence::of(judged(opening.initiator), judged(opening.responder), "frame: A0 A0 A0 A0, version, type and length (FOCAS2 frame)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session is opened",
        &[b"\xa0\xa0\xa0\xa0\x00\x01\x01\x01\x00\x02\x00\x02"],
        &[b"\xa0\xa0\xa0\xa0\x00\x01\x01\x02\x00\x02\x00\x01"],
    ),
    Example::not(Transport::Tcp, "another type", &[b"\xa0\xa0\xa0\xa0\x00\x01\x77\x01\x00\x02\x00\x02"], &[]),
];
