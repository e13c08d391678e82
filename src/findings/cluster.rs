//! Failover clusters: do heartbeats get through, both ways, on every network?
//!
//! Everything rests on the ledger. Each route is judged by itself first; then routes in trouble are read
//! together, because the pattern says what no single route does: one node, one network, one site, or load.

mod pattern;
mod restart;
mod route;
mod silence;
mod telling;
mod traffic;

use super::ledger::Line;
use super::matrix::Matrix;
use super::{later, outage, unanswered};
use super::words::{self, at, counted, end, span, stamp};
use super::{Diagnosis, Family, Finding, Grounds, Severity};
use crate::key::{Transport, protocol};
use crate::packet::TcpHeader;
use crate::summary::Summary;
use route::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Where cluster nodes talk: UDP for heartbeats and tunnelled traffic, TCP for joining.
const PORT: u16 = 3343;

pub(super) const FAMILY: Family = Family {
    title: "Windows failover clusters",
    concerns,
    examine,
    diagnoses: &[
        route::ONE_WAY,
        route::UNANSWERED,
        route::NEITHER,
        route::REFUSED,
        route::MISSED,
        route::FLAP,
        silence::SILENT,
        route::LATE,
        route::SLOW,
        pattern::NODE_SILENT,
        pattern::NODE,
        pattern::SPLIT,
        pattern::NETWORK,
        pattern::SCATTERED,
        restart::RESTARTED,
        TRANSLATED,
        INTERVAL,
        NO_REDUNDANCY,
        traffic::LARGE,
        traffic::READABLE,
        traffic::BULK,
        JOIN_BLOCKED,
        TCP_BLOCKED,
    ],
};

const TRANSLATED: Diagnosis = Diagnosis {
    id: "netft-translated",
    severity: Severity::Warning,
    title: "Heartbeats are translated on their way",
    meaning: "Something rewrites addresses or ports between the nodes. Clusters do not support that.",
    evidence: "A route control packet that names other addresses than it is sent between, or a heartbeat whose source \
               port is not 3343.",
    caveats: &["A capture taken inside a tunnel or on a load balancer may show one leg only."],
    advice: &["Take NAT and load balancers out of the path between the nodes."],
};

const INTERVAL: Diagnosis = Diagnosis {
    id: "netft-interval",
    severity: Severity::Info,
    title: "Heartbeats have another interval than the default",
    meaning: "SameSubnetDelay or CrossSubnetDelay was changed from 1000 ms; a node is given up after threshold times \
              this interval.",
    evidence: "The median time between a node's requests is not one second, over at least ten.",
    caveats: &["Under load the timer may be late."],
    advice: &["On a node: Get-Cluster | Format-List *Subnet*, *CrossSite*"],
};

const NO_REDUNDANCY: Diagnosis = Diagnosis {
    id: "netft-no-second-network",
    severity: Severity::Info,
    title: "Heartbeats were seen on one network only",
    meaning: "If that network fails, the nodes lose each other.",
    evidence: "At least a minute of heartbeats, all in one subnet.",
    caveats: &["A capture on one VLAN or one adapter sees one network only, whatever there is."],
    advice: &["On a node: Get-ClusterNetwork | Format-Table Name, Role, State, Address"],
};

const JOIN_BLOCKED: Diagnosis = Diagnosis {
    id: "netft-join-blocked",
    severity: Severity::Critical,
    title: "A node can reach the cluster service, and no heartbeat is answered",
    meaning: "Joining fails: TCP 3343 gets through and UDP 3343 does not (event 1572).",
    evidence: "A TCP connection to 3343, and at least three heartbeat requests between the same hosts without any \
               response for 5 s.",
    caveats: &["The nodes may talk over another network that is not in the capture."],
    advice: &["Allow UDP 3343 both ways in every firewall between the nodes, the hosts' own included."],
};

const TCP_BLOCKED: Diagnosis = Diagnosis {
    id: "netft-tcp-blocked",
    severity: Severity::Warning,
    title: "TCP 3343 of a cluster node cannot be reached",
    meaning: "Heartbeats are exchanged, but a node cannot join over this path.",
    evidence: "A SYN to 3343 that is sent again without answer, or reset, between hosts of which one sends heartbeats.",
    caveats: &["A reset says that the cluster service does not run there at that time."],
    advice: &["Allow TCP 3343; on the target: Get-Service ClusSvc"],
};

