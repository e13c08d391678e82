//! NDMP, by which backup software drives filers and tape libraries: [version 4].
//!
//! ```text
//! 80 | length, 3 bytes | sequence | time | 0 request, 1 reply | message | reply to | error | ...
//! responder   message 0502: notify connection status       initiator   0900 open, 0108 server data ...
//! ```
//!
//! [version 4]: https://datatracker.ietf.org/doc/draft-skardal-ndmp4/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// NDMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ndmp",
    title: "Network Data Management Protocol",
    specification: "NDMP version 4 (draft-skardal-ndmp4) section 2.4, message header",
    ports: &[10000],
    initiator_first: ByteSet::of(&[0x80]),
    responder_first: ByteSet::of(&[0x80]),
    inspect,
    confused_with: "ONC RPC over TCP, whose record mark is the same: its third word is 0 or 1, here it is a time",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// 2 July 1995, before which no NDMP was: seconds since 1970.
const FIRST_TIME: u32 = 804_600_000;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0x80])?;
    let len = cursor.u24()?;
    require((24..1 << 20).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    require((1..1 << 24).contains(&body.u32()?))?;
    let time = body.u32()?;
    require(time == 0 || time >= FIRST_TIME)?;
    let kind = body.u32()?;
    let code = body.u32()?;
    // Interfaces 1 to A, and less than 32 messages in each.
    require(matches!(code >> 8, 1..=0x0a) && code & 0xff < 0x20)?;
    let (reply_to, error) = (body.u32()?, body.u32()?);
    require(match kind {
        0 => reply_to == 0 && error == 0,
        1 => reply_to != 0 && error < 0x40,
        _ => false,
    })?;
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| of_said(&said, Transport::Tcp, message).map(|_| Confidence::Message);
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: record mark, time, message and reply fit (NDMP 4 section 2.4)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the server greets and the client opens",
        &[b"\x80\x00\x00\x1c\x00\x00\x00\x01\x5f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04"],
        &[b"\x80\x00\x00\x24\x00\x00\x00\x01\x5f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "an ONC RPC call",
        &[b"\x80\x00\x00\x28\x12\x34\x56\x78\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa3\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
        &[],
    ),
];
