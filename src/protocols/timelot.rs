//! Timelot: a registered name without any known protocol.
//!
//! Port 3243 lies in the range that Citrix Framehawk uses: what is seen there over UDP is judged by that.

use crate::byteset::ByteSet;
use crate::inspect::{Carriers, Inspector, Opening, Reject, Verdict};

/// Timelot.
pub const INSPECTOR: Inspector = Inspector {
    name: "timelot",
    title: "Timelot",
    specification: "none is public; IANA registers port 3243 for TCP and UDP",
    carriers: Carriers::TCP_UDP,
    ports: &[3243],
    initiator_first: ByteSet::NONE,
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "Citrix Framehawk over UDP, whose default range holds port 3243",
    ..Inspector::PLAIN
};

/// No byte can speak for it.
const fn inspect(_: &Opening<'_>) -> Verdict {
    Err(Reject::Mismatch)
}
