//! HashiCorp memberlist, the gossip of Serf, Consul and Nomad, over UDP and TCP.
//!
//! ```text
//! type (1): 0 ping, 1 indirect ping, 2 ack, 3 suspect, 4 alive, 5 dead, 7 compound, 9 compressed, 11 nack, 12 checksum and another
//! then a map in MessagePack with keys as SeqNo, Node, Incarnation, Addr
//! ```
//!
//! As memberlist's net.go defines it. When encrypted it cannot be known by its bytes.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// HashiCorp memberlist (Serf, Consul).
pub const INSPECTOR: Inspector = Inspector {
    name: "memberlist",
    title: "HashiCorp memberlist (Serf, Consul)",
    specification: "memberlist message types and encoding",
    carriers: Carriers::TCP_UDP,
    ports: &[7946, 8301, 8302, 4648],
    initiator_first: ByteSet::range(0, 13),
    responder_first: ByteSet::range(0, 13),
    inspect,
    confused_with: "other MessagePack, whose keys differ",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

mod kind {
    pub(super) const PUSH_PULL: u8 = 6;
    pub(super) const COMPOUND: u8 = 7;
    pub(super) const COMPRESSED: u8 = 9;
    pub(super) const CHECKSUM: u8 = 12;
    pub(super) const LAST: u8 = 13;
}
/// The keys with which the maps of each message begin or may begin.
const KEYS: [&[u8]; 10] = [
    b"SeqNo", b"Node", b"Incarnation", b"Addr", b"Algo", b"Payload", b"Target", b"Port", b"Nodes", b"Join",
];
/// How deep messages are within others: checksum, compound, message.
const MAX_DEPTH: usize = 3;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        if opening.transport == Transport::Tcp {
            message(opening.said(side).stream(), MAX_DEPTH)?;
        } else {
            in_datagrams(&opening.said(side), |cursor| message(*cursor, MAX_DEPTH))?;
        }
        Ok(Confidence::Message)
    };
    let rule = "gossip: a message's type, and a map with its keys (memberlist)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>, depth: usize) -> Result<(), Reject> {
    require(depth > 0)?;
    match cursor.u8()? {
        kind::CHECKSUM => {
            cursor.skip(4)?;
            message(cursor, depth - 1)
        }
        kind::COMPOUND => {
            // How many, the length of each, then each.
            let count = usize::from(cursor.u8()?);
            require(count > 0)?;
            let first = cursor.u16()?;
            cursor.skip((count - 1) * 2)?;
            message(cursor.within(first.into())?, depth - 1)
        }
        0..kind::PUSH_PULL | kind::PUSH_PULL | kind::COMPRESSED | 11 | kind::LAST => map(cursor),
        _ => Err(Reject::Mismatch),
    }
}

/// Reads a small map's first key.
fn map(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    require(matches!(cursor.u8()?, 0x81..=0x8f))?;
    let len = match cursor.u8()? {
        short @ 0xa1..=0xbf => usize::from(short & 0x1f),
        _ => return Err(Reject::Mismatch),
    };
    let key = cursor.take(len)?;
    require(KEYS.contains(&key))
}

const PING: &[u8] = b"\0\x82\xa5SeqNo\x07\xa4Node\xa4web1";
const ACK: &[u8] = b"\x02\x82\xa5SeqNo\x07\xa7Payload\xc0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a ping and its answer", &[PING], &[ACK]),
    Example::udp(Confidence::Message, "a message behind its checksum", &[b"\x0c\x12\x34\x56\x78\0\x82\xa5SeqNo\x07\xa4Node\xa4web1"], &[]),
    Example::tcp(Confidence::Message, "an exchange of all members", &[b"\x06\x83\xa5Nodes\x02\xacUserStateLen\0\xa4Join\xc2"], &[]),
    Example::not(Transport::Udp, "a key that is none", &[b"\0\x82\xa5Seqno\x07\xa4Node\xa4web1"], &[]),
];
