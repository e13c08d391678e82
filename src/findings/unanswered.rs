//! When it may be said that datagrams were not answered, for all families alike.
//!
//! Never without having looked at whether anything comes back at all between the two hosts, and at how long
//! the capture went on.

use super::words::{self, counted, end, span};
use super::{Diagnosis, Finding, Grounds, Silence};
use crate::report::Moment;
use crate::summary::Summary;

/// Packets that have to be unanswered: one alone may be lost on any path.
const MIN_PACKETS: u64 = 2;

/// A finding that nothing answered `flow`, if the capture supports it and went on for `patience` nanoseconds.
pub(super) fn finding(
    grounds: &Grounds<'_>,
    diagnosis: &'static Diagnosis,
    flow: &Summary,
    what: &str,
    patience: u64,
) -> Option<Finding> {
    let [asked, answered] = flow.counts;
    let [from, to] = flow.endpoints;
    let watched = grounds.watched_after(flow.first);
    if answered.packets > 0 || asked.packets < MIN_PACKETS || watched < patience || flow.continued {
        return None;
    }
    let silence = grounds.silence(to.address, from.address);
    if silence == Silence::Unknowable {
        return None;
    }
    let first = Moment { time: flow.first, frame: flow.first_frame };
    let finding = Finding::of_flow(diagnosis, flow, Some(first)).because(format!(
        "{} of {} to {} from {} on, over {}, and no packet back; the capture went on for {} after the first.",
        counted(asked.packets, what),
        end(from),
        end(to),
        words::stamp(first, flow.digits),
        span(flow.last.since(flow.first)),
        span(watched)
    ));
    Some(match silence {
        Silence::Proven(proof) => finding.because(proof),
        Silence::Doubtful(caveat) => {
            let milder = finding.severity.milder();
            finding.but(caveat).graded(milder)
        }
        Silence::Unknowable => return None,
    })
}

/// The flow's ICMP error as a finding, where one explains why nothing came back.
pub(super) fn refused(diagnosis: &'static Diagnosis, flow: &Summary) -> Option<Finding> {
    let (_, too_big, sentence, at) = words::unreachable(flow)?;
    (!too_big).then(|| Finding::of_flow(diagnosis, flow, Some(at)).because(sentence))
}

/// What TCP between the two hosts did meanwhile, if there was any after `flow` began.
pub(super) fn meanwhile(grounds: &Grounds<'_>, flow: &Summary) -> Option<String> {
    let [client, server] = flow.endpoints.map(|end| end.address);
    let stream = grounds.beside(client, server).filter(|stream| stream.last > flow.first)?;
    let [up, down] = stream.payload;
    Some(format!(
        "TCP port 443 between the same hosts works: {} from the client and {} from the server, from {} \
         (frame {}) to {}.",
        counted(up, "byte"),
        words::count(down),
        words::utc(stream.first, flow.digits),
        stream.frame,
        words::utc(stream.last, flow.digits)
    ))
}
