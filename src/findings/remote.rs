//! RDP over UDP beside RDP over TCP: did it come up, in which version, and did it last?

use super::words::{self, SECOND, at, counted, end, percent, span, stamp};
use super::beside::Beside;
use super::{Diagnosis, Family, Finding, Grounds, Severity, gather, later, merge, unanswered};
use crate::attributes::Value;
use crate::key::protocol;
use crate::report::{Channel, Report};
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const FAMILY: Family = Family {
    title: "Remote Desktop",
    concerns,
    examine,
    diagnoses: &[UNANSWERED, REFUSED, TOO_BIG, HALF, DIED, LOSSES, WORKS, JOINED, NEGOTIATION],
};

const UNANSWERED: Diagnosis = Diagnosis {
    id: "rdp-udp-unanswered",
    severity: Severity::Warning,
    title: "RDP's UDP transport is not answered",
    meaning: "The session stays on TCP: worse pictures and sound over bad lines. Users are told nothing.",
    evidence: "At least two SYN datagrams of 1232 bytes, nothing back for 3 s, and RDP over TCP between the same hosts.",
    caveats: &["A path that drops large datagrams looks like one that drops UDP: the SYN is a packet of 1260 bytes over IPv4."],
    advice: &[
        "Allow UDP 3389 to the target; over a VPN, test whether 1260 bytes pass: ping -f -l 1232.",
        "On the target: the policy \"Select RDP transport protocols\".",
    ],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "rdp-udp-refused",
    severity: Severity::Warning,
    title: "RDP's UDP transport is refused by ICMP",
    meaning: "The target does not listen on UDP, or a filter rejects it; the session stays on TCP.",
    evidence: "An ICMP error that quotes an RDP-UDP datagram.",
    caveats: &[],
    advice: &["On the target: netstat -ano -p udp | findstr 3389; the policy \"Select RDP transport protocols\"."],
};

const TOO_BIG: Diagnosis = Diagnosis {
    id: "rdp-udp-too-big",
    severity: Severity::Warning,
    title: "The path is too narrow for RDP over UDP",
    meaning: "Its first datagram has to pass in one packet of 1260 bytes (1280 over IPv6); a tunnel on the path is smaller.",
    evidence: "An ICMP error (packet too big, fragmentation needed) that quotes an RDP-UDP datagram.",
    caveats: &[],
    advice: &["Raise the tunnel's MTU to 1280 and more, or let it fragment."],
};

const HALF: Diagnosis = Diagnosis {
    id: "rdp-udp-answer-lost",
    severity: Severity::Warning,
    title: "RDP's UDP transport is answered, and the answer does not arrive",
    meaning: "SYN and SYN+ACK are both repeated: the answers are lost behind the capture point.",
    evidence: "At least two SYN and two SYN+ACK datagrams and no data.",
    caveats: &["A capture at the client that shows this has a firewall behind the capture point: the client's own."],
    advice: &["Check the client's firewall, and whether 1260 bytes pass towards it."],
};

const DIED: Diagnosis = Diagnosis {
    id: "rdp-udp-died",
    severity: Severity::Warning,
    title: "RDP over UDP worked and then died",
    meaning: "Data went both ways, then one side fell silent while the other went on; the session continues over TCP.",
    evidence: "At least 16 s of packets of one side after the last one of the other, and TCP data after that.",
    caveats: &["When the whole session ended, TCP ends at the same time."],
    advice: &["Look for idle time-outs for UDP in firewalls and NAT on the path."],
};

const LOSSES: Diagnosis = Diagnosis {
    id: "rdp-udp-losses",
    severity: Severity::Notice,
    title: "RDP over UDP loses packets",
    meaning: "More than one packet in fifty is sent again: pictures stutter.",
    evidence: "Data under a new packet number at an old place in the stream, over at least 200 packets.",
    caveats: &["Reordering on the way makes hosts send again without any loss."],
    advice: &["Measure the line under load; look at the policing of UDP."],
};

const WORKS: Diagnosis = Diagnosis {
    id: "rdp-udp-works",
    severity: Severity::Info,
    title: "RDP uses UDP",
    meaning: "The session has its UDP transport.",
    evidence: "SYN, SYN+ACK, and data both ways.",
    caveats: &[],
    advice: &[],
};

const JOINED: Diagnosis = Diagnosis {
    id: "remote-session-joined",
    severity: Severity::Info,
    title: "Flows of one remote session",
    meaning: "They bear the same correlation id: the gateway's, the TCP and the UDP flows of one session.",
    evidence: "The same id in at least two flows of RDP, RDP-UDP or the gateway's side channel.",
    caveats: &["The id is optional."],
    advice: &[],
};

