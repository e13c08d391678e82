//! RD Gateway's UDP side channel (3391 beside 443): tried when, how far it came, refused by whom, and why.

mod certificate;
mod missing;

use super::beside::Beside;
use super::words::{self, SECOND, at, counted, end, span, stamp};
use super::{Diagnosis, Family, Finding, Grounds, Severity, later, merge, unanswered};
use crate::inspect::Side;
use crate::report::{Handshake, Report, Stage};
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const FAMILY: Family = Family {
    title: "Remote Desktop Gateway over UDP",
    concerns: |flow| flow.app == Some("rdg-udp") || missing::is_main_channel(flow),
    examine,
    diagnoses: &[
        UNANSWERED, REFUSED, PROBED, COOKIE, FLIGHT, ALERT, certificate::CERTIFICATE, certificate::OTHER_NAME, certificate::OLD, CONNECT_REFUSED, CONNECT_UNANSWERED,
        DIED, WORKS, certificate::SELF_SIGNED, missing::MISSING, missing::BALANCER,
    ],
};

const UNANSWERED: Diagnosis = Diagnosis {
    id: "rdg-udp-unanswered",
    severity: Severity::Warning,
    title: "The gateway's UDP side channel is not answered",
    meaning: "The session works over TCP 443 only: slower pictures and sound over bad lines. Users are told nothing.",
    evidence: "At least two ClientHellos to the gateway, nothing back for 3 s, and TLS on TCP 443 of the same host.",
    caveats: &["A load balancer that forwards only TCP to the gateways looks exactly so."],
    advice: &[
        "Allow UDP 3391 to the gateway in every firewall and load balancer between.",
        "On the gateway: event 104 (UDP proxy started) or 106 (not enabled) in TerminalServices-Gateway/Operational.",
    ],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "rdg-udp-refused",
    severity: Severity::Warning,
    title: "The gateway's UDP side channel is refused by ICMP",
    meaning: "Nobody listens on UDP 3391, or a filter rejects it; sessions stay on TCP 443.",
    evidence: "An ICMP error that quotes a ClientHello.",
    caveats: &["A device that translates addresses may answer in the gateway's name."],
    advice: &["On the gateway: enable UDP in the transport settings of RD Gateway Manager; then netstat -ano -p udp."],
};

const PROBED: Diagnosis = Diagnosis {
    id: "rdg-udp-probed",
    severity: Severity::Notice,
    title: "Hosts are probed for RD Gateway over UDP",
    meaning: "DTLS hellos to 3391 without a session over TCP 443, to several hosts: a scanner, or a monitoring tool. Old \
              gateways have a hole there (CVE-2020-0609, CVE-2020-0610).",
    evidence: "ClientHellos without correlation id from one host to at least five, without TLS to any of them.",
    caveats: &["Vulnerability scanners of one's own look the same."],
    advice: &["Check who owns the source; patch gateways of before January 2020."],
};

const COOKIE: Diagnosis = Diagnosis {
    id: "rdg-udp-cookie-lost",
    severity: Severity::Warning,
    title: "The handshake stops at the cookie",
    meaning: "The gateway demands a cookie and never takes it: the demand, or the second, larger hello is lost.",
    evidence: "HelloVerifyRequest at least twice, or the hello with the cookie at least twice, or once and TCP 443 goes on for \
               10 s; and no ServerHello.",
    caveats: &["A second hello that a small MTU drops looks like one that a firewall drops."],
    advice: &["Compare captures at both ends; test the path's MTU."],
};

const FLIGHT: Diagnosis = Diagnosis {
    id: "rdg-udp-server-flight-lost",
    severity: Severity::Warning,
    title: "The gateway's part of the handshake does not arrive whole",
    meaning: "ServerHello or certificate are seen, and the client begins again: fragments of it are lost behind the \
              capture point, most often because the certificate chain does not fit one packet.",
    evidence: "A ServerHello, further repeated hellos, and no encrypted packet of the client.",
    caveats: &["A client that dislikes the certificate ends without repeating its hello."],
    advice: &["Look for dropped IP fragments; shorten the gateway's certificate chain."],
};

