//! A datagram that grows out of its fragments: which parts of it have come, and which fragments contradict it.

use super::fragments::Fragment;
use crate::report::Moment;
use std::ops::Range;

/// Longest payload of an IP datagram in bytes: what a 16-bit length can say.
const MAX_DATAGRAM: usize = 65_535;
/// Most separate parts of a datagram that wait for what is between them. Fragments arrive nearly in order, or backwards;
/// only a made-up datagram has more.
const MAX_ISLANDS: usize = 64;

/// A datagram in the making.
///
/// Its bytes are held in the order in which they came, so that a few bytes with a large offset cost no more than a few
/// bytes.
#[derive(Debug, Default)]
pub(super) struct Datagram {
    /// Tells this datagram from an earlier one with the same key.
    pub(super) serial: u64,
    /// The first of its fragments to come.
    pub(super) since: Option<Moment>,
    /// What has come, as it came; in the datagram's order once [`Datagram::sort`] was called.
    pub(super) bytes: Vec<u8>,
    /// Which parts of the datagram have come, in its order and without overlaps.
    parts: Vec<Part>,
    /// Behind the last byte that has come.
    end: usize,
    /// Known once the last fragment has come.
    len: Option<usize>,
    /// The first fragment's.
    pub(super) protocol: u8,
    pub(super) ports: (u16, u16),
    /// Whether it has been dropped, and only its name is kept.
    pub(super) dead: bool,
}

/// A part of a datagram, and where its bytes are held.
#[derive(Clone, Debug)]
struct Part {
    /// Where in the datagram.
    span: Range<usize>,
    /// Where its first byte is held.
    at: usize,
}

impl Part {
    /// Where the bytes of `span`, which lies in this part, are held.
    const fn held(&self, span: &Range<usize>) -> Range<usize> {
        let at = self.at + (span.start - self.span.start);
        at..at + (span.end - span.start)
    }
}

impl Datagram {
    /// Nothing of this datagram but its room, for the next one.
    pub(super) fn emptied(mut self) -> Self {
        self.parts.clear();
        Self { parts: self.parts, ..Self::default() }
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
        if self.len.is_some_and(|len| end > len || self.end > len) {
            return false;
        }
        self.end = self.end.max(end);
        if !first_wins && !self.is_new_or_repeats(start, bytes) {
            return false;
        }
        self.fill_holes(start, bytes);
        if self.parts.len() > 2 * MAX_ISLANDS {
            // So many must come before the next time that sorting costs each of them little.
            self.sort();
            return self.parts.len() <= MAX_ISLANDS;
        }
        true
    }

    /// The places of the parts that have bytes of `span`.
    fn within(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.parts.partition_point(|part| part.span.end <= span.start);
        let after = self.parts.partition_point(|part| part.span.start < span.end);
        first..after.max(first)
    }

    /// Whether bytes at `start` lie wholly in a hole, or wholly on bytes that are the same.
    fn is_new_or_repeats(&self, start: usize, bytes: &[u8]) -> bool {
        let span = start..start + bytes.len();
        let mut known = 0;
        for part in self.parts.get(self.within(&span)).unwrap_or_default() {
            let both = part.span.start.max(span.start)..part.span.end.min(span.end);
            let (old, new) =
                (self.bytes.get(part.held(&both)), bytes.get(both.start - start..both.end - start));
            if old != new {
                return false;
            }
            known += both.len();
        }
        known == 0 || known == bytes.len()
    }

    /// Takes those of `bytes` that no earlier fragment brought.
    fn fill_holes(&mut self, start: usize, bytes: &[u8]) {
        let span = start..start + bytes.len();
        let mut place = self.within(&span).start;
        let mut from = span.start;
        while from < span.end {
            let next = self.parts.get(place).map(|part| part.span.clone());
            let until = next.as_ref().map_or(span.end, |next| next.start.clamp(from, span.end));
            if let Some(hole) = bytes.get(from - start..until - start)
                && !hole.is_empty()
            {
                place += usize::from(self.insert(place, from..until));
                self.bytes.extend_from_slice(hole);
            }
            from = next.map_or(span.end, |next| next.end.max(until));
            place += 1;
        }
    }

