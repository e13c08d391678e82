//! Nodes whose heartbeat counter begins anew: told once per node and restart, whatever the number of its routes.

use super::super::ledger::Line;
use super::super::matrix::Matrix;
use super::super::words::{self, at, counted, span};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::{PORT, of_line};
use crate::report::Restart;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) const RESTARTED: Diagnosis = Diagnosis {
    id: "netft-node-restarted",
    severity: Severity::Warning,
    title: "A node's heartbeat counter began anew",
    meaning: "The node, its cluster service or its network driver was restarted (event 1135 on the others).",
    evidence: "A request whose sequence is far below the one before it, from the same node on the same route; not where \
               the 32 bits of the counter ran over. Told once for all routes of the node.",
    caveats: &["A failover of the address to another host looks the same."],
    advice: &["Look for events 6005, 6008 and 1074 in the node's System log around this time."],
};

/// Counters of a node's routes begin anew within this time, in nanoseconds.
const AT_ONCE: u64 = 10 * words::SECOND;

/// Restarts on routes of one node at one time.
type Restarts<'a> = Vec<(Restart, &'a Line)>;

pub(super) fn tell(grounds: &Grounds<'_>, matrix: &Matrix, findings: &mut Vec<Finding>) {
    let mut all: Restarts<'_> = Vec::new();
    for line in grounds.heartbeats {
        all.extend(line.beats.restarted.iter().map(|&restart| (restart, line)));
    }
    all.sort_by_key(|(restart, line)| (restart.at, line.from, line.to));
    let mut told: Vec<(Option<usize>, Restarts<'_>)> = Vec::new();
    for (restart, line) in all {
        let node = matrix.place(line.from.address);
        let same = told.iter_mut().rev().find(|(other, routes)| {
            let is_near = |(first, _): &(Restart, &Line)| restart.at.time.since(first.at.time) <= AT_ONCE;
            // Twice on one route are two restarts.
            let is_other = routes.iter().all(|(_, known)| (known.from, known.to) != (line.from, line.to));
            *other == node && routes.first().is_some_and(is_near) && is_other
        });
        match same {
            Some((_, routes)) => routes.push((restart, line)),
            None => told.push((node, vec![(restart, line)])),
        }
    }
    findings.extend(told.into_iter().filter_map(|(_, routes)| finding(&routes)));
}

fn finding(routes: &[(Restart, &Line)]) -> Option<Finding> {
    let [(first, line), others @ ..] = routes else { return None };
    let hosts: BTreeSet<IpAddr> = routes.iter().map(|(_, line)| line.from.address).collect();
    let names: Vec<String> = hosts.iter().map(IpAddr::to_string).collect();
    let mut finding = of_line(&RESTARTED, line, first.at.time)
        .titled(format!("{} was restarted: its heartbeat counter began anew", names.join(", ")))
        .because(format!(
            "A request of {} to {} {} has a far lower sequence than the one before it, which went out {}, {} earlier.",
            line.from.address,
            line.to.address,
            at(first.at, line.digits),
            at(first.before, line.digits),
            span(first.at.time.since(first.before.time))
        ));
    if let Some((last, _)) = others.last() {
        finding = finding.because(format!(
            "The same on {} of the node within {}.",
            counted(others.len() as u64, "further route"),
            span(last.at.time.since(first.at.time))
        ));
    }
    finding.subject.hosts.clear();
    for &host in &hosts {
        finding = finding.host(host);
    }
    for (_, line) in routes {
        finding = line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow));
    }
    let filters: Vec<String> = hosts.iter().map(|&host| words::address_filter(host)).collect();
    Some(finding.shown_by(format!("udp.port == {PORT} && ({})", filters.join(" || "))))
}
