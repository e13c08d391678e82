//! What is spoken on a port that is not its own: protocols that are watched by their port, and those that run anywhere.

use super::super::words::{self, counted, end};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::{is_sure, responder};
use crate::key::{Endpoint, Transport, protocol};
use crate::ports::{Basis, PortClaim, kept_by};
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const GUARDED: Diagnosis = Diagnosis {
    id: "port-guarded-protocol-elsewhere",
    severity: Severity::Notice,
    title: "A protocol that is watched on its own port runs on another",
    meaning: "Rules and monitoring that go by the port do not see it: somebody hides it, or forgot to tell.",
    evidence: "Remote desktop, file sharing, directory, database or remote shell by its own messages, on a port that is \
               not its own.",
    caveats: &["Tunnels, port forwarding and test systems do this on purpose."],
    advice: &["Ask the owner of the listening host; on it: netstat -ano, or ss -lntup."],
};

pub(super) const MOBILE: Diagnosis = Diagnosis {
    id: "port-contradicted",
    severity: Severity::Info,
    title: "The bytes are not what the port promises",
    meaning: "The port is registered or known for one protocol and another is spoken there. Tools that go by ports name \
              it wrongly.",
    evidence: "A whole message, or a dialogue, of another protocol.",
    caveats: &["HTTP, TLS and SSH run on any port; that alone is nobody's fault."],
    advice: &["Name it in rules and monitoring by what it is: -d of wiretell, Decode As of Wireshark."],
};

pub(super) const UNCLAIMED: Diagnosis = Diagnosis {
    id: "port-mobile-protocol",
    severity: Severity::Info,
    title: "HTTP, TLS or SSH runs on a port that is not registered for it",
    meaning: "Rules and monitoring that go by the port do not see what is spoken there.",
    evidence: "A whole message, or a dialogue, of HTTP, TLS or SSH on a port for which nothing is registered or known, or \
               where it is known by custom only (SSH on 2222); told once for each of the three.",
    caveats: &["These three run on any port; that alone is nobody's fault."],
    advice: &["Ask the owner of the listening host; on it: netstat -ano, or ss -lntup."],
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

pub(super) fn is_guarded(flow: &Summary) -> bool {
    flow.app.is_some_and(|app| GUARDED_PROTOCOLS.contains(&app))
}

pub(super) fn is_mobile(flow: &Summary) -> bool {
    flow.app.is_some_and(|app| MOBILE_PROTOCOLS.contains(&app))
}

/// Whether the flow is what its port promises, and only custom promises that.
pub(super) fn is_by_custom(flow: &Summary) -> bool {
    let keeps = |claim: &PortClaim| {
        flow.app.is_some_and(|app| kept_by(claim.name).map_or(claim.name == app, |names| names.contains(&app)))
    };
    let mut kept = flow.port_claims.iter().filter(|claim| keeps(claim)).peekable();
    flow.verdict == Verdict::Confirmed && kept.peek().is_some() && kept.all(|claim| claim.basis == Basis::Practice)
}

/// One finding per protocol and port, however many hosts do it.
pub(super) fn contradicted(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
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
pub(super) fn unclaimed(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    const MAX_NAMED: usize = 8;
    for app in MOBILE_PROTOCOLS {
        let is_meant = |flow: &&Summary| {
            let known = flow.direction != crate::flow::Direction::FirstPacket;
            let odd = flow.verdict == Verdict::Recognised || is_by_custom(flow);
            flow.app == Some(app) && odd && is_sure(flow) && known
        };
        let flows: Vec<&Summary> = grounds.flows.iter().filter(is_meant).collect();
        let Some(first) = flows.first() else { continue };
        let listeners: BTreeSet<Endpoint> = flows.iter().map(|flow| responder(flow)).collect();
        let transport = first.key.transport().map_or("ip", Transport::name);
        let named: Vec<String> = listeners.iter().take(MAX_NAMED).map(|listener| end(*listener)).collect();
        let more = if listeners.len() > MAX_NAMED { " ..." } else { "" };
        let mut finding = Finding::of_flow(&UNCLAIMED, first, None)
            .titled(format!("{app} runs on ports that are not registered for it"))
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
