//! QUIC beside TCP 443: did UDP work, did the browser fall back in silence, or did UDP die later?

use super::beside::Beside;
use super::words::{self, SECOND, at, counted, end};
use super::{Diagnosis, Family, Finding, Grounds, Severity, later, merge, unanswered};
use crate::attributes::Value;
use crate::report::{Moment, Report};
use crate::summary::Summary;
use std::collections::BTreeSet;

/// HTTP/3's port.
const PORT: u16 = 443;

pub(super) const FAMILY: Family =
    Family { title: "QUIC", concerns, examine, diagnoses: &[UNANSWERED, REFUSED, VERSION, STUCK, DIED, WORKS] };

const UNANSWERED: Diagnosis = Diagnosis {
    id: "quic-unanswered",
    severity: Severity::Notice,
    title: "QUIC is not answered, and TCP 443 is",
    meaning: "UDP 443 is filtered on the way, or the server does not speak HTTP/3 any more: clients fall back to TCP, \
              some after a delay.",
    evidence: "At least two Initial packets, nothing back for 3 s, and TCP 443 both ways between the same hosts.",
    caveats: &["Many sites filter QUIC on purpose, so that a proxy can inspect TLS."],
    advice: &["Decide it: allow UDP 443, or reject it with ICMP so that clients need not wait."],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "quic-refused",
    severity: Severity::Info,
    title: "QUIC is refused by ICMP, and TCP 443 works",
    meaning: "UDP 443 is rejected: clients fall back to TCP at once.",
    evidence: "An ICMP error that quotes a QUIC packet, and TCP 443 both ways between the same hosts.",
    caveats: &["Most often this is somebody's decision."],
    advice: &["Nothing, unless HTTP/3 is wanted."],
};

const VERSION: Diagnosis = Diagnosis {
    id: "quic-version-refused",
    severity: Severity::Info,
    title: "The server does not speak the client's version of QUIC, and TCP 443 works",
    meaning: "Client and server have no version in common: the client falls back to TCP at once.",
    evidence: "A Version Negotiation as all that the server sends, and TCP 443 both ways between the same hosts.",
    caveats: &["Clients probe with versions that nobody has, to keep servers honest."],
    advice: &["Compare the versions in the evidence with those of the client; update the older one."],
};

const STUCK: Diagnosis = Diagnosis {
    id: "quic-stuck",
    severity: Severity::Notice,
    title: "QUIC's handshake gets nowhere, and TCP 443 works",
    meaning: "Both sides repeat their first packets: answers are lost on the way, most often the large ones, and clients fall \
              back to TCP.",
    evidence: "At least two packets of each side over 1 s, none with a short header of one of them at least, and TCP 443 both \
               ways between the same hosts.",
    caveats: &["A client that has chosen TCP meanwhile gives QUIC up, too."],
    advice: &["Test whether datagrams of 1280 bytes pass both ways; look at the client's own firewall."],
};

const DIED: Diagnosis = Diagnosis {
    id: "quic-died",
    severity: Severity::Notice,
    title: "QUIC worked and then died, and TCP 443 goes on",
    meaning: "Packets went both ways, then one side fell silent while the other went on: a firewall or NAT forgot the flow, \
              or UDP is limited.",
    evidence: "At least five packets of one side, over 10 s, after the last one of the other; and TCP 443 between the same \
               hosts that begins after that, or goes on for 16 s.",
    caveats: &["A client that goes away without a word looks the same from the server's packets: TCP then ends too."],
    advice: &["Look for time-outs for UDP in firewalls and NAT on the path, and for limits on UDP's rate."],
};

const WORKS: Diagnosis = Diagnosis {
    id: "quic-works",
    severity: Severity::Info,
    title: "QUIC works beside TCP 443",
    meaning: "Clients that have TCP 443 to a server use UDP 443 to it, too.",
    evidence: "At least three packets of each side, short headers both ways, and TCP 443 both ways between the same hosts; told once, with the number of \
               servers.",
    caveats: &[],
    advice: &[],
};

/// Packets of each side that make a connection.
const MIN_DATA: u64 = 3;
/// How long one side sends alone before the other one counts as dead.
const PATIENCE: u64 = 10 * SECOND;
/// Most packets of a server that has nothing to offer but versions.
const MAX_OFFERS: u64 = 3;

