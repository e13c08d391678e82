//! Network File System: ONC RPC program 100003 (RFC 1813, RFC 7530, RFC 8881).
//!
//! The program's number in a call says it. A server's replies alone do not name their program: they count on
//! port 2049 only.

use super::rpc::{self, message::NFS};
use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Network File System.
pub const INSPECTOR: Inspector = Inspector {
    name: "nfs",
    title: "Network File System",
    specification: "RFC 1813, RFC 7530, RFC 8881; RFC 5531 section 9",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    refines: Some("rpc"),
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: rpc::CALL_OR_REPLY,
    inspect,
    describe: Some(rpc::describe),
    follow: Some(rpc::follow),
    attributes: rpc::ATTRIBUTES,
    confused_with: "other programs over ONC RPC, which have other numbers",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[2049];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let evidence = rpc::inspect(opening)?;
    match rpc::calls(opening).next() {
        Some(call) => {
            require(call.program == NFS)?;
            let rule = "program: a call to program 100003 (RFC 5531 section 9)";
            Ok(Evidence { rule, ..evidence })
        }
        None if opening.is_on(PORTS) => {
            let rule = "replies: replies from the program's own port (RFC 5531 section 9)";
            Ok(Evidence { confidence: Confidence::Signature, rule, ..evidence })
        }
        None => Err(Reject::Incomplete),
    }
}

const CALL: &[u8] = b"\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const REPLY: &[u8] = b"\x12\x34\x56\x78\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a null call and its reply", &[CALL], &[REPLY]),
    Example::tcp(Confidence::Message, "a call over TCP", &[b"\x80\0\0\x28", CALL], &[]),
    Example::udp(Confidence::Signature, "only the server was captured", &[], &[REPLY]).on(2049),
    Example::not(Transport::Udp, "replies from anywhere", &[], &[REPLY]),
    Example::not(
        Transport::Udp,
        "another program",
        &[b"\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa5\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"],
        &[],
    )
    .on(2049),
];
