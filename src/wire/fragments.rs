//! Fragments of IP datagrams that wait for each other, within bounds of number, bytes and time.
//!
//! IPv4 (RFC 791 section 3.2): what came first stays, later fragments fill holes only. IPv6 (RFC 5722 section 4,
//! RFC 8200 section 4.5): a datagram whose fragments overlap is dropped whole, unless they merely repeat bytes.
//! A datagram that was dropped stays known until its time is up, so that its late fragments start no new one.

use super::Ends;
use super::islands::Datagram;
use super::view::View;
use crate::packet::Timestamp;
use crate::report::Moment;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// What fragments may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most datagrams that wait at a time.
    pub datagrams: usize,
    /// Most bytes of room that fragments take at a time; less than 128 KiB leave none for the longest datagram, as
    /// room is taken in steps.
    pub bytes: usize,
    /// How long a datagram waits from its first fragment on, in nanoseconds of packet time.
    pub wait_nanos: u64,
}

impl Default for Limits {
    fn default() -> Self {
        // 64 of the largest datagrams, or 4096 of a usual size; 30 s lie between RFC 791's 15 and RFC 8200's 60.
        Self { datagrams: 4096, bytes: 4 << 20, wait_nanos: 30_000_000_000 }
    }
}

/// What became of fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentCounts {
    /// Fragments read.
    pub fragments: u64,
    /// Datagrams reassembled.
    pub reassembled: u64,
    /// Datagrams whose time was up before they were complete.
    pub expired: u64,
    /// Datagrams removed early for lack of room.
    pub evicted: u64,
    /// Datagrams dropped for fragments that contradict each other, are too many or reach too far.
    pub dropped: u64,
    /// Datagrams given up because the capture cut a fragment.
    pub cut: u64,
}

/// A datagram of which fragments are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unfinished {
    /// The first of its fragments to come.
    pub at: Moment,
    /// Who sent it, and to whom.
    pub ends: (IpAddr, IpAddr),
    /// The protocol that its first fragment begins with; where that one did not come, what the others name.
    pub protocol: u8,
    /// Its ports, 0 where the first fragment did not come.
    pub ports: (u16, u16),
}

/// Most of them that are kept, the first; those beyond are counted.
pub const MAX_UNFINISHED: usize = 64;
/// Fragments of one datagram follow each other at once: what has waited for so many nanoseconds misses one.
const OVERDUE: u64 = 1_000_000_000;

/// A fragment's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) id: u32,
    /// In bytes.
    pub(super) offset: usize,
    pub(super) more: bool,
    /// The protocol, or next header, that the first fragment begins with.
    pub(super) protocol: u8,
    pub(super) ends: Ends,
}

impl Fragment {
    /// Whether a fragment header's field of offset and flags is a first fragment's.
    pub(super) const fn is_first(field: u16) -> bool {
        field & 0xfff8 == 0
    }
}

/// What a fragment brought.
#[derive(Debug)]
pub(super) enum Progress {
    /// The datagram is not complete, or never will be.
    Waiting {
        /// Its ports, 0 as long as its first fragment has not come.
        ports: (u16, u16),
    },
    /// A first fragment that the capture cut: what it holds is all that will be had.
    Cut,
    /// The datagram is complete.
    Complete {
        /// What its first fragment begins with.
        protocol: u8,
        /// All its bytes; give them back with [`Fragments::recycle`].
        datagram: Vec<u8>,
    },
}

/// Which fragments belong together (RFC 791: addresses, protocol, identification; RFC 8200: without the protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    protocol: Option<u8>,
    scope: u64,
}

impl Unfinished {
    fn of(key: &Key, datagram: &Datagram) -> Option<Self> {
        let Datagram { since, protocol, ports, .. } = *datagram;
        Some(Self { at: since?, ends: (key.source, key.destination), protocol, ports })
    }
}

/// Keeps a datagram that will not be put together, as far as there is room.
fn note(unfinished: &mut Vec<Unfinished>, key: &Key, datagram: &Datagram) {
    if unfinished.len() < MAX_UNFINISHED {
        unfinished.extend(Unfinished::of(key, datagram));
    }
}

/// Most emptied buffers kept for the next datagrams.
const MAX_SPARE: usize = 32;

/// Datagrams that wait for fragments.
#[derive(Debug)]
pub(super) struct Fragments {
    limits: Limits,
    waiting: HashMap<Key, Datagram>,
    /// In order of arrival; may name datagrams that are no more.
    order: VecDeque<(Timestamp, u64, Key)>,
    /// Bytes of room that waiting datagrams have taken: recycled room may be much more than what is in it.
    held: usize,
    serial: u64,
    spare: Vec<Datagram>,
    spare_bytes: Vec<Vec<u8>>,
    counts: FragmentCounts,
    unfinished: Vec<Unfinished>,
}

