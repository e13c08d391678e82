//! Packets with short headers, all that QUIC sends once both sides have keys: [RFC 9000] section 17.3.1.
//!
//! ```text
//! 01sxxxxx   connection id, as long as the receiver chose (0 to 20)   packet number and payload, encrypted
//! ```
//!
//! [RFC 9000]: https://www.rfc-editor.org/rfc/rfc9000#section-17.3.1

use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Datagram, Opening, Side};

/// Fewest bytes of a packet with a short header: one, the packet number, and the sample that protects them
/// (RFC 9001 section 5.4.2).
pub(super) const MIN: u32 = 21;

/// Fewest packets to one connection id, and the id's bytes that are compared; servers' are eight and longer.
const ENOUGH_SHORT: usize = 3;
const COMPARED: usize = 8;

/// Whether all of a side's packets have short headers to one connection id, and nothing else in common.
///
/// The first byte's last five bits are protected and so look drawn at random; the id comes right behind it. Noise passes
/// once in 2^128; a protocol with a session's number there has a type before it that does not vary like this.
pub(super) fn same_connection(opening: &Opening<'_>, side: Side) -> bool {
    let short = |datagram: &Datagram<'_>| {
        matches!(datagram.bytes.first(), Some(0x40..=0x7f)) && datagram.wire_len >= MIN && may_be_encrypted(datagram.bytes)
    };
    if !opening.said(side).datagrams().chain(opening.said(side.other()).datagrams()).all(|datagram| short(&datagram)) {
        return false;
    }
    let parts = || opening.said(side).datagrams().filter_map(|datagram| datagram.bytes.split_first_chunk::<{ COMPARED + 1 }>());
    let Some(([first, id @ ..], rest)) = parts().next() else { return false };
    let varied = id.iter().enumerate().filter(|&(at, byte)| !id.iter().take(at).any(|other| other == byte)).count() > COMPARED / 2;
    let differ = parts().skip(1).any(|([other, ..], _)| (other ^ first) & 0x1f != 0);
    // A client whose packets were retransmitted by the network would say the same twice.
    let new = parts().skip(1).all(|(_, other)| other != rest);
    varied && differ && new && parts().count() >= ENOUGH_SHORT && parts().all(|([_, other @ ..], _)| other == id)
}
