//! The median of a long series of measurements, in fixed space.

use crate::report::Spread;

/// Measurements kept at a time. Half of them survive each thinning, so a median always rests on 64 at least.
const KEPT: usize = 128;

/// A series of measurements thinned evenly as it grows: at first every one is kept, then every second,
/// every fourth, and so on, so that what is kept always covers the series from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Samples {
    kept: [u64; KEPT],
    len: usize,
    stride: u64,
    seen: u64,
    largest: u64,
}

impl Default for Samples {
    fn default() -> Self {
        Self { kept: [0; KEPT], len: 0, stride: 1, seen: 0, largest: 0 }
    }
}

impl Samples {
    /// Adds the next measurement.
    pub fn observe(&mut self, value: u64) {
        if self.seen.is_multiple_of(self.stride) {
            if self.len == KEPT {
                self.thin();
            }
            // After a thinning this measurement may no longer be one of those to keep.
            if self.seen.is_multiple_of(self.stride)
                && let Some(slot) = self.kept.get_mut(self.len)
            {
                *slot = value;
                self.len += 1;
            }
        }
        self.seen = self.seen.saturating_add(1);
        self.largest = self.largest.max(value);
    }

    fn thin(&mut self) {
        let mut place = 0;
        self.len = 0;
        while let Some(&value) = self.kept.get(place) {
            if let Some(slot) = self.kept.get_mut(self.len) {
                *slot = value;
                self.len += 1;
            }
            place += 2;
        }
        self.stride = self.stride.saturating_mul(2);
    }

    /// How many measurements there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.seen
    }

    /// The median, the 99th percentile and the largest of what was kept, and how many were measured.
    #[must_use]
    pub fn spread(&self) -> Option<Spread> {
        let mut sorted = self.kept;
        let sorted = sorted.get_mut(..self.len)?;
        sorted.sort_unstable();
        let at = |hundredths: usize| sorted.get(sorted.len() * hundredths / 100).copied();
        Some(Spread { count: self.seen, median: at(50)?, p99: at(99)?, largest: self.largest })
    }

    /// The median (the upper one of an even number), or `None` if nothing was measured.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let mut sorted = self.kept;
        let sorted = sorted.get_mut(..self.len)?;
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_series_has_its_exact_median() {
        let mut samples = Samples::default();
        assert_eq!(samples.median(), None);
        for value in [5, 1, 9] {
            samples.observe(value);
        }
        assert_eq!(samples.median(), Some(5));
    }

    #[test]
    fn a_long_series_is_represented_from_beginning_to_end() {
        let mut samples = Samples::default();
        for value in 0..100_000 {
            samples.observe(value);
        }
        let median = samples.median().unwrap();
        assert!((45_000..55_000).contains(&median), "{median}");
        assert_eq!(samples.count(), 100_000);
    }
}