impl Fragments {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: HashMap::new(),
            order: VecDeque::new(),
            held: 0,
            serial: 0,
            spare: Vec::new(),
            spare_bytes: Vec::new(),
            counts: FragmentCounts::default(),
            unfinished: Vec::new(),
        }
    }

    pub(super) const fn counts(&self) -> FragmentCounts {
        self.counts
    }

    /// How many datagrams wait in vain at a time, and the first of all that were not put together.
    pub(super) fn unfinished(&self, now: Timestamp) -> (u64, Vec<Unfinished>) {
        let overdue = |since: &Timestamp| now.since(*since) > OVERDUE;
        let in_vain =
            self.order.iter().filter(|(since, ..)| overdue(since)).filter_map(|(_, serial, key)| {
                let datagram =
                    self.waiting.get(key).filter(|datagram| datagram.serial == *serial && !datagram.dead)?;
                Unfinished::of(key, datagram)
            });
        let (mut count, mut first) = (0, self.unfinished.clone());
        for datagram in in_vain {
            count += 1;
            if first.len() < MAX_UNFINISHED {
                first.push(datagram);
            }
        }
        (count, first)
    }

    /// How many bytes of fragments are held.
    #[cfg(test)]
    pub(super) const fn held_bytes(&self) -> usize {
        self.held
    }

    /// Takes a fragment whose payload is `view`; `ports` are those that a first fragment begins with.
    pub(super) fn add(
        &mut self,
        fragment: &Fragment,
        scope: u64,
        at: Moment,
        view: View<'_>,
        ports: Option<(u16, u16)>,
    ) -> Progress {
        self.counts.fragments += 1;
        self.expire(at.time);
        let is_v4 = fragment.ends.source.is_ipv4();
        let key = Key {
            source: fragment.ends.source,
            destination: fragment.ends.destination,
            id: fragment.id,
            protocol: is_v4.then_some(fragment.protocol),
            scope,
        };
        if !self.waiting.contains_key(&key) {
            self.begin(key, at);
        }
        let Some(datagram) = self.waiting.get_mut(&key) else { return Progress::Waiting { ports: (0, 0) } };
        if fragment.offset == 0 && datagram.ports == (0, 0) {
            datagram.ports = ports.unwrap_or_default();
            datagram.protocol = fragment.protocol;
        }
        let ports = datagram.ports;
        if datagram.dead {
            return Progress::Waiting { ports };
        }
        let before = datagram.bytes.capacity();
        let fits = view.missing() == 0 && datagram.place(fragment, view.bytes(), is_v4);
        self.held = self.held.saturating_sub(before).saturating_add(datagram.bytes.capacity());
        if !fits {
            let cut = view.missing() > 0;
            let counter = if cut { &mut self.counts.cut } else { &mut self.counts.dropped };
            *counter += 1;
            datagram.dead = true;
            if !cut {
                note(&mut self.unfinished, &key, datagram);
            }
            self.held = self.held.saturating_sub(datagram.bytes.capacity());
            datagram.bytes = Vec::new();
            return if cut && fragment.offset == 0 { Progress::Cut } else { Progress::Waiting { ports } };
        }
        if datagram.is_complete() {
            return self.finish(&key, ports);
        }
        self.make_room();
        Progress::Waiting { ports }
    }

    /// Takes back a datagram's bytes.
    pub(super) fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.spare_bytes.len() < MAX_SPARE && bytes.capacity() > 0 {
            bytes.clear();
            self.spare_bytes.push(bytes);
        }
    }

    fn begin(&mut self, key: Key, at: Moment) {
        while self.waiting.len() >= self.limits.datagrams.max(1) && self.evict_oldest() {}
        self.serial += 1;
        let mut datagram = self.spare.pop().unwrap_or_default();
        datagram.serial = self.serial;
        datagram.since = Some(at);
        datagram.protocol = key.protocol.unwrap_or_default();
        datagram.bytes = self.spare_bytes.pop().unwrap_or_default();
        self.held = self.held.saturating_add(datagram.bytes.capacity());
        self.waiting.insert(key, datagram);
        // Those that were completed leave their names behind; once they are the greater part they are swept out.
        if self.order.len() > 2 * self.limits.datagrams.max(64) {
            let waiting = &self.waiting;
            self.order
                .retain(|(_, serial, key)| waiting.get(key).is_some_and(|found| found.serial == *serial));
        }
        self.order.push_back((at.time, self.serial, key));
    }

    fn finish(&mut self, key: &Key, ports: (u16, u16)) -> Progress {
        let Some(mut datagram) = self.waiting.remove(key) else { return Progress::Waiting { ports } };
        self.counts.reassembled += 1;
        self.held = self.held.saturating_sub(datagram.bytes.capacity());
        datagram.sort();
        let bytes = std::mem::take(&mut datagram.bytes);
        let protocol = datagram.protocol;
        self.retire(datagram);
        Progress::Complete { protocol, datagram: bytes }
    }

    fn expire(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(since, ..)| now.since(*since) > self.limits.wait_nanos) {
            if let Some(live) = self.remove_front() {
                self.counts.expired += u64::from(live);
            }
        }
    }

    /// Removes the oldest datagrams until the rest fits.
    fn make_room(&mut self) {
        while self.held > self.limits.bytes && self.evict_oldest() {}
    }

    /// Removes the oldest datagram that is still wanted; says whether there was one.
    fn evict_oldest(&mut self) -> bool {
        while let Some(live) = self.remove_front() {
            if live {
                self.counts.evicted += 1;
                return true;
            }
        }
        false
    }

    /// Takes the oldest name; says whether a datagram that was still wanted went with it.
    fn remove_front(&mut self) -> Option<bool> {
        let (_, serial, key) = self.order.pop_front()?;
        if self.waiting.get(&key).is_none_or(|found| found.serial != serial) {
            return Some(false);
        }
        let Some(mut datagram) = self.waiting.remove(&key) else { return Some(false) };
        let live = !datagram.dead;
        if live {
            note(&mut self.unfinished, &key, &datagram);
        }
        self.held = self.held.saturating_sub(datagram.bytes.capacity());
        let bytes = std::mem::take(&mut datagram.bytes);
        self.recycle(bytes);
        self.retire(datagram);
        Some(live)
    }

    fn retire(&mut self, datagram: Datagram) {
        if self.spare.len() < MAX_SPARE {
            self.spare.push(datagram.emptied());
        }
    }
}