fn concerns(flow: &Summary) -> bool {
    flow.app == Some("netft")
        || (flow.protocol == protocol::TCP
            && (flow.endpoints.iter().any(|end| end.port == PORT) || traffic::is_bulk(flow)))
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    if grounds.heartbeats.is_empty() {
        return;
    }
    let joins = blocked_joins(grounds, findings);
    let is_told = |line: &Line| {
        let (from, to) = (line.from.address, line.to.address);
        joins.contains(&(from, to)) || joins.contains(&(to, from))
    };
    let lines: Vec<&Line> = grounds.heartbeats.iter().filter(|line| line.known && !is_told(line)).collect();
    let matrix = Matrix::of(grounds.heartbeats);
    let outages = outage::read(&matrix, &lines);
    traffic::behind_bulk(grounds, findings);
    let rest = pattern::tell(grounds, &matrix, &lines, &outages, findings);
    let mut troubles = refused(route::troubles(grounds, &rest), findings);
    // A service that was only starting hides nothing that went wrong at another time.
    let beside = pattern::beside_refused(&rest);
    troubles.extend(route::troubles(grounds, &beside).into_iter().filter(Trouble::is_outage));
    findings.extend(troubles.into_iter().map(|trouble| trouble.finding(grounds)));
    silence::tell(grounds, &lines, findings);
    restart::tell(grounds, &matrix, findings);
    let mut seen = BTreeSet::new();
    for line in grounds.heartbeats {
        if seen.insert(line.from.min(line.to)) {
            changed_interval(line, findings);
        }
        if line.from < line.to {
            translated(line, findings);
            traffic::large(line, grounds, findings);
            traffic::readable(line, findings);
        }
    }
    no_redundancy(grounds, findings);
}

/// A finding about a line.
fn of_line(diagnosis: &'static Diagnosis, line: &Line, at: crate::packet::Timestamp) -> Finding {
    let mut finding = Finding::new(diagnosis, at, line.digits)
        .between(line.from.address, line.to.address)
        .on(Some(Transport::Udp), line.to.port)
        .shown_by(line.filter.clone());
    for &flow in &line.flows {
        finding = finding.flow(flow);
    }
    finding
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
        let Some(first) = members.iter().min_by_key(|trouble| trouble.start()) else { continue };
        let mut finding = of_line(&route::REFUSED, first.line, first.start().time)
            .titled(format!("Heartbeats to {node} are refused by ICMP"));
        finding.subject.hosts = vec![node];
        finding.severity = members.iter().map(|trouble| trouble.severity).max().unwrap_or(finding.severity);
        for trouble in &members {
            finding = trouble.line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow));
            finding = trouble.sentences.iter().fold(finding, Finding::because);
        }
        let mut outages = members.iter().filter_map(Trouble::outage);
        finding.episode = outages.next().map(|first| outages.fold(first, |sum, other| sum.with(&other)));
        finding = finding.shown_by(format!("udp.port == {PORT} && {}", words::address_filter(node)));
        for Trouble { line, caveat, .. } in &members {
            let Some(caveat) = caveat.as_ref().filter(|caveat| !finding.caveats.contains(caveat)) else { continue };
            // Without ports the filter above does not show the errors.
            finding = finding.but(caveat.as_str()).also_shown_by(&format!("icmp && {}", words::address_filter(line.from.address)));
        }
        findings.push(finding);
    }
    rest
}

fn translated(line: &Line, findings: &mut Vec<Finding>) {
    let odd = [line.from, line.to].into_iter().find(|end| end.port != PORT);
    let sentence = match (&line.translated, odd, line.beats.first) {
        (Some((pair, when)), _, _) => {
            format!("A packet between {} and {} {} names {pair}.", line.from.address, line.to.address, at(*when, line.digits))
        }
        (None, Some(odd), Some(first)) => {
            format!("Heartbeats come from {} instead of port {PORT}, the first {}.", end(odd), at(first, line.digits))
        }
        _ => return,
    };
    let when = line.translated.as_ref().map(|(_, when)| when.time).or(line.beats.first.map(|first| first.time));
    findings.push(of_line(&TRANSLATED, line, when.unwrap_or_default()).because(sentence));
}

/// Requests to know an interval by.
const MIN_INTERVALS: u64 = 10;

fn changed_interval(line: &Line, findings: &mut Vec<Finding>) {
    let Some(interval) = line.beats.interval.filter(|spread| spread.count >= MIN_INTERVALS) else { return };
    // A tenth is more than any kernel timer is late by at the median.
    if (900_000_000..=1_100_000_000).contains(&interval.median) {
        return;
    }
    let Some(first) = line.beats.first else { return };
    findings.push(
        of_line(&INTERVAL, line, first.time)
            .because(format!(
                "The median time between {} of {} from {} on is {}; a threshold of 5, 10, 20 or 40 missed ones is reached after \
                 {}, {}, {} or {}.",
                counted(line.beats.requests, "request"),
                line.from.address,
                stamp(first, line.digits),
                span(interval.median),
                span(5 * interval.median),
                span(10 * interval.median),
                span(20 * interval.median),
                span(40 * interval.median),
            )),
    );
}

