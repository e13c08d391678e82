//! MSDTC: two RPC connections, one in each direction, each found through the endpoint mapper.

mod setup;

use super::transactions::is_public;
use super::words::{self, SECOND, at, counted, end, span};
use super::{Diagnosis, Family, Finding, Grounds, Severity, Silence, later, merge, unanswered};
use crate::key::protocol;
use crate::packet::TcpHeader;
use crate::report::{Calls, Moment, Report};
use crate::summary::Summary;

/// The endpoint mapper's port.
const MAPPER: u16 = 135;

pub(super) const FAMILY: Family = Family {
    title: "Distributed Transaction Coordinator",
    concerns,
    examine,
    diagnoses: &[
        UNREGISTERED,
        PORT_BLOCKED,
        CALLBACK,
        DENIED,
        EXPOSED,
        setup::DUPLICATE,
        setup::UNRESOLVED,
        setup::TIMED_OUT,
    ],
};

const UNREGISTERED: Diagnosis = Diagnosis {
    id: "msdtc-not-registered",
    severity: Severity::Warning,
    title: "The endpoint mapper does not know the transaction coordinator",
    meaning: "Network access of the coordinator is off (the default), or its service does not run: distributed \
              transactions fail.",
    evidence: "The endpoint mapper's answer for IXnRemote is EPT_S_NOT_REGISTERED.",
    caveats: &["A service that is just starting is not registered yet: where the mapper knows it later, that is told and a notice."],
    advice: &["On the server: Get-DtcNetworkSetting; Get-Service MSDTC."],
};

const PORT_BLOCKED: Diagnosis = Diagnosis {
    id: "msdtc-port-blocked",
    severity: Severity::Warning,
    title: "The endpoint mapper names the coordinator's port, and it cannot be reached",
    meaning: "TCP 135 is open in the firewall and the dynamic port is not: distributed transactions fail.",
    evidence: "The mapper's answer names a port, and SYNs to it stay without answer (two, for 3 s), or are reset.",
    caveats: &["Clients that remember the port do not ask the mapper again."],
    advice: &["Give the coordinator a fixed port (ServerTcpPort) and open that, or open the RPC range."],
};

const CALLBACK: Diagnosis = Diagnosis {
    id: "msdtc-callback-blocked",
    severity: Severity::Warning,
    title: "The coordinator's connection back is blocked",
    meaning: "Both coordinators must reach each other. One way works, the other does not: transactions hang and fail \
              after 6 to 12 s.",
    evidence: "IXnRemote is bound from one host to the other, and within 30 s SYNs the other way, to 135 or to the \
               coordinator's port, stay without answer (two, for 3 s), or are reset.",
    caveats: &["With an asymmetric capture the answers may pass elsewhere."],
    advice: &["Open the port that fails (TCP 135, or the coordinator's) in the direction of the failing connection too."],
};

const DENIED: Diagnosis = Diagnosis {
    id: "msdtc-access-denied",
    severity: Severity::Warning,
    title: "The coordinator refuses the caller",
    meaning: "The two sides' authentication settings differ (mutual, incoming, none), or the logon fails.",
    evidence: "A bind_nak for IXnRemote, or a fault with status 5 after its bind.",
    caveats: &["A failed Kerberos or NTLM logon looks the same."],
    advice: &["Compare Get-DtcNetworkSetting on both: AuthenticationLevel must be the same."],
};

const EXPOSED: Diagnosis = Diagnosis {
    id: "msdtc-exposed",
    severity: Severity::Warning,
    title: "The transaction coordinator is bound from a public address",
    meaning: "It can be reached from the Internet.",
    evidence: "A bind to IXnRemote whose client or server has a public address.",
    caveats: &["Some organisations use public addresses inside."],
    advice: &["Close TCP 135 and the RPC range at the border."],
};

fn concerns(flow: &Summary) -> bool {
    setup::is_failed_lookup(flow)
        || (flow.protocol == protocol::TCP
            && (matches!(flow.app, Some("msdtc" | "dcerpc"))
                || flow.endpoints.last().is_some_and(|end| end.port == MAPPER)))
}

