//! Which flows to look at when time has passed: a lazy timer wheel.
//!
//! Nothing is written for a packet: a flow is looked at when the deadline that it had when it was
//! scheduled has come, and put back if packets have moved the deadline since. What was scheduled for flows that have
//! ended waits for its deadline too, but never outnumbers the places that flows have had.

use crate::packet::Timestamp;

/// Nanoseconds of one tick: no time-out needs to be kept more exactly by the wheel, which only decides
/// when memory is freed; whether a flow is over is decided by its packets' times.
const TICK_NANOS: i64 = 1_000_000_000;
/// Slots: deadlines further away than this many ticks wait in the last one and are put back.
const SLOTS: i64 = 512;
/// Entries below which it is not worth looking for stale ones.
const FEW: usize = 4096;

/// Words of 64 bits that have a bit for each slot.
const WORDS: usize = 8;

/// A flow by its place in the table; the generation tells it from one that had the place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Place in the table.
    pub place: u32,
    /// How often the place had been scheduled when this entry was made.
    pub generation: u32,
}

/// The wheel.
#[derive(Debug)]
pub struct Wheel {
    slots: Vec<Vec<Entry>>,
    /// Which slots have entries, a bit each: most are empty, and the first that is not is wanted per flow when
    /// flows are evicted.
    filled: [u64; WORDS],
    /// How many entries there are.
    len: usize,
    /// For each place in the table the generation that was scheduled last: older entries mean flows that have ended.
    latest: Vec<u32>,
    /// The tick up to which entries have been taken out; `None` before the first packet.
    done: Option<i64>,
}

impl Default for Wheel {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { slots, filled: [0; WORDS], len: 0, latest: Vec::new(), done: None }
    }
}

const fn tick(time: Timestamp) -> i64 {
    time.0.div_euclid(TICK_NANOS)
}

