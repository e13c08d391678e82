//! Holding frames back until it is known whether their flow is chosen: what a live capture can do instead of reading twice.
//!
//! Frames leave in the order in which they came. One that waits for its flow's label keeps those behind it waiting, but for
//! frames of flows that are not chosen, which go at once. What is held is bounded in bytes, for each flow and in all; what is
//! given up for that is counted.

use super::Chosen;
use crate::key::FlowKey;
use crate::packet::{Frame, Timestamp};
use crate::summary::Summary;
use crate::wire::fragments::Limits;
use crate::wire::{Decoded, Decoder};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Most bytes held in all, with what it costs to hold them.
pub const MOST: usize = 64 << 20;
/// Most bytes held of one flow.
pub const MOST_OF_FLOW: usize = 4 << 20;
/// Frames after which what is known of flows that are over is looked through.
const SWEEP: u64 = 4096;
/// How long after a flow's last packet a frame of it may still come: clocks of several processors differ.
const SLACK_NANOS: u64 = 1_000_000_000;

/// What became known of a flow.
#[derive(Clone, Debug)]
pub struct Decision {
    flow: Chosen,
    last: Timestamp,
    fits: bool,
    /// Whether the flow, or this part of it, is over.
    ends: bool,
    /// Whether the flow goes on in another part.
    goes_on: bool,
}

impl Decision {
    /// The flow goes on, and its label has become another one.
    #[must_use]
    pub fn labelled(summary: &Summary, fits: bool) -> Self {
        Self { flow: Chosen::of(summary), last: summary.last, fits, ends: false, goes_on: true }
    }

    /// The flow is over, or it has lasted for so long that it is recorded in parts.
    #[must_use]
    pub fn ended(summary: &Summary, fits: bool) -> Self {
        let goes_on = summary.reason == crate::flow::EndReason::Active;
        Self { flow: Chosen::of(summary), last: summary.last, fits, ends: true, goes_on }
    }
}

/// What is to be done with a frame.
#[derive(Clone, Debug)]
enum Fate {
    Unknown,
    Write(Arc<str>),
    Drop,
}

#[derive(Debug)]
struct Held {
    key: FlowKey,
    frame: Frame,
    bytes: Vec<u8>,
    fate: Fate,
}

impl Held {
    /// What it costs to hold it.
    fn cost(&self) -> usize {
        self.bytes.len() + size_of::<Self>()
    }
}

/// A flow that is over.
#[derive(Debug)]
struct Over {
    first_frame: u64,
    last: Timestamp,
    fate: Fate,
}

/// What is known of the flows with one key.
#[derive(Debug, Default)]
struct Known {
    /// Numbers of the frames that wait.
    waiting: VecDeque<u64>,
    cost: usize,
    /// The flow that is on and was chosen: its first frame, and what is said of it.
    open: Option<(u64, Arc<str>)>,
    over: Vec<Over>,
}

impl Known {
    fn fate(&self, frame: &Frame) -> Fate {
        let of = |over: &&Over| frame.number >= over.first_frame && frame.time <= over.last;
        if let Some(over) = self.over.iter().find(of) {
            return over.fate.clone();
        }
        match &self.open {
            Some((first, comment)) if frame.number >= *first => Fate::Write(Arc::clone(comment)),
            _ => Fate::Unknown,
        }
    }
}

/// Frames that are held back.
#[derive(Debug)]
pub struct Holding {
    decoder: Decoder,
    held: VecDeque<Held>,
    /// How many have left: the place of the first one that is held.
    left: u64,
    flows: HashMap<FlowKey, Known>,
    cost: usize,
    most: [usize; 2],
    taken: u64,
    /// Frames given up before their flow was decided.
    pub given_up: u64,
}

impl Holding {
    /// Nothing yet; `fragments` are the bounds of the classifier, `most` how many bytes are held in all and of one flow.
    #[must_use]
    pub fn new(fragments: Limits, most: [usize; 2]) -> Self {
        Self {
            decoder: Decoder::new(fragments),
            held: VecDeque::new(),
            left: 0,
            flows: HashMap::new(),
            cost: 0,
            most,
            taken: 0,
            given_up: 0,
        }
    }