const ALERT: Diagnosis = Diagnosis {
    id: "rdg-udp-alert",
    severity: Severity::Warning,
    title: "The side channel's handshake ends with an alert",
    meaning: "One side says why it does not go on.",
    evidence: "A fatal alert in clear, before the keys changed.",
    caveats: &["Scanners provoke alerts too."],
    advice: &["Compare protocol versions, cipher suites and certificates of client and gateway."],
};

const CONNECT_REFUSED: Diagnosis = Diagnosis {
    id: "rdg-udp-connect-refused",
    severity: Severity::Notice,
    title: "The gateway probably refused the connection inside the side channel",
    meaning: "The handshake is complete, the connection request is answered by one small record, and nothing follows: \
              probably the cookie had expired, or the target refused UDP.",
    evidence: "At least one large record of the client, exactly one of the server, then silence for 10 s.",
    caveats: &["What the records say is encrypted; this rests on their sizes and number."],
    advice: &["On the gateway: events 205 and 206 (UDP connection to the target)."],
};

const CONNECT_UNANSWERED: Diagnosis = Diagnosis {
    id: "rdg-udp-connect-unanswered",
    severity: Severity::Warning,
    title: "The gateway does not answer the connection request inside the side channel",
    meaning: "The handshake is complete and the request is repeated without answer: most often the gateway cannot reach \
              the target over UDP 3389.",
    evidence: "Large records of the client again and again, and none of the server, for 5 s.",
    caveats: &["What the records say is encrypted; this rests on their sizes and number."],
    advice: &["Allow UDP 3389 from the gateway to the target; look there for SYNs of 1232 bytes without answer."],
};

const DIED: Diagnosis = Diagnosis {
    id: "rdg-udp-died",
    severity: Severity::Warning,
    title: "The side channel worked and then died",
    meaning: "Data went both ways, then the gateway fell silent while the client went on; the session continues over TCP.",
    evidence: "At least 16 s of packets of the client after the last one of the gateway.",
    caveats: &["When the whole session ended, TCP 443 ends at the same time."],
    advice: &["Look for idle time-outs for UDP in firewalls and NAT on the path."],
};

const WORKS: Diagnosis = Diagnosis {
    id: "rdg-udp-works",
    severity: Severity::Info,
    title: "The gateway's UDP side channel works",
    meaning: "Sessions use UDP.",
    evidence: "A complete handshake and data both ways.",
    caveats: &[],
    advice: &[],
};

/// Records with data of each side that make a session.
const MIN_DATA: u64 = 3;
/// Records that a connection request takes at most, with some that are sent again.
const MAX_REQUEST: u64 = 6;
/// Silence after which the peer is given up, in nanoseconds (MS-RDPEUDP2: 16 s).
const DEAD: u64 = 16 * SECOND;

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let scanners = scanners(grounds, findings);
    let balancers = missing::balancers(grounds);
    let mut each = Vec::new();
    for flow in grounds.flows {
        let Some(Report::Handshake(seen)) = flow.report.as_deref().filter(|_| is_channel(flow)) else { continue };
        let scanned = flow.endpoints.first().is_some_and(|end| scanners.contains(&end.address));
        if !scanned && !flow.continued {
            let finding = judge(grounds, flow, seen);
            each.extend(finding.map(|finding| missing::behind_balancer(grounds, &balancers, flow, finding)));
        }
        if !flow.continued && is_gateway(grounds, flow) {
            each.extend(certificate::examine(grounds, flow, seen));
        }
    }
    missing::examine(grounds, &mut each);
    findings.extend(merge::by_subject(grounds, each));
}

/// Whether a flow is a side channel; the others of the family are main channels.
fn is_channel(flow: &Summary) -> bool {
    flow.app == Some("rdg-udp")
}

/// Whether more than the port says that a flow is a gateway's: the client's correlation id, or the main channel.
fn is_gateway(grounds: &Grounds<'_>, flow: &Summary) -> bool {
    let [client, server] = flow.endpoints.map(|end| end.address);
    flow.attributes.value("rdg-udp.correlation_id").is_some() || grounds.beside(client, server).is_some()
}

