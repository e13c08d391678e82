//! Bytes over time by label, in bounded memory and without knowing how long the capture will be.
//!
//! Time is cut into slots of a power of two nanoseconds, counted from 1970. When a capture outgrows its slots, two
//! neighbours become one. A record says only when a flow began and ended, so its bytes are spread evenly over
//! that time; they are rounded at moments of absolute time, so that it makes no difference when slots were joined.

use crate::output::table::groups::Group;
use crate::summary::Summary;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Most slots; at least half as many are in use unless the capture is short.
const SLOTS: i64 = 256;
/// The finest slots are 2^20 ns, a millisecond.
const FINEST: u32 = 20;

/// The bytes.
#[derive(Debug)]
pub(super) struct Series {
    /// A slot is so many times doubled nanoseconds.
    shift: u32,
    /// First and last slot in use.
    span: Option<(i64, i64)>,
    groups: HashMap<Group, BTreeMap<i64, u64>, foldhash::fast::RandomState>,
}

impl Default for Series {
    fn default() -> Self {
        Self { shift: FINEST, span: None, groups: HashMap::default() }
    }
}

impl Series {
    /// Counts a flow.
    pub(super) fn count(&mut self, summary: &Summary) {
        let bytes = summary.counts.iter().map(|count| count.bytes).sum::<u64>();
        let (first, last) = (summary.first.0, summary.last.0.max(summary.first.0));
        self.widen((first >> self.shift, last >> self.shift));
        let shift = self.shift;
        let slots = self.groups.entry(Group::of(summary)).or_default();
        let mut before = 0;
        for slot in first >> shift..=last >> shift {
            let until = ((slot + 1).saturating_mul(1 << shift)).min(last);
            let sum = if slot == last >> shift { bytes } else { part(bytes, first, until, last) };
            *slots.entry(slot).or_default() += sum.saturating_sub(before);
            before = sum;
        }
    }

    /// Makes room for slots.
    fn widen(&mut self, (mut from, mut to): (i64, i64)) {
        if let Some((first, last)) = self.span {
            (from, to) = (from.min(first), to.max(last));
        }
        self.span = Some((from, to));
        while self.span.is_some_and(|(from, to)| to - from >= SLOTS) {
            self.join();
        }
    }

    /// Makes one slot of two.
    fn join(&mut self) {
        self.shift += 1;
        self.span = self.span.map(|(from, to)| (from >> 1, to >> 1));
        for slots in self.groups.values_mut() {
            let mut joined = BTreeMap::new();
            for (slot, bytes) in &*slots {
                *joined.entry(slot >> 1).or_default() += bytes;
            }
            *slots = joined;
        }
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, mut other: Self) {
        while self.shift < other.shift {
            self.join();
        }
        while other.shift < self.shift {
            other.join();
        }
        let Some(span) = other.span else { return };
        self.widen(span);
        while other.shift < self.shift {
            other.join();
        }
        for (group, slots) in other.groups {
            let sums = self.groups.entry(group).or_default();
            for (slot, bytes) in slots {
                *sums.entry(slot).or_default() += bytes;
            }
        }
    }

    /// Nanoseconds of a slot.
    pub(super) const fn width(&self) -> i64 {
        1 << self.shift
    }

    /// When the first slot begins, in nanoseconds since 1970, and how many there are.
    pub(super) fn extent(&self) -> Option<(i64, usize)> {
        let (from, to) = self.span?;
        Some((from.saturating_mul(self.width()), usize::try_from(to - from + 1).ok()?))
    }

    /// A group's bytes, slot by slot.
    pub(super) fn of(&self, group: Group) -> Vec<u64> {
        let Some(((from, to), slots)) = self.span.zip(self.groups.get(&group)) else { return Vec::new() };
        (from..=to).map(|slot| slots.get(&slot).copied().unwrap_or(0)).collect()
    }
}

/// How many of a flow's bytes were sent until some moment, if it sent them evenly.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a drawing needs no more digits, and the same moment always gives the same number"
)]
fn part(bytes: u64, first: i64, until: i64, last: i64) -> u64 {
    let (until, whole) = (until.abs_diff(first) as f64, last.abs_diff(first).max(1) as f64);
    (bytes as f64 * (until / whole)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::{NOON, labelled};
    use crate::packet::Timestamp;
    use crate::verdict::Verdict;

    fn flow(begin: i64, lasts: i64, bytes: u64) -> Summary {
        let mut flow = labelled("10.0.0.1:1", "10.0.0.2:53", "dns", Verdict::Confirmed);
        flow.counts[0].bytes = bytes;
        flow.counts[1].bytes = 0;
        (flow.first, flow.last) = (Timestamp(NOON.0 + begin), Timestamp(NOON.0 + begin + lasts));
        flow
    }

    fn all(flows: &[Summary], order: impl Iterator<Item = usize>, workers: usize) -> (i64, Vec<u64>) {
        let mut parts: Vec<Series> = (0..workers).map(|_| Series::default()).collect();
        for (turn, place) in order.enumerate() {
            parts[turn % workers].count(&flows[place]);
        }
        let mut whole = Series::default();
        for part in parts {
            whole.add(part);
        }
        (whole.width(), whole.of(Group::Label("dns")))
    }

    #[test]
    fn no_byte_is_lost_and_neither_order_nor_workers_change_anything() {
        let flows: Vec<Summary> = (0..200)
            .map(|n| flow(n * 777_777_777 % 60_000_000_000, n * n * 1_234_567, 1_000_003 + n as u64))
            .collect();
        let (width, forward) = all(&flows, 0..200, 1);
        assert_eq!(forward.iter().sum::<u64>(), flows.iter().map(|flow| flow.counts[0].bytes).sum::<u64>());
        assert!((64..=256).contains(&forward.len()), "{}", forward.len());
        assert_eq!((width, forward.clone()), all(&flows, (0..200).rev(), 1));
        assert_eq!((width, forward), all(&flows, 0..200, 3));
    }

    #[test]
    fn a_flow_is_spread_evenly_and_any_span_has_room() {
        let (_, even) = all(&[flow(0, 100_000_000_000, 1_000_000)], 0..1, 1);
        let inner = &even[1..even.len() - 1];
        assert!(inner.iter().max().unwrap() - inner.iter().min().unwrap() <= 1, "{even:?}");
        let mut far = flow(0, 0, 5);
        (far.first, far.last) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        let (_, slots) = all(&[far, flow(0, 0, 5)], 0..2, 1);
        assert!(slots.len() <= 256 && slots.iter().sum::<u64>() == 10, "{slots:?}");
    }
}
