//! The ports of clusters, gateways and transaction managers: strangers there, scans, and who listens.

use super::super::words::{self, counted, end};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::{is_special, is_sure, opened, responder};
use crate::key::{Endpoint, Transport, protocol};
use crate::packet::TcpHeader;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const FOREIGN: Diagnosis = Diagnosis {
    id: "port-foreign-speaker",
    severity: Severity::Info,
    title: "Something else speaks on a cluster's or a gateway's port",
    meaning: "Tools that go by ports call it a cluster's heartbeat or a gateway's side channel, and it is neither.",
    evidence: "UDP to 3343 or 3391 whose bytes are not what belongs there, and nothing else that is known.",
    caveats: &["Some cameras and drones use UDP 3343."],
    advice: &["On the listening host: netstat -ano, or ss -lnup, tells who it is."],
};

pub(super) const FORGOTTEN: Diagnosis = Diagnosis {
    id: "port-half-forgotten",
    severity: Severity::Info,
    title: "A port of a half-forgotten system is in use",
    meaning: "The port is registered to, or used by, a system that few remember; most names that tools print for it are \
              wrong.",
    evidence: "Payload both ways on 3243, 3353, 3372 or 3391 that is not of the system itself.",
    caveats: &["Of FatPipe and Timelot no protocol is published: that it is not theirs cannot be proven."],
    advice: &["wiretell explain PORT tells who registered it and who really uses it."],
};

pub(super) const SCANNED: Diagnosis = Diagnosis {
    id: "port-scanned",
    severity: Severity::Notice,
    title: "A host looks for one of the special ports on many others",
    meaning: "Somebody maps cluster nodes, gateways or transaction managers.",
    evidence: "Connections or datagrams of one host to the same special port of at least eight others, most of them \
               without answer or refused.",
    caveats: &["Inventory and vulnerability scanners of one's own look the same."],
    advice: &["Check who owns the source."],
};

pub(super) const ANSWERED: Diagnosis = Diagnosis {
    id: "port-special-listener",
    severity: Severity::Info,
    title: "A special TCP port was opened",
    meaning: "Something listens there.",
    evidence: "A SYN+ACK from 3243, 3353, 3372 or 3391.",
    caveats: &["Middleboxes accept connections for others."],
    advice: &["wiretell explain PORT tells what it may be."],
};

pub(super) const REFUSED: Diagnosis = Diagnosis {
    id: "port-special-refused",
    severity: Severity::Info,
    title: "A special TCP port refused a connection",
    meaning: "The host is there and nothing listens.",
    evidence: "A SYN to 3243, 3343, 3353, 3372 or 3391, answered by RST.",
    caveats: &["Firewalls send RST in a host's name."],
    advice: &["Check whether the service should run there."],
};

/// Ports of half-forgotten systems, and who is meant.
const HALF_FORGOTTEN: [(u16, &str, &[&str]); 4] = [
    (3243, "Timelot (and lies in Framehawk's range)", &["timelot", "framehawk"]),
    (3353, "FatPipe", &["fatpipe"]),
    (3372, "TIP", &["tip"]),
    (3391, "SAVANT (and is RD Gateway's UDP port)", &["rdg-udp"]),
];

pub(super) fn foreign(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut listeners: BTreeMap<Endpoint, Vec<&Summary>> = BTreeMap::new();
    for flow in grounds.flows {
        let to = responder(flow);
        let is_refuted = flow.verdict == Verdict::Contradicted && flow.app.is_none();
        if flow.protocol == protocol::UDP && matches!(to.port, 3343 | 3391) && is_refuted {
            listeners.entry(to).or_default().push(flow);
        }
    }
    for (to, flows) in listeners {
        let Some((first, others)) = flows.split_first() else { continue };
        let [from, _] = first.endpoints;
        let reason = first.why.first().map(|reason| format!(": {}", &*reason.detail)).unwrap_or_default();
        let mut finding = Finding::of_flow(&FOREIGN, first, None).because(format!(
            "{} to {} from {} (frame {}) on{reason}.",
            end(from),
            end(to),
            words::utc(first.first, first.digits),
            first.first_frame
        ));
        if !others.is_empty() {
            let hosts: BTreeSet<IpAddr> = flows.iter().map(|flow| flow.endpoints.first().map_or(to.address, |from| from.address)).collect();
            finding = finding
                .because(format!(
                    "It is one of {} of {} to there.",
                    counted(flows.len() as u64, "flow"),
                    counted(hosts.len() as u64, "host")
                ))
                .shown_by(format!("{} && udp.port == {}", words::address_filter(to.address), to.port));
        }
        for flow in others {
            finding = finding.flow(flow.id);
        }
        findings.push(finding);
    }
}

