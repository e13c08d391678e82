//! One cluster node as it asks and answers: requests paired with responses by their sequence, and what is missing.

use crate::report::{Beats, MAX_RUNS, Moment, Restart, Run};
use crate::samples::Samples;

/// Requests of one node that may await their responses at a time: the largest threshold of missed
/// heartbeats that can be set is 120 requests, those that matter are the last few.
const AWAITED: usize = 32;
/// A counter this little behind the last one was overtaken on its way; further behind, it began anew.
const OVERTAKEN: u32 = 16;
/// A counter this little ahead of the last one, round the end of its 32 bits, went on.
const WRAPPED: u32 = 1 << 16;
/// A copy of the same packet comes within this time, in nanoseconds: it was captured at two places.
const COPIED: u64 = 1_000_000;
/// Missed requests in a row that are worth telling: one alone is any network's.
const TOLD_RUN: u64 = 2;

/// A request that went out and was not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    sequence: u32,
    /// Its place among the node's requests, from 1.
    ordinal: u64,
    at: Moment,
    /// Requests that the other node had sent by then.
    heard: u64,
}

/// One node as a requester, and what it answered.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) seen: Beats,
    /// Requests that left the ring unanswered.
    dropped: u64,
    awaited: [Option<Asked>; AWAITED],
    next: usize,
    last_request: Option<Asked>,
    last_response: Option<(u32, Moment)>,
    /// The first request after the last one answered.
    open: Option<Asked>,
    last_ordinal: u64,
    interval: Samples,
    round_trip: Samples,
}

impl Node {
    /// Hears a request; `heard` is how many the other node has sent.
    pub(super) fn ask(&mut self, sequence: u32, at: Moment, heard: u64) {
        if let Some(last) = self.last_request {
            if sequence == last.sequence {
                // The same request again: seen twice on its way through the capturing host.
                self.copied(at, last.at);
                return;
            }
            // A much lower number is a counter that began anew, unless it ran over its 32 bits.
            let wrapped = sequence.wrapping_sub(last.sequence) <= WRAPPED;
            if sequence < last.sequence && last.sequence - sequence > OVERTAKEN && !wrapped {
                self.seen.restarts += 1;
                if self.seen.restarted.len() < MAX_RUNS {
                    self.seen.restarted.push(Restart { before: last.at, at });
                }
            }
            self.interval.observe(at.time.since(last.at.time));
        }
        self.seen.requests += 1;
        let asked = Asked { sequence, ordinal: self.seen.requests, at, heard };
        self.last_request = Some(asked);
        self.open.get_or_insert(asked);
        if let Some(slot) = self.awaited.get_mut(self.next) {
            self.dropped += u64::from(slot.replace(asked).is_some());
            self.next = (self.next + 1) % AWAITED;
        }
    }

    /// Counts a copy of a packet, if it is one: what comes later was sent again.
    fn copied(&mut self, at: Moment, first: Moment) {
        if at.time.since(first.time) <= COPIED {
            self.seen.duplicates += 1;
            self.seen.first_duplicate.get_or_insert(at);
        }
    }

    /// Answers a request of the other node; says whether this is not a copy.
    pub(super) fn answer(&mut self, sequence: u32, at: Moment) -> bool {
        if let Some((last, first)) = self.last_response
            && last == sequence
        {
            self.copied(at, first);
            return false;
        }
        self.last_response = Some((sequence, at));
        self.seen.responses += 1;
        true
    }

    /// Pairs a response to this node with its request; `heard` is how many requests the other node has sent.
    pub(super) fn answered(&mut self, sequence: u32, at: Moment, heard: u64) {
        let matches = |slot: &&mut Option<Asked>| slot.is_some_and(|asked| asked.sequence == sequence);
        let Some(asked) = self.awaited.iter_mut().find(matches).and_then(Option::take) else { return };
        self.seen.answered += 1;
        self.seen.last_answered = Some(asked.at);
        self.round_trip.observe(at.time.since(asked.at.time));
        if asked.ordinal < self.seen.requests {
            self.seen.late += 1;
            self.seen.first_late.get_or_insert(at);
        }
        if asked.ordinal > self.last_ordinal {
            let missed = asked.ordinal - self.last_ordinal - 1;
            if let (Some(open), 1..) = (self.open, missed) {
                self.seen.lose(open.at, at);
                if missed >= TOLD_RUN {
                    let heard = heard.saturating_sub(open.heard);
                    self.seen.note(Run { missed, start: open.at, end: Some(at), heard });
                }
            }
            self.last_ordinal = asked.ordinal;
            let after = self.awaited.iter().flatten().filter(|other| other.ordinal > asked.ordinal);
            self.open = after.min_by_key(|other| other.ordinal).copied();
        }
    }

    /// Hears a packet of any kind.
    pub(super) fn hear(&mut self, at: Moment) {
        if let Some(before) = self.seen.last {
            let longest = self.seen.silence.map_or(0, |(from, to)| to.time.since(from.time));
            if at.time.since(before.time) > longest {
                self.seen.silence = Some((before, at));
            }
        }
        self.seen.first.get_or_insert(at);
        self.seen.last = Some(at);
    }

    /// All that was seen, while the other node sent so many requests. A request younger than the patience at the end of
    /// the flow may yet be answered.
    pub(super) fn beats(&self, heard: u64) -> Beats {
        let mut all = Node { seen: self.seen.clone(), ..Self::default() };
        all.seen.interval = self.interval.spread();
        all.seen.round_trip = self.round_trip.spread();
        // A response may come as late as the next request goes out; with no interval known, one second.
        let patience = all.seen.interval.map_or(1_000_000_000, |interval| interval.median);
        let Some(end) = self.seen.last else { return all.seen };
        let young = |asked: &&Asked| end.time.since(asked.at.time) < patience;
        let open = self.awaited.iter().flatten();
        let overtaken = open.clone().filter(young).count() as u64;
        all.seen.missed = self.dropped + open.count() as u64 - overtaken;
        let run = (self.seen.requests - self.last_ordinal).saturating_sub(overtaken);
        if let (Some(first), 1..) = (self.open, run) {
            all.seen.lose(first.at, end);
            if run >= TOLD_RUN {
                let heard = heard.saturating_sub(first.heard);
                let run = Run { missed: run, start: first.at, end: None, heard };
                all.seen.note(run);
                all.seen.open = Some(run);
            }
        }
        all.seen
    }
}
