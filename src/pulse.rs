//! Whether the sides of a long-lived flow speak in a steady rhythm, and whether they are answered: keepalives of any kind.
//!
//! Nothing is known of such a protocol but when its packets come. A side that sends equal packets at equal intervals
//! is taken to ask, and whatever the other side sends before the next of them, to answer. Where both keep the time, the
//! one asks that goes on alone, or else that hears the other sooner: answers follow questions. Kept only for flows that
//! last and are slow, in fixed size but for the runs that are told one by one.

use crate::packet::Timestamp;
use crate::report::{Beats, Moment, Run, Spread};

/// Gaps and round trips kept per side, the latest.
const KEPT: usize = 16;
/// Gaps by which the period is learnt.
const LEARNT: u64 = 8;
/// Shortest mean time between two packets of a flow that is looked at, in nanoseconds: media are faster.
const SLOW: u64 = 200_000_000;
/// Beats by which a rhythm is told.
const MIN_BEATS: u64 = 20;
/// Unanswered beats in a row that are worth telling: one alone is any network's.
const TOLD_RUN: u64 = 2;
/// Beats in a row without an answer that show that a side does not only answer itself.
const ALONE_RUN: u64 = 5;

/// Whether a flow is slow enough to have a rhythm worth knowing: asked when its packets have doubled in number.
#[must_use]
pub(crate) const fn may_beat(packets: u64, lasted: u64) -> bool {
    packets >= 8 && packets.is_power_of_two() && lasted / packets >= SLOW
}

/// The latest few of a series, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    kept: [u32; KEPT],
    seen: u64,
    largest: u32,
}

impl Latest {
    fn observe(&mut self, nanos: u64) {
        let micros = u32::try_from(nanos / 1_000).unwrap_or(u32::MAX);
        let place = usize::try_from(self.seen).unwrap_or(usize::MAX) % KEPT;
        if let Some(slot) = self.kept.get_mut(place) {
            *slot = micros;
        }
        self.seen += 1;
        self.largest = self.largest.max(micros);
    }

    fn spread(&self) -> Option<Spread> {
        let count = KEPT.min(usize::try_from(self.seen).unwrap_or(usize::MAX));
        let mut sorted = self.kept;
        let sorted = sorted.get_mut(..count)?;
        sorted.sort_unstable();
        let nanos = |micros: u32| u64::from(micros) * 1_000;
        let (median, p99) = (*sorted.get(count / 2)?, *sorted.last()?);
        Some(Spread {
            count: self.seen,
            median: nanos(median),
            p99: nanos(p99),
            largest: nanos(self.largest),
        })
    }
}

/// One side.
#[derive(Debug, Default)]
struct Train {
    seen: Beats,
    gaps: Latest,
    trips: Latest,
    /// The period in nanoseconds, once it is learnt.
    period: u64,
    on_time: u64,
    /// The size of most packets, and how many had it.
    size: u32,
    equal: u64,
    awaiting: Option<Moment>,
    /// The first beat of those in a row that nobody answered, and how many they are.
    unanswered: Option<(Moment, u64)>,
    /// The sequence number that TCP had reached with the last packet.
    reached: Option<u32>,
}

impl Train {
    fn beat(&mut self, at: Moment, size: u32) {
        if let Some(last) = self.seen.last {
            let gap = at.time.since(last.time);
            self.gaps.observe(gap);
            if self.period > 0 {
                self.on_time += u64::from(gap.abs_diff(self.period) <= self.period / 5);
            } else if self.gaps.seen == LEARNT {
                self.period = self.gaps.spread().map_or(0, |spread| spread.median);
                self.on_time = LEARNT / 2;
            }
            let longest = self.seen.silence.map_or(0, |(from, to)| to.time.since(from.time));
            if gap > longest {
                self.seen.silence = Some((last, at));
            }
        }
        if self.awaiting.take().is_some() {
            // The one before was not answered until now.
            if let Some(before) = self.seen.last {
                let (_, count) = self.unanswered.get_or_insert((before, 0));
                *count += 1;
                self.seen.missed += 1;
            }
        }
        if self.equal == 0 {
            self.size = size;
        }
        self.equal += u64::from(size == self.size);
        self.seen.requests += 1;
        self.seen.first.get_or_insert(at);
        self.seen.last = Some(at);
        self.awaiting = Some(at);
    }

