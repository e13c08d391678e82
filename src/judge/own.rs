//! What rules of the user's own say of an opening.

use crate::classify::Classifier;
use crate::flow::{Direction, Flow};
use crate::inspect::{Confidence, Said};
use crate::key::Transport;
use crate::rules::UserRules;

/// Notes which rule's bytes these are. True if more bytes may change that, so that the flow must not be settled.
pub(super) fn judge_own(
    rules: &UserRules,
    flow: &mut Flow,
    classifier: &mut Classifier,
    low: Said<'_>,
    high: Said<'_>,
) -> bool {
    let Some(view) = flow.view(low, high) else { return false };
    let (mut own, mut wants_more) = rules.judge(&view);
    if own.is_none() && !flow.direction.is_sure() {
        let (exchanged, more) = rules.judge(&view.swapped());
        wants_more |= more;
        if exchanged.is_some() {
            own = exchanged;
            flow.low_initiates = !flow.low_initiates;
            flow.direction = Direction::Protocol;
            flow.guess = (flow.low_initiates, flow.direction);
            // What was claimed, and followed, had the sides the other way round.
            flow.claim = flow.claim.filter(|(claim, _)| claim.evidence.confidence == Confidence::Behaviour);
            *classifier = Classifier::new(true);
        }
    }
    // As elsewhere: only bytes that begin where the flow does speak against a port, if all of them are there.
    let begins = view.transport != Transport::Tcp || view.from_start;
    let refused = own.is_none() && begins && !flow.truncated && rules.refuses(&view);
    if refused != flow.extra.as_ref().is_some_and(|extra| extra.own_refused) {
        flow.extra_mut().own_refused = refused;
    }
    let found = own.map(|own| {
        let said = if flow.is_low(own.side) { low } else { high };
        (own, super::claiming::frame_of(said, own.offset))
    });
    let before = flow.extra.as_ref().and_then(|extra| extra.own);
    if found.map(|(own, _)| own.rule) != before.map(|(own, _)| own.rule) {
        flow.relabelled = true;
    }
    if found.is_some() || before.is_some() {
        flow.extra_mut().own = found;
    }
    wants_more
}

/// Takes the side for the listening one whose port or host a rule names as such, where nothing told who opened the flow.
pub(super) fn take_side(rules: &UserRules, flow: &mut Flow) {
    let Some(transport) = flow.key.transport().filter(|_| !flow.direction.is_sure()) else { return };
    if rules.is_about_exchanged(transport, flow.endpoints()) {
        flow.low_initiates = !flow.low_initiates;
        flow.direction = Direction::Port;
        flow.guess = (flow.low_initiates, flow.direction);
    }
}
