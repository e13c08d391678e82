//! Who is the initiator, as far as the bytes and the port of what they speak can tell.

use crate::classify::{Classifier, Judgement};
use crate::flow::{Direction, Flow};
use crate::inspect::{Confidence, Said};

/// Judges an opening as far as it is known. Where the bytes fit either way round, and no handshake told who opened the
/// flow, whoever has the own port of what they speak is the responder: it is judged so.
pub(super) fn judge_sides(
    flow: &mut Flow,
    classifier: &mut Classifier,
    low: Said<'_>,
    high: Said<'_>,
) -> Option<Judgement> {
    let view = flow.view(low, high)?;
    let judgement = classifier.judge(&view, flow.claim.map(|(claim, _)| claim));
    let told = flow.direction.is_sure() || flow.direction == Direction::Protocol;
    if told || !judgement.claim.is_some_and(|claim| claim.is_served_by_initiator(&view)) {
        return Some(judgement);
    }
    flow.low_initiates = !flow.low_initiates;
    flow.direction = Direction::Port;
    // What was claimed, and followed, had the sides the other way round.
    flow.claim = flow.claim.filter(|(claim, _)| claim.evidence.confidence == Confidence::Behaviour);
    *classifier = Classifier::new(false);
    Some(classifier.judge(&flow.view(low, high)?, None))
}

/// Whoever said that the sides are the other way round has been struck off, and so is what it said. True if that
/// turned them.
pub(super) fn turn_back(flow: &mut Flow) -> bool {
    if flow.direction.is_sure() {
        return false;
    }
    let before = flow.low_initiates;
    (flow.low_initiates, flow.direction) = flow.guess;
    flow.low_initiates != before
}
