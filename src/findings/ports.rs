//! Port honesty: bytes that are not what the port promises, guarded protocols elsewhere, half-forgotten ports.

use super::words::{self, counted, end};
use super::{Diagnosis, Family, Finding, Grounds, Severity};
use crate::inspect::Confidence;
use crate::key::{Endpoint, Transport, protocol};
use crate::packet::TcpHeader;
use crate::ports::PortClaim;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const FAMILY: Family = Family {
    title: "Ports and what is behind them",
    concerns,
    examine,
    diagnoses: &[GUARDED, MOBILE, UNCLAIMED, FOREIGN, FORGOTTEN, SCANNED, ANSWERED, REFUSED],
};

const GUARDED: Diagnosis = Diagnosis {
    id: "port-guarded-protocol-elsewhere",
    severity: Severity::Notice,
    title: "A protocol that is watched on its own port runs on another",
    meaning: "Rules and monitoring that go by the port do not see it: somebody hides it, or forgot to tell.",
    evidence: "Remote desktop, file sharing, directory, database or remote shell by its own messages, on a port that is \
               not its own.",
    caveats: &["Tunnels, port forwarding and test systems do this on purpose."],
    advice: &["Ask the owner of the listening host; on it: netstat -ano, or ss -lntup."],
};

const MOBILE: Diagnosis = Diagnosis {
    id: "port-contradicted",
    severity: Severity::Info,
    title: "The bytes are not what the port promises",
    meaning: "The port is registered or known for one protocol and another is spoken there. Tools that go by ports name \
              it wrongly.",
    evidence: "A whole message, or a dialogue, of another protocol.",
    caveats: &["HTTP, TLS and SSH run on any port; that alone is nobody's fault."],
    advice: &["Name it in rules and monitoring by what it is: -d of wiretell, Decode As of Wireshark."],
};

const UNCLAIMED: Diagnosis = Diagnosis {
    id: "port-mobile-protocol",
    severity: Severity::Info,
    title: "HTTP, TLS or SSH runs on a port that is nobody's",
    meaning: "Rules and monitoring that go by the port do not see what is spoken there.",
    evidence: "A whole message, or a dialogue, of HTTP, TLS or SSH on a port for which nothing is registered or known; told once \
               for each of the three.",
    caveats: &["These three run on any port; that alone is nobody's fault."],
    advice: &["Ask the owner of the listening host; on it: netstat -ano, or ss -lntup."],
};

const FOREIGN: Diagnosis = Diagnosis {
    id: "port-foreign-speaker",
    severity: Severity::Info,
    title: "Something else speaks on a cluster's or a gateway's port",
    meaning: "Tools that go by ports call it a cluster's heartbeat or a gateway's side channel, and it is neither.",
    evidence: "UDP to 3343 or 3391 whose bytes are not what belongs there, and nothing else that is known.",
    caveats: &["Some cameras and drones use UDP 3343."],
    advice: &["On the listening host: netstat -ano, or ss -lnup, tells who it is."],
};

const FORGOTTEN: Diagnosis = Diagnosis {
    id: "port-half-forgotten",
    severity: Severity::Info,
    title: "A port of a half-forgotten system is in use",
    meaning: "The port is registered to, or used by, a system that few remember; most names that tools print for it are \
              wrong.",
    evidence: "Payload both ways on 3243, 3353, 3372 or 3391 that is not of the system itself.",
    caveats: &["Of FatPipe and Timelot no protocol is published: that it is not theirs cannot be proven."],
    advice: &["wiretell explain PORT tells who registered it and who really uses it."],
};

const SCANNED: Diagnosis = Diagnosis {
    id: "port-scanned",
    severity: Severity::Notice,
    title: "A host looks for one of the special ports on many others",
    meaning: "Somebody maps cluster nodes, gateways or transaction managers.",
    evidence: "Connections or datagrams of one host to the same special port of at least eight others, most of them \
               without answer or refused.",
    caveats: &["Inventory and vulnerability scanners of one's own look the same."],
    advice: &["Check who owns the source."],
};

