//! What a server says of itself to a client that speaks something else: a browser that was pointed at a mail server, a scanner's
//! request to an SSH server. Who listens is what answers, and its own words name the flow.

use crate::classify::{Claim, Classifier};
use crate::flow::Flow;
use crate::inspect::{Confidence, Opening, Said, Side};
use crate::key::Transport;

/// The claim of the responder's words by themselves, where nothing but the initiator's speaks for what is `held` so far.
///
/// A whole message is believed anywhere, telling bytes on a port that is usual for them. Datagrams do not answer each other
/// for sure, and without its beginning a connection's first words are not a banner.
pub(super) fn banner(flow: &Flow, held: Option<Claim>, low: Said<'_>, high: Said<'_>) -> Option<Claim> {
    if flow.key.transport() != Some(Transport::Tcp) {
        return None;
    }
    let view = flow.view(low, high)?;
    let both_spoke = !view.initiator.is_silent() && !view.responder.is_silent();
    let one_sided = |held: Claim| {
        held.evidence.confidence <= Confidence::Signature && held.evidence.side == Side::Initiator
    };
    if !view.from_start || !both_spoke || !held.is_none_or(one_sided) {
        return None;
    }
    let alone = Opening { initiator: Said::default(), ..view };
    let claim = Classifier::new(true).judge(&alone, None).claim?;
    let usual = claim.by()?.ports.contains(&view.port());
    let least = if usual { Confidence::Signature } else { Confidence::Message };
    let evidence = claim.evidence.from(Side::Responder);
    (evidence.confidence >= least).then_some(Claim { evidence, ..claim })
}