pub(super) fn forgotten(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for flow in grounds.flows {
        let to = responder(flow);
        let Some((port, whose, own)) = HALF_FORGOTTEN.iter().find(|(port, ..)| *port == to.port) else { continue };
        let two_way = flow.counts.iter().all(|count| count.payload > 0);
        let listens = flow.protocol == protocol::UDP || opened(flow).is_some();
        let really = flow.app.filter(|app| !own.contains(app) && is_sure(flow));
        let [from, _] = flow.endpoints;
        // Beside a Citrix session that family tells of it.
        let citrix = *port == 3243 && grounds.has_citrix(from.address, to.address);
        // What contradicts the port was told above.
        if !two_way || !listens || citrix || (flow.truncated && really.is_none()) || flow.verdict == Verdict::Contradicted || !told.insert(to) {
            continue;
        }
        let what = match (really, flow.app) {
            (Some(app), _) => format!("what is spoken there is {app}"),
            (None, Some(app)) if own.contains(&app) && is_sure(flow) => continue,
            _ => "what is spoken there is not known".to_owned(),
        };
        let finding = Finding::of_flow(&FORGOTTEN, flow, None).because(format!(
            "Port {port} is registered to {whose}; {} and {} exchanged payload from {} (frame {}) on, and {what}.",
            end(from),
            end(to),
            words::utc(flow.first, flow.digits),
            flow.first_frame
        ));
        findings.push(if flow.direction == crate::flow::Direction::FirstPacket {
            finding.but("Clients of old systems have their ports from 1025 to 5000: if that end asked, the port means nothing.")
        } else {
            finding
        });
    }
}

/// What became of a try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Silence,
    Refused,
    Answered,
}

fn fate(flow: &Summary) -> Fate {
    let [_, answers] = flow.counts;
    match opened(flow) {
        Some((_, server)) if server & TcpHeader::SYN != 0 => Fate::Answered,
        Some((_, server)) if server & TcpHeader::RST != 0 => Fate::Refused,
        None if answers.packets > 0 => Fate::Answered,
        _ if words::unreachable(flow).is_some() => Fate::Refused,
        _ => Fate::Silence,
    }
}

pub(super) fn scanned(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) -> BTreeSet<IpAddr> {
    const MIN_TARGETS: usize = 8;
    let mut tries: BTreeMap<(IpAddr, u8, u16), Vec<&Summary>> = BTreeMap::new();
    for flow in grounds.flows {
        let to = responder(flow);
        if is_special(to.port) && (flow.protocol == protocol::UDP || opened(flow).is_some()) {
            let [from, _] = flow.endpoints;
            tries.entry((from.address, flow.protocol, to.port)).or_default().push(flow);
        }
    }
    let mut scanners = BTreeSet::new();
    for ((source, _, port), flows) in tries {
        let targets: BTreeSet<IpAddr> = flows.iter().map(|flow| responder(flow).address).collect();
        let met = |wanted: Fate| flows.iter().filter(|flow| fate(flow) == wanted).count();
        let [silent, refused, answered] = [Fate::Silence, Fate::Refused, Fate::Answered].map(met);
        let Some(first) = flows.first() else { continue };
        if targets.len() < MIN_TARGETS || (silent + refused) * 2 < flows.len() {
            continue;
        }
        scanners.insert(source);
        let transport = first.key.transport().map_or("ip", Transport::name);
        let mut finding = Finding::of_flow(&SCANNED, first, None)
            .titled(format!("{source} looks for port {port}/{transport} on {} hosts", targets.len()))
            .because(format!(
                "{} to port {port}/{transport} of {} hosts: {silent} without answer, {refused} refused and {answered} \
                 answered; the first at {} (frame {}).",
                counted(flows.len() as u64, "flow"),
                targets.len(),
                words::utc(first.first, first.digits),
                first.first_frame
            ))
            .shown_by(format!("{} && {transport}.port == {port}", words::address_filter(source)));
        for flow in &flows {
            finding = finding.flow(flow.id);
        }
        findings.push(finding);
    }
    scanners
}

pub(super) fn listeners(grounds: &Grounds<'_>, scanners: &BTreeSet<IpAddr>, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for flow in grounds.flows {
        let (to, Some((_, server))) = (responder(flow), opened(flow)) else { continue };
        let [from, _] = flow.endpoints;
        if !is_special(to.port) || scanners.contains(&from.address) {
            continue;
        }
        let diagnosis = if server & TcpHeader::SYN != 0 {
            // The cluster service is told of by its own family, and so is TIP once it speaks; other protocols above.
            let told = flow.verdict == Verdict::Contradicted && is_sure(flow);
            if to.port == 3343 || flow.app == Some("tip") || told {
                continue;
            }
            &ANSWERED
        } else if server & TcpHeader::RST != 0 {
            &REFUSED
        } else {
            continue;
        };
        if told.insert((to, diagnosis.id)) {
            let did = if diagnosis.id == ANSWERED.id { "accepted" } else { "refused" };
            findings.push(Finding::of_flow(diagnosis, flow, None).because(format!(
                "{} {did} the connection of {} at {} (frame {}).",
                end(to),
                end(from),
                words::utc(flow.first, flow.digits),
                flow.first_frame
            )));
        }
    }
}
