//! Citrix Independent Computing Architecture (ICA) without session reliability: both sides begin alike.
//!
//! ```text
//! server   7F 7F 49 43 41 00     two marks, "ICA" and zero; the server speaks first
//! client   7F 7F 49 43 41 00     and is echoed
//! ```
//!
//! The protocol is not public; these bytes are seen in captures and in scanners' answers.

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ICA.
pub const INSPECTOR: Inspector = Inspector {
    name: "ica",
    title: "Citrix Independent Computing Architecture",
    specification: "not public; greeting as seen on the wire",
    ports: &[1494],
    initiator_first: ByteSet::of(&[0x7f]),
    responder_first: ByteSet::of(&[0x7f]),
    inspect,
    confused_with: "CGP, in which ICA travels when session reliability is on; ELF files, which have 7F once",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// 48 bits, which no other protocol begins with.
const GREETING: &[u8] = b"\x7f\x7fICA\0";

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        greeting(opening.request()),
        greeting(opening.reply()),
        "greeting: ICA's greeting, 7F 7F 49 43 41 00",
    )
}

fn greeting(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(GREETING).map(|()| Confidence::Message)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides greet", &[GREETING], &[GREETING]),
    Example::tcp(Confidence::Message, "only the server, as it greets first", &[], &[GREETING]),
    Example::not(Transport::Tcp, "an ELF file", &[b"\x7fELF\x02\x01\x01\0"], &[]),
];
