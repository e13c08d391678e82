//! A gateway's side channel that nobody tried, or that a load balancer in front of it does not forward.

use super::super::words::{self, SECOND, counted, end, span};
use super::super::{Diagnosis, Finding, Grounds, Severity, Stream};
use super::is_channel;
use crate::attributes::Value;
use crate::key::protocol;
use crate::packet::Timestamp;
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const MISSING: Diagnosis = Diagnosis {
    id: "rdg-udp-missing",
    severity: Severity::Notice,
    title: "A gateway's session has no UDP side channel at all",
    meaning: "The client never tried: UDP is turned off on one side, or the client or the transport does not know it.",
    evidence: "A main channel that can be read (RD Gateway's methods or path over HTTP), going on for 30 s, and no packet \
               to UDP 3391 between the same hosts. Inside TLS a main channel cannot be told from other HTTPS.",
    caveats: &[
        "RPC over HTTP has no side channel; nor have old clients and gateways of before 2012.",
        "Behind a proxy that ends TLS the client's UDP goes another way than this connection.",
    ],
    advice: &[
        "On the client: the policy \"Turn Off UDP On Client\".",
        "On the gateway: event 106 (UDP proxy not enabled) in TerminalServices-Gateway/Operational.",
    ],
};

pub(super) const BALANCER: Diagnosis = Diagnosis {
    id: "rdg-udp-balancer",
    severity: Severity::Warning,
    title: "A load balancer forwards TCP 443 to the gateways and not UDP 3391",
    meaning: "The side channel's hellos end at the balancer; all sessions stay on TCP 443. Users are told nothing.",
    evidence: "Unanswered hellos to an address that itself has TCP 443 to at least two other hosts, and no packet to UDP \
               3391 of any of these.",
    caveats: &["A capture on the client's side of the balancer cannot show what it forwards."],
    advice: &["On the balancer: a service for UDP 3391 with the same backends, and source affinity over both ports."],
};

/// How long a session has to go on without a side channel.
const PATIENCE: u64 = 30 * SECOND;

/// Whether a flow is a gateway's main channel that can be read.
pub(super) fn is_main_channel(flow: &Summary) -> bool {
    flow.protocol == protocol::TCP && service(flow).is_some()
}

fn service(flow: &Summary) -> Option<&str> {
    match flow.attributes.value("http.service")? {
        Value::Text(name) if matches!(name.as_str(), "rd-gateway" | "rpc-over-http") => Some(name),
        _ => None,
    }
}

/// Tells of main channels beside which nobody tried UDP: once per client and gateway.
pub(super) fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let tried: BTreeSet<[IpAddr; 2]> =
        grounds.flows.iter().filter(|flow| is_channel(flow)).map(|flow| flow.endpoints.map(|end| end.address)).collect();
    let mut sessions: BTreeMap<[IpAddr; 2], (&Summary, Timestamp)> = BTreeMap::new();
    for flow in grounds.flows.iter().filter(|flow| is_main_channel(flow)) {
        let (_, last) = sessions.entry(flow.endpoints.map(|end| end.address)).or_insert((flow, flow.last));
        *last = flow.last.max(*last);
    }
    for (hosts, (flow, last)) in sessions {
        let lasted = last.since(flow.first);
        if tried.contains(&hosts) || lasted < PATIENCE || grounds.is_one_way() {
            continue;
        }
        let [from, to] = flow.endpoints;
        let rpc = service(flow) == Some("rpc-over-http");
        // Of this transport it is to be expected.
        let severity = if rpc { Severity::Info } else { MISSING.severity };
        let how = if rpc { "RPC over HTTP, which has no side channel" } else { "RD Gateway's HTTP transport" };
        findings.push(Finding::of_flow(&MISSING, flow, None).graded(severity).because(format!(
            "{} and {} speak {how}, for {} from {} (frame {}) on, and no packet goes to UDP 3391.",
            end(from),
            end(to),
            span(lasted),
            words::utc(flow.first, flow.digits),
            flow.first_frame
        )));
    }
}

/// What hosts that look like gateways had over TCP 443 of others themselves, as load balancers do.
pub(super) fn balancers<'a>(grounds: &Grounds<'a>) -> BTreeMap<IpAddr, Vec<&'a Stream>> {
    let silent = |flow: &&Summary| is_channel(flow) && flow.counts.last().is_some_and(|count| count.packets == 0);
    let asked: BTreeSet<IpAddr> =
        grounds.flows.iter().filter(silent).filter_map(|flow| flow.endpoints.last()).map(|end| end.address).collect();
    let mut found: BTreeMap<IpAddr, Vec<&Stream>> = BTreeMap::new();
    if !asked.is_empty() {
        for (client, stream) in grounds.streams().filter(|(client, _)| asked.contains(client)) {
            found.entry(client).or_default().push(stream);
        }
    }
    for streams in found.values_mut() {
        streams.sort_by_key(|stream| (stream.first, stream.server));
    }
    found
}

/// A finding that hellos were not answered, said of the load balancer where it is one's fault.
pub(super) fn behind_balancer(
    grounds: &Grounds<'_>,
    balancers: &BTreeMap<IpAddr, Vec<&Stream>>,
    flow: &Summary,
    finding: Finding,
) -> Finding {
    let [_, address] = flow.endpoints.map(|end| end.address);
    if finding.diagnosis.id != super::UNANSWERED.id {
        return finding;
    }
    let backends = balancers.get(&address).map(Vec::as_slice).unwrap_or_default();
    let hosts: BTreeSet<IpAddr> = backends.iter().map(|stream| stream.server).collect();
    let mut channels = grounds.flows.iter().filter(|other| is_channel(other)).filter_map(|other| other.endpoints.last());
    let Some(first) = backends.first().filter(|_| hosts.len() >= 2) else { return finding };
    if channels.any(|end| hosts.contains(&end.address)) {
        return finding;
    }
    let names: Vec<String> = hosts.iter().take(4).map(IpAddr::to_string).collect();
    let mut told = Finding::of_flow(&BALANCER, flow, None).graded(finding.severity).flow(first.flow);
    told.evidence = finding.evidence;
    told.because(format!(
        "{address} has TCP 443 to {} ({}), the first from {} (frame {}) on, and no packet to UDP 3391 of any of them.",
        counted(hosts.len() as u64, "host"),
        names.join(", "),
        words::utc(first.first, flow.digits),
        first.frame
    ))
    .shown_by(format!("{} && (tcp.port == 443 || udp.port == 3391)", words::address_filter(address)))
}