    /// Notes that the bytes held next are those of `span`, before the part at `place`; whether that is a part of its own.
    fn insert(&mut self, place: usize, span: Range<usize>) -> bool {
        let at = self.bytes.len();
        let before = place.checked_sub(1).and_then(|before| self.parts.get_mut(before));
        match before {
            // In order, as fragments nearly always come.
            Some(part) if part.span.end == span.start && part.at + part.span.len() == at => {
                part.span.end = span.end;
                false
            }
            _ => {
                self.parts.insert(place.min(self.parts.len()), Part { span, at });
                true
            }
        }
    }

    /// Puts the bytes into the datagram's order, and parts that touch together.
    pub(super) fn sort(&mut self) {
        if let [Part { at: 0, .. }] = &*self.parts {
            return;
        }
        let mut sorted = Vec::with_capacity(self.bytes.len());
        let mut joined: Vec<Part> = Vec::new();
        for part in &self.parts {
            let held = self.bytes.get(part.held(&part.span)).unwrap_or_default();
            match joined.last_mut() {
                Some(last) if last.span.end == part.span.start => last.span.end = part.span.end,
                _ => joined.push(Part { span: part.span.clone(), at: sorted.len() }),
            }
            sorted.extend_from_slice(held);
        }
        (self.bytes, self.parts) = (sorted, joined);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.len == Some(self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ends;
    use super::*;

    fn fragment(offset: usize, more: bool) -> Fragment {
        let address = [10, 0, 0, 1].into();
        let ends = Ends { source: address, destination: address };
        Fragment { id: 1, offset, more, protocol: 17, ends }
    }

    #[test]
    fn in_whatever_order_fragments_come_the_datagram_is_the_same() {
        let whole: Vec<u8> = (0..=255).cycle().take(8 * 300 + 5).collect();
        let spans: Vec<Range<usize>> = (0..=300).map(|i| i * 8..((i + 1) * 8).min(whole.len())).collect();
        let place = |datagram: &mut Datagram, span: &Range<usize>| {
            datagram.place(&fragment(span.start, span.end < whole.len()), &whole[span.clone()], false)
        };
        let mut backwards = Datagram::default();
        assert!(spans.iter().rev().all(|span| place(&mut backwards, span)));
        let mut repeated = Datagram::default();
        assert!(spans.iter().flat_map(|span| [span, span]).all(|span| place(&mut repeated, span)));
        for mut datagram in [backwards, repeated] {
            assert!(datagram.is_complete());
            datagram.sort();
            assert_eq!(datagram.bytes, whole);
        }
    }

    #[test]
    fn of_overlapping_fragments_the_first_wins_or_the_datagram_is_dropped() {
        let mut datagram = Datagram::default();
        assert!(datagram.place(&fragment(8, true), &[1; 8], true));
        assert!(datagram.place(&fragment(24, true), &[2; 8], true));
        assert!(datagram.place(&fragment(0, false), &[3; 40], true));
        assert!(datagram.is_complete());
        datagram.sort();
        assert_eq!(datagram.bytes.chunks(8).map(|part| part[0]).collect::<Vec<_>>(), [3, 1, 3, 2, 3]);
        let mut datagram = Datagram::default();
        assert!(datagram.place(&fragment(8, true), &[1; 8], false));
        assert!(datagram.place(&fragment(8, true), &[1; 8], false));
        assert!(!datagram.place(&fragment(0, true), &[1; 16], false), "half new, half repeated");
    }

    #[test]
    fn a_fragment_far_behind_holds_its_own_bytes_only_and_too_many_parts_are_no_datagram() {
        let mut datagram = Datagram::default();
        let mut offsets = (1..=8_000).rev().step_by(2).map(|i| i * 8);
        let refused = offsets.position(|offset| !datagram.place(&fragment(offset, true), &[0; 8], true));
        assert_eq!(refused, Some(2 * MAX_ISLANDS));
        assert_eq!(datagram.bytes.len(), (2 * MAX_ISLANDS + 1) * 8);
    }
}