fn calls(flow: &Summary) -> Option<&Calls> {
    match flow.report.as_deref() {
        Some(Report::Calls(calls)) => Some(calls),
        _ => None,
    }
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    setup::examine(grounds, findings);
    let mut each = Vec::new();
    for flow in grounds.flows.iter().filter(|flow| !flow.continued) {
        if let Some(calls) = calls(flow) {
            of_calls(grounds, flow, calls, &mut each);
        }
        if let Some((failed, severity, caveat)) = failure(grounds, flow) {
            let finding = callback(grounds, flow).or_else(|| port_blocked(grounds, flow));
            if let Some(finding) = finding {
                let finding = unanswered::with_refusal(finding.because(failed).graded(severity), flow);
                let finding = later::opened(grounds, flow, finding);
                each.push(match caveat {
                    Some(caveat) => finding.but(caveat),
                    None => finding,
                });
            }
        }
    }
    findings.extend(merge::by_subject(grounds, each));
}

fn of_calls(grounds: &Grounds<'_>, flow: &Summary, calls: &Calls, findings: &mut Vec<Finding>) {
    let [from, to] = flow.endpoints;
    if let Some(when) = calls.unregistered {
        let finding = Finding::of_flow(&UNREGISTERED, flow, Some(when)).because(format!(
            "{} asked {} for IXnRemote and got EPT_S_NOT_REGISTERED {}.",
            end(from),
            end(to),
            at(when, flow.digits)
        ));
        findings.push(registered_later(grounds, flow, when, finding));
    }
    let Some(bound) = calls.coordinator else { return };
    let nak = calls.refused.map(|(reason, when)| (format!("bind_nak with reason {reason}"), when));
    let fault = calls.fault.filter(|(status, _)| *status == 5).map(|(_, when)| ("access denied".to_owned(), when));
    if let Some((what, when)) = nak.or(fault) {
        findings.push(Finding::of_flow(&DENIED, flow, Some(when)).because(format!(
            "{} bound IXnRemote of {} {}; the answer was {what} {}.",
            end(from),
            end(to),
            at(bound, flow.digits),
            at(when, flow.digits)
        )));
    }
    if let Some(public) = [from, to].into_iter().find(|end| is_public(end.address)) {
        findings.push(Finding::of_flow(&EXPOSED, flow, Some(bound)).because(format!(
            "{} bound IXnRemote of {} {}; {} is public.",
            end(from),
            end(to),
            at(bound, flow.digits),
            public.address
        )));
    }
}

/// Adds to a finding that the coordinator was not registered that it was so later: it was starting, or was turned on.
fn registered_later(grounds: &Grounds<'_>, flow: &Summary, when: Moment, finding: Finding) -> Finding {
    let [from, to] = flow.endpoints.map(|end| end.address);
    let theirs = || grounds.flows.iter().filter(|other| other.endpoints.map(|end| end.address) == [from, to]);
    let known = theirs().filter_map(|other| {
        let (port, at) = calls(other)?.mapped.filter(|(_, at)| at.time > when.time)?;
        Some((at, port, other))
    });
    let Some((named, port, mapper)) = known.min_by_key(|(at, _, other)| (*at, other.id)) else { return finding };
    let bound = theirs().filter_map(|other| calls(other)?.coordinator.filter(|at| at.time >= named.time)).min();
    let bound = bound.map(|bound| format!("; {from} bound it {}", at(bound, flow.digits)));
    let (milder, title) = (finding.severity.milder(), format!("{}; later it does", finding.title));
    finding.graded(milder).titled(title).flow(mapper.id).also_shown_by(&words::flow_filter(mapper)).because(format!(
        "It named port {port} for IXnRemote {}, {} later{}.",
        at(named, flow.digits),
        span(named.time.since(when.time)),
        bound.unwrap_or_default()
    ))
}

