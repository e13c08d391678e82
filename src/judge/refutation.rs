//! Whether the bytes speak against what the port promises.

use crate::classify::Classifier;
use crate::flow::Flow;
use crate::inspect::Opening;
use crate::key::Transport;
use crate::opening::FirstBytes;

/// Notes whether the bytes speak against what the port promises: only bytes that begin where the flow does can.
/// `ended` says that no more will be judged.
pub(super) fn note_refutation(flow: &mut Flow, classifier: &Classifier, view: &Opening<'_>, ended: bool) {
    let [_, port] = flow.ports();
    let begins = (view.transport != Transport::Tcp || view.from_start) && !view.initiator.is_silent();
    let refuted = flow.claim.is_none()
        && begins
        && view.responder_listens
        && !flow.truncated
        && classifier.is_refuted(view.transport, port, ended);
    flow.refuted = refuted.then(|| FirstBytes::of(view.initiator.bytes()));
}