const ANSWERED: Diagnosis = Diagnosis {
    id: "port-special-listener",
    severity: Severity::Info,
    title: "A special TCP port was opened",
    meaning: "Something listens there.",
    evidence: "A SYN+ACK from 3243, 3353, 3372 or 3391.",
    caveats: &["Middleboxes accept connections for others."],
    advice: &["wiretell explain PORT tells what it may be."],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "port-special-refused",
    severity: Severity::Info,
    title: "A special TCP port refused a connection",
    meaning: "The host is there and nothing listens.",
    evidence: "A SYN to 3243, 3343, 3353, 3372 or 3391, answered by RST.",
    caveats: &["Firewalls send RST in a host's name."],
    advice: &["Check whether the service should run there."],
};

/// Protocols that rules and monitoring watch by their port, and whose owners seldom move them. RPC services, of which the
/// transaction coordinator is one, have no port of their own.
const GUARDED_PROTOCOLS: [&str; 13] = [
    "rdp", "smb", "ldap", "kerberos", "netbios-ssn", "tds", "vnc", "telnet", "tip", "mysql", "postgresql",
    "oracle-tns", "ica",
];

/// Most hosts that a filter names; beyond, the port alone shows them.
const MAX_FILTERED: usize = 8;

/// Protocols that run on any port.
const MOBILE_PROTOCOLS: [&str; 3] = ["http", "tls", "ssh"];

/// Ports of half-forgotten systems, and who is meant.
const HALF_FORGOTTEN: [(u16, &str, &[&str]); 4] = [
    (3243, "Timelot (and lies in Framehawk's range)", &["timelot", "framehawk"]),
    (3353, "FatPipe", &["fatpipe"]),
    (3372, "TIP", &["tip"]),
    (3391, "SAVANT (and is RD Gateway's UDP port)", &["rdg-udp"]),
];

/// Ports of clusters, gateways and transaction managers.
fn is_special(port: u16) -> bool {
    matches!(port, 3243 | 3343 | 3353 | 3372 | 3391)
}

fn responder(flow: &Summary) -> Endpoint {
    let [_, to] = flow.endpoints;
    to
}

/// Whether bytes, and enough of them, say what the flow is.
fn is_sure(flow: &Summary) -> bool {
    flow.confidence.is_some_and(|confidence| confidence >= Confidence::Message)
}

fn is_guarded(flow: &Summary) -> bool {
    flow.app.is_some_and(|app| GUARDED_PROTOCOLS.contains(&app))
}

fn is_mobile(flow: &Summary) -> bool {
    flow.app.is_some_and(|app| MOBILE_PROTOCOLS.contains(&app))
}

/// Whether the responder is known to be the one that listens.
fn opened(flow: &Summary) -> Option<(u8, u8)> {
    let [client, server] = flow.tcp.as_ref().map(|tcp| &tcp.sides)?;
    (client.flags & TcpHeader::SYN != 0).then_some((client.flags, server.flags))
}

fn concerns(flow: &Summary) -> bool {
    match flow.verdict {
        Verdict::Contradicted => is_sure(flow) || is_special(responder(flow).port),
        Verdict::Recognised if is_sure(flow) && (is_guarded(flow) || is_mobile(flow)) => true,
        // Its own family tells of it.
        Verdict::Confirmed => false,
        _ => is_special(responder(flow).port) && matches!(flow.protocol, protocol::TCP | protocol::UDP),
    }
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    contradicted(grounds, findings);
    unclaimed(grounds, findings);
    foreign(grounds, findings);
    forgotten(grounds, findings);
    let scanners = scanned(grounds, findings);
    listeners(grounds, &scanners, findings);
}

