//! Microsoft Distributed Transaction Coordinator: the connection manager's interface IXnRemote (MS-CMPO).
//!
//! DCE/RPC over TCP on a dynamic port (or a fixed one that is set), told from all other DCE/RPC by the
//! interface in its bind or alter_context: 906b0ce0-c70b-1067-b317-00dd010662da, version 1.0. Two
//! connections exist, one in each direction. A connection whose bind the capture missed is known by the
//! endpoint mapper's answer that named its port.

use super::dcerpc::{self, interfaces::IXN_REMOTE};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// MSDTC.
pub const INSPECTOR: Inspector = Inspector {
    name: "msdtc",
    title: "Microsoft Distributed Transaction Coordinator",
    specification: "MS-CMPO sections 1.9 and 2.1",
    refines: Some("dcerpc"),
    initiator_first: dcerpc::FIRST,
    responder_first: dcerpc::FIRST,
    inspect,
    describe: Some(dcerpc::describe),
    follow: Some(dcerpc::watch::follow),
    attributes: dcerpc::ATTRIBUTES,
    confused_with: "other DCE/RPC services, which bind to other interfaces; TIP, which is text on port 3372",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let evidence = (dcerpc::INSPECTOR.inspect)(opening)?;
    let mut bound = dcerpc::contexts(opening.initiator).peekable();
    if bound.peek().is_none() {
        return Err(Reject::Incomplete);
    }
    if bound.any(|context| context.interface == IXN_REMOTE) {
        let rule = "ixnremote: a bind to MSDTC's interface IXnRemote (MS-CMPO section 1.9)";
        return Ok(Evidence { rule, wants_more: false, ..evidence });
    }
    // An alter_context may still come.
    Err(if evidence.wants_more { Reject::Incomplete } else { Reject::Mismatch })
}

const BIND: &[u8] = b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\
    \0\0\x01\0\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\0\0\
    \x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a bind to IXnRemote", &[BIND], &[]),
    Example::tcp(
        Confidence::Dialogue,
        "a bind to IXnRemote that is refused",
        &[BIND],
        &[b"\x05\0\x0d\x03\x10\0\0\0\x15\0\0\0\x01\0\0\0\0\0\x01\x05\0"],
    ),
    Example::not(
        Transport::Tcp,
        "a bind to another interface",
        &[b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\
            \0\0\x01\0\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0\
            \x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0"],
        &[],
    ),
];
