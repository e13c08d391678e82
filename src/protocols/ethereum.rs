//! Ethereum's node discovery, version 4, over UDP, the [specification], section "Wire Protocol"; and RLPx, which nodes
//! speak over TCP, [its own], section "Initial Handshake".
//!
//! ```text
//!  hash 32   signature 64   recovery 00 or 01   type 1..6   an RLP list that fills the rest
//! ```
//!
//! Hash and signature look random, but recovery bit, type and the list's length bind some thirty bits of each packet.
//!
//! ```text
//!  RLPx, both sides first:   size u16   a point of a curve: 04, 64   vector 16   encrypted   code 32
//! ```
//!
//! All of it but the size and the 04 is noise: it takes both sides, or the port.
//!
//! [specification]: https://github.com/ethereum/devp2p/blob/master/discv4.md
//! [its own]: https://github.com/ethereum/devp2p/blob/master/rlpx.md

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;

/// Ethereum's node discovery.
pub const INSPECTOR: Inspector = Inspector {
    name: "ethereum",
    title: "Ethereum: node discovery version 4 and RLPx",
    specification: "devp2p: discv4, Wire Protocol; rlpx, Initial Handshake; RLP",
    carriers: Carriers::TCP_UDP,
    ports: &[30303, 30301, 30304],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(50, &[]),
    inspect,
    describe: Some(describe),
    attributes: &[("ethereum.packet", "the first packet's type")],
    confused_with: "random bytes, of which one datagram in 2^30 would pass",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Hash and signature before the recovery bit, in bytes.
const BEFORE_RECOVERY: usize = 96;

/// Largest packet in bytes (section "Wire Protocol").
const MAX_PACKET: usize = 1280;

/// Sizes of RLPx's first messages: signature, keys, nonce and version, at least 100 bytes of padding (EIP-8), and 113 bytes
/// for encryption; with room for longer padding.
const HANDSHAKE: std::ops::RangeInclusive<u16> = 300..=1000;

/// Reads one of RLPx's first messages.
fn handshake(mut stream: Cursor<'_>) -> Result<Confidence, Reject> {
    let size = stream.u16()?;
    require(HANDSHAKE.contains(&size))?;
    let body = stream.within(size.into())?;
    body.clone().tag(&[4])?;
    if body.is_open() {
        return Err(Reject::Incomplete);
    }
    require(may_be_encrypted(body.rest())).map(|()| Confidence::Signature)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        let rule = "rlpx-handshake: sizes and uncompressed points before what is encrypted (RLPx, Initial Handshake)";
        let (asked, answered) = (handshake(opening.request()), handshake(opening.reply()));
        let at_home = opening.is_on(INSPECTOR.ports);
        let both = asked.is_ok() && answered.is_ok();
        let evidence = Evidence::of(asked, answered, rule)?;
        if !both && !at_home {
            return Err(Reject::Incomplete);
        }
        let confidence = if both && at_home { Confidence::Message } else { Confidence::Signature };
        return Ok(Evidence { confidence, ..evidence });
    }
    match (first(opening.initiator), first(opening.responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(asked), Ok(answered)) => {
            // Ping is answered by pong or a ping, find node by neighbours, a record by its request.
            let pair = matches!((asked, answered), (1, 1 | 2) | (2, 1) | (3, 1 | 2 | 4) | (4, 3 | 1) | (5, 1 | 6) | (6, 5));
            let rule = "packets: signed packets from both sides (discv4, Wire Protocol)";
            Ok(if pair { Evidence::dialogue(rule) } else { Evidence::message(rule) })
        }
        (Ok(_), Err(Reject::Incomplete)) => Ok(Evidence::signature("packet: a signed packet whose list fills it (discv4)")),
        (Err(Reject::Incomplete), Ok(_)) => {
            Ok(Evidence::signature("packet: a signed packet whose list fills it (discv4)").from(Side::Responder))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// The first packet's type, if all that are here are packets.
fn first(said: Said<'_>) -> Result<u8, Reject> {
    let mut kinds = said.datagrams().map(|datagram| packet(datagram.cursor()));
    let kind = kinds.next().ok_or(Reject::Incomplete)??;
    require(kinds.all(|kind| kind != Err(Reject::Mismatch)))?;
    Ok(kind)
}

fn packet(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    require(cursor.len() <= MAX_PACKET)?;
    cursor.skip(BEFORE_RECOVERY)?;
    require(cursor.u8()? <= 1)?;
    let kind = cursor.u8()?;
    require((1..=6).contains(&kind))?;
    // RLP: up to 55 bytes the length is in the first byte, else in the one or two after it.
    let len = match cursor.u8()? {
        short @ 0xc0..=0xf7 => usize::from(short - 0xc0),
        0xf8 => usize::from(cursor.u8()?),
        0xf9 => usize::from(cursor.u16()?),
        _ => return Err(Reject::Mismatch),
    };
    require(len >= 4)?;
    // Clients of later versions may append to the list.
    cursor.skip(len)?;
    cursor.end()?;
    Ok(kind)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let kind = first(opening.initiator).or_else(|_| first(opening.responder)).ok();
    let names = ["ping", "pong", "find-node", "neighbors", "enr-request", "enr-response"];
    let name = kind.and_then(|kind| names.get(usize::from(kind) - 1)).copied();
    attributes.set_some("ethereum.packet", name);
}

const PING: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x01\x01\xc5\x04\x83abc";
const PONG: &[u8] = b"fedcba98765432100123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0\x02\xc5\x04\x83abc";

/// A message of RLPx: its size, 04, and bytes that look like a cipher's output.
#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
const fn sealed<const N: usize>(size: [u8; 2], seed: u32) -> [u8; N] {
    let (mut bytes, mut at, mut state) = ([0; N], 3, seed);
    [bytes[0], bytes[1]] = size;
    bytes[2] = 4;
    while at < N {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes[at] = (state >> 24) as u8;
        at += 1;
    }
    bytes
}

const AUTH: &[u8] = &sealed::<402>([0x01, 0x90], 1);
const ACK: &[u8] = &sealed::<352>([0x01, 0x5e], 2);

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "both nodes greet with RLPx", &[AUTH], &[ACK]).on(30303),
    Example::tcp(Confidence::Signature, "the same on another port", &[AUTH], &[ACK]),
    Example::tcp(Confidence::Signature, "nobody answers", &[AUTH], &[]).on(30303),
    Example::not(Transport::Tcp, "a size and noise by themselves, elsewhere", &[AUTH], &[]),
    Example::not(Transport::Tcp, "a size, 04 and zeros", &[b"\x01\x90\x04", &[0; 399]], &[b"\x01\x90\x04", &[0; 399]]).on(30303),
    Example::udp(Confidence::Dialogue, "a ping and its pong", &[PING], &[PONG]),
    Example::udp(Confidence::Signature, "a ping", &[PING], &[]),
    Example::not(
        Transport::Udp,
        "a list that does not fill the packet",
        &[b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x01\x01\xc9\x04\x83abc"],
        &[],
    ),
];
