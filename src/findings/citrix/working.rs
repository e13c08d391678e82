//! A Citrix session's UDP that works, or worked and died.

use super::super::beside::Beside;
use super::super::gateway;
use super::super::words::{SECOND, at, counted, end, span, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity, later};
use super::{PORTS, beside, session};
use crate::inspect::Confidence;
use crate::report::{Datagrams, Handshake, Moment, Report};
use crate::summary::Summary;

pub(super) const EDT_WORKS: Diagnosis = Diagnosis {
    id: "edt-works",
    severity: Severity::Info,
    title: "EDT works",
    meaning: "The session uses UDP.",
    evidence: "EDT's handshake on UDP 1494 or 2598, and at least three packets of each side.",
    caveats: &[],
    advice: &[],
};

pub(super) const EDT_DIED: Diagnosis = Diagnosis {
    id: "edt-died",
    severity: Severity::Warning,
    title: "EDT worked and then died",
    meaning: "Packets went both ways, then one side fell silent while the other went on; the session continues over TCP.",
    evidence: "EDT both ways; then at least five packets of one side, over 5 s, during which the other says nothing; and \
               ICA or CGP over TCP of the same port that begins after that, or had begun before and goes on for 16 s.",
    caveats: &["A client that changed its network begins anew, with another address."],
    advice: &["Look for idle time-outs for UDP in firewalls and NAT on the path."],
};

pub(super) const FRAMEHAWK_WORKS: Diagnosis = Diagnosis {
    id: "framehawk-works",
    severity: Severity::Info,
    title: "Framehawk's display channel works",
    meaning: "The session uses UDP.",
    evidence: "A flow on 3224-3324 that behaves like Framehawk's, beside ICA or CGP between the same hosts.",
    caveats: &["Framehawk's bytes are not published: this rests on its behaviour and the session beside it."],
    advice: &[],
};

pub(super) const FRAMEHAWK_DIED: Diagnosis = Diagnosis {
    id: "framehawk-died",
    severity: Severity::Warning,
    title: "Framehawk's display channel worked and then died",
    meaning: "Packets went both ways, then one side fell silent while the other went on; the session continues over TCP.",
    evidence: "As for framehawk-works; then at least five packets of one side, over 5 s, during which the other says nothing; \
               and ICA or CGP between the same hosts that begins after that, or had begun before and goes on for 16 s.",
    caveats: &["Framehawk's bytes are not published: this rests on its behaviour and the session beside it."],
    advice: &["Look for idle time-outs for UDP in firewalls and NAT on the path."],
};

pub(super) const DTLS_WORKS: Diagnosis = Diagnosis {
    id: "dtls-gateway-works",
    severity: Severity::Info,
    title: "DTLS to a gateway's port 443 works",
    meaning: "Sessions through the gateway (EDT through a Citrix ADC, or a VPN) use UDP.",
    evidence: "A complete DTLS handshake with UDP 443 and at least three records with data of each side, and TCP 443 of the \
               same hosts both ways.",
    caveats: &["What is inside is encrypted: EDT, or a VPN's packets."],
    advice: &[],
};

pub(super) const DTLS_DIED: Diagnosis = Diagnosis {
    id: "dtls-gateway-died",
    severity: Severity::Warning,
    title: "DTLS to a gateway's port 443 worked and then died",
    meaning: "Data went both ways, then the gateway fell silent while the client went on; sessions continue over TCP.",
    evidence: "As for dtls-gateway-works; then at least 16 s of packets of the client after the last one of the gateway.",
    caveats: &["What is inside is encrypted: EDT, or a VPN's packets.", "When the whole session ended, TCP 443 ends at the same time."],
    advice: &["Look for idle time-outs for UDP in firewalls and NAT on the path."],
};

/// What became of DTLS to a gateway whose TCP 443 works too.
pub(super) fn through_gateway(grounds: &Grounds<'_>, flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let [up, down] = seen.data;
    let (first, finished) = (seen.first_hello?, seen.finished?);
    if up < MIN_DATA || down < MIN_DATA || flow.continued {
        return None;
    }
    Beside::of_web(grounds, flow)?;
    Some(gateway::died(&DTLS_DIED, grounds, flow, seen).unwrap_or_else(|| {
        Finding::of_flow(&DTLS_WORKS, flow, Some(first)).because(format!(
            "{} {}, encrypted {} later; then {} of the client and {down} of the gateway.",
            gateway::hellos(seen),
            at(first, flow.digits),
            span(finished.time.since(first.time)),
            counted(up, "record")
        ))
    }))
}

/// Packets of each side that make a session.
const MIN_DATA: u64 = 3;
/// How long one side sends alone before the other one counts as dead.
const PATIENCE: u64 = 5 * SECOND;

pub(super) fn examine(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let [from, to] = flow.endpoints;
    let [up, down] = flow.sent();
    if up.packets < MIN_DATA || down.packets < MIN_DATA || flow.continued {
        return None;
    }
    let is_edt = flow.app == Some("edt") && PORTS.contains(&to.port);
    let works = match flow.app {
        Some("edt") if is_edt => &EDT_WORKS,
        Some("framehawk") if flow.confidence >= Some(Confidence::Behaviour) => &FRAMEHAWK_WORKS,
        _ => return None,
    };
    if let Some(Report::Datagrams(seen)) = flow.report.as_deref()
        && let Some(finding) = died(grounds, flow, seen, is_edt)
    {
        return Some(finding);
    }
    let first = Moment { time: flow.first, frame: flow.first_frame };
    let finding = Finding::of_flow(works, flow, None).because_some(tried(flow));
    Some(finding.because(format!(
        "{} of {} and {} of {} from {} on, for {}.",
        counted(up.packets, "packet"),
        end(from),
        down.packets,
        end(to),
        stamp(first, flow.digits),
        span(flow.last.since(flow.first))
    )))
}

/// How often the client tried before it was answered, if more than once.
fn tried(flow: &Summary) -> Option<String> {
    let Some(Report::Datagrams(seen)) = flow.report.as_deref() else { return None };
    let answered = seen.answered.filter(|_| seen.vain >= 2)?;
    Some(format!(
        "The first answer came {}, after {} in {}.",
        at(answered, flow.digits),
        counted(seen.vain, "packet"),
        span(answered.time.since(flow.first))
    ))
}

fn died(grounds: &Grounds<'_>, flow: &Summary, seen: &Datagrams, is_edt: bool) -> Option<Finding> {
    let port = |flow: &Summary| flow.endpoints.last().map(|end| end.port);
    // EDT has the port of the session that it stands in for.
    let tcp = session(grounds, flow).filter(|tcp| !is_edt || port(tcp) == port(flow))?;
    let diagnosis = if is_edt { &EDT_DIED } else { &FRAMEHAWK_DIED };
    let finding = beside(tcp).outlived(diagnosis, flow, seen, PATIENCE)?;
    let silent = seen.fell_silent()?.last.time;
    Some(later::told(grounds, flow, silent, "the last answer", finding))
}
