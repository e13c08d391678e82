//! Lustre's network, LNet over TCP: the socket driver's messages between clients, metadata and storage servers.
//!
//! ```text
//! hello     45726963 | version | source nid | target nid | ...  acceptor   ACCE7100 | version | nid
//! message   C1 type | checksum | two cookies | target nid | source nid | target pid | source pid | kind | length
//! keepalive C0
//! ```
//!
//! All numbers are the sender's, little-endian nearly always. A nid ends with its network's type, 2 for TCP,
//! and Lustre's pid is 12345 on both ends.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// Lustre.
pub const INSPECTOR: Inspector = Inspector {
    name: "lustre",
    title: "Lustre (LNet over TCP)",
    specification: "Lustre manual, LNet; constants of LNet's wire protocol (acceptor ACCE7100, hello EEBC0DED and 45726963)",
    ports: &[988],
    initiator_first: ByteSet::of(&[0x00, 0x63, 0xc0, 0xc1, 0xed]),
    responder_first: ByteSet::of(&[0x63, 0xc0, 0xc1, 0xed]),
    inspect,
    confused_with: "nothing: a magic number, or nids of TCP networks and pids of 12345",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The acceptor's connection request, then version and target nid.
const ACCEPTOR: &[u8] = &[0x00, 0x71, 0xce, 0xac];
/// The hello that both sides begin with: of the socket driver's first version, and of those since.
const FIRST_HELLO: &[u8] = &[0xed, 0x0d, 0xbc, 0xee];
const HELLO: &[u8] = &[0x63, 0x69, 0x72, 0x45];
/// The process id that Lustre uses on both ends.
const LUSTRE_PID: u32 = 12345;
/// The type of TCP networks (SOCKLND).
const TCP_NETWORK: u64 = 2;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    match cursor.u8()? {
        0x00 => {
            cursor.tag(ACCEPTOR.get(1..).unwrap_or_default())?;
            require(cursor.u32_le()? <= 4)?;
            cursor.skip(8)
        }
        0x63 => {
            cursor.tag(HELLO.get(1..).unwrap_or_default())?;
            require((1..=8).contains(&cursor.u32_le()?))
        }
        0xed => {
            cursor.tag(FIRST_HELLO.get(1..).unwrap_or_default())?;
            require(cursor.u32_le()? <= 0x10000)
        }
        0xc0 | 0xc1 => {
            cursor.tag(&[0, 0, 0])?;
            cursor.skip(4 + 16)?;
            let nids = [cursor.u64_le()?, cursor.u64_le()?];
            require(nids.iter().all(|nid| nid >> 48 == TCP_NETWORK))?;
            require(cursor.u32_le()? == LUSTRE_PID && cursor.u32_le()? == LUSTRE_PID)?;
            // Acknowledge, put, get, reply, hello.
            require(cursor.u32_le()? <= 4)
        }
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| message(&mut said.cursor(Transport::Tcp)).map(|()| Confidence::Message);
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "lnet: acceptor, hello, or a message between TCP nids and Lustre's pid (LNet wire protocol)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "in the middle: a put each way",
        &[b"\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x0a\x00\x00\x02\x00\x01\x00\x00\x0a\x00\x00\x02\x00\x39\x30\x00\x00\x39\x30\x00\x00\x01\x00\x00\x00\x08\x02\x00\x00"],
        &[b"\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x0a\x00\x00\x02\x00\x02\x00\x00\x0a\x00\x00\x02\x00\x39\x30\x00\x00\x39\x30\x00\x00\x01\x00\x00\x00\xa0\x01\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "a connection is asked for",
        &[b"\x00\x71\xce\xac\x01\x00\x00\x00\x02\x00\x00\x0a\x00\x00\x02\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "another pid",
        &[b"\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x0a\x00\x00\x02\x00\x01\x00\x00\x0a\x00\x00\x02\x00\x39\x31\x00\x00\x39\x30\x00\x00\x01\x00\x00\x00\x08\x02\x00\x00"],
        &[],
    ),
];
