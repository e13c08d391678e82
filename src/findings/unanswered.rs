//! When it may be said that datagrams were not answered, for all families alike.
//!
//! Never without having looked at whether anything comes back at all between the two hosts, and at how long
//! the capture went on.

use super::words::{self, Unreachable, span};
use super::{Diagnosis, Finding, Grounds, Silence, beside};
use crate::key::Transport;
use crate::report::Moment;
use crate::summary::Summary;
use std::net::IpAddr;

/// Packets that have to be unanswered: one alone may be lost on any path.
const MIN_PACKETS: u64 = 2;
/// Nanoseconds over which they are spread: what comes in a burst is one try, and may be lost as one.
const MIN_SPREAD: u64 = 200_000_000;

/// A finding that nothing answered `flow`, if the capture supports it and went on for `patience` nanoseconds.
pub(super) fn finding(
    grounds: &Grounds<'_>,
    diagnosis: &'static Diagnosis,
    flow: &Summary,
    what: &str,
    patience: u64,
) -> Option<Finding> {
    let [asked, answered] = flow.sent();
    let [from, to] = flow.endpoints;
    let watched = grounds.watched_after(flow.first);
    let spread = flow.last.since(flow.first);
    if answered.packets > 0 || asked.packets < MIN_PACKETS || spread < MIN_SPREAD {
        return None;
    }
    if watched < patience || flow.continued {
        return None;
    }
    let silence = grounds.silence(to.address, from.address);
    if silence == Silence::Unknowable {
        return None;
    }
    let first = Moment { time: flow.first, frame: flow.first_frame };
    let finding = Finding::of_flow(diagnosis, flow, Some(first)).because(format!(
        "{}, and {}; the capture went on for {} after the first.",
        beside::tries(flow, what),
        nothing_back(flow, "no packet back"),
        span(watched)
    ));
    let finding = with_refusal(finding, flow);
    Some(match silence {
        Silence::Proven(proof) => finding.because(proof),
        Silence::Doubtful(caveat) => {
            let milder = finding.severity.milder();
            finding.but(caveat).graded(milder)
        }
        Silence::Unknowable => return None,
    })
}

/// Says what came back where nothing of the flow itself did: not nothing, if ICMP says why.
pub(super) fn nothing_back(flow: &Summary, nothing: &str) -> String {
    match words::unreachable(flow) {
        Some(_) => format!("{nothing} but ICMP errors"),
        None => nothing.to_owned(),
    }
}

/// Adds to a finding that something is not answered any more what ICMP said about the flow: which error, by whom, when.
///
/// For every family: whoever refuses is to be asked, not whoever is silent.
pub(super) fn with_refusal(mut finding: Finding, flow: &Summary) -> Finding {
    let Some(Unreachable { meaning, too_big, reporter, sentence, .. }) = words::unreachable(flow) else {
        return finding;
    };
    let [_, to] = flow.endpoints;
    finding.title = format!("{}: ICMP says \"{meaning}\"", finding.title);
    finding = finding.because(sentence);
    if too_big || (meaning != words::PROHIBITED && reporter == to.address) {
        return finding;
    }
    finding.advise(refuser(meaning, reporter, flow))
}

/// What to look at on the host that refuses what is meant for another.
fn refuser(meaning: &str, reporter: IpAddr, flow: &Summary) -> String {
    let [_, to] = flow.endpoints;
    if meaning == words::PROHIBITED {
        let transport = flow.key.transport().map_or("ip", Transport::name).to_ascii_uppercase();
        format!("On {reporter}: the rule that rejects {transport} {} to {}.", to.port, to.address)
    } else {
        format!("On {reporter}: its way to {}; and whether that host is up and answers ARP.", to.address)
    }
}

/// The flow's ICMP error as a finding, where one explains why nothing came back.
pub(super) fn refused(diagnosis: &'static Diagnosis, flow: &Summary, what: &str) -> Option<Finding> {
    words::unreachable(flow)
        .filter(|error| !error.too_big)
        .map(|error| rejected(diagnosis, flow, what, error))
}

/// The same of an error whose sentence and moment are known.
pub(super) fn rejected(
    diagnosis: &'static Diagnosis,
    flow: &Summary,
    what: &str,
    error: Unreachable,
) -> Finding {
    let Unreachable { meaning, too_big, reporter, sentence, at, .. } = error;
    let after = span(at.time.since(flow.first));
    let mut finding = Finding::of_flow(diagnosis, flow, Some(at))
        .because(format!("{}; the first error came {after} after the first.", beside::tries(flow, what)))
        .because(sentence);
    let [from, to] = flow.endpoints;
    // What the diagnosis advises is for the target itself that has nobody listening.
    let filtered = meaning == words::PROHIBITED;
    if !too_big && (filtered || reporter != to.address) {
        finding.advice.clear();
        finding = finding.advise(refuser(meaning, reporter, flow));
    }
    let Some(&(error, _)) = flow.vague_error.as_deref() else { return finding };
    let milder = finding.severity.milder();
    finding
        .graded(milder)
        .also_shown_by(&format!("icmp && {}", words::pair_filter(error.reporter, from.address)))
        .but(format!(
            "The error may be about another packet to {}: its ports are not in the capture.",
            to.address
        ))
}
