//! Tuya's local protocol of smart home devices: broadcasts over UDP, control over TCP.
//!
//! ```text
//! 00 00 55 aa   sequence (4)   command (4)   length of what follows (4)   data, mostly encrypted   check   00 00 aa 55
//! 00 00 66 99   0 0   sequence (4)   command (4)   length (4)   vector (12)   data   tag (16)   00 00 99 66       version 3.5
//! ```
//!
//! As published analyses of Tuya's devices have it. Length and both marks must fit.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_side;

/// Tuya local protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "tuya",
    title: "Tuya local protocol",
    specification: "published analyses of Tuya devices; no public specification",
    carriers: Carriers::TCP_UDP,
    ports: &[6666, 6667, 6668],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "nothing between such marks",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message in bytes that is believed, and the last command.
const MAX_LENGTH: u32 = 64 * 1024;
const MAX_COMMAND: u32 = 0x100;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        of_side(opening, side, message)?;
        Ok(Confidence::Message)
    };
    let rule = "marks: a message between its marks, of the length it tells (Tuya)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let new = cursor.one_of(&[b"\0\0\x55\xaa", b"\0\0\x66\x99"])? == 1;
    if new {
        cursor.skip(2)?;
    }
    cursor.skip(4)?;
    require(cursor.u32()? <= MAX_COMMAND)?;
    let len = cursor.u32()?;
    require((8..=MAX_LENGTH).contains(&len))?;
    if new {
        // The closing mark is not counted.
        cursor.skip(len as usize)?;
        return cursor.tag(b"\0\0\x99\x66");
    }
    cursor.skip(len as usize - 4)?;
    cursor.tag(b"\0\0\xaa\x55")
}

const BROADCAST: &[u8] = b"\0\0\x55\xaa\0\0\0\0\0\0\0\x13\0\0\0\x10abcdefgh\x01\x02\x03\x04\0\0\xaa\x55";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a device's broadcast", &[BROADCAST], &[]),
    Example::tcp(Confidence::Dialogue, "a command and its answer", &[BROADCAST], &[BROADCAST]),
    Example::not(Transport::Udp, "a length that is not the message's", &[b"\0\0\x55\xaa\0\0\0\0\0\0\0\x13\0\0\0\x0fabcdefgh\x01\x02\x03\x04\0\0\xaa\x55"], &[]),
];
