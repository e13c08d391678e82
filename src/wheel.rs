//! Which flows to look at when time has passed: a lazy timer wheel.
//!
//! Nothing is written for a packet: a flow is looked at when the deadline that it had when it was
//! scheduled has come, and put back if packets have moved the deadline since.

use crate::packet::Timestamp;

/// Nanoseconds of one tick: no time-out needs to be kept more exactly by the wheel, which only decides
/// when memory is freed; whether a flow is over is decided by its packets' times.
const TICK_NANOS: i64 = 1_000_000_000;
/// Slots: deadlines further away than this many ticks wait in the last one and are put back.
const SLOTS: i64 = 512;

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
    /// The tick up to which entries have been taken out; `None` before the first packet.
    done: Option<i64>,
}

impl Default for Wheel {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), done: None }
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
        if let Some(slot) = self.slot(at) {
            slot.push(entry);
        }
    }

    fn slot(&mut self, tick: i64) -> Option<&mut Vec<Entry>> {
        self.slots.get_mut(usize::try_from(tick.rem_euclid(SLOTS)).ok()?)
    }

    /// Moves what is due at `now` to `due`.
    pub fn advance(&mut self, now: Timestamp, due: &mut Vec<Entry>) {
        let until = tick(now) - 1;
        let from = self.done.unwrap_or(until);
        // However far time jumped, each slot is looked at once.
        for at in (from + 1).max(until.saturating_sub(SLOTS - 1))..=until {
            if let Some(slot) = self.slot(at) {
                due.append(slot);
            }
        }
        self.done = Some(from.max(until));
    }

    /// Takes out the entry that will be due first, whenever that is.
    pub fn pop_first(&mut self) -> Option<Entry> {
        let done = self.done?;
        (done + 1..=done + SLOTS).find_map(|at| {
            let slot = self.slot(at)?;
            (!slot.is_empty()).then(|| slot.swap_remove(0))
        })
    }
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
}
