//! Outages of more than one route told: one node, one network, two sites that lost each other, or load.

use super::super::finding::Episode;
use super::super::ledger::{Line, THRESHOLDS};
use super::super::matrix::{Matrix, Network};
use super::super::outage::{Fault, Outage, Pattern};
use super::super::words::{self, at, counted, span, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::{of_line, route};
use crate::key::Endpoint;
use crate::report::{Moment, Run};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const NODE_SILENT: Diagnosis = Diagnosis {
    id: "netft-node-silent",
    severity: Severity::Critical,
    title: "A node fell silent on all its routes at once",
    meaning: "The node stopped, hangs, or lost its network: its peers remove it from the cluster (event 1135).",
    evidence: "On all routes of the node (two at least) three or more requests of its peers in a row are not answered, \
               beginning within three intervals of each other (\"at once\") or while the others last (\"one after the other\"), \
               and less than half as many requests come from it. From five on critical. A counter that begins anew afterwards says that it was restarted.",
    caveats: &["Its switch port or the hypervisor's switch failing looks the same, unless its counter began anew."],
    advice: &["Look at the node's console and System log (events 41, 1074, 6008)."],
};

pub(super) const NODE: Diagnosis = Diagnosis {
    id: "netft-node-isolated",
    severity: Severity::Critical,
    title: "All routes of one node fail, and those among the others do not",
    meaning: "The trouble is that node's: its adapter, its link, its firewall.",
    evidence: "At the same time all routes of one node (in one network at least) have runs of missed heartbeats, five or \
               more or not ended yet, others have none, and the node is heard. A warning where another network works between \
               the same nodes meanwhile.",
    caveats: &["The capture has to see several nodes: one taken on the node itself always looks like this."],
    advice: &["Check the node's adapter, cable, switch port and firewall before the others'."],
};

pub(super) const SPLIT: Diagnosis = Diagnosis {
    id: "netft-site-split",
    severity: Severity::Critical,
    title: "Two groups of nodes have lost each other",
    meaning: "Within each group heartbeats work, between them none does: the link between two sites or switches is \
              down. Only one group can keep the quorum (event 1177 in the other).",
    evidence: "At the same time the matrix of nodes falls into two blocks of at least two nodes each, and no other network \
               works between them.",
    caveats: &["Routes that the capture does not see are not in the matrix."],
    advice: &["Check the link between the sites, and where the witness is."],
};

pub(super) const NETWORK: Diagnosis = Diagnosis {
    id: "netft-network-failed",
    severity: Severity::Warning,
    title: "One network fails for all nodes, and another works",
    meaning: "The cluster goes on over the other network, without redundancy.",
    evidence: "At the same time every route in one subnet, or every route there between two groups of nodes, has runs of missed \
               heartbeats in both directions, five or more or not ended yet, and another subnet works between the same nodes.",
    caveats: &["A network may have been taken out of cluster use on purpose."],
    advice: &["On a node: Get-ClusterNetworkInterface | Format-Table Node, Network, State"],
};

pub(super) const SCATTERED: Diagnosis = Diagnosis {
    id: "netft-losses-scattered",
    severity: Severity::Warning,
    title: "Heartbeats are lost between nodes without a pattern",
    meaning: "No node, site or network stands out: most often congestion, or hosts under too much load.",
    evidence: "At the same time routes of at least three nodes miss heartbeats (two or more in a row, or more than one in \
               twenty), and the matrix shows neither one node nor blocks. A notice while it is less than five in a row and \
               one in twenty, critical from ten in a row.",
    caveats: &["A capture that lost packets itself looks the same."],
    advice: &["Compare the times with backup, live migration and storage traffic on the same links."],
};

/// Most routes told one by one.
const MAX_TOLD: usize = 6;

/// Tells the outages of more than one route; gives back what is left of the lines.
pub(super) fn tell(
    grounds: &Grounds<'_>,
    matrix: &Matrix,
    lines: &[&Line],
    outages: &[Outage<'_>],
    findings: &mut Vec<Finding>,
) -> Vec<Line> {
    let mut rest: Vec<Line> = lines.iter().map(|&line| line.clone()).collect();
    for outage in outages {
        let mut outage = outage.clone();
        if !matches!(outage.pattern, Pattern::Silent(_)) {
            // What ICMP explains is told as refused.
            outage.faults.retain(|fault| !is_refused(fault));
        }
        let is_wide = outage.faults.len() + outage.lossy.len() > 1;
        let Some(finding) = of(grounds, matrix, &outage).filter(|_| is_wide) else { continue };
        findings.push(finding);
        for fault in &outage.faults {
            for line in rest.iter_mut().filter(|line| is_same(line, fault.line)) {
                leave_out(line, fault);
            }
            if is_refused(fault) {
                // That has been said with it, and of the route in both directions.
                for line in rest.iter_mut().filter(|line| line.flows == fault.line.flows) {
                    line.refused = None;
                }
            }
        }
        for lossy in &outage.lossy {
            for line in rest.iter_mut().filter(|line| is_same(line, lossy)) {
                line.explained = line.beats.missed;
                line.beats.runs.retain(|run| run.end.is_none());
                line.beats.longest = line.beats.open;
            }
        }
    }
    rest
}

/// What is left of the lines of which ICMP explains runs: those at other times, which it does not.
pub(super) fn beside_refused(lines: &[Line]) -> Vec<Line> {
    let beside = |line: &Line| {
        let all = line.beats.runs.iter().chain(&line.beats.longest).chain(&line.beats.open);
        let explained: BTreeMap<Moment, Run> =
            all.filter(|run| line.refusal(run).is_some()).map(|run| (run.start, *run)).collect();
        explained.first_key_value()?;
        let mut beside = line.clone();
        for run in explained.into_values() {
            leave_out(&mut beside, &Fault { line, run });
        }
        beside.refused = None;
        (beside.beats.longest.or(beside.beats.open).is_some()).then_some(beside)
    };
    lines.iter().filter_map(beside).collect()
}

fn is_same(line: &Line, other: &Line) -> bool {
    (line.from, line.to, &line.flows) == (other.from, other.to, &other.flows)
}

fn is_refused(fault: &Fault<'_>) -> bool {
    fault.line.refusal(&fault.run).is_some()
}

/// Takes a run out of a line that is told elsewhere.
fn leave_out(line: &mut Line, fault: &Fault<'_>) {
    let start = fault.run.start;
    let beats = &mut line.beats;
    line.explained += fault.run.missed;
    beats.runs.retain(|run| run.start != start);
    beats.open = beats.open.filter(|open| open.start != start);
    if beats.longest.is_some_and(|longest| longest.start == start) {
        beats.longest = beats.runs.iter().max_by_key(|run| run.missed).copied();
    }
}

/// The finding of an outage, unless it is one of single routes.
fn of(grounds: &Grounds<'_>, matrix: &Matrix, outage: &Outage<'_>) -> Option<Finding> {
    let [lowest, ..] = THRESHOLDS;
    let names = |node: usize| matrix.nodes.get(node).cloned().unwrap_or_default();
    let lines = || outage.faults.iter().map(|fault| fault.line).chain(outage.lossy.iter().copied());
    let used: BTreeSet<IpAddr> = lines().flat_map(|line| [line.from.address, line.to.address]).collect();
    let of_nodes = |nodes: &[usize]| -> BTreeSet<IpAddr> {
        nodes.iter().flat_map(|&node| names(node)).filter(|address| used.contains(address)).collect()
    };
    let listed = |hosts: &BTreeSet<IpAddr>| hosts.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    let failing = || {
        let planes = outage.faults.iter().filter_map(|fault| Some(matrix.route(fault.line)?.2));
        let planes: BTreeSet<usize> = planes.collect();
        planes.into_iter().map(|plane| matrix.plane_name(plane)).collect::<Vec<_>>().join(", ")
    };
    let (diagnosis, hosts, title) = match &outage.pattern {
        Pattern::Silent(nodes) => {
            let hosts = of_nodes(nodes);
            let again = match (restarted(outage, &hosts), outage.end()) {
                (true, _) => " and came back with its counter begun anew: it was restarted",
                (false, Some(_)) => " and came back",
                (false, None) => "",
            };
            let when = if outage.is_at_once() { "at once" } else { "one after the other" };
            let title = format!("The node at {} fell silent on all its routes {when}{again}", listed(&hosts));
            (&NODE_SILENT, hosts, title)
        }
        Pattern::Isolated(node) => {
            let hosts = of_nodes(&[*node]);
            let title = format!("All routes of {} fail, and those among the others do not", listed(&hosts));
            (&NODE, hosts, title)
        }
        Pattern::Adapter(node, network) => {
            let mut hosts = of_nodes(&[*node]);
            hosts.retain(|&host| matrix.plane(host) == Some(*network));
            let title = format!("All routes of {} fail, and those of other networks do not", listed(&hosts));
            (&NODE, hosts, title)
        }
        Pattern::Network(_) => (&NETWORK, used.clone(), NETWORK.title.to_owned()),
        Pattern::Split(_) if !outage.carried.is_empty() => {
            let title = format!("On {} two groups of nodes have lost each other, and another network works", failing());
            (&NETWORK, used.clone(), title)
        }
        Pattern::Split(_) => (&SPLIT, used.clone(), SPLIT.title.to_owned()),
        Pattern::Everything => (&SCATTERED, used.clone(), "No route between the nodes gets heartbeats through".to_owned()),
        Pattern::Scattered => (&SCATTERED, used.clone(), SCATTERED.title.to_owned()),
        Pattern::Lossy(node) => {
            let hosts = of_nodes(&[*node]);
            let title = format!("Heartbeats were missed on several routes of {}", listed(&hosts));
            (&route::MISSED, hosts, title)
        }
        Pattern::Path(..) => return None,
    };
    // No outage is nobody's.
    let hosts = if hosts.is_empty() { used } else { hosts };
    let first = lines().next()?;
    let mut finding = of_line(diagnosis, first, outage.start().time).titled(title).graded(graded(outage, diagnosis));
    finding.subject.hosts.clear();
    for &host in &hosts {
        finding = finding.host(host);
    }
    for line in lines() {
        for &flow in &line.flows {
            finding = finding.flow(flow);
        }
    }
    let (worst, lossy) = worse(outage);
    let told = worst.values().map(|fault| super::telling::told(fault.line, &fault.run));
    let all: Vec<String> = lossy.values().map(|line| super::telling::tally(line)).chain(told).collect();
    let more = all.len().saturating_sub(MAX_TOLD);
    for sentence in all.into_iter().take(MAX_TOLD) {
        finding = finding.because(sentence);
    }
    if more > 0 {
        finding = finding.because(format!("The same on {}.", counted(more as u64, "further route")));
    }
    finding = match &outage.pattern {
        Pattern::Silent(_) => of_silence(grounds, outage, finding, &hosts),
        _ => finding.because(format!(
            "Of {} between nodes, {} {} heartbeats at that time{}.",
            counted(outage.routes.0 as u64, "route"),
            outage.routes.1,
            if outage.routes.1 == 1 { "misses" } else { "miss" },
            if outage.longest() >= lowest { ", five or more in a row" } else { "" },
        )),
    };
    if !outage.carried.is_empty() && !matches!(outage.pattern, Pattern::Network(_)) {
        let over: Vec<String> = outage.carried.iter().map(|&plane| matrix.plane_name(plane)).collect();
        finding = finding.because(format!(
            "Over {} heartbeats of the same nodes are answered meanwhile: the cluster has lost redundancy, and no node.",
            over.join(", ")
        ));
    }
    if let Some(caveat) = grounds.losses() {
        let milder = finding.severity.milder();
        finding = finding.but(caveat).graded(milder);
    }
    let mut finding = doubted(matrix, outage, finding, &hosts).shown_by(filter(&hosts));
    finding.episode = Episode::of(outage.faults.iter().map(|fault| (fault.line, &fault.run)), outage.lossy.is_empty());
    Some(finding)
}

/// The two ends of a route.
type Ends = (Endpoint, Endpoint);

/// Of each route the direction that is worse: by its outage, and where it only loses some.
fn worse<'a>(outage: &'a Outage<'a>) -> (BTreeMap<Ends, &'a Fault<'a>>, BTreeMap<Ends, &'a Line>) {
    let ends = |line: &Line| (line.from.min(line.to), line.from.max(line.to));
    let mut worst: BTreeMap<_, &Fault<'_>> = BTreeMap::new();
    let steady = |line: &Line| outage.lossy.iter().any(|lossy| is_same(lossy, line));
    for fault in outage.faults.iter().filter(|fault| !steady(fault.line)) {
        let known = worst.entry(ends(fault.line)).or_insert(fault);
        if known.run.missed < fault.run.missed {
            *known = fault;
        }
    }
    let mut lossy: BTreeMap<_, &Line> = BTreeMap::new();
    for &line in &outage.lossy {
        let known = lossy.entry(ends(line)).or_insert(line);
        if known.beats.missed < line.beats.missed {
            *known = line;
        }
    }
    (worst, lossy)
}

/// Shows the heartbeats to and from some hosts.
fn filter(hosts: &BTreeSet<IpAddr>) -> String {
    let filters: Vec<String> = hosts.iter().map(|&host| words::address_filter(host)).collect();
    match filters.as_slice() {
        [] => "udp.port == 3343".to_owned(),
        [one] => format!("udp.port == 3343 && {one}"),
        several => format!("udp.port == 3343 && ({})", several.join(" || ")),
    }
}

/// Says of a finding that rests on whose addresses are whose how far that is known.
fn doubted(matrix: &Matrix, outage: &Outage<'_>, finding: Finding, hosts: &BTreeSet<IpAddr>) -> Finding {
    // Of one address each it does not matter whose the others are.
    let networks: BTreeSet<_> = hosts.iter().map(|&host| Network::of(host)).collect();
    let by_network = matches!(outage.pattern, Pattern::Network(_) | Pattern::Adapter(..));
    match matrix.doubt().filter(|_| networks.len() > 1 || by_network) {
        Some(doubt) => finding.but(doubt),
        None => finding,
    }
}

fn graded(outage: &Outage<'_>, diagnosis: &Diagnosis) -> Severity {
    let [lowest, next, ..] = THRESHOLDS;
    let longest = outage.longest();
    // Nobody is removed whose heartbeats go on over another network.
    let worst = if outage.carried.is_empty() { Severity::Critical } else { Severity::Warning };
    let severity = match outage.pattern {
        Pattern::Scattered | Pattern::Everything if longest >= next => Severity::Critical,
        Pattern::Scattered if longest < lowest && outage.lossy.is_empty() => Severity::Notice,
        Pattern::Lossy(_) if longest < lowest => Severity::Notice,
        // It may yet be over before any cluster acts.
        Pattern::Silent(_) | Pattern::Isolated(_) | Pattern::Adapter(..) | Pattern::Split(_) if longest < lowest => {
            Severity::Warning
        }
        _ => diagnosis.severity,
    };
    severity.min(worst)
}

/// Whether a node's counter began anew when it came back.
fn restarted(outage: &Outage<'_>, hosts: &BTreeSet<IpAddr>) -> bool {
    restart(outage, hosts).is_some()
}

fn restart(outage: &Outage<'_>, hosts: &BTreeSet<IpAddr>) -> Option<Moment> {
    let theirs = outage.faults.iter().filter(|fault| hosts.contains(&fault.line.to.address));
    let restarts = theirs.flat_map(|fault| {
        let from = fault.run.start.time;
        // On other routes it may be answered a little earlier.
        let until = fault.run.end.map(|end| end.time);
        let reach = 3 * fault.line.interval();
        fault.line.peer.restarted.iter().filter(move |restart| {
            restart.at.time >= from && until.is_none_or(|until| restart.at.time.since(until) <= reach)
        })
    });
    restarts.map(|restart| restart.at).min()
}

/// What else is known of a node that fell silent.
fn of_silence(grounds: &Grounds<'_>, outage: &Outage<'_>, finding: Finding, hosts: &BTreeSet<IpAddr>) -> Finding {
    let mut finding = finding;
    let digits = grounds.digits;
    let before = outage.faults.iter().filter_map(|fault| {
        let last = fault.line.peer.last.filter(|last| last.time < fault.run.start.time);
        last.or(fault.line.beats.last_answered.filter(|last| last.time < fault.run.start.time))
    });
    let back = outage.end();
    let sentence = match (before.max(), back) {
        (_, Some(back)) => {
            let lasted = span(back.time.since(outage.start().time));
            format!("By {} it answered on all its routes again, {lasted} after the first request that it did not.", stamp(back, digits))
        }
        (Some(before), None) => {
            let watched = span(grounds.watched_after(before.time));
            format!("Its last packet before that came {}; the capture went on for {watched}.", at(before, digits))
        }
        (None, None) => "No packet of it came meanwhile.".to_owned(),
    };
    finding = finding.because(sentence);
    if let Some(restart) = restart(outage, hosts) {
        finding = finding
            .because(format!("Its first request after that, {}, has a counter that began anew: it was restarted.", at(restart, digits)))
            .advise("Look for events 6005, 6008 and 1074 in the node's System log around this time: adapter, cable and switch are not to blame.");
    }
    if outage.faults.iter().any(|fault| fault.line.refused.is_some()) {
        let refusals = outage.faults.iter().filter_map(|fault| fault.line.refused.as_ref());
        finding = finding
            .because_some(refusals.min_by_key(|refusal| refusal.at).map(|refusal| refusal.sentence.clone()))
            .because("ICMP says so: its host is there and its cluster service is not, or a router answers in its place.");
    }
    // Where nobody is answered and nothing of it was ever seen, the capture may lack that direction.
    let unheard = outage.faults.iter().all(|fault| fault.line.peer.first.is_none());
    if unheard && !grounds.heartbeats.iter().any(|line| line.beats.answered > 0) {
        let milder = finding.severity.milder();
        finding = finding
            .but("No packet of it is in the capture, nor is any other heartbeat answered: the capture may have one direction only.")
            .graded(milder);
    }
    finding
}