    fn answered(&mut self, at: Moment) {
        let Some(asked) = self.awaiting.take() else { return };
        self.seen.answered += 1;
        self.seen.last_answered = Some(asked);
        self.trips.observe(at.time.since(asked.time));
        if let Some((start, missed)) = self.unanswered.take() {
            self.note(Run { missed, start, end: Some(at), heard: 0 });
        }
    }

    fn note(&mut self, run: Run) {
        if run.missed >= TOLD_RUN {
            self.seen.note(run);
        }
    }

    /// Whether four packets in five are on time.
    const fn keeps_time(&self) -> bool {
        let beats = self.seen.requests;
        beats >= MIN_BEATS && self.period >= SLOW && (self.on_time + 1) * 5 >= (beats - 1) * 4
    }

    /// Whether they are of one size besides.
    const fn is_steady(&self) -> bool {
        self.keeps_time() && self.equal * 5 >= self.seen.requests * 4
    }

    /// The most beats in a row that nobody answered.
    fn alone(&self) -> u64 {
        let over = self.seen.longest.map_or(0, |run| run.missed);
        over.max(self.unanswered.map_or(0, |(_, missed)| missed))
    }

    /// Whether it is this side that asks, of two that keep the time.
    fn asks(&self, other: &Self) -> bool {
        let [alone, others] = [self, other].map(|train| train.alone() >= ALONE_RUN);
        let wait = |train: &Self| train.trips.spread().map_or(u64::MAX, |spread| spread.median);
        let first = |train: &Self| train.seen.first.map_or(i64::MAX, |first| first.time.0);
        if alone == others { (wait(self), first(self)) <= (wait(other), first(other)) } else { alone }
    }

    fn beats(&self) -> Beats {
        let interval = self.gaps.spread();
        if self.seen.answered == 0 {
            // What nobody ever answers asks nothing.
            let seen = Beats { missed: 0, runs: Vec::new(), longest: None, ..self.seen.clone() };
            return Beats { interval, ..seen };
        }
        let mut all = Self { seen: self.seen.clone(), ..Self::default() };
        if let Some((start, missed)) = self.unanswered {
            let run = Run { missed, start, end: None, heard: 0 };
            all.note(run);
            all.seen.open = (missed >= TOLD_RUN).then_some(run);
        }
        Beats { interval, round_trip: self.trips.spread(), ..all.seen }
    }
}

/// Both sides of a flow, the key's low end first.
#[derive(Debug, Default)]
pub struct Pulse {
    sides: [Train; 2],
}

impl Pulse {
    /// Hears a packet with payload; `reached` is the sequence number after all that its side has sent, over TCP.
    pub fn hear(&mut self, from_low: bool, time: Timestamp, frame: u64, size: u32, reached: Option<u32>) {
        let at = Moment { time, frame };
        let [low, high] = &mut self.sides;
        let (own, peer) = if from_low { (low, high) } else { (high, low) };
        if reached.is_some() && std::mem::replace(&mut own.reached, reached) == reached {
            // It was heard before, or is TCP's own probe: its program said nothing now.
            return;
        }
        peer.answered(at);
        own.beat(at, size);
    }

