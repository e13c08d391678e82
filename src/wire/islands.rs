//! A datagram that grows out of its fragments: which parts of it have come, and which fragments contradict it.

use super::fragments::Fragment;

/// Longest payload of an IP datagram in bytes: what a 16-bit length can say.
const MAX_DATAGRAM: usize = 65_535;
/// Most separate parts of a datagram that wait for what is between them. Fragments arrive nearly in order, or backwards;
/// only a made-up datagram has more.
const MAX_ISLANDS: usize = 64;

/// A datagram in the making.
#[derive(Debug, Default)]
pub(super) struct Datagram {
    /// Tells this datagram from an earlier one with the same key.
    pub(super) serial: u64,
    pub(super) bytes: Vec<u8>,
    /// Which parts of `bytes` have come: in order, neither overlapping nor touching.
    pub(super) islands: Vec<(usize, usize)>,
    /// Known once the last fragment has come.
    len: Option<usize>,
    /// The first fragment's.
    pub(super) protocol: u8,
    pub(super) ports: (u16, u16),
    /// Whether it has been dropped, and only its name is kept.
    pub(super) dead: bool,
}

impl Datagram {
    /// Nothing of this datagram but its room, for the next one.
    pub(super) fn emptied(mut self) -> Self {
        self.islands.clear();
        Self { islands: self.islands, ..Self::default() }
    }

    /// Puts a fragment's bytes where they belong; false if the datagram must be dropped for it.
    pub(super) fn place(&mut self, fragment: &Fragment, bytes: &[u8], first_wins: bool) -> bool {
        let (start, end) = (fragment.offset, fragment.offset.saturating_add(bytes.len()));
        let ragged = fragment.more && (!bytes.len().is_multiple_of(8) || bytes.is_empty());
        if ragged || end > MAX_DATAGRAM {
            return false;
        }
        if !fragment.more && self.len.is_some_and(|len| len != end) {
            return false;
        }
        if !fragment.more {
            self.len = Some(end);
        }
        if self.len.is_some_and(|len| end > len || self.bytes.len() > len) {
            return false;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if !first_wins && !self.is_new_or_repeats(start, bytes) {
            return false;
        }
        self.fill_holes(start, bytes);
        self.join(start, end);
        self.islands.len() <= MAX_ISLANDS
    }

    /// Whether bytes at `start` lie wholly in a hole, or wholly on bytes that are the same.
    fn is_new_or_repeats(&self, start: usize, bytes: &[u8]) -> bool {
        let end = start + bytes.len();
        match self.islands.iter().find(|(from, to)| *from < end && start < *to) {
            None => true,
            Some((from, to)) => *from <= start && end <= *to && self.bytes.get(start..end) == Some(bytes),
        }
    }

    /// Copies those of `bytes` that no earlier fragment brought.
    fn fill_holes(&mut self, start: usize, bytes: &[u8]) {
        let end = start + bytes.len();
        let mut at = start;
        for &(from, to) in self.islands.iter().chain([&(end, end)]) {
            let hole_end = from.clamp(at, end);
            if let (Some(hole), Some(part)) =
                (self.bytes.get_mut(at..hole_end), bytes.get(at - start..hole_end - start))
            {
                hole.copy_from_slice(part);
            }
            at = at.max(to).min(end);
        }
    }

    /// Notes that `start..end` has come.
    fn join(&mut self, start: usize, end: usize) {
        let mut joined = (start, end);
        self.islands.retain(|&(from, to)| {
            let apart = to < joined.0 || joined.1 < from;
            if !apart {
                joined = (joined.0.min(from), joined.1.max(to));
            }
            apart
        });
        let at = self.islands.partition_point(|&(from, _)| from < joined.0);
        self.islands.insert(at, joined);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.len.is_some_and(|len| self.islands.first() == Some(&(0, len)))
    }
}
