//! Datagrams of which fragments did not come: whose they are, and where they began.

use super::super::words::{self, counted, end, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::new;
use crate::key::Endpoint;
use crate::output::protocol::Protocol;
use crate::wire::Unfinished;
use std::net::IpAddr;

pub(super) const MISSING: Diagnosis = Diagnosis {
    id: "capture-fragments-missing",
    severity: Severity::Info,
    title: "Fragments of datagrams are missing",
    meaning: "Datagrams could not be put together: a firewall drops fragments, or the capture missed them.",
    evidence: "Fragments of a datagram of which others did not come within the time-out, or within a second before the end; \
               not what the snap length cut.",
    caveats: &["Fragments that took another path look the same."],
    advice: &["Compare the path's MTU at both ends: ping with the don't-fragment flag."],
};

/// Datagrams of which fragments did not come, by who sent them, as far as they are kept.
pub(super) fn missing(grounds: &Grounds<'_>) -> Finding {
    /// Pairs of hosts that are named.
    const MAX_NAMED: usize = 6;
    let capture = grounds.capture;
    let filter = "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr".to_owned();
    let mut all = capture.unfinished.clone();
    all.sort_unstable();
    let Some(first) = all.first() else {
        let sentence = format!("{} could not be put together.", counted(capture.fragments, "datagram"));
        return new(grounds, &MISSING).because(sentence).shown_by(filter);
    };
    let mut finding = Finding::new(&MISSING, first.at.time, grounds.digits).because(format!(
        "{} could not be put together, the first of which a fragment came at {}.",
        counted(capture.fragments, "datagram"),
        stamp(first.at, grounds.digits)
    ));
    let mut told: Vec<(IpAddr, IpAddr)> = Vec::new();
    for Unfinished { at, ends: (from, to), protocol, ports } in &all {
        if told.contains(&(*from, *to)) || told.len() == MAX_NAMED {
            continue;
        }
        told.push((*from, *to));
        let same = all.iter().filter(|other| other.ends == (*from, *to)).count() as u64;
        let [source, destination] = [(*from, ports.0), (*to, ports.1)].map(|(address, port)| match port {
            // The first fragment did not come, or it has no ports.
            0 => address.to_string(),
            _ => end(Endpoint { address, port }),
        });
        finding = finding
            .host(*from)
            .host(*to)
            .because(format!(
                "{} of {from} to {to}, the first ({}, {} to {}) at {}.",
                counted(same, "datagram"),
                Protocol(*protocol),
                source,
                destination,
                stamp(*at, grounds.digits)
            ))
            .also_shown_by(&format!("{} && {}", words::pair_filter(*from, *to), words::fragment_filter(*from)));
    }
    if finding.filter.is_empty() { finding.shown_by(filter) } else { finding }
}
