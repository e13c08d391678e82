//! Routes in trouble read together: one node, one network, two sites that lost each other, or load.

use super::super::matrix;
use super::super::words::{self, at, counted};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::route::{self, Trouble};
use super::{network, of_line};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const NODE_SILENT: Diagnosis = Diagnosis {
    id: "netft-node-silent",
    severity: Severity::Critical,
    title: "A node fell silent on all its routes at once",
    meaning: "The node stopped, hangs, or lost its network: its peers remove it from the cluster (event 1135).",
    evidence: "The last packets of all routes of the node lie within two intervals of each other, its peers go on \
               asking, and the capture goes on for five more intervals.",
    caveats: &["Its switch port or the hypervisor's switch failing looks the same."],
    advice: &["Look at the node's console and System log (events 41, 1074, 6008)."],
};

pub(super) const NODE: Diagnosis = Diagnosis {
    id: "netft-node-isolated",
    severity: Severity::Critical,
    title: "All routes of one node fail, and those among the others do not",
    meaning: "The trouble is that node's: its adapter, its link, its firewall.",
    evidence: "In the matrix of nodes only the row and the column of one node have runs of five or more missed \
               heartbeats.",
    caveats: &["The capture has to see several nodes: one taken on the node itself always looks like this."],
    advice: &["Check the node's adapter, cable, switch port and firewall before the others'."],
};

pub(super) const SPLIT: Diagnosis = Diagnosis {
    id: "netft-site-split",
    severity: Severity::Critical,
    title: "Two groups of nodes have lost each other",
    meaning: "Within each group heartbeats work, between them none does: the link between two sites or switches is \
              down. Only one group can keep the quorum (event 1177 in the other).",
    evidence: "The matrix of nodes falls into two blocks of at least two nodes each.",
    caveats: &["Routes that the capture does not see are not in the matrix."],
    advice: &["Check the link between the sites, and where the witness is."],
};

pub(super) const NETWORK: Diagnosis = Diagnosis {
    id: "netft-network-failed",
    severity: Severity::Warning,
    title: "One network fails for all nodes, and another works",
    meaning: "The cluster goes on over the other network, without redundancy.",
    evidence: "Every route in one subnet has runs of five or more missed heartbeats and no route in another has.",
    caveats: &["A network may have been taken out of cluster use on purpose."],
    advice: &["On a node: Get-ClusterNetworkInterface | Format-Table Node, Network, State"],
};

pub(super) const SCATTERED: Diagnosis = Diagnosis {
    id: "netft-losses-scattered",
    severity: Severity::Warning,
    title: "Heartbeats are lost between nodes without a pattern",
    meaning: "No node, site or network stands out: most often congestion, or hosts under too much load.",
    evidence: "Routes of at least three nodes have missed heartbeats, and the matrix shows neither a row nor blocks.",
    caveats: &[],
    advice: &["Compare the times with backup, live migration and storage traffic on the same links."],
};

/// Reads troubles together. What a pattern explains is told by it; the others are given back.
pub(super) fn read<'a>(
    grounds: &Grounds<'_>,
    troubles: Vec<Trouble<'a>>,
    findings: &mut Vec<Finding>,
) -> Vec<Trouble<'a>> {
    // A node whose host says by ICMP that its service is gone is silent as a whole first of all.
    let rest = silent_nodes(grounds, troubles, findings);
    let rest = refused(rest, findings);
    if rest.iter().filter(|trouble| trouble.is_failure()).count() < 2 {
        return rest;
    }
    in_matrix(grounds, rest, findings)
}

fn tell(diagnosis: &'static Diagnosis, members: &[Trouble<'_>], hosts: &BTreeSet<IpAddr>) -> Option<Finding> {
    let first = members.iter().min_by_key(|trouble| trouble.start())?;
    let mut finding = of_line(diagnosis, first.line, first.start().time);
    finding.subject.hosts.clear();
    for &host in hosts {
        finding = finding.host(host);
    }
    for trouble in members {
        for &flow in &trouble.line.flows {
            finding = finding.flow(flow);
        }
        finding = finding.because_some(trouble.sentence().map(str::to_owned));
    }
    let filters: Vec<String> = hosts.iter().map(|&host| words::address_filter(host)).collect();
    let of = match filters.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" || ")),
    };
    Some(finding.shown_by(format!("udp.port == 3343 && {of}")))
}

/// Takes out routes that ICMP explains: one finding per node that cannot be reached.
fn refused<'a>(troubles: Vec<Trouble<'a>>, findings: &mut Vec<Finding>) -> Vec<Trouble<'a>> {
    let (refused, rest): (Vec<_>, Vec<_>) =
        troubles.into_iter().partition(|trouble| trouble.diagnosis.id == route::REFUSED.id);
    let mut by_node: BTreeMap<IpAddr, Vec<Trouble<'a>>> = BTreeMap::new();
    for trouble in refused {
        by_node.entry(trouble.line.to.address).or_default().push(trouble);
    }
    for (node, members) in by_node {
        let severity = members.iter().map(|trouble| trouble.severity).max();
        let finding = tell(&route::REFUSED, &members, &BTreeSet::from([node])).map(|finding| {
            let severity = severity.unwrap_or(finding.severity);
            finding.graded(severity).titled(format!("Heartbeats to {node} are refused by ICMP"))
        });
        findings.extend(finding);
    }
    rest
}

