//! TIP: transactions between their managers, in clear lines over TCP.

use super::words::{self, SECOND, at, counted, end, span};
use super::{Diagnosis, Family, Finding, Grounds, Severity, Silence};
use crate::flow::EndReason;
use crate::inspect::Side;
use crate::packet::TcpHeader;
use crate::report::{Moment, Report, Transactions};
use crate::summary::Summary;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// TIP's port.
const PORT: u16 = 3372;

pub(super) const FAMILY: Family = Family {
    title: "Transactions by TIP",
    concerns: |flow| flow.app == Some("tip"),
    examine,
    diagnoses: &[DROPPED, VERSION, TLS, NO_LAYER, IN_DOUBT, EXPOSED, CLEAR, REFUSED, ABORTED, LISTENER],
};

const DROPPED: Diagnosis = Diagnosis {
    id: "tip-dropped",
    severity: Severity::Warning,
    title: "The transaction manager drops the connection without a word",
    meaning: "Windows does so when the client's source port is not 3372 (\"allow non-default port\" is off by default), or \
              when TIP is not allowed at all.",
    evidence: "IDENTIFY from another port than 3372, then FIN or RST of the server before the client's, without any line.",
    caveats: &["The other settings of TIP, all off by default, have the same effect."],
    advice: &["On the server: the TIP settings of the MSDTC security configuration; source ports that a NAT changes."],
};

const VERSION: Diagnosis = Diagnosis {
    id: "tip-version-mismatch",
    severity: Severity::Warning,
    title: "The two transaction managers have no TIP version in common",
    meaning: "No transaction can go between them.",
    evidence: "IDENTIFY with a range without 3, answered by ERROR.",
    caveats: &[],
    advice: &["TIP 3 (RFC 2371) is the only version in use: check what the client is."],
};

const TLS: Diagnosis = Diagnosis {
    id: "tip-tls-demanded",
    severity: Severity::Notice,
    title: "The transaction manager demands TLS",
    meaning: "Windows never demands it and does not offer it: with Windows at the other end this cannot work.",
    evidence: "NEEDTLS as the answer to IDENTIFY.",
    caveats: &["Where the client begins TLS after it, all is well."],
    advice: &["Compare the settings of both managers."],
};

const NO_LAYER: Diagnosis = Diagnosis {
    id: "tip-layer-refused",
    severity: Severity::Info,
    title: "TLS or multiplexing was offered and refused",
    meaning: "The connection goes on without; Windows always refuses both.",
    evidence: "CANTTLS or CANTMULTIPLEX.",
    caveats: &[],
    advice: &[],
};

const IN_DOUBT: Diagnosis = Diagnosis {
    id: "tip-in-doubt",
    severity: Severity::Warning,
    title: "A transaction is in doubt",
    meaning: "It was prepared, and the connection ended before anybody said commit or abort: locks are held until the \
              managers meet again.",
    evidence: "PREPARED, and the end of the connection without COMMITTED or ABORTED, or COMMIT or ABORT without any answer for \
               10 s. Where another connection between the two settles it, by RECONNECT or QUERY with its identifier, that is said, \
               and it is good to know only.",
    caveats: &["The managers may have settled it over another connection that is not in the capture."],
    advice: &["On both: Component Services, Distributed Transaction Coordinator, Transaction List. Windows asks again \
               every 2000 s."],
};

const EXPOSED: Diagnosis = Diagnosis {
    id: "tip-exposed",
    severity: Severity::Warning,
    title: "TIP is spoken with a public address",
    meaning: "Identifiers of transactions go over the Internet in clear, and whoever knows one can join.",
    evidence: "A TIP dialogue of which one end has a public address.",
    caveats: &["Some organisations use public addresses inside."],
    advice: &["Close port 3372 at the border."],
};

const CLEAR: Diagnosis = Diagnosis {
    id: "tip-in-clear",
    severity: Severity::Info,
    title: "Identifiers of transactions go in clear",
    meaning: "Whoever sees them can join or end the transactions.",
    evidence: "PUSH, PULL, QUERY or RECONNECT with an identifier.",
    caveats: &["Within a trusted network this is how Windows does it."],
    advice: &["Keep TIP within one network segment."],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "tip-transactions-refused",
    severity: Severity::Notice,
    title: "Transactions are refused",
    meaning: "The other manager does not know them, or may not take part.",
    evidence: "NOTPUSHED, NOTPULLED, NOTBEGUN or NOTRECONNECTED.",
    caveats: &[],
    advice: &["Look at the applications' logs for XACT_E_TIP errors (0x8004D01F to 0x8004D023)."],
};

