//! What follows for a flow from what it is claimed to be: its sides, who follows it, what its bytes told.

use super::Judge;
use super::banner::banner;
use super::behaviour::refined_by_behaviour;
use super::sides::turn_back;
use super::telling::tell_opening;
use crate::classify::{Claim, Judgement};
use crate::context::{Announcement, Neighbour};
use crate::flow::{Direction, Flow};
use crate::hosts::{self, Hosts};
use crate::inspect::{Confidence, Said, Side};
use crate::stream::Watch;

impl Judge {
    /// Makes a judgement the flow's. True if it turned the sides round.
    pub(super) fn apply(
        &mut self,
        flow: &mut Flow,
        judgement: Judgement,
        low: Said<'_>,
        high: Said<'_>,
        nexts: [Option<u32>; 2],
        hosts: &mut Hosts,
    ) -> bool {
        let before = flow.claim.map(|(claim, _)| claim.inspector);
        let Some(mut claim) = judgement.claim else {
            flow.claim = flow.claim.filter(|(claim, _)| claim.evidence.confidence == Confidence::Behaviour);
            return turn_back(flow);
        };
        let mut turned = claim.swapped;
        if turned {
            flow.low_initiates = !flow.low_initiates;
            flow.direction = Direction::Protocol;
            claim.swapped = false;
        } else if flow.direction == Direction::Port && claim.by().is_some_and(|by| by.nobody_listens) {
            // The port said who listens, and nobody does.
            flow.low_initiates = !flow.low_initiates;
            flow.direction = Direction::FirstPacket;
            flow.guess = (flow.low_initiates, flow.direction);
            claim.evidence = claim.evidence.from(claim.evidence.side.other());
            turned = true;
        }
        let said = if flow.is_low(claim.evidence.side) { low } else { high };
        flow.claim = Some((claim, frame_of(said, claim.evidence.offset)));
        if before != Some(claim.inspector) {
            flow.relabelled = true;
            self.claimed(flow, claim, low, high, nexts, hosts);
        }
        turned
    }

    /// What follows when a flow is claimed by someone new.
    pub(super) fn claimed(
        &mut self,
        flow: &mut Flow,
        claim: Claim,
        low: Said<'_>,
        high: Said<'_>,
        nexts: [Option<u32>; 2],
        hosts: &mut Hosts,
    ) {
        let Some(by) = claim.by() else { return };
        let Some(view) = flow.view(low, high) else { return };
        if let Some(follow) = by.follow {
            let mut watch = Watch::new(claim.inspector, follow(&view));
            let [low_next, high_next] = nexts;
            watch.goes_on(true, low_next, low.is_cut());
            watch.goes_on(false, high_next, high.is_cut());
            tell_opening(&mut watch, flow, low, high, &mut self.told);
            flow.extra_mut().watch = Some(watch);
            self.spread_word(flow, hosts);
        } else if let Some(extra) = &mut flow.extra {
            extra.watch = None;
        }
        if refined_by_behaviour(claim.inspector) {
            flow.extra_mut().rhythm.get_or_insert_default();
        }
        if hosts::is_notable(claim.inspector) {
            let [_, responder] = flow.endpoints();
            let frame = flow.claim.map_or(flow.first_frame, |(_, frame)| frame);
            let neighbour =
                Neighbour { name: by.name, transport: view.transport, responder, since: flow.first, frame };
            hosts.note(flow.key.hosts(), neighbour);
        }
    }

    /// Nothing more is wanted of the flow's bytes: reads what they told.
    pub(super) fn settle(&mut self, flow: &mut Flow, low: Said<'_>, high: Said<'_>) {
        flow.settled = true;
        self.read_attributes(flow, low, high);
    }

    pub(super) fn read_attributes(&self, flow: &mut Flow, low: Said<'_>, high: Said<'_>) {
        let claim = flow.claim.map(|(claim, _)| claim);
        let (true, Some(claim), Some(view)) = (self.describe, claim, flow.view(low, high)) else { return };
        let Some(by) = claim.by() else { return };
        // Two messages were read to their ends, unless they are waited for.
        let whole = claim.evidence.confidence == Confidence::Dialogue && !claim.evidence.wants_more;
        let attributes = by.told(&view, !whole);
        if !attributes.is_empty() {
            flow.extra_mut().attributes = attributes;
        }
    }

    pub(super) fn spread_word(&mut self, flow: &Flow, hosts: &mut Hosts) {
        for announcement in self.told.drain() {
            hosts.announce(flow.key.hosts(), Announcement { by: Some(flow.endpoints()), ..announcement });
        }
    }
}

/// Once no more will be judged: the server's own words name a flow of which only the client's spoke for something.
pub(super) fn heed_banner(flow: &mut Flow, low: Said<'_>, high: Said<'_>) {
    let held = flow.claim.map(|(claim, _)| claim);
    let Some(claim) = banner(flow, held, low, high) else { return };
    let said = if flow.is_low(Side::Responder) { low } else { high };
    flow.claim = Some((claim, frame_of(said, claim.evidence.offset)));
    flow.relabelled |= held.map(|held| held.inspector) != Some(claim.inspector);
}

/// The frame that brought the byte at `offset`.
pub(super) fn frame_of(said: Said<'_>, offset: u32) -> u64 {
    let pieces = said.pieces();
    pieces.iter().find(|piece| piece.end > offset).or(pieces.first()).map_or(0, |piece| piece.frame)
}