/// Takes out nodes that fell silent towards all their peers at once, on at least two routes.
fn silent_nodes<'a>(
    grounds: &Grounds<'_>,
    troubles: Vec<Trouble<'a>>,
    findings: &mut Vec<Finding>,
) -> Vec<Trouble<'a>> {
    let (silent, mut rest): (Vec<_>, Vec<_>) =
        troubles.into_iter().partition(|trouble| trouble.silent_since.is_some() && trouble.line.peer.first.is_some());
    // Addresses all of whose routes ended.
    let routes_of = |address: IpAddr| {
        grounds.heartbeats.iter().filter(|line| line.to.address == address && line.beats.requests >= 3).count()
    };
    let mut groups: Vec<(i64, Vec<Trouble<'a>>)> = Vec::new();
    for trouble in silent {
        let since = trouble.silent_since.map_or(0, |moment| moment.time.0);
        let reach = i64::try_from(2 * trouble.line.interval()).unwrap_or(i64::MAX);
        match groups.iter_mut().find(|(time, _)| since.saturating_sub(*time).abs() <= reach) {
            Some((_, group)) => group.push(trouble),
            None => groups.push((since, vec![trouble])),
        }
    }
    for (_, group) in groups {
        let mut by_node: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for trouble in &group {
            *by_node.entry(trouble.line.to.address).or_default() += 1;
        }
        let whole = |address: &IpAddr| by_node.get(address).is_some_and(|&count| count >= routes_of(*address));
        let (members, others): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|trouble| whole(&trouble.line.to.address));
        rest.extend(others);
        let hosts: BTreeSet<IpAddr> = members.iter().map(|trouble| trouble.line.to.address).collect();
        // Several addresses of one network are several nodes.
        let networks: BTreeSet<_> = hosts.iter().map(|&host| network(host)).collect();
        // Where another network has all its nodes, this one lives too: it is an adapter that fell silent.
        let lives = networks_of(grounds).into_iter().any(|(which, nodes)| {
            let here = networks_of(grounds).into_iter().filter(|(which, _)| networks.contains(which));
            !networks.contains(&which) && here.map(|(_, nodes)| nodes).max() <= Some(nodes)
        });
        if members.len() < 2 || networks.len() < hosts.len() || lives {
            rest.extend(members);
            continue;
        }
        let Some(finding) = tell(&NODE_SILENT, &members, &hosts) else { continue };
        let names: Vec<String> = hosts.iter().map(IpAddr::to_string).collect();
        let since = members.iter().filter_map(|trouble| trouble.silent_since).max();
        let last = since.map(|since| {
            format!("Its last packet came {}; the capture went on for {}.", at(since, grounds.digits), words::span(grounds.watched_after(since.time)))
        });
        let refused = members.iter().any(|trouble| trouble.line.refused.is_some());
        let refusal = refused.then(|| {
            "ICMP says so: its host is there and its cluster service is not, or a router answers in its place.".to_owned()
        });
        let finding = finding.because_some(refusal);
        findings.push(finding.titled(format!("The node at {} fell silent on all its routes at once", names.join(", "))).because_some(last));
    }
    rest
}

/// The networks of all heartbeats, and how many nodes each has.
fn networks_of(grounds: &Grounds<'_>) -> BTreeMap<(u128, &'static str), usize> {
    let addresses: BTreeSet<IpAddr> =
        grounds.heartbeats.iter().flat_map(|line| [line.from.address, line.to.address]).collect();
    let mut networks = BTreeMap::new();
    for address in addresses {
        *networks.entry(network(address)).or_default() += 1;
    }
    networks
}

/// Reads the matrix of nodes of each network.
fn in_matrix<'a>(grounds: &Grounds<'_>, troubles: Vec<Trouble<'a>>, findings: &mut Vec<Finding>) -> Vec<Trouble<'a>> {
    let (failed, mut rest): (Vec<_>, Vec<_>) = troubles.into_iter().partition(Trouble::is_failure);
    let pair = |a: IpAddr, b: IpAddr| (a.min(b), a.max(b));
    let all: BTreeSet<_> =
        grounds.heartbeats.iter().map(|line| pair(line.from.address, line.to.address)).collect();
    let bad: BTreeSet<_> =
        failed.iter().map(|trouble| pair(trouble.line.from.address, trouble.line.to.address)).collect();
    let networks: BTreeSet<_> = all.iter().map(|(a, _)| network(*a)).collect();
    let in_network = |set: &BTreeSet<(IpAddr, IpAddr)>, which| set.iter().filter(|(a, _)| network(*a) == which).count();
    let failing: Vec<_> = networks.iter().filter(|&&which| in_network(&bad, which) > 0).collect();
    let nodes: BTreeSet<IpAddr> = bad.iter().flat_map(|&(a, b)| [a, b]).collect();
    let good_elsewhere = networks.iter().any(|&which| in_network(&bad, which) == 0);
    let summary = |finding: Finding| {
        finding.because(format!(
            "Of {} between nodes, {} have runs of five or more missed heartbeats.",
            counted(all.len() as u64, "route"),
            bad.len()
        ))
    };
    let finding = if let ([which], true) = (failing.as_slice(), good_elsewhere)
        && in_network(&bad, **which) == in_network(&all, **which)
    {
        tell(&NETWORK, &failed, &nodes)
    } else if let Some(node) = matrix::only_node(&all, &bad) {
        tell(&NODE, &failed, &BTreeSet::from([node]))
            .map(|finding| finding.titled(format!("All routes of {node} fail, and those among the others do not")))
    } else if matrix::blocks(&all, &bad).is_some() {
        tell(&SPLIT, &failed, &nodes)
    } else if nodes.len() >= 3 {
        tell(&SCATTERED, &failed, &nodes)
    } else {
        None
    };
    match finding {
        Some(finding) => findings.push(summary(finding)),
        None => rest.extend(failed),
    }
    rest
}

