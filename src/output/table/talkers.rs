//! Who sent and received most, within a bound.

use hashbrown::HashMap;
use std::cmp::Reverse;
use std::net::IpAddr;

/// Most hosts that are kept when there are too many: those with the most bytes. Twice as many are counted before
/// the others are forgotten, so that forgetting costs little per flow.
const KEPT: usize = 16_384;

/// What one host did, in bytes on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Talker {
    pub(super) flows: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
}

impl Talker {
    pub(super) const fn bytes(&self) -> u64 {
        self.sent.saturating_add(self.received)
    }
}

/// The hosts that were counted.
#[derive(Debug, Default)]
pub(super) struct Talkers {
    hosts: HashMap<IpAddr, Talker, foldhash::fast::RandomState>,
    /// Most bytes that any host can have lost to forgetting; 0 while all numbers are exact.
    forgotten: u64,
}

impl Talkers {
    /// Counts a flow of `host`.
    pub(super) fn count(&mut self, host: IpAddr, talked: Talker) {
        let known = self.hosts.entry(host).or_default();
        known.flows += talked.flows;
        known.sent += talked.sent;
        known.received += talked.received;
        if self.hosts.len() >= 2 * KEPT {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let mut sizes: Vec<u64> = self.hosts.values().map(Talker::bytes).collect();
        let (_, &mut least, _) = sizes.select_nth_unstable_by_key(KEPT, |&bytes| Reverse(bytes));
        self.hosts.retain(|_, talker| talker.bytes() > least);
        self.forgotten += least;
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Self) {
        self.forgotten += other.forgotten;
        for (host, talked) in other.hosts {
            self.count(host, talked);
        }
    }

    /// The `most` hosts with the most bytes; and how many hosts there are, if none was forgotten.
    pub(super) fn top(&self, most: usize) -> (Vec<(IpAddr, Talker)>, Option<usize>) {
        let mut hosts: Vec<(IpAddr, Talker)> =
            self.hosts.iter().map(|(host, talker)| (*host, *talker)).collect();
        hosts.sort_unstable_by_key(|(host, talker)| (Reverse(talker.bytes()), *host));
        hosts.truncate(most);
        (hosts, (self.forgotten == 0).then_some(self.hosts.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_with_the_most_bytes_are_kept_however_many_hosts_there_are() {
        let mut talkers = Talkers::default();
        let big = IpAddr::from([10, 0, 0, 1]);
        for number in 0..100_000_u32 {
            talkers.count(big, Talker { flows: 1, sent: 1000, received: 0 });
            let host = IpAddr::from(number.to_be_bytes().map(|byte| byte | 0x80));
            talkers.count(host, Talker { flows: 1, sent: 1, received: u64::from(number % 7) });
        }
        assert!(talkers.hosts.len() <= 2 * KEPT);
        let (top, _) = talkers.top(1);
        assert_eq!(top, [(big, Talker { flows: 100_000, sent: 100_000_000, received: 0 })]);
    }

    #[test]
    fn workers_counts_add_up() {
        let (mut one, mut other) = (Talkers::default(), Talkers::default());
        let host = IpAddr::from([10, 0, 0, 1]);
        one.count(host, Talker { flows: 1, sent: 10, received: 1 });
        other.count(host, Talker { flows: 2, sent: 20, received: 2 });
        one.add(other);
        assert_eq!(one.top(9), (vec![(host, Talker { flows: 3, sent: 30, received: 3 })], Some(1)));
    }
}
