//! When a flow is judged, on what, and what follows from it.
//!
//! The first payload is judged where it lies; it is copied only if that did not settle the flow. From
//! then on each payload that adds to the opening may change the claim, until a dialogue was seen, no
//! candidate is left, or the bounds are reached.

use crate::classify::{Classifier, Judgement};
use crate::flow::{EndReason, Flow, Undecided};
use crate::follow::Told;
use crate::hosts::Hosts;
use crate::inspect::{Piece, Said};
use crate::key::Transport;
use crate::opening::{self, Arrival, MAX_STREAM};
use crate::packet::{Packet, TcpHeader};
use crate::ports::DecodeAs;
use crate::ports::book::Book;
use crate::report::Moment;
use crate::rhythm::Rhythm;
use crate::rules::UserRules;
use crate::summary::{self, Summary};
use behaviour::{behaves, judge_behaviour};
use claiming::heed_banner;
use own::{judge_own, take_side};
use refutation::note_refutation;
use sides::judge_sides;
use std::sync::Arc;

mod banner;
mod behaviour;
mod claiming;
mod own;
mod refutation;
mod sides;
mod telling;

/// Payloads after which a flow that nobody is certain about is left as it is: what has not shown in so many will not.
const MAX_OFFERED: u32 = 40;
/// Judgements at every growth; after them only when the opening has grown by a quarter, so that a stream
/// in segments of one byte costs no more than its logarithm.
const EAGER_JUDGEMENTS: u32 = 12;
/// Most openings kept for reuse: enough for the flows that begin in a second of heavy traffic.
const MAX_SPARE: usize = 64;
/// Packets with payload before behaviour is first judged, and by what factor they have to grow for the next time.
const FIRST_BEHAVIOUR: u64 = 16;

/// Judges flows; holds what can be recycled between them.
#[derive(Debug)]
pub struct Judge {
    describe: bool,
    book: Book,
    #[expect(clippy::vec_box, reason = "what is recycled is the box")]
    spare: Vec<Box<Undecided>>,
    told: Told,
    /// The user's own rules, if there are any.
    rules: Option<Arc<UserRules>>,
    /// Openings that grew to their bound before anybody was certain.
    pub exhausted: u64,
}

impl Judge {
    /// `describe` says whether attributes are wanted, `decode_as` what the user says about ports.
    #[must_use]
    pub fn new(describe: bool, decode_as: Arc<[DecodeAs]>) -> Self {
        let book = Book::new(decode_as);
        Self { describe, book, spare: Vec::new(), told: Told::default(), rules: None, exhausted: 0 }
    }

    /// The same, with rules of the user's own.
    #[must_use]
    pub fn ruled_by(mut self, rules: &Arc<UserRules>) -> Self {
        self.rules = (!rules.is_empty()).then(|| Arc::clone(rules));
        self.book = self.book.ruled_by(self.rules.as_ref());
        self
    }

    /// Prepares a new flow.
    pub fn begin(&self, flow: &mut Flow, transport: Transport) {
        if let Some(rules) = &self.rules {
            take_side(rules, flow);
        }
        if flow.ports().iter().any(|&port| behaves(transport, port)) {
            flow.extra_mut().rhythm = Some(Box::<Rhythm>::default());
        }
    }

    /// The sides of a flow have turned out to be the other way round.
    pub fn turn(flow: &mut Flow) {
        if let Some(undecided) = &mut flow.undecided {
            undecided.classifier = undecided.classifier.turned();
        }
    }

