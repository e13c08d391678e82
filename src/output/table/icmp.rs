//! ICMP and ICMPv6 messages in words.

use crate::key::protocol;
use crate::packet::IcmpError;

/// Whether an IP protocol is ICMPv6 (true) or ICMP (false).
pub(super) const fn version(number: u8) -> Option<bool> {
    match number {
        protocol::ICMP => Some(false),
        protocol::ICMPV6 => Some(true),
        _ => None,
    }
}

/// An ICMP error about a flow, who sent it and how often.
pub(super) fn error(error: &IcmpError, count: u32) -> String {
    let what = words(error.v6, error.kind, error.code).unwrap_or("ICMP error");
    let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
    format!("{what}, says {}{times}", error.reporter)
}

/// What a message says (RFC 792, 1122 section 3.2.2.1, 1812 section 5.2.7.1; RFC 4443, 2710, 3810, 4861).
pub(super) const fn words(v6: bool, kind: u8, code: u8) -> Option<&'static str> {
    Some(match (v6, kind, code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => "network unreachable",
        (false, 3, 1 | 7 | 12) | (true, 1, 3) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 4) | (true, 2, _) => "packet too big",
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => "administratively prohibited",
        (false, 3, _) | (true, 1, _) => "unreachable",
        (false, 11, 0) | (true, 3, 0) => "hop limit exceeded",
        (false, 11, _) | (true, 3, _) => "fragments missing",
        (false, 12, _) | (true, 4, _) => "bad header",
        (false, 4, _) => "source quench",
        (false, 5, _) | (true, 137, _) => "redirect",
        (false, 0 | 8, _) | (true, 128 | 129, _) => "echo",
        (false, 9 | 10, _) => "router discovery",
        (false, 13 | 14, _) => "timestamp",
        (false, 17 | 18, _) => "address mask",
        (true, 130 | 131 | 132 | 143, _) => "multicast listener",
        (true, 133, _) => "router solicitation",
        (true, 134, _) => "router advertisement",
        (true, 135 | 136, _) => "neighbour discovery",
        _ => return None,
    })
}