const NEGOTIATION: Diagnosis = Diagnosis {
    id: "rdp-negotiation-refused",
    severity: Severity::Notice,
    title: "The RDP server refused the client's security",
    meaning: "The client cannot connect with the protocols that it offers: most often the server demands network level \
              authentication.",
    evidence: "A negotiation failure in the server's connection confirm.",
    caveats: &["Scanners offer little and are refused often; clients try again with more."],
    advice: &["Compare the client's age with the server's policy \"Require user authentication ... by using NLA\"."],
};

/// RDP's port.
const PORT: u16 = 3389;
/// Silence after which the peer is given up, in nanoseconds (MS-RDPEUDP2: 16 s).
const DEAD: u64 = 16 * SECOND;

fn concerns(flow: &Summary) -> bool {
    match flow.app {
        Some("rdp-udp" | "rdp" | "rdg-udp") => true,
        _ => {
            flow.protocol == protocol::TCP
                && flow.endpoints.last().is_some_and(|end| end.port == PORT)
                && gather::is_two_way_tcp(flow)
        }
    }
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut each = Vec::new();
    for flow in grounds.flows {
        if flow.app == Some("rdp-udp") && !flow.continued {
            if let Some(Report::Channel(seen)) = flow.report.as_deref() {
                each.extend(judge(grounds, flow, seen).map(|finding| words::on_port(finding, PORT, flow)));
                each.extend(losses(flow, seen));
            }
        } else if flow.app == Some("rdp")
            && let Some(Value::Text(failure)) = flow.attributes.value("rdp.failure")
        {
            let [from, to] = flow.endpoints;
            each.push(Finding::of_flow(&NEGOTIATION, flow, None).because(format!(
                "{} refused {} with \"{failure}\" in the connection that began at {} (frame {}).",
                end(to),
                end(from),
                words::utc(flow.first, flow.digits),
                flow.first_frame
            )));
        }
    }
    findings.extend(merge::by_subject(grounds, each));
    joined(grounds, findings);
}

/// RDP over TCP between the same hosts at the same time.
fn session<'a>(grounds: &Grounds<'a>, flow: &Summary) -> Option<&'a Summary> {
    let [client, server] = flow.endpoints;
    grounds.flows.iter().find(|tcp| {
        let [from, to] = tcp.endpoints;
        gather::is_two_way_tcp(tcp)
            && (from.address, to) == (client.address, server)
            && tcp.first <= flow.last
            && tcp.last >= flow.first
    })
}

fn judge(grounds: &Grounds<'_>, flow: &Summary, seen: &Channel) -> Option<Finding> {
    let tcp = session(grounds, flow).map(|tcp| Beside::of_flow(tcp, "RDP"));
    let [syns, answers] = seen.syns;
    let [up, down] = seen.data;
    let works = up > 0 && down > 0;
    let instead = |finding: Finding| {
        let finding = match &tcp {
            Some(tcp) => tcp.instead_of(flow, finding),
            None => finding,
        };
        later::told(grounds, flow, flow.first, "the first try", finding)
    };
    let asked = later::mode(flow).map_or_else(|| "SYN".to_owned(), |mode| format!("{mode} SYN"));
    if let Some(error) = words::unreachable(flow).filter(|_| !works) {
        let diagnosis = if error.too_big { &TOO_BIG } else { &REFUSED };
        return Some(instead(unanswered::rejected(diagnosis, flow, &asked, error)));
    }
    if syns >= 2 && flow.counts.last().is_some_and(|count| count.packets == 0) {
        let finding = unanswered::finding(grounds, &UNANSWERED, flow, &asked, 3 * SECOND)?;
        let severity = if tcp.is_some() { finding.severity } else { finding.severity.milder() };
        return Some(instead(finding.graded(severity)));
    }
    let [Some(first), _] = seen.first_syn else { return works.then(|| died(grounds, flow, seen)).flatten() };
    if syns >= 2 && answers >= 2 && up == 0 && down == 0 && grounds.watched_after(first.time) >= 3 * SECOND {
        return Some(instead(Finding::of_flow(&HALF, flow, Some(first)).because(format!(
            "From {} on: {}, {answers} SYN+ACK, and no data in the {} that the capture went on.",
            stamp(first, flow.digits),
            counted(syns, &asked),
            span(grounds.watched_after(first.time))
        ))));
    }
    if !works {
        return None;
    }
    let finding = died(grounds, flow, seen);
    Some(finding.unwrap_or_else(|| {
        let said = |key: &str| match flow.attributes.value(key) {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => "unknown".to_owned(),
        };
        let [_, answer] = seen.first_syn;
        let waited = answer.map(|answer| format!(", the answer {} later", span(answer.time.since(first.time))));
        let opened = if syns >= 2 {
            format!("{}, the first {}{}", counted(syns, "SYN"), at(first, flow.digits), waited.unwrap_or_default())
        } else {
            format!("SYN {}", at(first, flow.digits))
        };
        let title = format!("{} ({})", WORKS.title, said("rdp-udp.mode"));
        Finding::of_flow(&WORKS, flow, Some(first)).titled(title).because(format!(
            "{opened}; version {}, {}; {} of the client and {down} of the server.",
            said("rdp-udp.version"),
            said("rdp-udp.mode"),
            counted(up, "data packet")
        ))
    }))
}