const ABORTED: Diagnosis = Diagnosis {
    id: "tip-transactions-aborted",
    severity: Severity::Info,
    title: "Transactions were aborted",
    meaning: "An application or a manager decided against them.",
    evidence: "ABORTED.",
    caveats: &["Applications abort in the normal course of business."],
    advice: &[],
};

const LISTENER: Diagnosis = Diagnosis {
    id: "tip-listener",
    severity: Severity::Info,
    title: "A transaction manager answers on TIP",
    meaning: "TIP is on, which it is not by default.",
    evidence: "A reply of TIP's vocabulary.",
    caveats: &["Honeypots answer too."],
    advice: &["Turn it off where it is not needed."],
};

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut listeners = std::collections::BTreeSet::new();
    // Identifiers are told once for two hosts, with the number of their connections.
    let mut named: BTreeMap<(IpAddr, IpAddr), (Finding, u64)> = BTreeMap::new();
    for flow in grounds.flows {
        let Some(Report::Transactions(seen)) = flow.report.as_deref() else { continue };
        if flow.reason == EndReason::Active {
            // Told when it ends.
            continue;
        }
        judge(flow, seen, findings);
        findings.extend(in_doubt(grounds, flow, seen));
        if let Some(finding) = in_clear(flow, seen) {
            let [one, other] = flow.endpoints.map(|end| end.address);
            let (finding, count) = named.entry((one.min(other), one.max(other))).or_insert((finding, 0));
            *finding = finding.clone().flow(flow.id);
            *count += 1;
        }
        let [_, to] = flow.endpoints;
        if let Some(when) = seen.answered.filter(|_| listeners.insert(to)) {
            findings.push(
                Finding::of_flow(&LISTENER, flow, Some(when))
                    .because(format!("{} answered {}.", end(to), at(when, flow.digits))),
            );
        }
    }
    findings.extend(named.into_values().map(|(finding, count)| match count {
        1 => finding,
        _ => finding.because(format!("It is the same with {} of the two in all.", counted(count, "connection"))),
    }));
}

/// How long a decision may go without an answer: disks are slow, but not that slow.
const MAX_WAIT: u64 = 10 * SECOND;

/// Whether a transaction was left prepared, and how it ended over another connection if it did.
fn in_doubt(grounds: &Grounds<'_>, flow: &Summary, seen: &Transactions) -> Option<Finding> {
    let doubted = seen.in_doubt.as_ref()?;
    let ([from, to], digits) = (flow.endpoints, flow.digits);
    let mut finding = Finding::of_flow(&IN_DOUBT, flow, Some(doubted.at));
    if matches!(flow.reason, EndReason::Fin | EndReason::Rst | EndReason::Idle) {
        let closed = seen.closed.map(|(_, closed)| format!(" {}", at(closed, digits))).unwrap_or_default();
        let ended = format!("The connection of {} and {} ended ({}){closed}", end(from), end(to), flow.reason.name());
        finding = finding.because(format!("{ended}, after the transaction was prepared {}.", at(doubted.at, digits)));
    }
    if let Some((word, when)) = doubted.decision {
        let watched = grounds.watched_after(when.time);
        if finding.evidence.is_empty()
            && (watched < MAX_WAIT || grounds.silence(to.address, from.address) == Silence::Unknowable)
        {
            return None;
        }
        finding = finding.because(format!(
            "{word} was sent {}, after PREPARED {}, and was not answered in the {} that the capture went on.",
            at(when, digits),
            at(doubted.at, digits),
            span(watched)
        ));
    }
    if finding.evidence.is_empty() {
        return None;
    }
    if !doubted.ids.is_empty() {
        finding = finding.because(format!("The transaction is {}.", doubted.ids.join(", of the other one ")));
    }
    let hosts = [from.address, to.address];
    let ends = grounds.flows.iter().filter_map(|other| {
        let Some(Report::Transactions(theirs)) = other.report.as_deref() else { return None };
        let [one, two] = other.endpoints.map(|end| end.address);
        let same = other.id != flow.id && ([one, two] == hosts || [two, one] == hosts);
        let settled = theirs.settled.iter().find(|settled| {
            settled.at.time > doubted.at.time && settled.ids.iter().any(|id| doubted.ids.contains(id))
        });
        same.then_some((other, settled?))
    });
    let Some((other, settled)) = ends.min_by_key(|(other, settled)| (settled.at.time, other.id)) else { return Some(finding) };
    let lasted = span(settled.at.time.since(doubted.at.time));
    finding.caveats.clear();
    finding.advice.clear();
    Some(
        finding
            .graded(Severity::Info)
            .titled(format!("A transaction was in doubt for {lasted}, and is settled"))
            .flow(other.id)
            .also_shown_by(&words::flow_filter(other))
            .because(format!("It was taken up again over another connection, and {} came {}.", settled.how, at(settled.at, digits))),
    )
}