    /// Takes a packet with payload, or one that ends a stream.
    pub fn take(&mut self, flow: &mut Flow, packet: &Packet, payload: &[u8], hosts: &mut Hosts) {
        if flow.settled && flow.extra.is_none() {
            return;
        }
        let Some(transport) = flow.key.transport() else { return };
        let low = packet.from_low;
        let syn = u32::from(packet.tcp.has(TcpHeader::SYN));
        let sequence = packet.tcp.sequence.wrapping_add(syn);
        let arrival = Arrival {
            bytes: payload,
            wire_len: packet.payload_wire_len,
            sequence,
            time: packet.time,
            frame: packet.frame,
            fragmented: packet.fragmented,
        };
        if arrival.wire_len > 0 {
            self.observe_extra(flow, transport, low, &arrival, hosts);
        }
        if flow.settled {
            return;
        }
        if flow.undecided.is_none()
            && !payload.is_empty()
            && self.first(flow, transport, low, &arrival, hosts)
        {
            return;
        }
        let undecided = self.undecided(flow);
        let mut grown = arrival.wire_len > 0 && undecided.opening.take(transport, low, &arrival);
        if packet.tcp.has(TcpHeader::FIN) && transport == Transport::Tcp {
            grown |= undecided.opening.ends(low, sequence.wrapping_add(arrival.wire_len));
        }
        let exhausted = undecided.opening.offered() >= MAX_OFFERED || undecided.opening.is_full();
        let len = undecided.opening.len();
        let due = undecided.judged < EAGER_JUDGEMENTS
            || len >= undecided.judged_at + undecided.judged_at / 4
            || exhausted;
        if (grown && due) || exhausted {
            self.again(flow, exhausted, hosts);
        }
    }

    /// What a flow has besides its opening hears of a payload too.
    fn observe_extra(
        &mut self,
        flow: &mut Flow,
        transport: Transport,
        low: bool,
        arrival: &Arrival<'_>,
        hosts: &mut Hosts,
    ) {
        let side = flow.side(low);
        let Some(extra) = &mut flow.extra else { return };
        if let Some(watch) = &mut extra.watch
            && !watch.is_done()
        {
            watch.take(transport, low, side, arrival, &mut self.told);
            self.spread_word(flow, hosts);
        }
        let Some(rhythm) = flow.extra.as_mut().and_then(|extra| extra.rhythm.as_mut()) else { return };
        rhythm.observe(low, arrival.time, arrival.wire_len);
        let at = Moment { time: arrival.time, frame: arrival.frame };
        rhythm.count(side, at, arrival.wire_len, arrival.bytes.first().copied());
        let seen = rhythm.of(true).packets + rhythm.of(false).packets;
        if seen >= FIRST_BEHAVIOUR && seen.is_power_of_two() {
            judge_behaviour(flow, arrival.frame, hosts);
        }
    }

    /// Judges a flow's first payload where it lies. True if that settled it, so that nothing need be kept.
    fn first(
        &mut self,
        flow: &mut Flow,
        transport: Transport,
        low: bool,
        arrival: &Arrival<'_>,
        hosts: &mut Hosts,
    ) -> bool {
        let adjacent = flow.tcp.side(low).first_byte().is_none_or(|first| first == arrival.sequence);
        if transport == Transport::Tcp && (!adjacent || arrival.bytes.len() > MAX_STREAM) {
            return false;
        }
        let Arrival { bytes, wire_len, time, frame, fragmented, .. } = *arrival;
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let pieces = [Piece { time, frame, end, wire_len, fragmented }];
        let (said, silent) = (Said::new(bytes, &pieces, false), Said::default());
        let (low_said, high_said) = if low { (said, silent) } else { (silent, said) };
        let mut classifier = Classifier::new(flow.direction.is_sure());
        let Some(judgement) = self.judgement(flow, &mut classifier, low_said, high_said) else { return true };
        let goes_on = Some(arrival.sequence.wrapping_add(wire_len));
        let nexts = if low { [goes_on, None] } else { [None, goes_on] };
        if self.apply(flow, judgement, low_said, high_said, nexts, hosts) {
            classifier = classifier.turned();
        }
        if judgement.settled {
            note_refutation(flow, &classifier, low_said, high_said, false);
            self.settle(flow, low_said, high_said);
            return true;
        }
        let undecided = self.undecided(flow);
        undecided.classifier = classifier;
        undecided.judged = 1;
        undecided.judged_at = bytes.len();
        undecided.opening.take(transport, low, arrival);
        true
    }

