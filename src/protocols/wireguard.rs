//! WireGuard: the protocol paper's section 5.4.
//!
//! ```text
//! initiation   01 000000  sender u32  ephemeral 32  static 48  time 28  mac1 16  mac2 16      148 bytes
//! response     02 000000  sender u32  receiver u32  ephemeral 32  empty 16  mac1 16  mac2 16   92
//! cookie       03 000000  receiver u32  nonce 24  cookie 32                                    64
//! data         04 000000  receiver u32  counter u64  packet 16 x n + 16                        32 and more
//! ```
//!
//! Integers are little-endian. A handshake is told by its exact length and by the response's giving back the
//! initiation's index; data by its length, and by a counter that grows for the same receiver in packet after packet.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// WireGuard.
pub const INSPECTOR: Inspector = Inspector {
    name: "wireguard",
    title: "WireGuard",
    specification: "WireGuard: Next Generation Kernel Network Tunnel, section 5.4",
    carriers: Carriers::UDP,
    ports: &[51820],
    initiator_first: ByteSet::range(1, 4),
    responder_first: ByteSet::range(1, 4),
    inspect,
    confused_with: "games whose packets begin with 04 00 00 00: their lengths are not 16 times something, and no counter \
                    stands behind an index that stays",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const INITIATION: u32 = 148;
const RESPONSE: u32 = 92;
const COOKIE: u32 = 64;
const SHORTEST_DATA: u32 = 32;
/// Furthest that a counter jumps from one packet to the next: packets that were lost, or that a capture lost.
const MAX_STEP: u64 = 1 << 20;
/// A counter of this size has not been reached by anybody: keys are changed after 2^60 packets, in practice after two minutes.
const MAX_COUNTER: u64 = 1 << 40;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    /// The sender's index, and whether mac2 is empty, as it is unless the responder is under load.
    Initiation(u32, bool),
    /// The sender's and the receiver's index.
    Response(u32),
    /// The receiver's index.
    Cookie(u32),
    /// The receiver's index and the counter.
    Data(u32, u64),
}

fn message(mut datagram: Cursor<'_>, wire_len: u32) -> Result<Message, Reject> {
    let whole = datagram;
    let kind = datagram.u8()?;
    datagram.tag(&[0; 3])?;
    let index = datagram.u32_le()?;
    // A key, or what is encrypted: never text, zeros or a pattern. A cookie's nonce is the sender's choice.
    require(kind == 3 || may_be_encrypted(whole.rest().get(16..).unwrap_or_default()))?;
    match (kind, wire_len) {
        (1, INITIATION) => {
            let mac2 = whole.rest().last_chunk::<16>();
            Ok(Message::Initiation(index, mac2 == Some(&[0; 16]) && !whole.is_open()))
        }
        (2, RESPONSE) => Ok(Message::Response(datagram.u32_le()?)),
        (3, COOKIE) => Ok(Message::Cookie(index)),
        (4, SHORTEST_DATA..) if wire_len.is_multiple_of(16) => {
            let counter = datagram.u64_le()?;
            require(counter < MAX_COUNTER)?;
            Ok(Message::Data(index, counter))
        }
        _ => Err(Reject::Mismatch),
    }
}

/// All of a side's messages.
fn messages(said: Said<'_>) -> Result<Vec<Message>, Reject> {
    said.datagrams().map(|datagram| message(datagram.cursor(), datagram.wire_len)).collect()
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut all = Vec::new();
    let mut sides = [Vec::new(), Vec::new()];
    for (side, slot) in [Side::Initiator, Side::Responder].into_iter().zip(&mut sides) {
        *slot = messages(opening.said(side))?;
        all.extend(slot.iter().map(|&message| (side, message)));
    }
    let answered = all.iter().any(|&(side, message)| {
        let Message::Initiation(sender, _) = message else { return false };
        all.iter().any(|&(other, message)| {
            other == side.other() && matches!(message, Message::Response(index) | Message::Cookie(index) if index == sender)
        })
    });
    if answered {
        return Ok(Evidence::dialogue("handshake: an initiation, and the response to its index (section 5.4)"));
    }
    let [first, second] = sides.each_ref().map(|messages| data_runs(messages));
    if first && second {
        return Ok(Evidence::message("data: both sides' counters grow (section 5.4.6)"));
    }
    if let Some(&(side, Message::Initiation(_, true))) =
        all.iter().find(|(_, message)| matches!(message, Message::Initiation(_, true)))
    {
        return Ok(Evidence::message("initiation: its length, its zeros, and an empty mac2 (section 5.4.2)").from(side));
    }
    if first || second {
        let side = if first { Side::Initiator } else { Side::Responder };
        return Ok(Evidence::signature("data: the counter grows for one receiver (section 5.4.6)").from(side));
    }
    // 24 zero bits and an exact length: enough on the usual port, or when it comes again.
    let at_home = opening.is_on(INSPECTOR.ports);
    let counts = |message: &Message| !matches!(message, Message::Data(..)) && (at_home || !matches!(message, Message::Cookie(_)));
    let handshakes = all.iter().filter(|(_, message)| counts(message)).count();
    if handshakes >= 2 || handshakes == 1 && at_home {
        let side = all.first().map_or(Side::Initiator, |&(side, _)| side);
        return Ok(Evidence::signature("handshake-message: its length and its zeros (section 5.4)").from(side));
    }
    Err(Reject::Incomplete)
}

/// Whether two data messages for the same receiver follow each other.
fn data_runs(messages: &[Message]) -> bool {
    messages.windows(2).any(|pair| match *pair {
        [Message::Data(index, before), Message::Data(same, after)] => {
            index == same && after > before && after - before <= MAX_STEP
        }
        _ => false,
    })
}

/// `start`, then bytes that look like a cipher's output, then so many zeros.
#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
const fn filled<const N: usize>(start: &[u8], zeros: usize) -> [u8; N] {
    let (mut bytes, mut at, mut state) = ([0; N], 0, 1_u32);
    while at < N - zeros {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes[at] = if at < start.len() { start[at] } else { (state >> 24) as u8 };
        at += 1;
    }
    bytes
}

/// An initiation from index 1, mac2 empty.
const HELLO: &[u8] = &filled::<148>(b"\x01\x00\x00\x00\x01\x00\x00\x00", 16);
/// The response, from index 2 to index 1.
const REPLY: &[u8] = &filled::<92>(b"\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00", 16);
const DATA_1: &[u8] = &filled::<32>(b"\x04\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00", 0);
const DATA_2: &[u8] = &filled::<32>(b"\x04\x00\x00\x00\x07\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00", 0);
const ZEROS_1: &[u8] = b"\x04\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const ZEROS_2: &[u8] = b"\x04\0\0\0\x07\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a handshake", &[HELLO], &[REPLY]),
    Example::udp(Confidence::Message, "nobody answers", &[HELLO], &[]),
    Example::udp(Confidence::Message, "data of both sides", &[DATA_1, DATA_2], &[DATA_1, DATA_2]),
    Example::udp(Confidence::Signature, "data of one side", &[DATA_1, DATA_2], &[]),
    Example::not(Transport::Udp, "one message of data", &[DATA_1], &[]),
    Example::not(
        Transport::Udp,
        "a game's packets",
        &[b"\x04\x00\x00\x00hello game", b"\x04\x00\x00\x00hello game, again"],
        &[],
    ),
    Example::not(Transport::Udp, "a counter before zeros", &[ZEROS_1, ZEROS_2], &[]),
    Example::not(Transport::Udp, "a counter that stands still", &[DATA_1, DATA_1], &[]),
];
