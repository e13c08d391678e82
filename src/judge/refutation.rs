//! What is kept of bytes that nobody claims, and whether they speak against what the port promises.

use crate::classify::{Classifier, is_anybodys};
use crate::flow::{Flow, Refutation, Unclaimed};
use crate::inspect::{Confidence, Opening, Said, Side};
use crate::key::Transport;
use crate::opening::FirstBytes;

/// Notes what nobody claims, and whether it speaks against what the port promises: only bytes that begin where the flow
/// does can. `ended` says that no more will be judged.
pub(super) fn note_refutation(
    flow: &mut Flow,
    classifier: &Classifier,
    low: Said<'_>,
    high: Said<'_>,
    ended: bool,
) {
    (flow.refuted, flow.unclaimed) = (None, None);
    let Some(view) = flow.view(low, high) else { return };
    if flow.claim.is_none() {
        flow.unclaimed = unclaimed(&view);
    }
    // Where only the server was captured, its words are held against the port as the client's are.
    let side = if view.initiator.is_silent() { Side::Responder } else { Side::Initiator };
    let begins = (view.transport != Transport::Tcp || view.from_start) && !view.said(side).is_silent();
    if flow.claim.is_some() || !begins || !view.responder_listens || flow.truncated {
        return;
    }
    if let Some(extra) = flow.extra.as_deref_mut() {
        extra.announced_refused =
            extra.announced.is_some_and(|announced| classifier.has_refused(announced.name));
    }
    let refuted = classifier.is_refuted(view.transport, view.port(), ended, side == Side::Responder);
    let asks = side == Side::Initiator;
    let spoken = if refuted || !asks { None } else { spoken_over_the_wrong_transport(&view) };
    if refuted || spoken.is_some() {
        flow.refuted = Some(Refutation { first: first_bytes(&view, side), side, spoken });
    }
}

/// What was said first, and by whom.
fn unclaimed(view: &Opening<'_>) -> Option<Unclaimed> {
    let side = if view.initiator.is_silent() { Side::Responder } else { Side::Initiator };
    (!view.said(side).is_silent()).then(|| Unclaimed { first: first_bytes(view, side), side })
}

/// What a side said first: what came in one datagram is one thing, and a stream was cut anywhere.
fn first_bytes(view: &Opening<'_>, side: Side) -> FirstBytes {
    let said = view.said(side);
    let datagram = said.datagrams().next().filter(|_| view.transport != Transport::Tcp);
    FirstBytes::of(datagram.map_or(said.bytes(), |first| first.bytes))
}

/// Which protocol of streams the datagrams to a port with a usual protocol are a whole message of, one behind the other.
fn spoken_over_the_wrong_transport(view: &Opening<'_>) -> Option<u16> {
    if view.transport != Transport::Udp || !is_anybodys(view.transport, view.port()) {
        return None;
    }
    let stream = Opening { transport: Transport::Tcp, from_start: true, ..*view };
    // Those whom datagrams carry too have been asked.
    let claim = Classifier::of_streams_only().judge(&stream, None).claim?;
    (claim.evidence.confidence >= Confidence::Message).then_some(claim.inspector)
}
