//! IP protocols by name, as records and tables write them.

use crate::key::protocol;

/// IANA "Assigned Internet Protocol Numbers".
const NAMES: &[(u8, &str)] = &[
    (protocol::ICMP, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (protocol::TCP, "tcp"),
    (8, "egp"),
    (9, "igp"),
    (protocol::UDP, "udp"),
    (33, "dccp"),
    (41, "ipv6"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (protocol::ICMPV6, "icmpv6"),
    (88, "eigrp"),
    (89, "ospf"),
    (97, "etherip"),
    (103, "pim"),
    (108, "ipcomp"),
    (112, "vrrp"),
    (113, "pgm"),
    (115, "l2tp"),
    (124, "isis"),
    (protocol::SCTP, "sctp"),
    (135, "mobility"),
    (protocol::UDP_LITE, "udplite"),
    (137, "mpls"),
];

/// An IP protocol: its name where it is a common one, else its number.
#[derive(Clone, Copy, Debug)]
pub struct Protocol(pub u8);

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match NAMES.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The number of a protocol that has a name here.
#[must_use]
pub fn number(name: &str) -> Option<u8> {
    NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}
