//! Art-Net, by which stage lights are controlled over UDP: Artistic Licence's Art-Net 4.
//!
//! ```text
//! "Art-Net" 00 | operation LE | protocol version 00 0E ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Art-Net.
pub const INSPECTOR: Inspector = Inspector {
    name: "artnet",
    title: "Art-Net (DMX512 over IP)",
    specification: "Art-Net 4 protocol, packet definitions",
    carriers: Carriers::UDP,
    ports: &[6454],
    initiator_first: ByteSet::of(b"A"),
    responder_first: ByteSet::of(b"A"),
    inspect,
    describe: Some(describe),
    attributes: &[("artnet.operation", "operation of the first datagram (0x2000 poll, 0x2100 reply, 0x5000 DMX ...)")],
    confused_with: "nothing: its name and an operation",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn packet(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    cursor.tag(b"Art-Net\0")?;
    let operation = cursor.u16_le()?;
    require(operation >= 0x2000)?;
    cursor.skip(cursor.len())?;
    Ok(operation)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| in_datagrams(&said, |cursor| packet(cursor).map(drop)).map(|_| Confidence::Message);
    Evidence::of(judged(opening.initiator), judged(opening.responder), "packet: Art-Net and an operation (Art-Net 4)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let operation = packet(&mut opening.request()).or_else(|_| packet(&mut opening.reply())).ok();
    attributes.set_some("artnet.operation", operation.map(|code| format!("0x{code:04x}")));
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "nodes are polled", &[b"Art-Net\0\x00\x20\x00\x0e\x02\x00"], &[]),
    Example::not(Transport::Udp, "text", &[b"Art-Nets are nice"], &[]),
];
