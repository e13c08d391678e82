//! TRDP, the process and message data of trains: IEC 61375-2-3, annex A.
//!
//! ```text
//! sequence | 01 00 | "Pd" ... | communication id | topology counters | dataset length | ... | header check | data
//! 40 bytes of header for Pd Pp Pr Pe; 116 for Mn Mr Mp Mq Mc Me
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// TRDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "trdp",
    title: "Train Real-Time Data Protocol",
    specification: "IEC 61375-2-3 annex A.6 and A.7",
    carriers: Carriers::TCP_UDP,
    ports: &[17224, 17225],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(40, &[(4, ByteSet::of(&[0x01])), (6, ByteSet::of(b"PM"))]),
    inspect,
    describe: Some(describe),
    attributes: &[("trdp.com_id", "communication id of the first message")],
    confused_with: "nothing: version 1.x, two letters and a length that fits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a header of process data, and of one of message data.
const PROCESS_HEADER: usize = 40;
const MESSAGE_HEADER: usize = 116;

/// Reads a message, and gives its communication id.
fn message(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    cursor.skip(4)?;
    cursor.tag(&[1])?;
    cursor.skip(1)?;
    let header = match cursor.array()? {
        [b'P', b'd' | b'p' | b'r' | b'e'] => PROCESS_HEADER,
        [b'M', b'n' | b'r' | b'p' | b'q' | b'c' | b'e'] => MESSAGE_HEADER,
        _ => return Err(Reject::Mismatch),
    };
    let com_id = cursor.u32()?;
    cursor.skip(8)?;
    let len = cursor.u32()?;
    // A.6.5: at most 1432 bytes of process data, 64 KiB of message data.
    require(len <= 65_536)?;
    cursor.skip(header - 24)?;
    // Data are padded to a multiple of four.
    cursor.skip((len as usize).next_multiple_of(4))?;
    Ok(com_id)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: version 1, a type of two letters and a length that fits (IEC 61375-2-3 annex A)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let com_id = message(&mut opening.request()).or_else(|_| message(&mut opening.reply())).ok();
    attributes.set_some("trdp.com_id", com_id);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "process data",
        &[b"\x00\x00\x00\x00\x01\x00Pd\x00\x00\x03\xe9\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xce\x48\x7a\xeahello\x00\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "another length",
        &[b"\x00\x00\x00\x00\x01\x00Pd\x00\x00\x03\xe9\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xce\x48\x7a\xeahello\x00\x00\x00"],
        &[],
    ),
];