    /// Takes the next frame; one that is of no flow is not chosen.
    pub fn take(&mut self, frame: &Frame, bytes: &[u8]) {
        self.taken += 1;
        if self.taken.is_multiple_of(SWEEP) {
            self.sweep(frame.time);
        }
        let Decoded::Packet { packet, .. } = self.decoder.decode(frame, bytes) else { return };
        let [most, most_of_flow] = self.most;
        let known = self.flows.entry(packet.key).or_default();
        let fate = known.fate(frame);
        if matches!(fate, Fate::Drop) {
            return;
        }
        let held = Held { key: packet.key, frame: *frame, bytes: bytes.to_vec(), fate };
        let cost = held.cost();
        if matches!(held.fate, Fate::Unknown) {
            if known.cost + cost > most_of_flow {
                self.given_up += 1;
                return;
            }
            known.cost += cost;
            known.waiting.push_back(self.left + self.held.len() as u64);
        }
        self.cost += cost;
        self.held.push_back(held);
        while self.cost > most && self.is_stuck() {
            self.give_up_first();
        }
    }

    /// Whether the first frame that is held waits for its flow.
    fn is_stuck(&self) -> bool {
        self.held.front().is_some_and(|held| matches!(held.fate, Fate::Unknown))
    }

    fn give_up_first(&mut self) {
        let Some(first) = self.held.front_mut() else { return };
        let cost = first.cost();
        first.fate = Fate::Drop;
        if let Some(known) = self.flows.get_mut(&first.key) {
            known.waiting.pop_front();
            known.cost = known.cost.saturating_sub(cost);
        }
        self.given_up += 1;
        self.skip();
    }

    /// Lets go what is not chosen, up to the first frame that is or may be.
    fn skip(&mut self) {
        while self.held.front().is_some_and(|held| matches!(held.fate, Fate::Drop)) {
            self.leave();
        }
    }

    /// The first frame is held no longer.
    fn leave(&mut self) -> Option<Held> {
        let held = self.held.pop_front()?;
        self.cost = self.cost.saturating_sub(held.cost());
        self.left += 1;
        Some(held)
    }

    /// Learns something of a flow.
    pub fn decide(&mut self, decision: &Decision) {
        let Decision { flow, last, fits, ends, goes_on } = decision;
        let known = self.flows.entry(flow.key).or_default();
        let comment = || -> Arc<str> { flow.comment().into() };
        if *ends {
            let fate = if *fits { Fate::Write(comment()) } else { Fate::Drop };
            known.over.push(Over { first_frame: flow.first_frame, last: *last, fate });
        }
        if *fits && *goes_on {
            known.open = Some((flow.first_frame, comment()));
        } else if *ends {
            known.open = None;
        }
        let mut waiting = std::mem::take(&mut known.waiting);
        let mut freed = 0;
        waiting.retain(|place| {
            let place = usize::try_from(place - self.left).unwrap_or(usize::MAX);
            let Some(held) = self.held.get_mut(place) else { return false };
            held.fate = known.fate(&held.frame);
            let decided = !matches!(held.fate, Fate::Unknown);
            if decided {
                known.cost = known.cost.saturating_sub(held.cost());
            }
            if matches!(held.fate, Fate::Drop) {
                freed += held.bytes.len();
                held.bytes = Vec::new();
            }
            !decided
        });
        known.waiting = waiting;
        self.cost = self.cost.saturating_sub(freed);
        self.skip();
    }

    /// The next frame that is to be written, with its bytes and a comment, if it is known.
    pub fn release(&mut self) -> Option<(Frame, Vec<u8>, Arc<str>)> {
        let Fate::Write(comment) = &self.held.front()?.fate else { return None };
        let comment = Arc::clone(comment);
        let first = self.leave()?;
        self.skip();
        Some((first.frame, first.bytes, comment))
    }

    /// Nothing more will be decided: what still waits is given up.
    pub fn conclude(&mut self) {
        for held in self.held.iter_mut().filter(|held| matches!(held.fate, Fate::Unknown)) {
            held.fate = Fate::Drop;
            self.given_up += 1;
        }
        self.flows.clear();
        self.skip();
    }