/// Hosts that probe, which are told once each.
fn scanners(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) -> BTreeSet<IpAddr> {
    const MIN_TARGETS: usize = 5;
    let mut probes: BTreeMap<IpAddr, Vec<&Summary>> = BTreeMap::new();
    for flow in grounds.flows.iter().filter(|flow| is_channel(flow)) {
        let [from, to] = flow.endpoints.map(|end| end.address);
        let identified = flow.attributes.value("rdg-udp.correlation_id").is_some();
        if !identified && grounds.beside(from, to).is_none() {
            probes.entry(from).or_default().push(flow);
        }
    }
    probes.retain(|_, flows| {
        let targets: BTreeSet<_> = flows.iter().filter_map(|flow| flow.endpoints.last()).map(|end| end.address).collect();
        targets.len() >= MIN_TARGETS
    });
    for (&source, flows) in &probes {
        let Some(first) = flows.first() else { continue };
        let mut finding = Finding::of_flow(&PROBED, first, None)
            .because(format!(
                "{source} sent DTLS hellos without correlation id in {}, the first at {} (frame {}), and spoke TLS to none \
                 of the targets.",
                counted(flows.len() as u64, "flow"),
                words::utc(first.first, first.digits),
                first.first_frame
            ))
            .shown_by(format!("udp.port == 3391 && {}", words::address_filter(source)));
        for flow in flows {
            finding = finding.flow(flow.id).host(flow.endpoints.last().map_or(source, |end| end.address));
        }
        findings.push(finding);
    }
    probes.into_keys().collect()
}

/// What became of the side channel: one finding at most.
fn judge(grounds: &Grounds<'_>, flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let [from, to] = flow.endpoints;
    let tcp = Beside::of_web(grounds, flow);
    let instead = |finding: Finding| {
        let finding = match &tcp {
            Some(tcp) => tcp.instead_of(flow, finding),
            None => finding,
        };
        later::told(grounds, flow, flow.first, "the first try", finding)
    };
    let digits = flow.digits;
    if let Some(finding) = unanswered::refused(&REFUSED, flow, "hello").filter(|_| seen.stage < Stage::Finished) {
        let severity = if is_gateway(grounds, flow) { finding.severity } else { finding.severity.milder() };
        return Some(instead(finding.graded(severity)));
    }
    let first = seen.first_hello?;
    if flow.counts.iter().all(|count| count.packets > 0) && !is_gateway(grounds, flow) {
        // Whoever answers may be anybody's DTLS on this port.
        return None;
    }
    if let Some(alert) = seen.alerts.iter().find(|alert| alert.fatal) {
        let who = if alert.side == Side::Initiator { from } else { to };
        return Some(instead(
            Finding::of_flow(&ALERT, flow, Some(alert.at))
                .titled(format!("The side channel's handshake ends with the alert {}", alert.name))
                .because(format!("{} sent the alert {} ({}) {}.", end(who), alert.name, alert.code, at(alert.at, digits))),
        ));
    }
    if seen.stage <= Stage::ClientHello && seen.hellos >= 2 {
        let finding = unanswered::finding(grounds, &UNANSWERED, flow, "hello", 3 * SECOND)?;
        // Without the main channel nobody knows whether there is a gateway at all.
        let severity = if tcp.is_some() { finding.severity } else { finding.severity.milder() };
        return Some(instead(finding.graded(severity)));
    }
    if let Some(finding) = cookie_lost(&COOKIE, grounds, flow, seen, tcp.as_ref()) {
        return Some(instead(finding));
    }
    if let (Stage::ServerHello | Stage::Certificate, Some((_, hello)), Some(last)) =
        (seen.stage, seen.version, seen.last_hello)
        && seen.repeated > 0
        && last.time > hello.time
    {
        return Some(instead(
            Finding::of_flow(&FLIGHT, flow, Some(hello))
                .because(format!(
                    "The ServerHello came {}; the client repeated its hello, last {}, and never went on.",
                    at(hello, digits),
                    at(last, digits)
                )),
        ));
    }
    let [up, down] = seen.data;
    let finished = seen.finished?;
    if up >= MIN_DATA && down >= MIN_DATA {
        return Some(died(&DIED, grounds, flow, seen).unwrap_or_else(|| {
            Finding::of_flow(&WORKS, flow, Some(first)).because(format!(
                "{} {}, encrypted {} later; then {} of the client and {} of the gateway.",
                hellos(seen),
                at(first, digits),
                span(finished.time.since(first.time)),
                counted(up, "record"),
                down
            ))
        }));
    }
    if seen.large >= 2 && down == 0 && grounds.watched_after(finished.time) >= 5 * SECOND {
        return Some(instead(
            Finding::of_flow(&CONNECT_UNANSWERED, flow, Some(finished))
                .because(format!(
                    "The handshake was complete {}; of {} of more than 1000 bytes none was answered.",
                    at(finished, digits),
                    counted(seen.large, "record")
                )),
        ));
    }
    let answered = seen.first_data.last().copied().flatten();
    if let Some(answered) = answered.filter(|_| seen.large >= 1 && down == 1 && up <= MAX_REQUEST)
        && grounds.watched_after(answered.time) >= 10 * SECOND
    {
        return Some(instead(
            Finding::of_flow(&CONNECT_REFUSED, flow, Some(answered))
                .because(format!(
                    "After {} of the client the gateway sent one record {}; no data followed for {}.",
                    counted(up, "record"),
                    at(answered, digits),
                    span(grounds.watched_after(answered.time))
                )),
        ));
    }
    None
}

