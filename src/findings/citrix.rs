//! Citrix sessions: EDT and Framehawk over UDP beside ICA and CGP over TCP.

mod working;

use super::beside::Beside;
use super::gateway::cookie_lost;
use super::words::{self, SECOND, at, counted, end, span};
use super::{Diagnosis, Family, Finding, Grounds, Severity, gather, later, merge, unanswered};
use crate::key::protocol;
use crate::report::{Datagrams, Report, Stage};
use crate::summary::Summary;

/// ICA, and CGP (session reliability), over TCP and as EDT over UDP.
const PORTS: [u16; 2] = [1494, 2598];
/// Framehawk's default range.
const FRAMEHAWK: std::ops::RangeInclusive<u16> = 3224..=3324;
/// The gateway's port.
const GATEWAY: u16 = 443;
/// Registered to Timelot, and in Framehawk's range.
const TIMELOT_PORT: u16 = 3243;

pub(super) const FAMILY: Family = Family {
    title: "Citrix sessions",
    concerns,
    examine,
    diagnoses: &[
        EDT,
        EDT_REFUSED,
        EDT_TOO_BIG,
        EDT_STUCK,
        GATEWAY_DTLS,
        GATEWAY_COOKIE,
        working::DTLS_WORKS,
        working::DTLS_DIED,
        NO_VERIFY,
        LARGE_LOST,
        working::EDT_DIED,
        working::EDT_WORKS,
        FRAMEHAWK_UNANSWERED,
        working::FRAMEHAWK_DIED,
        working::FRAMEHAWK_WORKS,
        TIMELOT,
        NO_RELIABILITY,
        CLEAR,
    ],
};

const EDT: Diagnosis = Diagnosis {
    id: "edt-unanswered",
    severity: Severity::Warning,
    title: "EDT is not answered, and the session is on TCP",
    meaning: "Adaptive transport prefers UDP and never gets it. Clients try again every five minutes.",
    evidence: "At least three UDP packets over 2 s to 1494 or 2598, none back, and ICA or CGP over TCP of the same port \
               between the same hosts.",
    caveats: &["Clients connect by both at once and drop the loser: less than 2 s proves nothing."],
    advice: &["Allow UDP 1494 and 2598 to the desktops; in the session: ctxsession -v."],
};

const EDT_REFUSED: Diagnosis = Diagnosis {
    id: "edt-refused",
    severity: Severity::Warning,
    title: "EDT is refused by ICMP, and the session is on TCP",
    meaning: "The desktop does not listen on UDP, or a filter rejects it.",
    evidence: "An ICMP error that quotes a UDP packet to 1494 or 2598, and ICA or CGP over TCP of the same port.",
    caveats: &[],
    advice: &["On the desktop: netstat -ano -p udp; the policy \"HDX adaptive transport\"."],
};

const EDT_TOO_BIG: Diagnosis = Diagnosis {
    id: "edt-too-big",
    severity: Severity::Info,
    title: "EDT's packets are too big for the path",
    meaning: "With MTU discovery this is how it finds the size; without, large packets vanish.",
    evidence: "An ICMP error (packet too big, fragmentation needed) that quotes an EDT packet.",
    caveats: &["Probes of MTU discovery are meant to be lost."],
    advice: &["Check that MTU discovery is on; it needs session reliability."],
};

const EDT_STUCK: Diagnosis = Diagnosis {
    id: "edt-stuck",
    severity: Severity::Warning,
    title: "EDT is answered once and then no more, and the session is on TCP",
    meaning: "Its handshake begins and is never complete: what follows the first answer is lost on the way, or the desktop's \
              end does not take it.",
    evidence: "One or two packets of the desktop; then at least three of the client over 2 s, and none back; and ICA or CGP over \
               TCP of the same port, on which the desktop is heard for 3 s after that.",
    caveats: &["Clients connect by both at once and drop the loser: less than 2 s proves nothing."],
    advice: &["Compare captures at both ends; look for firewalls that let the first packets of UDP pass only."],
};

const LARGE_LOST: Diagnosis = Diagnosis {
    id: "edt-large-lost",
    severity: Severity::Notice,
    title: "EDT begins with small packets and ends with its first large ones",
    meaning: "Small packets pass and large ones vanish, most often in a tunnel; the session is on TCP. Without MTU \
              discovery this happens anew at each try.",
    evidence: "EDT both ways; then at least three packets of more than 1200 bytes of one side, over 2 s, during which the \
               other says nothing more and has sent no large one; and ICA or CGP over TCP of the same port that goes on.",
    caveats: &["Probes of MTU discovery are meant to be lost; a session that ends just then looks the same."],
    advice: &["Test the path: ping -f -l 1372 to the desktop; turn on EDT's MTU discovery."],
};

