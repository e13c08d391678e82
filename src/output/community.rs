//! Community ID version 1 with seed 0: one name for a flow in all tools that know it.
//!
//! Specification: <https://github.com/corelight/community-id-spec>. SHA-1 over seed, the smaller endpoint's
//! address, the larger one's, protocol, a zero byte and both ports, in base64 behind `1:`.

use crate::key::{Endpoint, protocol};
use base64::Engine;
use sha1::{Digest, Sha1};
use std::net::IpAddr;

/// The Community ID of a flow between these ends, source first: for the one-way ICMP types their order counts.
#[must_use]
pub fn id(ends: [Endpoint; 2], number: u8) -> String {
    let mut ends = ends;
    if ends.first() > ends.last() && !is_one_way(ends, number) {
        ends.reverse();
    }
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for end in ends {
        match end.address {
            IpAddr::V4(v4) => hash.update(v4.octets()),
            IpAddr::V6(v6) => hash.update(v6.octets()),
        }
    }
    hash.update([number, 0]);
    let has_ports =
        matches!(number, protocol::TCP | protocol::UDP | protocol::SCTP | protocol::ICMP | protocol::ICMPV6);
    if has_ports {
        for end in ends {
            hash.update(end.port.to_be_bytes());
        }
    }
    format!("1:{}", base64::engine::general_purpose::STANDARD.encode(hash.finalize()))
}

/// Whether an ICMP message has no counterpart: then its second "port" is its code, and its direction counts.
fn is_one_way(ends: [Endpoint; 2], number: u8) -> bool {
    /// Request and reply types (RFC 792, 950, 1256).
    const ICMP_PAIRS: &[u16] = &[0, 8, 9, 10, 13, 14, 15, 16, 17, 18];
    /// Request and reply types (RFC 4443, 2710, 4861, 4620, 6275).
    const ICMPV6_PAIRS: &[u16] = &[128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145];
    let [source, _] = ends;
    match number {
        protocol::ICMP => !ICMP_PAIRS.contains(&source.port),
        protocol::ICMPV6 => !ICMPV6_PAIRS.contains(&source.port),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(a: &str, ap: u16, b: &str, bp: u16) -> [Endpoint; 2] {
        [(a, ap), (b, bp)].map(|(address, port)| Endpoint { address: address.parse().unwrap(), port })
    }

    #[test]
    fn the_specifications_example_has_its_published_id_from_either_side() {
        // The example of the specification's README.
        let expected = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
        assert_eq!(id(ends("128.232.110.120", 34855, "66.35.250.204", 80), 6), expected);
        assert_eq!(id(ends("66.35.250.204", 80, "128.232.110.120", 34855), 6), expected);
    }
}
