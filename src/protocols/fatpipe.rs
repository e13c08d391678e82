//! FatPipe's link balancers: a registered port, and nothing more that is public.
//!
//! No document, patent or capture gives a header or shows that the products use port 3353 at all. There are
//! therefore no bytes to recognise: the port's claim is all there is, until the bytes are something else.

use crate::byteset::ByteSet;
use crate::inspect::{Carriers, Inspector, Opening, Reject, Verdict};

/// FatPipe.
pub const INSPECTOR: Inspector = Inspector {
    name: "fatpipe",
    title: "FatPipe link balancing",
    specification: "none is public; IANA registers port 3353 for TCP and UDP",
    carriers: Carriers::TCP_UDP,
    ports: &[3353],
    initiator_first: ByteSet::NONE,
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "anything: the port is all that is known. Any other product that spreads traffic over several \
                    lines behaves alike",
    ..Inspector::PLAIN
};

/// No byte can speak for it.
const fn inspect(_: &Opening<'_>) -> Verdict {
    Err(Reject::Mismatch)
}
