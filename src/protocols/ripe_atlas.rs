//! RIPE Atlas' and other measurements' UDP probes that carry their target in text.
//!
//! ```text
//! "MGLNDD_" address "_" port
//! ```
//!
//! Sent to hosts of the whole Internet, so an administrator meets them as scans.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// RIPE Atlas probes.
pub const INSPECTOR: Inspector = Inspector {
    name: "ripe-atlas",
    title: "RIPE Atlas measurement probe",
    specification: "As seen by operators since 2021: MGLNDD_, the target's address and port",
    carriers: Carriers::TCP_UDP,
    initiator_first: ByteSet::of(b"M"),
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "nothing: MGLNDD_ and an address",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn probe(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"MGLNDD_")?;
    let target = cursor.rest();
    require(target.len() <= 64 && is_text(target.trim_ascii_end()))?;
    cursor.skip(target.len())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    probe(&mut opening.request())?;
    Ok(Evidence::new(Confidence::Message, "probe: MGLNDD_ and the target (as seen by operators)"))
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a probe", &[b"MGLNDD_192.0.2.1_5060\n"], &[]),
    Example::not(Transport::Udp, "other text", &[b"MGLND_192.0.2.1"], &[]),
];
