//! eDonkey and eMule: peers and servers over TCP, Kademlia over UDP; Kulbak and Bickson, "The eMule Protocol Specification",
//! sections 1.7 and 6.
//!
//! ```text
//! TCP   E3 or C5 or D4   length:32 little-endian   opcode:8   …       hello 01 10 …, answered by 4C; login 01, answered by 38, 40
//! UDP   E4   21 kind target 16 key 16                               answered by E4 29 target 16 count, contacts of 25 bytes
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// eDonkey.
pub const INSPECTOR: Inspector = Inspector {
    name: "edonkey",
    title: "eDonkey, eMule and Kademlia",
    specification: "The eMule Protocol Specification, sections 1.7 and 6",
    carriers: Carriers::TCP_UDP,
    ports: &[4661, 4662, 4665, 4672],
    initiator_first: ByteSet::of(&[0xe3, 0xc5, 0xd4, 0xe4]),
    responder_first: ByteSet::of(&[0xe3, 0xc5, 0xd4, 0xe4]),
    inspect,
    describe: Some(describe),
    attributes: &[("edonkey.part", "peer, server or kademlia")],
    confused_with: "random bytes: one side alone is believed only where a length and a hash's size agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest first message in bytes that is believed; hellos have some hundred.
const MAX_HELLO: u32 = 2048;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Udp {
        return kademlia(opening);
    }
    let is_peer = hello(opening.request())?;
    match answer(opening.reply()) {
        Ok(opcode) => {
            require(if is_peer { opcode == 0x4c } else { matches!(opcode, 0x38 | 0x40 | 0x34) })?;
            Ok(Evidence::dialogue("hello: a hello and its answer (eMule Protocol Specification 6)"))
        }
        Err(Reject::Incomplete) if is_peer => {
            Ok(Evidence::signature("hello: a hello whose length agrees (eMule Protocol Specification 6.4.1)"))
        }
        Err(reject) => Err(reject),
    }
}

/// Whether a peer is greeted, with its hash's size before the hash, or a server.
fn hello(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    cursor.tag(&[0xe3])?;
    let len = cursor.u32_le()?;
    require((26..=MAX_HELLO).contains(&len))?;
    let mut body = cursor.sub(len as usize)?;
    body.tag(&[1])?;
    let is_peer = body.rest().first() == Some(&16);
    body.skip(if is_peer { 17 } else { 16 })?;
    // Address, port, and a small number of tags.
    body.skip(6)?;
    require(body.u32_le()? <= 32)?;
    Ok(is_peer)
}

fn answer(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    require(matches!(cursor.u8()?, 0xe3 | 0xc5 | 0xd4))?;
    require((1..=1 << 20).contains(&cursor.u32_le()?))?;
    cursor.u8()
}

/// Kademlia's second version: a request for contacts and the answer for the same target.
fn kademlia(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    request.tag(&[0xe4, 0x21])?;
    // Find value, store, find node.
    require(matches!(request.u8()?, 2 | 4 | 11))?;
    let target = request.array::<16>()?;
    request.skip(16)?;
    request.end()?;
    let mut reply = opening.reply();
    reply.tag(&[0xe4, 0x29])?;
    reply.tag(&target)?;
    let count = usize::from(reply.u8()?);
    reply.skip(count * 25)?;
    reply.end()?;
    Ok(Evidence::dialogue("kademlia: contacts for a target (eMule Protocol Specification 1.7, version 2)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let part = match (opening.transport, hello(opening.request())) {
        (Transport::Udp, _) => "kademlia",
        (_, Ok(true)) => "peer",
        _ => "server",
    };
    attributes.set("edonkey.part", part);
}

const HELLO: &[u8] = b"\xe3\x1c\0\0\0\x01\x100123456789abcdef\xc0\0\x02\x01\x36\x12\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a hello and its answer", &[HELLO], &[b"\xe3\x1b\0\0\0\x4c0123456789abcdef"]),
    Example::tcp(Confidence::Signature, "only the initiator was captured", &[HELLO], &[]),
    Example::udp(
        Confidence::Dialogue,
        "contacts are asked for",
        &[b"\xe4\x21\x0b0123456789abcdef0123456789abcdef"],
        &[b"\xe4\x290123456789abcdef\0"],
    ),
    Example::not(Transport::Udp, "contacts for another target", &[b"\xe4\x21\x0b0123456789abcdef0123456789abcdef"], &[b"\xe4\x29fedcba9876543210\0"]),
    Example::not(Transport::Tcp, "a length that is too large", &[b"\xe3\xff\xff\0\0\x01\x10"], &[]),
];
