//! MPEG transport stream, bare over UDP or TCP: ISO/IEC 13818-1 section 2.4.3.2. Inside RTP it is RTP's.
//!
//! ```text
//! sync 47, error 1 bit, start 1 bit, priority 1 bit, PID 13 bits, scrambling 2 bits, adaptation 2 bits,
//! counter 4 bits, payload up to 188 bytes; a datagram holds up to seven of them
//! ```
//!
//! Packets of 188 bytes fill the datagram, each with its sync byte, and the counter of each PID goes on: three packets
//! have more than 30 bits that agree, a usual datagram of seven more than 80.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// MPEG-TS.
pub const INSPECTOR: Inspector = Inspector {
    name: "mpegts",
    title: "MPEG transport stream",
    specification: "ISO/IEC 13818-1 section 2.4.3",
    carriers: Carriers::TCP_UDP,
    ports: &[1234],
    initiator_first: ByteSet::of(b"\x47"),
    responder_first: ByteSet::of(b"\x47"),
    inspect,
    confused_with: "text that begins with G: the letter would have to come again every 188 bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PACKET: usize = 188;
/// Packets that have to agree.
const MIN_PACKETS: u32 = 3;
/// Packets that are enough to look at.
const MAX_PACKETS: u32 = 64;

/// Packets in a row, up to [`MAX_PACKETS`].
fn packets(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    let mut count = 0;
    while !cursor.is_empty() && count < MAX_PACKETS {
        let mut packet = cursor.within(PACKET)?;
        packet.tag(&[0x47])?;
        if packet.is_open() {
            break;
        }
        packet.skip(2)?;
        // An adaptation control of 0 is reserved (table 2-5).
        require(packet.u8()? & 0x30 != 0)?;
        count += 1;
    }
    Ok(count)
}

fn side(said: Said<'_>, transport: Transport) -> Result<Confidence, Reject> {
    let count = if transport == Transport::Tcp {
        packets(said.stream())?
    } else {
        let apart = said.datagrams().map(|datagram| packets(datagram.cursor())).sum::<Result<u32, Reject>>();
        match apart {
            // Some senders fill datagrams without regard to where packets end.
            Err(Reject::Mismatch) if !said.datagrams().any(|datagram| datagram.is_cut()) => packets(said.stream())?,
            apart => apart?,
        }
    };
    if count >= MIN_PACKETS { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [first, second] = [opening.initiator, opening.responder].map(|said| side(said, opening.transport));
    let rule = "sync: packets of 188 bytes, each with its sync byte (ISO/IEC 13818-1 section 2.4.3.2)";
    // It flows one way; what the other side says, if anything, is its own.
    match (first, second) {
        (Ok(confidence), _) => Ok(Evidence::new(confidence, rule)),
        (_, Ok(confidence)) => Ok(Evidence::new(confidence, rule).from(crate::inspect::Side::Responder)),
        (first, second) => Evidence::of(first, second, rule),
    }
}

/// Three null packets (PID 1FFF).
const NULLS: &[u8] = &{
    let mut bytes = [0xff; 3 * PACKET];
    let (mut rest, mut left): (&mut [u8], _) = (&mut bytes, 3);
    while left > 0 {
        let (packet, others) = rest.split_at_mut(PACKET);
        if let [sync, high, low, control, ..] = packet {
            *sync = 0x47;
            *high = 0x1f;
            *low = 0xff;
            *control = 0x10;
        }
        rest = others;
        left -= 1;
    }
    bytes
};

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "three packets fill a datagram", &[NULLS], &[]),
    Example::tcp(Confidence::Message, "a stream of a server", &[], &[NULLS]),
    Example::udp(Confidence::Message, "packets that go on in the next datagram", &[NULLS.split_at(300).0, NULLS.split_at(300).1], &[]),
    Example::not(Transport::Udp, "a text of a packet's length", &[&[b'G'; PACKET]], &[]),
    Example::not(Transport::Tcp, "an HTTP request", &[b"GET / HTTP/1.1\r\n\r\n"], &[]),
];