/// One finding per protocol and port, however many hosts do it.
fn contradicted(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    type Place = (&'static str, Option<&'static str>, u16);
    let mut places: BTreeMap<Place, Vec<&Summary>> = BTreeMap::new();
    for flow in grounds.flows {
        let wrong = match flow.verdict {
            Verdict::Contradicted => true,
            Verdict::Recognised => is_guarded(flow),
            _ => false,
        };
        // A port says something only where it is known who listens.
        let known = flow.protocol != protocol::TCP || flow.direction != crate::flow::Direction::FirstPacket;
        if let (Some(app), true, true, true) = (flow.app, wrong, known, is_sure(flow)) {
            let transport = flow.key.transport().map(Transport::name);
            places.entry((app, transport, responder(flow).port)).or_default().push(flow);
        }
    }
    for ((app, transport, port), flows) in places {
        let Some(first) = flows.first() else { continue };
        let transport = transport.unwrap_or("ip");
        let diagnosis = if is_guarded(first) { &GUARDED } else { &MOBILE };
        let promise = match first.port_claims.first() {
            Some(claim) => format!("where {} is expected", promised(claim)),
            None => "which is nobody's".to_owned(),
        };
        let servers: BTreeSet<IpAddr> = flows.iter().map(|flow| responder(flow).address).collect();
        let mut finding = Finding::of_flow(diagnosis, first, None)
            .titled(format!("{app} on port {port}/{transport}, {promise}"))
            .because(format!(
                "{} to {} of {}, the first from {} to {} at {} (frame {}).",
                counted(flows.len() as u64, "flow"),
                format_args!("port {port}/{transport}"),
                counted(servers.len() as u64, "host"),
                end(first.endpoints.first().copied().unwrap_or(responder(first))),
                end(responder(first)),
                words::utc(first.first, first.digits),
                first.first_frame
            ));
        let reason = first.why.first();
        finding = finding.because_some(reason.map(|reason| {
            let frame = reason.frame.map(|frame| format!(" (frame {frame})")).unwrap_or_default();
            format!("The bytes: {}{frame}.", &*reason.detail)
        }));
        for flow in &flows {
            finding = finding.flow(flow.id);
        }
        for &server in &servers {
            finding = finding.host(server);
        }
        let port = format!("{transport}.port == {port}");
        let hosts: Vec<String> = servers.iter().map(|&server| words::address_filter(server)).collect();
        findings.push(finding.shown_by(match hosts.as_slice() {
            [host] => format!("{host} && {port}"),
            hosts if hosts.len() <= MAX_FILTERED => format!("{port} && ({})", hosts.join(" || ")),
            _ => port,
        }));
    }
}

/// One finding per protocol, however many ports and hosts there are.
fn unclaimed(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    const MAX_NAMED: usize = 8;
    for app in MOBILE_PROTOCOLS {
        let is_meant = |flow: &&Summary| {
            let known = flow.direction != crate::flow::Direction::FirstPacket;
            flow.app == Some(app) && flow.verdict == Verdict::Recognised && is_sure(flow) && known
        };
        let flows: Vec<&Summary> = grounds.flows.iter().filter(is_meant).collect();
        let Some(first) = flows.first() else { continue };
        let listeners: BTreeSet<Endpoint> = flows.iter().map(|flow| responder(flow)).collect();
        let transport = first.key.transport().map_or("ip", Transport::name);
        let named: Vec<String> = listeners.iter().take(MAX_NAMED).map(|listener| end(*listener)).collect();
        let more = if listeners.len() > MAX_NAMED { " ..." } else { "" };
        let mut finding = Finding::of_flow(&UNCLAIMED, first, None)
            .titled(format!("{app} runs on ports that are nobody's"))
            .because(format!(
                "{} to {}, the first at {} (frame {}): {}{more}.",
                counted(flows.len() as u64, "flow"),
                counted(listeners.len() as u64, "listening end"),
                words::utc(first.first, first.digits),
                first.first_frame,
                named.join(", ")
            ));
        finding.filter.clear();
        for listener in listeners.iter().take(MAX_NAMED) {
            let shown = format!("{} && {transport}.port == {}", words::address_filter(listener.address), listener.port);
            finding = finding.also_shown_by(&shown);
        }
        finding = finding.also_shown_by(&words::flow_filter(first));
        for flow in &flows {
            finding = finding.flow(flow.id);
        }
        findings.push(finding);
    }
}

/// Whom a port promises, by the name that labels have.
fn promised(claim: &PortClaim) -> String {
    let protocol = claim.protocol();
    if claim.name == protocol { protocol.to_owned() } else { format!("{protocol} (registered as {})", claim.name) }
}

fn foreign(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
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

fn forgotten(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
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

fn scanned(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) -> BTreeSet<IpAddr> {
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

fn listeners(grounds: &Grounds<'_>, scanners: &BTreeSet<IpAddr>, findings: &mut Vec<Finding>) {
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
