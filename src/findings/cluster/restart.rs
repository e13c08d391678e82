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
               the 32 bits of the counter ran over. Told once for all routes of the node; and once for an \
               address whose counter goes back three times or more, mostly within two seconds: that is two counters.",
    caveats: &["A failover of the address to another host looks the same."],
    advice: &["Look for events 6005, 6008 and 1074 in the node's System log around this time."],
};

/// Counters of a node's routes begin anew within this time, in nanoseconds.
const AT_ONCE: u64 = 10 * words::SECOND;

/// Restarts on routes of one node at one time.
type Restarts<'a> = Vec<(Restart, &'a Line)>;

pub(super) fn tell(grounds: &Grounds<'_>, matrix: &Matrix, findings: &mut Vec<Finding>) {
    let mut all: Restarts<'_> = Vec::new();
    let mixed: BTreeSet<IpAddr> =
        grounds.heartbeats.iter().filter(|line| is_mixed(line)).map(|line| line.from.address).collect();
    for &host in &mixed {
        findings.extend(two_counters(grounds, host));
    }
    for line in grounds.heartbeats.iter().filter(|line| !mixed.contains(&line.from.address)) {
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

/// Fewest times that a counter goes back before it is two.
const MIN_BACK: usize = 3;

/// No node starts within this time, in nanoseconds.
const AT_LEAST: u64 = 2 * words::SECOND;

/// Whether a counter goes back again and again within a moment: no node starts that fast.
fn is_mixed(line: &Line) -> bool {
    let restarted = &line.beats.restarted;
    let at_once = restarted.iter().filter(|restart| restart.at.time.since(restart.before.time) < AT_LEAST);
    restarted.len() >= MIN_BACK && at_once.count() * 2 > restarted.len()
}

/// An address from which two counters come in turns.
fn two_counters(grounds: &Grounds<'_>, host: IpAddr) -> Option<Finding> {
    let lines = || grounds.heartbeats.iter().filter(|line| line.from.address == host && line.beats.restarts > 0);
    let (line, first) = lines().filter_map(|line| Some((line, line.beats.restarted.first()?))).min_by_key(|(_, first)| first.at)?;
    let times: u64 = lines().map(|line| line.beats.restarts).sum();
    let mut finding = of_line(&RESTARTED, line, first.at.time)
        .titled(format!("Two heartbeat counters come from {host} in turns"))
        .because(format!(
            "The sequence of requests of {host} goes far back {}, the first time to {} {}, {} after the request before it.",
            counted(times, "time"),
            line.to.address,
            at(first.at, line.digits),
            span(first.at.time.since(first.before.time))
        ))
        .because("No node starts anew that often: two hosts send from this address, or a capture of two places has both.")
        .but("Two hosts with one address (a clone, a failover that left the old host running) look like this.")
        .advise(format!("Compare the MAC addresses of the requests: {host} should have one."));
    finding.subject.hosts = vec![host];
    for line in lines() {
        finding = line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow));
    }
    Some(finding.shown_by(format!("udp.port == {PORT} && {}", words::address_filter(host))))
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