fn concerns(flow: &Summary) -> bool {
    flow.app == Some("quic") && flow.endpoints.last().is_some_and(|end| end.port == PORT)
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let (mut each, mut works) = (Vec::new(), Vec::new());
    for flow in grounds.flows {
        let Some(tcp) = Beside::of_web(grounds, flow) else { continue };
        let [up, down] = flow.sent();
        if let Some(finding) = failed(grounds, flow) {
            each.push(later::told(grounds, flow, flow.first, "the first try", tcp.instead_of(flow, finding)));
        } else if let Some(finding) = stuck(grounds, flow) {
            each.push(later::told(grounds, flow, flow.first, "the first try", tcp.instead_of(flow, finding)));
        } else if !is_established(flow) {
            // Too little of it to say anything.
        } else if let Some(finding) = died(flow, &tcp) {
            each.push(finding);
        } else if up.packets >= MIN_DATA && down.packets >= MIN_DATA && !flow.continued {
            works.push(flow);
        }
    }
    findings.extend(merge::by_subject(grounds, each));
    findings.extend(working(&works));
}

/// Whether nothing came of it.
fn failed(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let [_, down] = flow.sent();
    if down.packets > 0 {
        return version(flow).filter(|_| down.packets <= MAX_OFFERS);
    }
    unanswered::refused(&REFUSED, flow, "packet")
        .or_else(|| unanswered::finding(grounds, &UNANSWERED, flow, "packet", 3 * SECOND))
}

fn version(flow: &Summary) -> Option<Finding> {
    let offered = match flow.attributes.value("quic.versions_offered")? {
        Value::List(names) => names.join(", "),
        Value::Text(names) => names.clone(),
        _ => return None,
    };
    let asked = match flow.attributes.value("quic.version") {
        Some(Value::Text(name)) => name.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "its own".to_owned(),
    };
    let [from, to] = flow.endpoints;
    let first = Moment { time: flow.first, frame: flow.first_frame };
    Some(Finding::of_flow(&VERSION, flow, Some(first)).because(format!(
        "{} tried version {asked} with {} {}; all that the server said was which versions it has: {offered}.",
        end(from),
        end(to),
        at(first, flow.digits)
    )))
}

/// Whether both sides sent packets of an established connection.
fn is_established(flow: &Summary) -> bool {
    match flow.report.as_deref() {
        Some(Report::Datagrams(seen)) => seen.short.iter().all(|&short| short > 0),
        _ => true,
    }
}

/// Whether both sides went on repeating their handshake.
fn stuck(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let [up, down] = flow.sent();
    let repeated = up.packets >= 2 && down.packets >= 2 && flow.last.since(flow.first) >= SECOND;
    let watched = grounds.watched_after(flow.first);
    if is_established(flow) || !repeated || flow.continued || watched < 3 * SECOND {
        return None;
    }
    let ([from, to], first) = (flow.endpoints, Moment { time: flow.first, frame: flow.first_frame });
    Some(Finding::of_flow(&STUCK, flow, Some(first)).because(format!(
        "{} of {} and {} of {} from {} on, over {}, and no connection came of them; the capture went on for {}.",
        counted(up.packets, "packet"),
        end(from),
        down.packets,
        end(to),
        words::stamp(first, flow.digits),
        words::span(flow.last.since(flow.first)),
        words::span(watched)
    )))
}

fn died(flow: &Summary, tcp: &Beside) -> Option<Finding> {
    let Some(Report::Datagrams(seen)) = flow.report.as_deref() else { return None };
    tcp.outlived(&DIED, flow, seen, PATIENCE)
}

/// One finding for all of it: it is what is to be expected.
fn working(flows: &[&Summary]) -> Option<Finding> {
    let first = flows.first()?;
    let servers: BTreeSet<_> = flows.iter().filter_map(|flow| flow.endpoints.last()).map(|end| end.address).collect();
    let [from, to] = first.endpoints;
    let mut finding = Finding::of_flow(&WORKS, first, None)
        .because(format!(
            "{} to {}, the first from {} to {} at {} (frame {}).",
            counted(flows.len() as u64, "flow"),
            counted(servers.len() as u64, "server"),
            end(from),
            end(to),
            words::utc(first.first, first.digits),
            first.first_frame
        ))
        .shown_by(format!("udp.port == {PORT}"));
    for flow in flows {
        finding = finding.flow(flow.id);
    }
    Some(finding)
}
