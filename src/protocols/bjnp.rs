//! BJNP, Canon's printer and scanner protocol: a header of sixteen bytes, as the free drivers describe it.
//!
//! ```text
//!  "BJNP"   device 01 printer, 02 scanner   command   error:16   sequence:16   session:16   length:32   payload
//! ```
//!
//! Answers set the high bit of the device. The length must be that of the payload.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// BJNP.
pub const INSPECTOR: Inspector = Inspector {
    name: "bjnp",
    title: "Canon BJNP printer and scanner protocol",
    specification: "the header as cups-bjnp and SANE's pixma backend describe it",
    carriers: Carriers::TCP_UDP,
    ports: &[8610, 8611, 8612, 8613, 8614],
    initiator_first: ByteSet::of(b"BM"),
    responder_first: ByteSet::of(b"BM"),
    inspect,
    describe: Some(describe),
    attributes: &[("bjnp.device", "printer or scanner")],
    confused_with: "nothing: the mark and a length that agrees are 64 bound bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Canon's mark, and that of its multifunction devices.
const MARKS: &[&[u8]] = &[b"BJNP", b"MFNP"];

/// Set in an answer's device.
const ANSWER: u8 = 0x80;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let udp = opening.transport == Transport::Udp;
    let confidence = |cursor| header(cursor, udp).map(|_| Confidence::Message);
    Evidence::of(confidence(opening.request()), confidence(opening.reply()), "header: BJNP's header, whose length agrees")
}

/// Gives the device.
fn header(mut cursor: Cursor<'_>, alone: bool) -> Result<u8, Reject> {
    cursor.one_of(MARKS)?;
    let device = cursor.u8()?;
    require(matches!(device & !ANSWER, 1..=3))?;
    cursor.skip(7)?;
    let len = cursor.u32()?;
    require(len <= 1 << 24)?;
    if alone {
        let mut body = cursor.within(len as usize)?;
        body.skip(body.len())?;
        cursor.end()?;
    }
    Ok(device)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let udp = opening.transport == Transport::Udp;
    let device = header(opening.request(), udp).or_else(|_| header(opening.reply(), udp));
    attributes.set_some("bjnp.device", device.ok().map(|device| if device & 3 == 1 { "printer" } else { "scanner" }));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a discovery and its answer",
        &[b"BJNP\x01\x01\0\0\0\x01\0\0\0\0\0\0"],
        &[b"BJNP\x81\x01\0\0\0\x01\0\0\0\0\0\x02ab"],
    ),
    Example::udp(Confidence::Message, "a discovery", &[b"BJNP\x02\x01\0\0\x17\xa4\0\0\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "a length that does not agree", &[b"BJNP\x01\x01\0\0\0\x01\0\0\0\0\0\x09"], &[]),
];