/// That identifiers went in clear, and whether an end is public.
fn in_clear(flow: &Summary, seen: &Transactions) -> Option<Finding> {
    let ([from, to], when) = (flow.endpoints, seen.named?);
    let public = [from, to].into_iter().find(|end| is_public(end.address));
    let (diagnosis, sentence) = match public {
        Some(public) => (&EXPOSED, format!("{} is public and took part in a transaction", end(public))),
        None => (&CLEAR, format!("The first identifier went between {} and {}", end(from), end(to))),
    };
    Some(Finding::of_flow(diagnosis, flow, Some(when)).because(format!("{sentence} {}.", at(when, flow.digits))))
}

fn judge(flow: &Summary, seen: &Transactions, findings: &mut Vec<Finding>) {
    let [from, to] = flow.endpoints;
    let mut tell = |diagnosis: &'static Diagnosis, when: Moment, sentence: String| {
        findings.push(
            Finding::of_flow(diagnosis, flow, Some(when)).because(format!("{sentence} {}.", at(when, flow.digits))),
        );
    };
    let server_flags = flow.tcp.as_ref().map_or(0, |tcp| {
        let [_, server] = &tcp.sides;
        server.flags
    });
    let silent = flow.counts.last().is_some_and(|count| count.payload == 0);
    if let (Some((low, high, when)), None) = (seen.offered, seen.identified) {
        let no_common = !(low..=high).contains(&3);
        if let (true, Some((_, refused))) = (no_common, seen.error) {
            let offer = format!("{} offered {} versions {low} to {high} {}", end(from), end(to), at(when, flow.digits));
            tell(&VERSION, refused, format!("{offer} and got ERROR"));
        } else if let Some((Side::Responder, closed)) = seen.closed
            && from.port != PORT
            && silent
            && server_flags & TcpHeader::SYN != 0
        {
            let how = if server_flags & TcpHeader::FIN != 0 { "closed" } else { "reset" };
            let later = span(closed.time.since(when.time));
            let asked = format!("{} sent IDENTIFY {}", end(from), at(when, flow.digits));
            tell(&DROPPED, closed, format!("{asked}; {} {how} the connection without a line {later} later,", end(to)));
        }
    }
    if let Some(when) = seen.needs_tls {
        tell(&TLS, when, format!("{} demanded TLS of {}", end(to), end(from)));
    }
    if let Some(when) = seen.refused_layer {
        tell(&NO_LAYER, when, format!("{} refused it to {}", end(to), end(from)));
    }
    if let Some((count, when)) = seen.refused {
        tell(&REFUSED, when, format!("{} between {} and {}, the first", counted(count, "refusal"), end(from), end(to)));
    }
    if let Some((count, when)) = seen.aborted {
        tell(&ABORTED, when, format!("{} between {} and {}, the first", counted(count, "transaction"), end(from), end(to)));
    }
}

/// Whether an address is one of the Internet's: neither private nor of any special use (RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            let protocol = (a, b, c) == (192, 0, 0);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || v4.is_unspecified()
                || shared
                || benchmark
                || protocol
                || a == 0
                || a >= 240)
        }
        IpAddr::V6(v6) => {
            // 2000::/3 is what is given out; 2001:db8::/32 is for documentation.
            let [first, second, ..] = v6.segments();
            first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0x0db8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_special_addresses_are_not_public() {
        for special in ["10.1.2.3", "100.64.0.1", "192.0.2.1", "198.18.0.1", "fe80::1", "fd00::1", "2001:db8::1", "::1"] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for public in ["8.8.8.8", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
