//! Microsoft Message Queuing's binary protocol: the base header, [MS-MQMQ] section 2.2.19.1.
//!
//! ```text
//!  version 10   reserved   flags:16 little-endian   "LIOR"   packet size:32   time to reach queue:32
//! ```
//!
//! [MS-MQMQ]: https://learn.microsoft.com/openspecs/windows_protocols/ms-mqmq/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// MSMQ.
pub const INSPECTOR: Inspector = Inspector {
    name: "msmq",
    title: "Microsoft Message Queuing",
    specification: "MS-MQMQ section 2.2.19.1, MS-MQQB",
    ports: &[1801],
    initiator_first: ByteSet::of(&[0x10]),
    responder_first: ByteSet::of(&[0x10]),
    inspect,
    confused_with: "nothing: the version and the signature are 40 bound bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest packet in bytes (section 2.2.19.1: 4 MiB).
const MAX_SIZE: u32 = 0x0040_0000;

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(header(opening.request()), header(opening.reply()), "base-header: a base header (MS-MQMQ 2.2.19.1)")
}

fn header(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(&[0x10])?;
    cursor.skip(3)?;
    cursor.tag(b"LIOR")?;
    require((16..=MAX_SIZE).contains(&cursor.u32_le()?))?;
    Ok(Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a connection is established",
        &[b"\x10\0\x0b\0LIOR\x3c\x02\0\0\xff\xff\xff\xff"],
        &[b"\x10\x5a\x0b\0LIOR\x3c\x02\0\0\xff\xff\xff\xff"],
    ),
    Example::tcp(Confidence::Message, "only one side was captured", &[b"\x10\0\x03\0LIOR\xd8\x02\0\0\xff\xff\xff\xff"], &[]),
    Example::not(Transport::Tcp, "another signature", &[b"\x10\0\x0b\0LIAR\x3c\x02\0\0"], &[]),
];
