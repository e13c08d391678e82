//! How a flow behaves, whatever its bytes are: sizes and gaps, of fixed size.

use crate::context::Context;
use crate::inspect::Side;
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;
use crate::report::{Datagrams, Moment};

/// Different payload sizes told apart per side; what comes after them is counted as other.
const SIZES: usize = 4;
/// Sizes kept per side in the order they came: a handshake's, and what follows it at once.
const EARLY: usize = 16;
/// Gaps kept per side for the median: enough for half a minute of heartbeats, small enough to keep per flow.
const GAPS: usize = 32;

/// What one side sent: how often, how much, how regularly. Only packets with payload count.
#[derive(Clone, Debug, Default)]
pub struct SideRhythm {
    /// Packets with payload.
    pub packets: u64,
    /// Payload bytes on the wire.
    pub bytes: u64,
    /// Time of the first such packet.
    pub first: Option<Timestamp>,
    /// Time of the last such packet.
    pub last: Option<Timestamp>,
    /// Largest payload in bytes.
    pub largest: u32,
    sizes: [(u32, u64); SIZES],
    early: [u32; EARLY],
    before_last: Option<Timestamp>,
    gaps: [u64; GAPS],
    double_gaps: [u64; GAPS],
}

impl SideRhythm {
    fn observe(&mut self, time: Timestamp, size: u32) {
        let place = usize::try_from(self.packets).unwrap_or(usize::MAX);
        if let (Some(last), Some(slot)) = (self.last, self.gaps.get_mut(place.wrapping_sub(1))) {
            *slot = time.since(last);
        }
        if let Some(slot) = self.early.get_mut(place) {
            *slot = size;
        }
        if let (Some(before), Some(slot)) =
            (self.before_last, self.double_gaps.get_mut(place.wrapping_sub(2)))
        {
            *slot = time.since(before);
        }
        self.packets += 1;
        self.bytes += u64::from(size);
        self.largest = self.largest.max(size);
        self.first.get_or_insert(time);
        self.before_last = self.last;
        self.last = Some(time);
        if let Some((known, count)) =
            self.sizes.iter_mut().find(|(known, count)| *count == 0 || *known == size)
        {
            *known = size;
            *count += 1;
        }
    }

    /// The first payload sizes in bytes, in the order they came.
    #[must_use]
    pub fn early_sizes(&self) -> &[u32] {
        let count = self.early.len().min(usize::try_from(self.packets).unwrap_or(usize::MAX));
        self.early.get(..count).unwrap_or_default()
    }

    /// The most frequent payload size in bytes, and how many packets had it.
    #[must_use]
    pub fn usual_size(&self) -> (u32, u64) {
        self.sizes.iter().copied().max_by_key(|&(size, count)| (count, size)).unwrap_or_default()
    }

    /// Median of the first gaps between packets, in nanoseconds.
    #[must_use]
    pub fn median_gap(&self) -> Option<u64> {
        spread(&self.gaps, self.packets.saturating_sub(1)).map(|(_, median, _)| median)
    }

    /// Quartiles of the first gaps between a packet and the next but one, in nanoseconds: the period where
    /// two equal trains interleave, as requests and answers of heartbeats do.
    #[must_use]
    pub fn double_gap_quartiles(&self) -> Option<(u64, u64, u64)> {
        spread(&self.double_gaps, self.packets.saturating_sub(2))
    }
}

fn spread(gaps: &[u64], seen: u64) -> Option<(u64, u64, u64)> {
    let count = gaps.len().min(usize::try_from(seen).unwrap_or(usize::MAX));
    let mut sorted = gaps.get(..count)?.to_vec();
    sorted.sort_unstable();
    let at = |part: usize| sorted.get(sorted.len() * part / 4).copied();
    Some((at(1)?, at(2)?, at(3)?))
}

/// The rhythm of both sides, by the key's low and high end.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    low: SideRhythm,
    high: SideRhythm,
    counted: Datagrams,
}

impl Rhythm {
    /// Notes a packet with payload.
    pub fn observe(&mut self, from_low: bool, time: Timestamp, size: u32) {
        if from_low { &mut self.low } else { &mut self.high }.observe(time, size);
    }

    /// What the low end (or the high one) sent.
    #[must_use]
    pub const fn of(&self, low: bool) -> &SideRhythm {
        if low { &self.low } else { &self.high }
    }

    /// Notes the same packet by who asks and who answers: what is known by behaviour alone has no follower that does.
    pub fn count(&mut self, side: Side, at: Moment, wire_len: u32, first: Option<u8>) {
        self.counted.take(side, at, wire_len, first);
    }

    /// Who sent how much, and who fell silent.
    #[must_use]
    pub const fn counted(&self) -> &Datagrams {
        &self.counted
    }
}

/// How a flow behaved and among what: all that a `behave` function may look at.
#[derive(Clone, Copy, Debug)]
pub struct Conduct<'a> {
    /// What carries it.
    pub transport: Transport,
    /// Both endpoints, the initiator's first.
    pub endpoints: [Endpoint; 2],
    /// What each side sent, the initiator first.
    pub rhythm: [&'a SideRhythm; 2],
    /// Other flows between the same hosts.
    pub context: Context<'a>,
    /// What the bytes said it is, if anything: only ever a protocol that the asked inspector refines.
    pub claimed: Option<&'static str>,
    /// Time of the flow's first packet.
    pub since: Timestamp,
}

impl Conduct<'_> {
    /// The listening end.
    #[must_use]
    pub const fn responder(&self) -> Endpoint {
        let [_, responder] = self.endpoints;
        responder
    }

    /// What `side` sent.
    #[must_use]
    pub const fn of(&self, side: Side) -> &SideRhythm {
        let [initiator, responder] = self.rhythm;
        match side {
            Side::Initiator => initiator,
            Side::Responder => responder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_interleaved_trains_show_their_period_in_double_gaps() {
        let mut rhythm = Rhythm::default();
        for beat in 0..20_i64 {
            rhythm.observe(true, Timestamp(beat * 1_000_000_000), 92);
            rhythm.observe(true, Timestamp(beat * 1_000_000_000 + 300_000_000), 92);
        }
        assert_eq!(rhythm.of(true).usual_size(), (92, 40));
        assert_eq!(
            rhythm.of(true).double_gap_quartiles(),
            Some((1_000_000_000, 1_000_000_000, 1_000_000_000))
        );
        assert_eq!(rhythm.of(false).median_gap(), None);
    }
}
