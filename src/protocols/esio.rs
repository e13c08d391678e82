//! Ether-S-I/O, by which Saia-Burgess' controllers exchange their inputs and outputs.
//!
//! ```text
//! "ESIO" | type | version | ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// Ether-S-I/O.
pub const INSPECTOR: Inspector = Inspector {
    name: "esio",
    title: "Saia-Burgess Ether-S-I/O",
    specification: "Saia-Burgess Controls, Ether-S-I/O telegram header",
    carriers: Carriers::UDP,
    ports: &[6060],
    initiator_first: ByteSet::of(b"E"),
    responder_first: ByteSet::of(b"E"),
    inspect,
    confused_with: "nothing: ESIO and a telegram type of one small number",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn telegram(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"ESIO\x00")?;
    // Type, a byte more, and the telegram's number.
    cursor.skip(3 + 4)?;
    cursor.skip(cursor.len())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, telegram)
            .map(|count| if count > 1 { Confidence::Message } else { Confidence::Signature })
    };
    Evidence::of(judged(opening.initiator), judged(opening.responder), "telegram: ESIO (Ether-S-I/O telegram header)")
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "two telegrams",
        &[b"ESIO\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", b"ESIO\x00\x01\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00"],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "one telegram",
        &[b"ESIO\x00\x02\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"],
        &[],
    ),
    Example::not(Transport::Udp, "text", &[b"ESIOX is not it"], &[]),
];