/// Whether the handshake stopped at the server's demand for a cookie.
pub(super) fn cookie_lost(
    diagnosis: &'static Diagnosis,
    grounds: &Grounds<'_>,
    flow: &Summary,
    seen: &Handshake,
    tcp: Option<&Beside>,
) -> Option<Finding> {
    let ([_, to], first) = (flow.endpoints, seen.first_hello?);
    let stuck = matches!(seen.stage, Stage::HelloVerify | Stage::Cookie) && (seen.verifies >= 2 || seen.cookies >= 2);
    // Who gives up after one hello with the cookie has met the same, if the session goes on without.
    let gave_up = seen.stage == Stage::Cookie && tcp.is_some_and(|tcp| tcp.goes_on(to.address, flow.last, 10 * SECOND));
    ((stuck || gave_up) && grounds.watched_after(first.time) >= 3 * SECOND).then(|| {
        let finding = Finding::of_flow(diagnosis, flow, seen.first_verify).because(format!(
            "From {} on there were {}, {} for a cookie and {} with it, and no ServerHello in the {} that the capture went on.",
            stamp(first, flow.digits),
            counted(seen.hellos.into(), "hello"),
            counted(seen.verifies.into(), "demand"),
            counted(seen.cookies.into(), "hello"),
            span(grounds.watched_after(first.time))
        ));
        unanswered::with_refusal(finding, flow)
    })
}

/// How often a client that got through had to begin: `Hello`, or `3 hellos, the first`.
pub(super) fn hellos(seen: &Handshake) -> String {
    match seen.repeated {
        0 => "Hello".to_owned(),
        repeated => format!("{}, the first", counted(u64::from(repeated) + 1, "hello")),
    }
}

/// Whether the server fell silent long before the client did.
pub(super) fn died(diagnosis: &'static Diagnosis, grounds: &Grounds<'_>, flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let ([Some(client), Some(server)], [_, to]) = (seen.last, flow.endpoints) else { return None };
    (client.time.since(server.time) >= DEAD).then(|| {
        let finding = Finding::of_flow(diagnosis, flow, Some(server)).because(format!(
            "The last packet of the gateway came {}, the client's {} later, {}.",
            at(server, flow.digits),
            span(client.time.since(server.time)),
            at(client, flow.digits)
        ));
        let finding = unanswered::with_refusal(finding, flow);
        let finding = match Beside::of_web(grounds, flow) {
            Some(tcp) => tcp.took_over(to.address, server.time, finding),
            None => finding,
        };
        later::told(grounds, flow, server.time, "the last answer", finding)
    })
}