/// The network that an address most probably is in: clusters' networks are seldom smaller than these.
fn network(address: IpAddr) -> (u128, &'static str) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits() >> 8), "/24"),
        IpAddr::V6(v6) => (v6.to_bits() >> 64, "/64"),
    }
}

fn no_redundancy(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let networks: BTreeSet<_> = grounds.heartbeats.iter().map(|line| network(line.from.address)).collect();
    let times = |of: fn(&Line) -> Option<crate::report::Moment>| grounds.heartbeats.iter().filter_map(of);
    let (Some(first), Some(last)) =
        (times(|line| line.beats.first).min(), times(|line| line.beats.last).max())
    else {
        return;
    };
    let watched = last.time.since(first.time);
    let Some(line) = grounds.heartbeats.first().filter(|_| networks.len() == 1) else { return };
    if watched < 60 * words::SECOND {
        return;
    }
    findings.push(of_line(&NO_REDUNDANCY, line, first.time).because(format!(
        "In {} of heartbeats from {} on, all of them ({}) are in one network.",
        span(watched),
        stamp(first, line.digits),
        counted(grounds.heartbeats.len() as u64, "line")
    )).shown_by(format!("udp.port == {PORT}")));
}

/// What TCP 3343 tells; gives the pairs of hosts whose join is blocked, whose silent heartbeats are told thereby.
fn blocked_joins(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) -> Vec<(IpAddr, IpAddr)> {
    let mut blocked = Vec::new();
    let nodes: BTreeSet<IpAddr> =
        grounds.heartbeats.iter().flat_map(|line| [line.from.address, line.to.address]).collect();
    for flow in grounds.flows {
        let [from, to] = flow.endpoints;
        let (Some(tcp), true) = (&flow.tcp, to.port == PORT) else { continue };
        if !nodes.contains(&from.address) && !nodes.contains(&to.address) {
            continue;
        }
        let [client, server] = &tcp.sides;
        let [asked, answered] = flow.counts;
        let is = |a: IpAddr, b: IpAddr| (a, b) == (from.address, to.address) || (b, a) == (from.address, to.address);
        if client.flags & TcpHeader::SYN != 0 && server.flags & TcpHeader::SYN != 0 {
            let lines: Vec<&Line> =
                grounds.heartbeats.iter().filter(|line| is(line.from.address, line.to.address)).collect();
            let requests: u64 = lines.iter().map(|line| line.beats.requests).sum();
            let silent = lines.iter().all(|line| line.beats.responses + line.peer.responses == 0);
            if requests >= 3 && silent && grounds.watched_after(flow.first) >= 5 * words::SECOND {
                blocked.push((from.address, to.address));
                let mut finding = Finding::of_flow(&JOIN_BLOCKED, flow, None).because(format!(
                    "TCP {} to {} was opened at {} (frame {}); of {} between the two over UDP none was answered.",
                    end(from),
                    end(to),
                    words::utc(flow.first, flow.digits),
                    flow.first_frame,
                    counted(requests, "heartbeat request")
                ));
                for line in lines {
                    finding = finding.flow(line.flows.first().copied().unwrap_or(flow.id));
                }
                let filter = format!("{} && (tcp.port == {PORT} || udp.port == {PORT})", words::pair_filter(from.address, to.address));
                findings.push(finding.shown_by(filter));
            }
        } else if client.flags & TcpHeader::SYN != 0 && server.flags & TcpHeader::RST != 0 {
            let reset = Finding::of_flow(&TCP_BLOCKED, flow, None).because(format!(
                "{} reset the connection of {} at {} (frame {}).",
                end(to), end(from), words::utc(flow.first, flow.digits), flow.first_frame
            ));
            findings.push(later::opened(grounds, flow, reset));
        } else if client.flags & TcpHeader::SYN != 0
            && answered.packets == 0
            && asked.packets >= 2
            && grounds.watched_after(flow.first) >= 3 * words::SECOND
            && grounds.silence(to.address, from.address) != super::Silence::Unknowable
        {
            let blocked = Finding::of_flow(&TCP_BLOCKED, flow, None).because(format!(
                "{} of {} to {} from {} (frame {}) on were not answered.",
                counted(asked.packets, "SYN"), end(from), end(to), words::utc(flow.first, flow.digits), flow.first_frame
            ));
            findings.push(later::opened(grounds, flow, unanswered::with_refusal(blocked, flow)));
        }
    }
    blocked
}