    /// Forgets flows that are over and of which no frame can come any more.
    fn sweep(&mut self, now: Timestamp) {
        self.flows.retain(|_, known| {
            known.over.retain(|over| now.since(over.last) <= SLACK_NANOS);
            !(known.over.is_empty() && known.open.is_none() && known.waiting.is_empty())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Pipeline, Settings};
    use crate::shard::Sink;

    /// A frame of raw IP with a datagram between two ports of two hosts.
    fn datagram(number: u64, port: u16, payload: &[u8]) -> (Frame, Vec<u8>) {
        let total = 28 + payload.len() as u16;
        let mut bytes = vec![0x45, 0];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend(port.to_be_bytes());
        bytes.extend(9999_u16.to_be_bytes());
        bytes.extend((total - 20).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(payload);
        let size = bytes.len() as u32;
        let time = Timestamp(number as i64 * 1_000_000);
        (Frame { time, number, start: 0, captured: size, wire: size, link: 101, digits: 9 }, bytes)
    }

    #[derive(Default)]
    struct Keep(Vec<Summary>);

    impl Sink for Keep {
        fn flow(&mut self, summary: Summary) {
            self.0.push(summary);
        }
    }

    /// Summaries of the flows that some frames are of, by client port.
    fn summaries(frames: &[(Frame, Vec<u8>)]) -> HashMap<u16, Summary> {
        let mut pipeline = Pipeline::start(&Settings::default(), Keep::default).unwrap();
        for (frame, bytes) in frames {
            let mut block = pipeline.block();
            block.frames.push(*frame);
            block.bytes.extend(bytes);
            pipeline.feed(block);
        }
        let (_, _, mut sinks) = pipeline.finish();
        let port =
            |summary: &Summary| summary.endpoints.iter().map(|end| end.port).find(|&port| port != 9999);
        sinks.remove(0).0.into_iter().filter_map(|summary| Some((port(&summary)?, summary))).collect()
    }

    fn written(holding: &mut Holding) -> Vec<u64> {
        std::iter::from_fn(|| holding.release()).map(|(frame, ..)| frame.number).collect()
    }

    #[test]
    fn frames_from_before_a_label_leave_with_it_in_the_order_in_which_they_came() {
        let frames: Vec<_> = [(1, 1000), (2, 2000), (3, 1000), (4, 3000), (5, 2000)]
            .map(|(n, port)| datagram(n, port, b"x"))
            .into();
        let flows = summaries(&frames);
        let mut holding = Holding::new(Limits::default(), [MOST, MOST_OF_FLOW]);
        for (frame, bytes) in &frames {
            holding.take(frame, bytes);
        }
        assert_eq!(written(&mut holding), Vec::<u64>::new());
        holding.decide(&Decision::labelled(&flows[&2000], true));
        assert_eq!(written(&mut holding), Vec::<u64>::new(), "frame 1 may still be wanted");
        holding.decide(&Decision::ended(&flows[&1000], false));
        assert_eq!(written(&mut holding), [2]);
        holding.decide(&Decision::ended(&flows[&3000], false));
        assert_eq!(written(&mut holding), [5]);
        // The flow goes on, and is wanted.
        let (frame, bytes) = datagram(6, 2000, b"x");
        holding.take(&frame, &bytes);
        assert_eq!(written(&mut holding), [6]);
        assert_eq!((holding.given_up, holding.cost), (0, 0));
    }

    #[test]
    fn what_is_learnt_of_a_flow_that_is_over_does_not_count_for_the_next_one_with_its_key() {
        let frames: Vec<_> = [1, 2].map(|number| datagram(number, 1000, b"x")).into();
        let flows = summaries(&frames);
        let mut holding = Holding::new(Limits::default(), [MOST, MOST_OF_FLOW]);
        // The decision may come before the frames.
        holding.decide(&Decision::ended(&flows[&1000], true));
        for (frame, bytes) in &frames {
            holding.take(frame, bytes);
        }
        let (frame, bytes) = datagram(3, 1000, b"x");
        holding.take(&frame, &bytes);
        assert_eq!(written(&mut holding), [1, 2]);
        holding.conclude();
        assert_eq!((written(&mut holding), holding.given_up), (Vec::new(), 1));
    }

    #[test]
    fn what_is_held_is_bounded_and_what_is_given_up_is_counted() {
        let frames: Vec<_> = (1..=100).map(|number| datagram(number, 1000, &[0; 1000])).collect();
        let flows = summaries(&frames);
        for (most, kept) in [([20_000, MOST_OF_FLOW], 83..=100), ([MOST, 20_000], 1..=17)] {
            let mut holding = Holding::new(Limits::default(), most);
            for (frame, bytes) in &frames {
                holding.take(frame, bytes);
                assert!(holding.cost <= 20_000);
            }
            holding.decide(&Decision::ended(&flows[&1000], true));
            let written = written(&mut holding);
            assert!(written.iter().all(|number| kept.contains(number)) && written.len() > 10, "{written:?}");
            assert_eq!(holding.given_up + written.len() as u64, 100);
        }
    }
}
