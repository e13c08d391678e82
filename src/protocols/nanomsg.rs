//! nanomsg and NNG over TCP: the header of the scalability protocols' [TCP mapping].
//!
//! ```text
//! both   00 "SP" 00 | protocol | 00 00          protocols 16 pair, 32 publish, 33 subscribe, 48 request, 49 reply ...
//! ```
//!
//! [TCP mapping]: https://nanomsg.org/spec/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// nanomsg.
pub const INSPECTOR: Inspector = Inspector {
    name: "nanomsg",
    title: "nanomsg and NNG scalability protocols",
    specification: "TCP Mapping for Scalability Protocols (sp-tcp-mapping-01)",
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("nanomsg.protocol", "scalability protocol of the initiator (16 pair, 33 subscribe, 48 request ...)")],
    confused_with: "nothing where both sides send the header",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn header(mut cursor: Cursor<'_>) -> Result<u16, Reject> {
    cursor.tag(b"\0SP\0")?;
    let protocol = cursor.u16()?;
    // The pattern in the upper nibble of a byte, the role in the lower.
    require((0x10..=0x7f).contains(&protocol))?;
    cursor.tag(&[0, 0])?;
    Ok(protocol)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |cursor| header(cursor).map(|_| Confidence::Message);
    Evidence::of(judged(opening.request()), judged(opening.reply()), "header: SP and a protocol (sp-tcp-mapping)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("nanomsg.protocol", header(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "request and reply", &[b"\0SP\0\x00\x30\0\0"], &[b"\0SP\0\x00\x31\0\0"]),
    Example::not(Transport::Tcp, "another protocol", &[b"\0SP\0\x77\x30\0\0"], &[]),
];