impl Wheel {
    /// Whether entries may be due at `now`: to be asked per packet.
    #[must_use]
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        let done = *self.done.get_or_insert(tick(now) - 1);
        tick(now) - 1 > done
    }

    /// Puts a flow where it will be found when `deadline` has passed.
    pub fn schedule(&mut self, deadline: Timestamp, entry: Entry) {
        let done = self.done.unwrap_or_else(|| tick(deadline));
        let at = (tick(deadline) + 1).clamp(done + 1, done + SLOTS - 1);
        let place = entry.place as usize;
        if place >= self.latest.len() {
            self.latest.resize(place + 1, entry.generation);
        }
        if let Some(latest) = self.latest.get_mut(place) {
            *latest = entry.generation;
        }
        if self.len >= FEW && self.len > 2 * self.latest.len() {
            self.sweep();
        }
        let slot = slot_of(at);
        if let (Some(entries), Some(word)) = (self.slots.get_mut(slot), self.filled.get_mut(slot / 64)) {
            entries.push(entry);
            *word |= 1 << (slot % 64);
            self.len += 1;
        }
    }

    /// Forgets what was scheduled for flows that have ended since: connections that are opened anew between the same
    /// two ports leave one entry each, and a capture may hold nothing else, all within one second.
    fn sweep(&mut self) {
        let latest = &self.latest;
        self.len = 0;
        for (slot, entries) in self.slots.iter_mut().enumerate() {
            entries.retain(|entry| latest.get(entry.place as usize) == Some(&entry.generation));
            entries.shrink_to(2 * entries.len());
            self.len += entries.len();
            if let (true, Some(word)) = (entries.is_empty(), self.filled.get_mut(slot / 64)) {
                *word &= !(1 << (slot % 64));
            }
        }
    }

    /// Moves what is due at `now` to `due`.
    pub fn advance(&mut self, now: Timestamp, due: &mut Vec<Entry>) {
        let until = tick(now) - 1;
        let from = self.done.unwrap_or(until);
        // However far time jumped, each slot is looked at once.
        for at in (from + 1).max(until.saturating_sub(SLOTS - 1))..=until {
            let slot = slot_of(at);
            if let (Some(entries), Some(word)) = (self.slots.get_mut(slot), self.filled.get_mut(slot / 64)) {
                self.len -= entries.len();
                due.append(entries);
                *word &= !(1 << (slot % 64));
            }
        }
        self.done = Some(from.max(until));
    }

    /// Takes out the entry that will be due first, whenever that is.
    pub fn pop_first(&mut self) -> Option<Entry> {
        let slot = self.first_filled(slot_of(self.done? + 1))?;
        let entries = self.slots.get_mut(slot)?;
        let entry = (!entries.is_empty()).then(|| entries.swap_remove(0))?;
        self.len -= 1;
        if let (true, Some(word)) = (entries.is_empty(), self.filled.get_mut(slot / 64)) {
            *word &= !(1 << (slot % 64));
        }
        Some(entry)
    }

    /// The first slot with entries, from `start` on and around.
    fn first_filled(&self, start: usize) -> Option<usize> {
        let later = u64::MAX << (start % 64);
        // The word of `start` comes first with its later bits, and last with its earlier ones.
        (0..=WORDS).find_map(|step| {
            let word = (start / 64 + step) % WORDS;
            let mask = match step {
                0 => later,
                WORDS => !later,
                _ => u64::MAX,
            };
            let bits = self.filled.get(word)? & mask;
            (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize)
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from 0 to SLOTS - 1")]
const fn slot_of(tick: i64) -> usize {
    tick.rem_euclid(SLOTS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: i64) -> Timestamp {
        Timestamp(secs * 1_000_000_000)
    }

    fn entry(place: u32) -> Entry {
        Entry { place, generation: 0 }
    }

    fn due(wheel: &mut Wheel, secs: i64) -> Vec<u32> {
        let mut due = Vec::new();
        if wheel.is_due(at(secs)) {
            wheel.advance(at(secs), &mut due);
        }
        due.iter().map(|e| e.place).collect()
    }

    #[test]
    fn an_entry_comes_out_when_its_deadline_has_passed_and_not_before() {
        let mut wheel = Wheel::default();
        assert!(!wheel.is_due(at(100)));
        wheel.schedule(at(160), entry(1));
        assert!(due(&mut wheel, 160).is_empty());
        assert_eq!(due(&mut wheel, 162), [1]);
        assert!(due(&mut wheel, 170).is_empty());
    }

    #[test]
    fn a_jump_over_years_takes_everything_out_at_once() {
        let mut wheel = Wheel::default();
        assert!(!wheel.is_due(at(0)));
        wheel.schedule(at(60), entry(1));
        wheel.schedule(at(100_000), entry(2));
        let mut all = due(&mut wheel, 1_000_000_000);
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    }

    #[test]
    fn the_first_to_be_due_is_the_first_to_be_evicted() {
        let mut wheel = Wheel::default();
        assert!(!wheel.is_due(at(0)));
        for (place, secs) in [(1, 300), (2, 60), (3, 120)] {
            wheel.schedule(at(secs), entry(place));
        }
        let order: Vec<u32> = std::iter::from_fn(|| wheel.pop_first()).map(|e| e.place).collect();
        assert_eq!(order, [2, 3, 1]);
    }

    #[test]
    fn the_first_is_found_wherever_the_wheel_stands() {
        for start in [0, 1, 63, 64, 500, 511, 512, 100_000] {
            let mut wheel = Wheel::default();
            assert!(!wheel.is_due(at(start)));
            wheel.schedule(at(start + 505), entry(2));
            wheel.schedule(at(start + 3), entry(1));
            let order: Vec<u32> = std::iter::from_fn(|| wheel.pop_first()).map(|e| e.place).collect();
            assert_eq!(order, [1, 2], "{start}");
            assert_eq!(wheel.slots.len(), wheel.filled.len() * 64);
        }
    }

    #[test]
    fn flows_that_follow_each_other_in_one_place_leave_no_more_than_a_few_entries() {
        let mut wheel = Wheel::default();
        assert!(!wheel.is_due(at(0)));
        for generation in 1..=1_000_000 {
            wheel.schedule(at(300), Entry { place: generation % 5, generation });
        }
        assert!(wheel.len <= FEW, "{}", wheel.len);
        let mut left = Vec::new();
        wheel.advance(at(1_000), &mut left);
        for generation in 999_996..=1_000_000 {
            assert!(left.contains(&Entry { place: generation % 5, generation }));
        }
        assert_eq!((wheel.len, wheel.filled), (0, [0; WORDS]));
    }
}