const TIMELOT: Diagnosis = Diagnosis {
    id: "timelot-framehawk",
    severity: Severity::Info,
    title: "UDP 3243 beside a Citrix session is probably Framehawk",
    meaning: "Tools print Timelot, of which nothing is known; the port lies in Framehawk's range (3224-3324).",
    evidence: "Payload both ways on UDP 3243, and ICA or CGP between the same hosts.",
    caveats: &["Framehawk's bytes are not published: this rests on the session beside it."],
    advice: &["The policy \"Framehawk display channel port range\"."],
};

const GATEWAY_DTLS: Diagnosis = Diagnosis {
    id: "dtls-gateway-unanswered",
    severity: Severity::Warning,
    title: "DTLS to a gateway's port 443 is not answered, and TLS is",
    meaning: "The gateway's UDP does not get through: sessions fall back to TCP.",
    evidence: "At least two DTLS ClientHellos to UDP 443, nothing back for 3 s, and TCP 443 both ways.",
    caveats: &["VPN clients try DTLS too and do without."],
    advice: &["Allow UDP 443 to the gateway; on a Citrix ADC: enable DTLS on the virtual server and bind a certificate."],
};

const GATEWAY_COOKIE: Diagnosis = Diagnosis {
    id: "dtls-gateway-cookie-lost",
    severity: Severity::Warning,
    title: "DTLS to a gateway's port 443 stops at the cookie, and TLS works",
    meaning: "The gateway demands a cookie and never takes it: the demand, or the second, larger hello is lost. Sessions fall \
              back to TCP.",
    evidence: "HelloVerifyRequest at least twice, or the hello with the cookie at least twice, or once and TCP 443 goes on for \
               10 s; no ServerHello, and TCP 443 both ways.",
    caveats: &[
        "A second hello that a small MTU drops looks like one that a firewall drops.",
        "VPN clients try DTLS too and do without.",
    ],
    advice: &["Compare captures at both ends; test the path's MTU."],
};

const NO_VERIFY: Diagnosis = Diagnosis {
    id: "dtls-gateway-without-verify",
    severity: Severity::Info,
    title: "A DTLS server on 443 answers without demanding a cookie",
    meaning: "It can be used to flood others: a small packet with a forged source is answered by a large one.",
    evidence: "A ServerHello to a first ClientHello, without HelloVerifyRequest.",
    caveats: &["DTLS 1.3 demands its cookie in another message; resumed sessions need none."],
    advice: &["On a Citrix ADC: update (CTX289674) and enable HelloVerifyRequest."],
};

const FRAMEHAWK_UNANSWERED: Diagnosis = Diagnosis {
    id: "framehawk-unanswered",
    severity: Severity::Notice,
    title: "Framehawk's display channel was tried and not answered",
    meaning: "The session stays on TCP.",
    evidence: "At least three UDP packets over 2 s to 3224-3324, none back, beside ICA or CGP between the same hosts.",
    caveats: &["The range holds other services; that it is Framehawk rests on the ICA session beside it."],
    advice: &["Framehawk is gone since version 1903; else allow UDP 3224-3324 to the desktops."],
};

const NO_RELIABILITY: Diagnosis = Diagnosis {
    id: "ica-without-session-reliability",
    severity: Severity::Info,
    title: "ICA runs without session reliability",
    meaning: "A short loss of the network ends the session; EDT's MTU discovery is off too.",
    evidence: "ICA over TCP 1494 and no CGP between the same hosts.",
    caveats: &["Some sites want it so."],
    advice: &["The policy \"Session reliability connections\"."],
};

const CLEAR: Diagnosis = Diagnosis {
    id: "ica-in-clear",
    severity: Severity::Info,
    title: "ICA goes without TLS",
    meaning: "Whoever is on the path sees what ICA's own encryption does not cover.",
    evidence: "ICA's or CGP's greeting in clear.",
    caveats: &["ICA has encryption of its own, which a capture does not show."],
    advice: &["Use the gateway, or TLS to the desktops."],
};