fn died(grounds: &Grounds<'_>, flow: &Summary, seen: &Channel) -> Option<Finding> {
    let [Some(client), Some(server)] = seen.last else { return None };
    let [one, other] = flow.endpoints;
    let ((silent, mute), (alone, left)) =
        if client.time < server.time { ((client, one), (server, other)) } else { ((server, other), (client, one)) };
    let tcp = session(grounds, flow).filter(|tcp| tcp.last > alone.time)?;
    (alone.time.since(silent.time) >= DEAD).then(|| {
        let finding = Finding::of_flow(&DIED, flow, Some(silent)).because(format!(
            "The last packet of {} came {}; {} went on for {}, until {}.",
            end(mute),
            at(silent, flow.digits),
            end(left),
            span(alone.time.since(silent.time)),
            stamp(alone, flow.digits)
        ));
        let finding = unanswered::with_refusal(finding, flow);
        let finding = Beside::of_flow(tcp, "RDP").took_over(mute.address, silent.time, finding);
        later::told(grounds, flow, silent.time, "the last answer", finding)
    })
}

fn losses(flow: &Summary, seen: &Channel) -> Option<Finding> {
    /// Packets to speak of a share by.
    const MIN_DATA: u64 = 200;
    let (data, resent): (u64, u64) = (seen.data.iter().sum(), seen.resent.iter().sum());
    let lossy = data >= MIN_DATA && resent * 50 > data;
    let severity = if resent * 10 > data { Severity::Warning } else { Severity::Notice };
    lossy.then(|| {
        Finding::of_flow(&LOSSES, flow, None).graded(severity).because(format!(
            "Of {} from {} (frame {}) on, {resent} ({}) were sent again; losses were reported by {}.",
            counted(data, "data packet"),
            words::utc(flow.first, flow.digits),
            flow.first_frame,
            percent(resent, data),
            counted(seen.losses.iter().sum(), "acknowledgement")
        ))
    })
}

/// Attributes that hold the correlation id.
const IDS: [&str; 4] = [
    "rdp.correlation_id",
    "rdp-udp.correlation_id",
    "rdg-udp.correlation_id",
    "rdg-udp.correlation_id_swapped",
];

/// Most flows of one session that are looked at; more than a dozen are not named.
const MAX_JOINED: usize = 64;

fn joined(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut sessions: BTreeMap<&str, (usize, Vec<&Summary>)> = BTreeMap::new();
    for flow in grounds.flows {
        for (place, key) in IDS.iter().enumerate() {
            if let Some(Value::Text(id)) = flow.attributes.value(key) {
                let (first, flows) = sessions.entry(id).or_insert((place, Vec::new()));
                *first = place.min(*first);
                // The parts of a long flow, and what follows a pause, bear the id that its first part does.
                if flows.len() < MAX_JOINED && !flows.iter().any(|known| known.key == flow.key) {
                    flows.push(flow);
                }
            }
        }
    }
    // An id is looked for in both orders of its bytes, and told in the one in which most write it.
    let mut sessions: Vec<_> = sessions.into_iter().map(|(id, (place, flows))| (place, id, flows)).collect();
    sessions.sort_by_key(|(place, id, _)| (*place, *id));
    let mut told = BTreeSet::new();
    for (_, id, flows) in sessions {
        let Some((first, [_, ..])) = flows.split_first() else { continue };
        if !told.insert(flows.iter().map(|flow| flow.id).collect::<Vec<_>>()) {
            continue;
        }
        let mut finding = Finding::of_flow(&JOINED, first, None);
        for flow in &flows {
            let [from, to] = flow.endpoints;
            finding = finding.flow(flow.id).host(from.address).host(to.address).because(format!(
                "{} from {} to {} (frame {}, {}) bears the id {id}.",
                flow.app.unwrap_or("unknown"),
                end(from),
                end(to),
                flow.first_frame,
                words::utc(flow.first, flow.digits)
            ));
        }
        let filters: Vec<String> = flows.iter().map(|flow| format!("({})", words::flow_filter(flow))).collect();
        findings.push(finding.shown_by(filters.join(" || ")));
    }
}
