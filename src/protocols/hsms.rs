//! HSMS, by which equipment of semiconductor plants speaks SECS-II over TCP: SEMI E37.
//!
//! ```text
//! length, 4 bytes | session | byte 2 | byte 3 | 00 | type | system, 4 bytes | data
//! 0000000A          FFFF      00       00             1 select, 2 its answer, 5 link test, 6, 7 reject, 9 separate
//!                   device    W stream function       0 data
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// HSMS.
pub const INSPECTOR: Inspector = Inspector {
    name: "hsms",
    title: "High-Speed SECS Message Services (SECS/GEM)",
    specification: "SEMI E37-0819 section 8, message format",
    ports: &[5000, 5001],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "other protocols with four bytes of length in front: control messages have ten bytes, nearly all fixed",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a message, and says whether it is a control message of no device, as those of single sessions are.
fn message(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    let len = cursor.u32()?;
    require((10..1 << 24).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    let session = body.u16()?;
    let (stream, function) = (body.u8()?, body.u8()?);
    body.tag(&[0])?;
    let kind = body.u8()?;
    require(match kind {
        0 => stream & 0x7f != 0 || function != 0,
        1..=4 | 9 => len == 10 && stream == 0 && function <= 4,
        // A link test is of no session.
        5 | 6 => len == 10 && stream == 0 && function == 0 && session == u16::MAX,
        7 => len == 10,
        _ => false,
    })?;
    body.skip(4)?;
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind != 0 && session == u16::MAX) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut controls = 0;
        of_said(&said, Transport::Tcp, |cursor| {
            controls += u32::from(message(cursor)?);
            Ok(())
        })
        .map(|_| controls)
    };
    let rule = "control-message: ten bytes, no stream, and select or link test (SEMI E37 section 8)";
    match (judged(opening.initiator), judged(opening.responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(a), Ok(b)) if a > 0 && b > 0 => Ok(Evidence::dialogue(rule)),
        (Ok(1..), _) => Ok(Evidence::message(rule)),
        (_, Ok(1..)) => Ok(Evidence::message(rule).from(Side::Responder)),
        (Ok(_), Ok(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        _ => Err(Reject::Incomplete),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the session is selected",
        &[b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x01\x00\x00\x00\x01"],
        &[b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x02\x00\x00\x00\x01"],
    ),
    Example::tcp(Confidence::Message, "a link test", &[], &[b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x05\x12\x34\x56\x78"]),
    Example::not(Transport::Tcp, "a control message with data", &[b"\x00\x00\x00\x0b\xff\xff\x00\x00\x00\x01\x00\x00\x00\x01\x00"], &[]),
];