fn concerns(flow: &Summary) -> bool {
    let [_, to] = flow.endpoints;
    match flow.protocol {
        protocol::UDP => {
            PORTS.contains(&to.port)
                || (FRAMEHAWK.contains(&to.port) && flow.counts.last().is_some_and(|count| count.packets == 0))
                || to.port == TIMELOT_PORT
                || flow.app == Some("framehawk")
                || (to.port == GATEWAY && flow.app == Some("dtls"))
        }
        protocol::TCP => matches!(flow.app, Some("ica" | "cgp")) && gather::is_two_way_tcp(flow),
        _ => false,
    }
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let mut each = Vec::new();
    for flow in grounds.flows {
        match flow.protocol {
            protocol::UDP => each.extend(over_udp(grounds, flow).or_else(|| working::examine(grounds, flow))),
            _ => findings.extend(over_tcp(grounds, flow)),
        }
    }
    findings.extend(merge::by_subject(grounds, each));
}

/// ICA or CGP over TCP between the same hosts, seen after the flow began: of several the one that goes on longest.
fn session<'a>(grounds: &Grounds<'a>, flow: &Summary) -> Option<&'a Summary> {
    let [client, server] = flow.endpoints;
    let between = grounds.flows.iter().filter(|tcp| {
        let [from, to] = tcp.endpoints;
        tcp.protocol == protocol::TCP
            && (from.address, to.address) == (client.address, server.address)
            && tcp.last > flow.first
    });
    between.max_by_key(|tcp| (tcp.last, tcp.id))
}

/// The session over TCP, to be told of beside UDP.
fn beside(tcp: &Summary) -> Beside {
    Beside::of_flow(tcp, tcp.app.unwrap_or("ica"))
}

fn over_udp(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let [_, to] = flow.endpoints;
    if to.port == GATEWAY {
        return gateway(grounds, flow);
    }
    let tcp = session(grounds, flow)?;
    let [_, service] = tcp.endpoints;
    let is_edt = PORTS.contains(&to.port);
    if is_edt && service.port != to.port {
        return None;
    }
    if to.port == TIMELOT_PORT && flow.counts.iter().all(|count| count.payload > 0) {
        let [from, _] = flow.endpoints;
        return Some(beside(tcp).shown_in(Finding::of_flow(&TIMELOT, flow, None).because(format!(
            "{} and {} exchange payload from {} (frame {}) on; the same hosts speak {} over TCP.",
            end(from),
            end(to),
            words::utc(flow.first, flow.digits),
            flow.first_frame,
            tcp.app.unwrap_or("ica")
        ))));
    }
    let instead = |finding: Finding| {
        later::told(grounds, flow, flow.first, "the first try", beside(tcp).instead_of(flow, finding))
    };
    if let (true, Some(Report::Datagrams(seen))) = (is_edt, flow.report.as_deref())
        && let Some(finding) = large_lost(flow, tcp, seen)
    {
        return Some(instead(finding));
    }
    if let (true, Some(Report::Datagrams(seen))) = (is_edt, flow.report.as_deref())
        && let Some(finding) = stuck(flow, tcp, seen)
    {
        return Some(instead(unanswered::with_refusal(finding, flow)));
    }
    let long = flow.sent().first().is_some_and(|count| count.packets >= 3) && flow.last.since(flow.first) >= 2 * SECOND;
    let answered = flow.counts.last().is_some_and(|count| count.packets > 0);
    if let (true, Some(error)) = (is_edt, words::unreachable(flow)) {
        if error.too_big || !answered {
            let diagnosis = if error.too_big { &EDT_TOO_BIG } else { &EDT_REFUSED };
            return Some(instead(unanswered::rejected(diagnosis, flow, "packet", error)));
        }
        return None;
    }
    let diagnosis = if is_edt { &EDT } else { &FRAMEHAWK_UNANSWERED };
    let finding = unanswered::finding(grounds, diagnosis, flow, "packet", 3 * SECOND).filter(|_| long)?;
    Some(instead(finding))
}

