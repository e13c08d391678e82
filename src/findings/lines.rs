//! Several lines to one place, as FatPipe and other devices use them: failover, and connections raced over all lines.

use super::words::{self, SECOND, counted, end, span};
use super::{Diagnosis, Family, Finding, Grounds, Opened, Severity};
use crate::flow::EndReason;
use crate::inspect::Confidence;
use crate::packet::{TcpHeader, Timestamp};
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// FatPipe's port.
const PORT: u16 = 3353;

pub(super) const FAMILY: Family =
    Family { title: "Several lines to one place", concerns, examine, diagnoses: &[FAILOVER, RACED] };

const FAILOVER: Diagnosis = Diagnosis {
    id: "line-failover",
    severity: Severity::Notice,
    title: "Traffic on port 3353 moved from one line to another",
    meaning: "A line between two sites fell silent and another took over: a device that bundles lines did its work, and a \
              line may be down.",
    evidence: "A two-way flow on port 3353 of unknown content that lasted 10 s and stops without being closed, and within \
               10 s another one begins between addresses in other networks, of the same transport and like sizes, and goes on \
               for at least 10 s.",
    caveats: &["Possible, not proven: no protocol of FatPipe is published, and every SD-WAN does the same."],
    advice: &["Look at the device's log, and test the line that fell silent."],
};

const RACED: Diagnosis = Diagnosis {
    id: "line-raced",
    severity: Severity::Info,
    title: "One connection is opened over several lines at once, and the slower is dropped",
    meaning: "A device in front of the clients sends each SYN over all its lines and keeps the first answer (\"fastest \
              route\"): servers see resets that mean nothing.",
    evidence: "Two SYNs with the same sequence number and source port to the same server within 50 ms from two \
               addresses; one of the connections is reset by the client before any payload, the other carries on.",
    caveats: &["Possible, not proven: a capture before and after a NAT shows the same SYN twice, but no reset."],
    advice: &["Nothing, if there is such a device; else find out who sends the second SYN."],
};

fn concerns(flow: &Summary) -> bool {
    let listens = flow.endpoints.last().is_some_and(|end| end.port == PORT);
    let packets: u64 = flow.counts.iter().map(|count| count.packets).sum();
    (listens && packets >= 20 && flow.counts.iter().all(|count| count.packets > 0)) || lost(flow)
}

/// Whether the client reset a connection that was open before it said anything.
fn lost(flow: &Summary) -> bool {
    let Some([client, server]) = flow.tcp.as_ref().map(|tcp| &tcp.sides) else { return false };
    client.flags & (TcpHeader::SYN | TcpHeader::RST) == TcpHeader::SYN | TcpHeader::RST
        && server.flags & TcpHeader::SYN != 0
        && flow.counts.iter().all(|count| count.payload == 0)
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    failovers(grounds, findings);
    raced(grounds, findings);
}

/// The networks of both ends, as far as providers' lines differ.
fn networks(flow: &Summary) -> [u128; 2] {
    flow.endpoints.map(|end| match end.address {
        IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
        IpAddr::V6(v6) => v6.to_bits() >> 80,
    })
}

/// Whether a flow may be what a device sends over a line: whatever is known by its bytes is something else.
fn is_line(flow: &Summary) -> bool {
    !lost(flow) && flow.confidence.is_none_or(|confidence| confidence <= Confidence::Port)
}

/// Whether two flows have the same transport and, each way, packets of like sizes on average.
fn alike(a: &Summary, b: &Summary) -> bool {
    let means = |flow: &Summary| flow.counts.map(|count| count.bytes / count.packets.max(1));
    let like = |(mine, theirs): (u64, u64)| mine.max(theirs) <= 2 * mine.min(theirs);
    a.protocol == b.protocol && means(a).into_iter().zip(means(b)).all(like)
}

fn failovers(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    const SOON: u64 = 10 * SECOND;
    let on_port = |flow: &&Summary| flow.endpoints.last().is_some_and(|end| end.port == PORT) && !flow.continued;
    // By their first packet's time.
    let flows: Vec<&Summary> =
        grounds.flows.iter().filter(on_port).filter(|flow| is_line(flow) && flow.last.since(flow.first) >= SOON).collect();
    for flow in &flows {
        if !matches!(flow.reason, EndReason::Idle | EndReason::Eof) {
            continue;
        }
        let earliest = Timestamp(flow.last.0.saturating_sub_unsigned(SOON));
        let from = flows.partition_point(|next| next.first < earliest);
        let soon = flows.get(from..).unwrap_or_default().iter().take_while(|next| next.first.since(flow.last) <= SOON);
        let mut others = soon.filter(|next| next.id != flow.id && next.first > flow.first);
        let Some(next) = others.find(|next| {
            let other = networks(next).iter().zip(networks(flow)).any(|(mine, theirs)| *mine != theirs);
            other && alike(flow, next)
        }) else {
            continue;
        };
        let line = |flow: &Summary| {
            let [from, to] = flow.endpoints;
            format!("{} and {}", end(from), end(to))
        };
        findings.push(
            Finding::of_flow(&FAILOVER, flow, None)
                .flow(next.id)
                .because(format!(
                    "{} fell silent at {} after {}.",
                    line(flow),
                    words::utc(flow.last, flow.digits),
                    span(flow.last.since(flow.first))
                ))
                .because(format!(
                    "{} began at {} (frame {}) and went on for {}.",
                    line(next),
                    words::utc(next.first, next.digits),
                    next.first_frame,
                    span(next.last.since(next.first))
                ))
                .shown_by(format!("tcp.port == {PORT} || udp.port == {PORT}")),
        );
    }
}

/// Connections that were opened twice are told once for each pair of clients' addresses.
fn raced(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    const AT_ONCE: u64 = 50_000_000;
    let losers: Vec<_> = grounds.flows.iter().filter(|flow| lost(flow)).filter_map(|flow| Some((flow, Opened::of(flow)?))).collect();
    let wanted: BTreeSet<_> = losers.iter().map(|(_, opened)| opened.mark).collect();
    let mut winners: BTreeMap<_, Vec<&Opened>> = BTreeMap::new();
    for opened in grounds.opened().filter(|opened| opened.won && wanted.contains(&opened.mark)) {
        winners.entry(opened.mark).or_default().push(opened);
    }
    let mut races: BTreeMap<(IpAddr, IpAddr), Vec<&Summary>> = BTreeMap::new();
    for (flow, lost) in losers {
        let near = |time: Timestamp| time.since(lost.first) <= AT_ONCE && lost.first.since(time) <= AT_ONCE;
        let mut others = winners.get(&lost.mark).into_iter().flatten();
        if let Some(winner) = others.find(|winner| winner.client != lost.client && near(winner.first)) {
            races.entry((winner.client, lost.client)).or_default().push(flow);
        }
    }
    for ((winner, loser), flows) in races {
        let Some(first) = flows.first() else { continue };
        let [own, server] = first.endpoints;
        let mut finding = Finding::of_flow(&RACED, first, None).host(winner).because(format!(
            "{winner} and {loser} sent the same SYN from port {} to {}, the first of {} at {} (frame {}), and the latter \
             reset its own.",
            own.port,
            end(server),
            counted(flows.len() as u64, "such pair"),
            words::utc(first.first, first.digits),
            first.first_frame
        ));
        for flow in &flows {
            finding = finding.flow(flow.id);
        }
        findings.push(finding.shown_by(format!("tcp.flags.syn == 1 && tcp.port == {}", own.port)));
    }
}
