//! What tells apart flows whose five-tuple is equal: a number made of the VLAN tags and tunnels around them.
//!
//! Only what both directions of a flow share goes into it: VLAN identifiers, the kind of a tunnel, its two ends
//! whichever is the source, a virtual network's identifier. Tunnel endpoint identifiers, MPLS labels, GRE keys and
//! session numbers are chosen by each receiver and would part a flow's two directions.

use std::net::IpAddr;

/// A hash that is the same on every machine and in every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope(u64);

impl Scope {
    /// The number for a flow's key: 0 for what came bare.
    pub(super) const fn number(self) -> u64 {
        self.0
    }

    /// This scope and a VLAN in it. Identifier 0 is no VLAN, only a priority (IEEE 802.1Q section 9.6).
    pub(super) const fn vlan(self, id: u16) -> Self {
        if id == 0 { self } else { self.word(1 << 32 | id as u64) }
    }

    /// This scope and a tunnel in it; `id` as far as it is the same in both directions.
    pub(super) fn tunnel(self, kind: &str, ends: Option<(IpAddr, IpAddr)>, id: Option<u32>) -> Self {
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
        let mut scope = kind.as_bytes().chunks(8).fold(self, |scope, bytes| scope.word(word(bytes)));
        if let Some((source, destination)) = ends {
            let (low, high) =
                if source <= destination { (source, destination) } else { (destination, source) };
            scope = scope.address(low).address(high);
        }
        id.map_or(scope, |id| scope.word(2 << 32 | u64::from(id)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn address(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => self.word(4 << 32 | u64::from(v4.to_bits())),
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                self.word(6 << 32).word((bits >> 64) as u64).word(bits as u64)
            }
        }
    }

    /// FNV-1a over whole words instead of bytes, and a shift so that high bits reach the low ones.
    const fn word(self, word: u64) -> Self {
        let mixed = (self.0 ^ 0xcbf2_9ce4_8422_2325 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mixed = mixed ^ (mixed >> 32);
        // 0 is for what came bare.
        Self(if mixed == 0 { 1 } else { mixed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_has_the_same_scope_in_both_directions() {
        let (a, b) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let there = Scope::default().tunnel("vxlan", Some((a, b)), Some(7));
        assert_eq!(there, Scope::default().tunnel("vxlan", Some((b, a)), Some(7)));
        assert_ne!(there, Scope::default().tunnel("vxlan", Some((b, a)), Some(8)));
        assert_ne!(there, Scope::default().tunnel("geneve", Some((b, a)), Some(7)));
    }

    #[test]
    fn a_priority_tag_makes_no_scope_and_the_order_of_tags_counts() {
        assert_eq!(Scope::default().vlan(0).number(), 0);
        assert_ne!(Scope::default().vlan(1).vlan(2), Scope::default().vlan(2).vlan(1));
    }

    #[test]
    fn the_number_is_the_same_on_every_machine() {
        assert_eq!(Scope::default().vlan(100).number(), 0xf40e0040f393355d);
    }
}