    /// Where an undecided flow keeps what it needs.
    fn undecided<'f>(&mut self, flow: &'f mut Flow) -> &'f mut Undecided {
        let sure = flow.direction.is_sure();
        let starts = [true, false].map(|low| (low, flow.tcp.side(low).first_byte()));
        flow.undecided.get_or_insert_with(|| {
            let classifier = Classifier::new(sure);
            let mut undecided = self.spare.pop().unwrap_or_else(|| {
                Box::new(Undecided {
                    opening: opening::Opening::default(),
                    classifier,
                    judged_at: 0,
                    judged: 0,
                })
            });
            undecided.classifier = classifier;
            for (low, start) in starts {
                if let Some(start) = start {
                    undecided.opening.begins(low, start);
                }
            }
            undecided
        })
    }

    /// Judges an opening that has grown.
    fn again(&mut self, flow: &mut Flow, exhausted: bool, hosts: &mut Hosts) {
        let Some(mut undecided) = flow.undecided.take() else { return };
        let (low, high) = (undecided.opening.said(true), undecided.opening.said(false));
        let Some(judgement) = self.judgement(flow, &mut undecided.classifier, low, high) else { return };
        let nexts = [undecided.opening.goes_on(true), undecided.opening.goes_on(false)];
        let turned = self.apply(flow, judgement, low, high, nexts, hosts);
        if judgement.settled || exhausted {
            self.exhausted += u64::from(!judgement.settled);
            heed_banner(flow, low, high);
            note_refutation(flow, &undecided.classifier, low, high, exhausted);
            self.settle(flow, low, high);
            self.recycle(undecided);
            return;
        }
        undecided.judged += 1;
        undecided.judged_at = undecided.opening.len();
        if turned {
            undecided.classifier = undecided.classifier.turned();
        }
        flow.undecided = Some(undecided);
    }

    /// Judges an opening as far as it is known: by the user's own rules, then by what is built in.
    fn judgement(
        &self,
        flow: &mut Flow,
        classifier: &mut Classifier,
        low: Said<'_>,
        high: Said<'_>,
    ) -> Option<Judgement> {
        let Some(rules) = &self.rules else { return judge_sides(flow, classifier, low, high) };
        let wants_more = judge_own(rules, flow, classifier, low, high);
        let judgement = judge_sides(flow, classifier, low, high)?;
        Some(Judgement { settled: judgement.settled && !wants_more, ..judgement })
    }

    /// The summary of a flow as it stands, without a last judgement of what is still undecided. What speaks against the
    /// port already, speaks now: who else it may be will be long in coming where one side says the same again and again.
    pub fn glance(&mut self, flow: &mut Flow, hosts: &Hosts) -> Summary {
        if flow.claim.is_none()
            && flow.refuted.is_none()
            && let Some(undecided) = flow.undecided.take()
        {
            let (low, high) = (undecided.opening.said(true), undecided.opening.said(false));
            note_refutation(flow, &undecided.classifier, low, high, false);
            flow.undecided = Some(undecided);
        }
        summary::summarise(flow, EndReason::Active, &mut self.book, hosts)
    }

    /// The summary of a flow that ends, or of its part so far.
    pub fn summarise(&mut self, flow: &mut Flow, reason: EndReason, hosts: &Hosts) -> Summary {
        if let Some(mut undecided) = flow.undecided.take() {
            let won = reason != EndReason::Active && undecided.opening.give_up_holes();
            let (low, high) = (undecided.opening.said(true), undecided.opening.said(false));
            if (won || undecided.opening.len() > undecided.judged_at)
                && let Some(judgement) = self.judgement(flow, &mut undecided.classifier, low, high)
            {
                undecided.judged_at = undecided.opening.len();
                if self.apply(flow, judgement, low, high, [None, None], &mut Hosts::default()) {
                    undecided.classifier = undecided.classifier.turned();
                }
            }
            heed_banner(flow, low, high);
            note_refutation(flow, &undecided.classifier, low, high, reason != EndReason::Active);
            self.read_attributes(flow, low, high);
            flow.undecided = Some(undecided);
        }
        judge_behaviour(flow, flow.first_frame, hosts);
        summary::summarise(flow, reason, &mut self.book, hosts)
    }

    /// Recycles what a flow that has ended leaves behind.
    pub fn release(&mut self, mut flow: Flow) {
        if let Some(undecided) = flow.undecided.take() {
            self.recycle(undecided);
        }
    }

    fn recycle(&mut self, mut undecided: Box<Undecided>) {
        if self.spare.len() < MAX_SPARE {
            undecided.opening.clear();
            undecided.judged = 0;
            undecided.judged_at = 0;
            self.spare.push(undecided);
        }
    }
}
