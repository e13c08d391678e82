//! TeamViewer's own protocol, as far as its framing is seen on the wire.
//!
//! ```text
//! TCP   1724, command u8, length u16, data                                            little-endian
//! UDP   eleven bytes of counters, 1724, command u8, length u16 of what follows
//! ```
//!
//! The magic and a length that fits are 32 bits; two messages in a row, or the usual port, are asked for.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence;

/// TeamViewer.
pub const INSPECTOR: Inspector = Inspector {
    name: "teamviewer",
    title: "TeamViewer",
    specification: "framing as observed; the maker publishes none",
    carriers: Carriers::TCP_UDP,
    ports: &[5938],
    initiator_first: ByteSet::of(&[0x17, 0]),
    responder_first: ByteSet::of(&[0x17, 0]),
    inspect,
    confused_with: "TLS's application data, which begins with 17 03",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const MAGIC: &[u8] = &[0x17, 0x24];
/// Bytes before the magic in a datagram.
const BEFORE_MAGIC: usize = 11;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(MAGIC)?;
    cursor.u8()?;
    let len = cursor.u16_le()?;
    cursor.skip(len.into())
}

fn datagram(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.skip(BEFORE_MAGIC)?;
    message(cursor)?;
    cursor.end()
}

fn side(opening: &Opening<'_>, said: Said<'_>) -> Result<Confidence, Reject> {
    let count = if opening.transport == Transport::Tcp {
        // What follows the handshake is encrypted with another magic.
        let mut stream = said.stream();
        let mut count = 0;
        while count < 4 {
            match message(&mut stream) {
                Ok(()) => count += 1,
                Err(reject) if count == 0 => return Err(reject),
                Err(_) => break,
            }
        }
        count
    } else {
        sequence::in_datagrams(&said, datagram)?
    };
    require(count > 0)?;
    if count >= 2 || opening.is_on(INSPECTOR.ports) { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [first, second] = [opening.initiator, opening.responder].map(|said| side(opening, said));
    Evidence::of(first, second, "framing: the magic, with lengths that fit")
}

const PING: &[u8] = b"\x17\x24\x0a\x04\x00ping";
const DATAGRAM: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\x03\x17\x24\x47\x04\x00ping";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides send two messages", &[PING, PING], &[PING, PING]),
    Example::tcp(Confidence::Signature, "one message, on the port", &[PING], &[]).on(5938),
    Example::udp(Confidence::Signature, "two datagrams", &[DATAGRAM, DATAGRAM], &[]),
    Example::not(Transport::Tcp, "TLS's application data", &[b"\x17\x03\x03\x00\x04ping"], &[]),
    Example::not(Transport::Udp, "a length that does not fit", &[b"\0\0\0\0\0\0\0\0\0\0\x03\x17\x24\x47\x05\x00ping"], &[]),
];
