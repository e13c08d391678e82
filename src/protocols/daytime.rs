//! Daytime: a server that sends the date as text and closes, over TCP and UDP.
//!
//! ```text
//! responder   a line with hours, minutes and seconds
//! ```
//!
//! RFC 867 leaves the form open, so that it counts only on its port.

use crate::byteset::ByteSet;
use crate::cursor::{is_text, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;

/// Daytime Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "daytime",
    title: "Daytime Protocol",
    specification: "RFC 867",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::OWN_PORTS,
    inspect,
    confused_with: "anything that tells the time: it counts only on its port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[13];
/// Longest text in bytes: one line.
const MAX_LINE: usize = 128;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let text = opening.reply().rest();
    require(text.len() <= MAX_LINE && text.iter().all(|&byte| is_text(&[byte]) || matches!(byte, b'\r' | b'\n')))?;
    let clock = |time: &[u8]| {
        time.iter().enumerate().all(|(place, byte)| if matches!(place, 2 | 5) { *byte == b':' } else { byte.is_ascii_digit() })
    };
    if !text.windows(8).any(clock) {
        return Err(Reject::Incomplete);
    }
    Ok(Evidence::message("clock: a line with the time, from its port (RFC 867)").from(Side::Responder))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a date", &[], &[b"Saturday, January 31, 2026 22:14:15-UTC\r\n"]).on(13),
    Example::not(Transport::Tcp, "a date from another port", &[], &[b"Saturday, January 31, 2026 22:14:15-UTC\r\n"]),
    Example::not(Transport::Tcp, "text without a time", &[], &[b"hello\r\n"]).on(13),
];
