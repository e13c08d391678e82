//! What two hosts' flows have told about each other, bounded.

use crate::context::{Announcement, Context, Neighbour};
use crate::key::{Endpoint, FlowKey, HostPair, Transport};
use crate::packet::{IcmpError, Timestamp};
use crate::protocols::INSPECTORS;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::sync::LazyLock;

/// Most host pairs remembered per shard; the oldest is forgotten first.
pub const MAX_PAIRS: usize = 4096;
/// Most neighbours remembered per pair: one of each protocol that anyone asks about.
const MAX_NEIGHBOURS: usize = 8;
/// Most announcements remembered per pair; the oldest is forgotten first.
const MAX_ANNOUNCEMENTS: usize = 32;
/// Most ICMP errors without ports remembered per pair; the oldest is forgotten first.
const MAX_ERRORS: usize = 8;
/// So long after a flow's last packet an error may still be about it, in nanoseconds: hosts wait for the answer to ARP.
const ERROR_DELAY: u64 = 4_000_000_000;

#[derive(Debug, Default)]
struct Facts {
    neighbours: Vec<Neighbour>,
    announcements: VecDeque<Announcement>,
    errors: VecDeque<IcmpError>,
}

/// The facts of one shard's host pairs.
#[derive(Debug, Default)]
pub struct Hosts {
    facts: HashMap<HostPair, Facts, foldhash::fast::RandomState>,
    age: VecDeque<HostPair>,
    /// How often a pair was forgotten for lack of room.
    pub forgotten: u64,
}

/// Whether flows of the inspector at `place` matter to the judgement of others between the same hosts.
#[must_use]
pub fn is_notable(place: u16) -> bool {
    static NOTABLE: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let asked = |name: &str| INSPECTORS.iter().any(|i| i.neighbours.contains(&name));
        INSPECTORS.iter().map(|inspector| asked(inspector.name)).collect()
    });
    NOTABLE.get(usize::from(place)).copied().unwrap_or(false)
}

impl Hosts {
    fn facts_mut(&mut self, pair: HostPair) -> &mut Facts {
        if !self.facts.contains_key(&pair) {
            if self.facts.len() >= MAX_PAIRS
                && let Some(oldest) = self.age.pop_front()
            {
                self.facts.remove(&oldest);
                self.forgotten += 1;
            }
            self.age.push_back(pair);
        }
        self.facts.entry(pair).or_default()
    }

    /// Notes that a flow of some protocol is there.
    pub fn note(&mut self, pair: HostPair, neighbour: Neighbour) {
        let known = &mut self.facts_mut(pair).neighbours;
        // Of several flows to one listening end the latest is kept: what is asked is what began not long ago.
        known.retain(|n| n.name != neighbour.name || n.responder != neighbour.responder);
        if known.len() < MAX_NEIGHBOURS {
            known.push(neighbour);
        }
    }

    /// Remembers a flow to come.
    pub fn announce(&mut self, pair: HostPair, announcement: Announcement) {
        let known = &mut self.facts_mut(pair).announcements;
        known.retain(|a| (a.listener, a.transport) != (announcement.listener, announcement.transport));
        if known.len() >= MAX_ANNOUNCEMENTS {
            known.pop_front();
        }
        known.push_back(announcement);
    }

    /// Whether a flow between these ends was announced: the newest word on either end.
    #[must_use]
    pub fn announced(
        &self,
        pair: HostPair,
        ends: [Endpoint; 2],
        transport: Transport,
    ) -> Option<Announcement> {
        if self.facts.is_empty() {
            return None;
        }
        let meant = |a: &&Announcement| a.transport == transport && ends.contains(&a.listener);
        self.facts.get(&pair)?.announcements.iter().rev().find(meant).copied()
    }

    /// Remembers an ICMP error of which the capture cut off which ports it quotes.
    pub fn note_error(&mut self, error: IcmpError) {
        let known = &mut self.facts_mut(error.key.hosts()).errors;
        if known.len() >= MAX_ERRORS {
            known.pop_front();
        }
        known.push_back(error);
    }

    /// The first of the errors without ports that may be about a flow of which `from_low` sent all packets, from
    /// `first` to `last`, and how many there are.
    #[must_use]
    pub fn error_about(
        &self,
        key: &FlowKey,
        from_low: bool,
        (first, last): (Timestamp, Timestamp),
    ) -> Option<(IcmpError, u32)> {
        if self.facts.is_empty() {
            return None;
        }
        let fits = |error: &&IcmpError| {
            (error.key.protocol(), error.quoted_from_low) == (key.protocol(), from_low)
                && error.time >= first
                && error.time.since(last) <= ERROR_DELAY
        };
        let mut errors = self.facts.get(&key.hosts())?.errors.iter().filter(fits);
        let found = *errors.next()?;
        Some((found, u32::try_from(errors.count()).unwrap_or(u32::MAX).saturating_add(1)))
    }

    /// What the flows between two hosts told.
    #[must_use]
    pub fn context(&self, pair: HostPair) -> Context<'_> {
        Context { neighbours: self.facts.get(&pair).map_or(&[], |facts| &facts.neighbours) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: u8, port: u16) -> Endpoint {
        Endpoint { address: [10, 0, last, 1].into(), port }
    }

    fn pair(last: u8) -> HostPair {
        FlowKey::new(end(last, 1), end(0, 2), 6, 0).0.hosts()
    }

    fn announcement(port: u16) -> Announcement {
        let listener = end(0, port);
        Announcement {
            by: None,
            name: "ftp-data",
            transport: Transport::Tcp,
            listener,
            frame: 1,
            said_by: "a test",
        }
    }

    #[test]
    fn an_announced_flow_is_known_by_its_listening_end_between_the_same_hosts_only() {
        let mut hosts = Hosts::default();
        hosts.announce(pair(1), announcement(2000));
        let ends = [end(1, 4000), end(0, 2000)];
        assert!(hosts.announced(pair(1), ends, Transport::Tcp).is_some());
        assert!(hosts.announced(pair(1), ends, Transport::Udp).is_none());
        assert!(hosts.announced(pair(2), ends, Transport::Tcp).is_none());
    }

    #[test]
    fn of_several_flows_to_one_listening_end_the_latest_is_a_neighbour() {
        let mut hosts = Hosts::default();
        for since in [1, 2] {
            let (name, transport, responder) = ("ica", Transport::Tcp, end(0, 1494));
            hosts.note(pair(1), Neighbour { name, transport, responder, since: Timestamp(since), frame: 1 });
        }
        let known: Vec<_> = hosts.context(pair(1)).neighbours.iter().map(|n| n.since).collect();
        assert_eq!(known, [Timestamp(2)]);
    }

    #[test]
    fn pairs_and_announcements_are_bounded() {
        let mut hosts = Hosts::default();
        for port in 0..1000 {
            hosts.announce(pair(1), announcement(port));
        }
        assert!(hosts.announced(pair(1), [end(0, 1), end(0, 1)], Transport::Tcp).is_none());
        for i in 0..=MAX_PAIRS {
            let key = FlowKey::new(
                end((i / 256) as u8, 1),
                Endpoint { address: [1, 2, 3, i as u8].into(), port: 1 },
                6,
                0,
            );
            hosts.announce(key.0.hosts(), announcement(1));
        }
        assert_eq!(hosts.facts.len(), MAX_PAIRS);
    }
}
