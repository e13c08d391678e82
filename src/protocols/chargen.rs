//! Character Generator: a server that sends lines of text for ever, over TCP and UDP.
//!
//! ```text
//! responder   72 printable characters, CR LF; each line begins with the next character
//! ```
//!
//! RFC 864 proposes this pattern, which everybody follows.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Side, Verdict};
use crate::key::Transport;

/// Character Generator Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "chargen",
    title: "Character Generator Protocol",
    specification: "RFC 864",
    carriers: Carriers::TCP_UDP,
    ports: &[19],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::range(b' ', b'~'),
    inspect,
    confused_with: "nothing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Characters of a line, and how many printable ones there are (RFC 864: 95).
const LINE: usize = 72;
const ALPHABET: u8 = 95;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut reply = opening.reply();
    let line = reply.take(LINE)?;
    let next = |byte: u8| if byte == b' ' + ALPHABET - 1 { b' ' } else { byte + 1 };
    let printable = line.iter().all(|byte| (b' '..b' ' + ALPHABET).contains(byte));
    require(printable && line.iter().zip(line.iter().skip(1)).all(|(&a, &b)| next(a) == b))?;
    // A line ends; a counter goes on.
    reply.one_of(&[b"\r\n", b"\n"])?;
    Ok(Evidence::message("rotating-lines: each character is the one after the last (RFC 864)").from(Side::Responder))
}

const PATTERN: &[u8] = b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a line", &[], &[PATTERN]),
    Example::udp(Confidence::Message, "a line for any datagram", &[b"?"], &[PATTERN]),
    Example::not(Transport::Tcp, "bytes that count", &[], &[b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklm"]),
    Example::not(Transport::Tcp, "a line of one character", &[], &[b"!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\r\n"]),
];
