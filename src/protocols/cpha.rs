//! Check Point's cluster control protocol (CCP, "CPHA"), by which members of a firewall cluster watch each other.
//!
//! ```text
//! 1A 90 | version | cluster | operation 1 to 13 | ...              UDP, port 8116 on both ends
//! ```
//!
//! Not published, and of fixed bytes there are but two and an operation; so it is claimed between ports 8116 only.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// Check Point high availability.
pub const INSPECTOR: Inspector = Inspector {
    name: "cpha",
    title: "Check Point ClusterXL control protocol",
    specification: "Check Point sk25977 (CCP on UDP 8116); header as seen by anyone: magic 1A90, version, cluster, operation",
    carriers: Carriers::UDP,
    ports: &[8116],
    initiator_first: ByteSet::of(&[0x1a]),
    responder_first: ByteSet::of(&[0x1a]),
    inspect,
    confused_with: "nothing known on its port",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Highest operation.
const LAST_OPERATION: u16 = 13;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0x1a, 0x90])?;
    cursor.skip(2 + 2)?;
    require((1..=LAST_OPERATION).contains(&cursor.u16()?))?;
    // Interface, random id, source and target machine, policy, filler.
    cursor.skip(12)?;
    cursor.skip(cursor.len())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, message).map(|_| Confidence::Signature)
    };
    let rule = "ccp-header: magic 1A90 and an operation on port 8116 (CCP header)";
    let evidence = Evidence::of(judged(opening.initiator), judged(opening.responder), rule)?;
    require(opening.is_on(INSPECTOR.ports))?;
    Ok(Evidence { confidence: Confidence::Signature, ..evidence })
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Signature,
        "a member reports its state",
        &[b"\x1a\x90\x0c\x31\x00\x01\x00\x01\x00\x02\x12\x34\x00\x01\xff\xfe\x00\x00\x00\x00\x00\x02\x00\x01"],
        &[],
    )
    .on(8116),
    Example::not(
        Transport::Udp,
        "the same bytes elsewhere",
        &[b"\x1a\x90\x0c\x31\x00\x01\x00\x01\x00\x02\x12\x34\x00\x01\xff\xfe\x00\x00\x00\x00\x00\x02\x00\x01"],
        &[],
    ),
];
