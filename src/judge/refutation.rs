//! Whether the bytes speak against what the port promises.

use crate::classify::{Classifier, is_anybodys};
use crate::flow::{Flow, Refutation};
use crate::inspect::{Confidence, Opening, Said};
use crate::key::Transport;
use crate::opening::FirstBytes;

/// Notes whether the bytes speak against what the port promises: only bytes that begin where the flow does can.
/// `ended` says that no more will be judged.
pub(super) fn note_refutation(
    flow: &mut Flow,
    classifier: &Classifier,
    low: Said<'_>,
    high: Said<'_>,
    ended: bool,
) {
    flow.refuted = None;
    let Some(view) = flow.view(low, high) else { return };
    let begins = (view.transport != Transport::Tcp || view.from_start) && !view.initiator.is_silent();
    if flow.claim.is_some() || !begins || !view.responder_listens || flow.truncated {
        return;
    }
    let refuted = classifier.is_refuted(view.transport, view.port(), ended);
    let spoken = if refuted { None } else { spoken_over_the_wrong_transport(&view) };
    if refuted || spoken.is_some() {
        flow.refuted = Some(Refutation { first: FirstBytes::of(view.initiator.bytes()), spoken });
    }
}

/// Which protocol of streams the datagrams to a port with a usual protocol are a whole message of, one behind the other.
fn spoken_over_the_wrong_transport(view: &Opening<'_>) -> Option<u16> {
    if view.transport != Transport::Udp || !is_anybodys(view.transport, view.port()) {
        return None;
    }
    let stream = Opening { transport: Transport::Tcp, from_start: true, ..*view };
    let claim = Classifier::new(true).judge(&stream, None).claim?;
    (claim.evidence.confidence >= Confidence::Message).then_some(claim.inspector)
}
