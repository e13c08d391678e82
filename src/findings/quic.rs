//! QUIC beside TCP 443: did UDP work, or did the browser fall back in silence?

use super::words::SECOND;
use super::{Diagnosis, Family, Finding, Grounds, unanswered};
use crate::summary::Summary;

/// HTTP/3's port.
const PORT: u16 = 443;

pub(super) const FAMILY: Family =
    Family { title: "QUIC", concerns, examine, diagnoses: &[UNANSWERED, REFUSED] };

const UNANSWERED: Diagnosis = Diagnosis {
    id: "quic-unanswered",
    severity: super::Severity::Notice,
    title: "QUIC is not answered, and TCP 443 is",
    meaning: "UDP 443 is filtered on the way, or the server does not speak HTTP/3 any more: clients fall back to TCP, \
              some after a delay.",
    evidence: "At least two Initial packets, nothing back for 3 s, and TCP 443 both ways between the same hosts.",
    caveats: &["Many sites filter QUIC on purpose, so that a proxy can inspect TLS."],
    advice: &["Decide it: allow UDP 443, or reject it with ICMP so that clients need not wait."],
};

const REFUSED: Diagnosis = Diagnosis {
    id: "quic-refused",
    severity: super::Severity::Info,
    title: "QUIC is refused by ICMP, and TCP 443 works",
    meaning: "UDP 443 is rejected: clients fall back to TCP at once.",
    evidence: "An ICMP error that quotes a QUIC packet, and TCP 443 both ways between the same hosts.",
    caveats: &["Most often this is somebody's decision."],
    advice: &["Nothing, unless HTTP/3 is wanted."],
};

fn concerns(flow: &Summary) -> bool {
    flow.app == Some("quic")
        && flow.endpoints.last().is_some_and(|end| end.port == PORT)
        && flow.counts.last().is_some_and(|count| count.packets == 0)
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    for flow in grounds.flows {
        let Some(tcp) = unanswered::meanwhile(grounds, flow) else { continue };
        let refused = unanswered::refused(&REFUSED, flow);
        let finding = refused
            .or_else(|| unanswered::finding(grounds, &UNANSWERED, flow, "packet", 3 * SECOND));
        findings.extend(finding.map(|finding| finding.because(tcp)));
    }
}