/// Whether the last that is seen of EDT is one side's large packets that nobody answers.
fn large_lost(flow: &Summary, tcp: &Summary, seen: &Datagrams) -> Option<Finding> {
    let sides = |mine: usize| {
        let [a, b] = flow.endpoints;
        let own = if mine == 0 { a } else { b };
        Some((own, *seen.large.get(mine)?, seen.first_large.get(mine).copied()??, seen.last.get(mine).copied()??))
    };
    (0..2).find_map(|mine| {
        let (own, large, first, last) = sides(mine)?;
        let peer = 1 - mine;
        let (their_large, their_last) = (*seen.large.get(peer)?, seen.last.get(peer).copied()??);
        let vanished = large >= 3 && their_large == 0 && their_last.time < first.time;
        let gave_up = last.time.since(first.time) >= 2 * SECOND && tcp.last.since(last.time) >= 2 * SECOND;
        (vanished && gave_up).then(|| {
            Finding::of_flow(&LARGE_LOST, flow, Some(first)).because(format!(
                "{} sent {} of more than 1200 bytes, the first {}; the last packet of the other side had come {}.",
                end(own),
                counted(large, "packet"),
                at(first, flow.digits),
                at(their_last, flow.digits)
            ))
        })
    })
}

/// Whether the desktop answered the beginning of the handshake, and nothing that the client sent after that.
fn stuck(flow: &Summary, tcp: &Summary, seen: &Datagrams) -> Option<Finding> {
    const ANSWERS: u64 = 2;
    let silence = seen.fell_silent().filter(|silence| !silence.initiators)?;
    let ([from, to], [_, answers]) = (flow.endpoints, seen.count);
    let gave_up = silence.packets >= 3 && silence.lasted() >= 2 * SECOND && answers <= ANSWERS;
    let goes_on = beside(tcp).goes_on(to.address, silence.until.time, 3 * SECOND);
    (gave_up && goes_on && !flow.continued).then(|| {
        Finding::of_flow(&EDT_STUCK, flow, Some(silence.last)).because(format!(
            "{} answered {} with {}, the last {}; {} more of the client over {} had no answer.",
            end(to),
            end(from),
            counted(answers, "packet"),
            at(silence.last, flow.digits),
            silence.packets,
            span(silence.lasted())
        ))
    })
}

fn gateway(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let Some(Report::Handshake(seen)) = flow.report.as_deref() else { return None };
    if let Some(tcp) = Beside::of_web(grounds, flow) {
        let unanswered = (seen.hellos >= 2)
            .then(|| unanswered::finding(grounds, &GATEWAY_DTLS, flow, "hello", 3 * SECOND))
            .flatten();
        let failed = unanswered.or_else(|| cookie_lost(&GATEWAY_COOKIE, grounds, flow, seen, Some(&tcp)));
        if let Some(finding) = failed {
            let finding = tcp.instead_of(flow, finding);
            return Some(later::told(grounds, flow, flow.first, "the first try", finding));
        }
    }
    let works = working::through_gateway(grounds, flow, seen);
    if works.as_ref().is_some_and(|finding| finding.severity > Severity::Info) {
        return works;
    }
    let (version, when) = seen.version?;
    let first = seen.first_hello?;
    let at_once = seen.verifies == 0 && seen.cookies == 0 && seen.hellos == 1 && seen.stage >= Stage::Certificate;
    (at_once && matches!(version, 0xfeff | 0xfefd)).then(|| {
        Finding::of_flow(&NO_VERIFY, flow, Some(when)).because(format!(
            "The first hello came {}, the ServerHello {} later without a demand for a cookie.",
            at(first, flow.digits),
            span(when.time.since(first.time))
        ))
    }).or(works)
}

fn over_tcp(grounds: &Grounds<'_>, flow: &Summary) -> Option<Finding> {
    let [from, to] = flow.endpoints;
    let same = |other: &&Summary| {
        other.protocol == protocol::TCP
            && other.endpoints.map(|end| end.address) == [from.address, to.address]
    };
    // Once per pair of hosts.
    if grounds.flows.iter().find(same).is_some_and(|first| first.id != flow.id) {
        return None;
    }
    let spoken = |finding: Finding| {
        finding.because(format!(
            "{} from {} to {} from {} (frame {}) on.",
            flow.app.unwrap_or("ica"),
            end(from),
            end(to),
            words::utc(flow.first, flow.digits),
            flow.first_frame
        ))
    };
    if flow.app == Some("ica") && !grounds.flows.iter().filter(same).any(|other| other.app == Some("cgp")) {
        return Some(spoken(Finding::of_flow(&NO_RELIABILITY, flow, None)));
    }
    Some(spoken(Finding::of_flow(&CLEAR, flow, None)))
}