    /// What was seen, the low end's first, if a side is steady; only that of the side that asks is not empty.
    #[must_use]
    pub fn beats(&self) -> Option<[Beats; 2]> {
        let [low, high] = &self.sides;
        if !low.is_steady() && !high.is_steady() {
            return None;
        }
        let low_asks = low.keeps_time() && (!high.keeps_time() || low.asks(high));
        Some(if low_asks { [low.beats(), Beats::default()] } else { [Beats::default(), high.beats()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(pulse: &mut Pulse, low: bool, milliseconds: i64, size: u32) {
        pulse.hear(low, Timestamp(milliseconds * 1_000_000), 1, size, None);
    }

    #[test]
    fn a_steady_exchange_is_known_by_its_period_and_what_is_not_answered() {
        let mut pulse = Pulse::default();
        for beat in 0..40 {
            hear(&mut pulse, true, beat * 5_000, 20);
            if !(20..25).contains(&beat) {
                hear(&mut pulse, false, beat * 5_000 + 30, 20);
            }
        }
        let [low, high] = pulse.beats().unwrap();
        assert_eq!((low.requests, low.answered, low.missed), (40, 35, 5));
        assert_eq!(low.interval.unwrap().median, 5_000_000_000);
        assert_eq!(low.round_trip.unwrap().median, 30_000_000);
        assert_eq!(low.longest.map(|run| (run.missed, run.end.is_some())), Some((5, true)));
        assert_eq!(high, Beats::default());
    }

    /// The high end's pings and the low end's pongs, 30 ms later; the first that is heard is a pong. `both` says which are sent.
    fn pongs_first(count: i64, sizes: impl Fn(i64) -> u32, both: impl Fn(i64) -> [bool; 2]) -> [Beats; 2] {
        let mut pulse = Pulse::default();
        for beat in 0..count {
            let [asked, replied] = both(beat);
            if asked && beat > 0 {
                hear(&mut pulse, false, beat * 5_000, sizes(beat));
            }
            if replied {
                hear(&mut pulse, true, beat * 5_000 + 30, 20);
            }
        }
        pulse.beats().unwrap()
    }

    #[test]
    fn who_hears_the_other_sooner_asks_whoever_is_heard_first() {
        for sizes in [(|_| 20) as fn(i64) -> u32, |beat| 20 + (beat as u32 % 10)] {
            let [low, high] = pongs_first(40, sizes, |_| [true; 2]);
            assert_eq!(low, Beats::default());
            assert_eq!((high.requests, high.answered, high.missed), (39, 39, 0));
            assert_eq!(high.round_trip.unwrap().median, 30_000_000);
        }
    }

    #[test]
    fn answers_that_stop_are_missed_of_the_side_that_goes_on() {
        let [_, high] = pongs_first(60, |_| 20, |beat| [true, beat < 45]);
        assert_eq!((high.requests, high.answered, high.missed), (59, 44, 14));
        assert_eq!(high.open.map(|run| run.missed), Some(14));
        // Halfway between two pings is no answer's sign; that one goes on alone is.
        let mut even = Pulse::default();
        for beat in 0..60 {
            hear(&mut even, true, beat * 1_000, 20);
            if !(30..40).contains(&beat) {
                hear(&mut even, false, beat * 1_000 + 600, 20);
            }
        }
        let [low, high] = even.beats().unwrap();
        assert_eq!((low.longest.map(|run| run.missed), high), (Some(10), Beats::default()));
    }

    #[test]
    fn what_tcp_sends_again_is_no_beat() {
        let mut pulse = Pulse::default();
        for beat in 0..40_u32 {
            for after in [0, 300] {
                let time = Timestamp((i64::from(beat) * 5_000 + after) * 1_000_000);
                pulse.hear(true, time, 1, 20, Some(beat * 20));
            }
        }
        let [low, _] = pulse.beats().unwrap();
        assert_eq!(low.requests, 40);
    }

    #[test]
    fn people_and_media_have_no_period() {
        let mut typed = Pulse::default();
        let mut at = 0;
        for key in 0..60_i64 {
            at += 150 + (key * 7_919) % 2_000;
            hear(&mut typed, true, at, 48);
            hear(&mut typed, false, at + 20, 48);
        }
        assert!(typed.beats().is_none());
        let mut media = Pulse::default();
        for packet in 0..200 {
            hear(&mut media, true, packet * 20, 172);
        }
        assert!(media.beats().is_none());
        let mut sizes = Pulse::default();
        for packet in 0..60 {
            hear(&mut sizes, true, packet * 1_000, 100 + (packet as u32 * 37) % 300);
        }
        assert!(sizes.beats().is_none(), "equal intervals of different things");
    }

    #[test]
    fn only_slow_flows_are_looked_at() {
        assert!(may_beat(8, 8 * 1_000_000_000) && may_beat(64, 64 * 250_000_000));
        assert!(
            !may_beat(8, 1_000_000_000) && !may_beat(9, 9 * 1_000_000_000) && !may_beat(4, 60_000_000_000)
        );
    }
}
