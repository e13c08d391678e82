//! Sessions between two transaction coordinators that do not come up: cloned machines, names, time-outs.

use super::super::words::{self, SECOND, at, counted, end, span};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::calls;
use crate::attributes::Value;
use crate::key::protocol;
use crate::packet::TcpHeader;
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DUPLICATE: Diagnosis = Diagnosis {
    id: "msdtc-duplicate-identity",
    severity: Severity::Warning,
    title: "Two hosts have the same transaction coordinator's identity",
    meaning: "A machine was cloned with its coordinator's identifier (CID): the two cannot have transactions with each \
              other, and others confuse them.",
    evidence: "BuildContext or BuildContextW from two addresses with the same identity of the caller, in calls that are \
               not encrypted.",
    caveats: &["One machine with several addresses looks the same.", "Encrypted calls do not show it."],
    advice: &["On one of the two: msdtc -uninstall, msdtc -install, which makes a new identity."],
};

pub(super) const UNRESOLVED: Diagnosis = Diagnosis {
    id: "msdtc-name-unresolved",
    severity: Severity::Warning,
    title: "A coordinator cannot find its partner's name",
    meaning: "The partner gives its NetBIOS name, and the connection back needs that name's address: without it \
              transactions hang and fail.",
    evidence: "A session's set-up that names its host, and within 12 s failed lookups of that name (DNS, NetBIOS, LLMNR) by \
               the called host, and no connection back.",
    caveats: &["Searching through DNS suffixes fails for each but one in the normal course."],
    advice: &["On the called host: ping the name; hosts file, DNS suffix search list, WINS."],
};

pub(super) const TIMED_OUT: Diagnosis = Diagnosis {
    id: "msdtc-setup-timeout",
    severity: Severity::Warning,
    title: "The set-up of a coordinators' session was given up",
    meaning: "The called coordinator did not answer in 6 to 12 s: most often it waits for its own connection back.",
    evidence: "BuildContext or BuildContextW without answer, and the call cancelled, or the connection closed by the \
               caller, 5 to 20 s later.",
    caveats: &["A host under heavy load is that slow, too."],
    advice: &["Look whether the called host can connect back: TCP 135 and the coordinator's port."],
};

/// Most characters of a NetBIOS name.
const NAME: usize = 15;

/// The name of one label that a lookup asked for in vain.
fn failed_name(flow: &Summary) -> Option<String> {
    let silent = flow.counts.last().is_some_and(|count| count.packets == 0);
    let (key, failed) = match flow.app? {
        "dns" => {
            let refused = matches!(flow.attributes.value("dns.rcodes"), Some(Value::List(codes))
                if codes.iter().any(|code| code.eq_ignore_ascii_case("nxdomain")));
            ("dns.queries", refused || silent)
        }
        "llmnr" => ("llmnr.queries", silent),
        "netbios-ns" => ("netbios-ns.name", silent || flow.attributes.value("netbios-ns.result").is_some()),
        _ => return None,
    };
    let name = match flow.attributes.value(key)? {
        Value::List(names) => names.first()?.clone(),
        Value::Text(name) => name.clone(),
        _ => return None,
    };
    let label = name.split(['.', '<', ' ']).next().unwrap_or_default();
    (failed && !label.is_empty() && label.len() <= NAME).then(|| label.to_ascii_lowercase())
}

/// Whether a flow is a lookup of what may be a host's short name, in vain.
pub(super) fn is_failed_lookup(flow: &Summary) -> bool {
    flow.protocol == protocol::UDP && failed_name(flow).is_some()
}

pub(super) fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut identities: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for flow in grounds.flows.iter().filter(|flow| !flow.continued) {
        let Some(calls) = calls(flow) else { continue };
        if let Some(identity) = &calls.identity {
            identities.entry(identity).or_default().push(flow);
        }
        findings.extend(timed_out(flow));
        findings.extend(unresolved(grounds, flow));
    }
    for (identity, flows) in identities {
        let hosts: BTreeSet<_> = flows.iter().filter_map(|flow| flow.endpoints.first()).map(|end| end.address).collect();
        let Some(first) = flows.first().filter(|_| hosts.len() > 1) else { continue };
        let mut finding = Finding::of_flow(&DUPLICATE, first, None);
        finding.subject.hosts.clear();
        for &host in &hosts {
            finding = finding.host(host);
            let shown = flows.iter().find(|flow| flow.endpoints.first().is_some_and(|end| end.address == host));
            if let Some(flow) = shown {
                let when = calls(flow).and_then(|calls| calls.setup).map(|when| at(when, flow.digits));
                finding = finding.flow(flow.id).because(format!("{host} says that it is {identity} {}.", when.unwrap_or_default()));
            }
        }
        let filters: Vec<String> = hosts.iter().map(|&host| words::address_filter(host)).collect();
        findings.push(finding.shown_by(format!("dcerpc && ({})", filters.join(" || "))));
    }
}

fn timed_out(flow: &Summary) -> Option<Finding> {
    let calls = calls(flow)?;
    let asked = calls.setup.filter(|_| calls.setup_answered.is_none())?;
    let [client, _] = flow.tcp.as_ref().map(|tcp| &tcp.sides)?;
    let closed = (client.flags & (TcpHeader::FIN | TcpHeader::RST) != 0).then_some(flow.last);
    let (ended, how) = match (calls.setup_cancelled, closed) {
        (Some(cancelled), _) => (cancelled.time, "cancelled the call"),
        (None, Some(closed)) => (closed, "closed the connection"),
        (None, None) => return None,
    };
    let waited = ended.since(asked.time);
    let [from, to] = flow.endpoints;
    (5 * SECOND..=20 * SECOND).contains(&waited).then(|| {
        Finding::of_flow(&TIMED_OUT, flow, Some(asked)).because(format!(
            "{} asked {} for a session {}; no answer came, and it {how} {} later.",
            end(from),
            end(to),
            at(asked, flow.digits),
            span(waited)
        ))
    })
}

fn unresolved(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    const SOON: u64 = 12 * SECOND;
    let calls = calls(flow)?;
    let (name, asked) = (calls.host_name.as_ref()?, calls.setup?);
    let [from, to] = flow.endpoints;
    let lookups: Vec<&Summary> = grounds
        .flows
        .iter()
        .filter(|lookup| lookup.first >= asked.time && lookup.first.since(asked.time) <= SOON)
        .filter(|lookup| lookup.endpoints.first().is_some_and(|end| end.address == to.address))
        .filter(|lookup| failed_name(lookup).is_some_and(|failed| failed.eq_ignore_ascii_case(name)))
        .collect();
    let first = lookups.first()?;
    let came_back = grounds.flows.iter().any(|other| {
        let [client, server] = other.endpoints.map(|end| end.address);
        other.protocol == protocol::TCP && (client, server) == (to.address, from.address) && other.last >= asked.time
    });
    (!came_back && grounds.watched_after(asked.time) >= SOON).then(|| {
        Finding::of_flow(&UNRESOLVED, flow, Some(asked))
            .flow(first.id)
            .because(format!("{} named its host {name} to {} {}.", from.address, to.address, at(asked, flow.digits)))
            .because(format!(
                "{} then asked for that name in vain {}, first by {} at {} (frame {}), and made no connection back.",
                to.address,
                counted(lookups.len() as u64, "time"),
                first.app.unwrap_or("dns"),
                words::utc(first.first, first.digits),
                first.first_frame
            ))
    })
}