/// How a connection failed to open, if it did and the capture supports saying so.
fn failure(grounds: &Grounds<'_>, flow: &Summary) -> Option<(String, Severity, Option<String>)> {
    let [from, to] = flow.endpoints;
    let [client, server] = flow.tcp.as_ref().map(|tcp| &tcp.sides)?;
    let when = format!("{} (frame {})", words::utc(flow.first, flow.digits), flow.first_frame);
    if client.flags & TcpHeader::SYN == 0 || server.flags & TcpHeader::SYN != 0 {
        return None;
    }
    if server.flags & TcpHeader::RST != 0 {
        return Some((format!("{} reset the connection of {} at {when}.", end(to), end(from)), Severity::Warning, None));
    }
    let [asked, answered] = flow.sent();
    if answered.packets > 0 || asked.packets < 2 || grounds.watched_after(flow.first) < 3 * SECOND {
        return None;
    }
    let said = format!(
        "{} of {} to {} from {when} on, and {}; the capture went on for {}.",
        counted(asked.packets, "SYN"),
        end(from),
        end(to),
        unanswered::nothing_back(flow, "nothing back"),
        span(grounds.watched_after(flow.first))
    );
    match grounds.silence(to.address, from.address) {
        Silence::Proven(_) => Some((said, Severity::Warning, None)),
        Silence::Doubtful(caveat) => Some((said, Severity::Notice, Some(caveat))),
        Silence::Unknowable => None,
    }
}

/// The coordinator's connection the other way, shortly before or after.
fn callback(grounds: &Grounds<'_>, failed: &Summary) -> Option<Finding> {
    const SOON: u64 = 30 * SECOND;
    let [from, to] = failed.endpoints;
    let named = failed.app == Some("msdtc") || to.port == MAPPER;
    let (first, when) = grounds.flows.iter().filter(|_| named).find_map(|other| {
        let [client, server] = other.endpoints;
        let bound = calls(other)?.coordinator?;
        let soon = failed.first.since(bound.time) <= SOON && bound.time.since(failed.first) <= SOON;
        (soon && (client.address, server.address) == (to.address, from.address)).then_some((other, bound))
    })?;
    let mut finding = Finding::of_flow(&CALLBACK, failed, None)
        .flow(first.id)
        .because(format!("{} bound IXnRemote of {} {}.", to.address, from.address, at(when, failed.digits)))
        .shown_by(format!("{} && tcp", words::pair_filter(from.address, to.address)));
    finding.advice.clear();
    let finding = finding.advise(format!(
        "Let {} reach TCP {} of {}: the firewall of that host, and those between the two.",
        from.address, to.port, to.address
    ));
    let Some((mapper, named)) = mapper(grounds, failed) else { return Some(finding) };
    Some(
        finding
            .flow(mapper.id)
            .because(format!(
                "The endpoint mapper of {}, on TCP 135, is reached: it named port {} for IXnRemote {}.",
                to.address,
                to.port,
                at(named, failed.digits)
            ))
            .advise(format!("Give the coordinator of {} a fixed port (ServerTcpPort) and open that, or open the RPC range.", to.address)),
    )
}

/// The endpoint mapper's answer that named the port of a connection, and when that was.
fn mapper<'a>(grounds: &Grounds<'a>, failed: &Summary) -> Option<(&'a Summary, Moment)> {
    let [from, to] = failed.endpoints;
    let named = grounds.flows.iter().filter_map(|other| {
        let (port, when) = calls(other)?.mapped?;
        let [client, server] = other.endpoints;
        let same = (client.address, server.address, port) == (from.address, to.address, to.port);
        (same && when.time <= failed.first).then_some((other, when))
    });
    // Each try asks anew: the last answer is this one's.
    named.max_by_key(|(other, when)| (when.time, other.id))
}

/// The port that the endpoint mapper named cannot be reached.
fn port_blocked(grounds: &Grounds<'_>, failed: &Summary) -> Option<Finding> {
    let [_, to] = failed.endpoints;
    let (mapper, when) = mapper(grounds, failed)?;
    Some(
        Finding::of_flow(&PORT_BLOCKED, failed, None)
            .flow(mapper.id)
            .also_shown_by(&words::flow_filter(mapper))
            .because(format!(
                "The endpoint mapper of {} named port {} for IXnRemote {}.",
                to.address,
                to.port,
                at(when, failed.digits)
            )),
    )
}
