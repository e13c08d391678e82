//! What a gateway shows of itself in its side channel's handshake: its certificate, and an old version.

use super::super::beside::Beside;
use super::super::words::at;
use super::super::{Diagnosis, Finding, Grounds, Severity};
use crate::report::Handshake;
use crate::summary::Summary;

pub(super) const CERTIFICATE: Diagnosis = Diagnosis {
    id: "rdg-udp-certificate",
    severity: Severity::Warning,
    title: "The gateway's certificate is not valid",
    meaning: "Clients that check it do not open the side channel.",
    evidence: "The certificate in the handshake has expired or is not valid yet, by the capture's clock.",
    caveats: &["The capturing host's clock may be wrong."],
    advice: &["On the gateway: renew the certificate and bind it for UDP too (restart the gateway service)."],
};

pub(super) const OTHER_NAME: Diagnosis = Diagnosis {
    id: "rdg-udp-certificate-name",
    severity: Severity::Notice,
    title: "The gateway's certificate over UDP is for another name than clients ask for",
    meaning: "Clients that check the name do not open the side channel.",
    evidence: "The client asks for a name over TLS on TCP 443 of the same host, and no name in the certificate that the host \
               shows over UDP fits it.",
    caveats: &["The DTLS hello names nobody: one address may serve several names, and shows one certificate for all."],
    advice: &["On the gateway: bind a certificate for that name for UDP too (restart the gateway service)."],
};

pub(super) const OLD: Diagnosis = Diagnosis {
    id: "rdg-udp-old-version",
    severity: Severity::Notice,
    title: "The side channel speaks DTLS 1.0",
    meaning: "Old cryptography: policies that forbid it will turn the side channel off.",
    evidence: "The ServerHello's own version is 1.0 (the record's version says nothing).",
    caveats: &[],
    advice: &["Update the gateway, or enable DTLS 1.2 in SCHANNEL."],
};

pub(super) const SELF_SIGNED: Diagnosis = Diagnosis {
    id: "rdg-udp-self-signed",
    severity: Severity::Info,
    title: "The gateway's certificate is signed by itself",
    meaning: "Clients trust it only where it was installed by hand; others refuse the side channel, and the session too.",
    evidence: "The certificate in the handshake names the same subject and issuer.",
    caveats: &["Test systems and closed networks do so on purpose."],
    advice: &["On the gateway: bind a certificate of an authority that the clients know."],
};

/// All that is wrong with it.
pub(super) fn examine(grounds: &Grounds<'_>, flow: &Summary, seen: &Handshake) -> impl Iterator<Item = Finding> {
    [validity(flow, seen), other_name(grounds, flow, seen), old(flow, seen)].into_iter().flatten()
}

fn validity(flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let shown = seen.certificate.as_ref()?;
    let now = crate::output::time::Utc { time: shown.at.time, digits: 0 }.to_string();
    // Both are RFC 3339 in UTC without fractions: their order as text is their order in time.
    let wrong = if shown.not_after < now {
        format!("expired at {}", shown.not_after)
    } else if shown.not_before > now {
        format!("is not valid before {}", shown.not_before)
    } else {
        return shown.self_signed.then(|| {
            Finding::of_flow(&SELF_SIGNED, flow, Some(shown.at)).because(format!(
                "The certificate of {} shown {} names itself as its issuer.",
                shown.subject,
                at(shown.at, flow.digits)
            ))
        });
    };
    Some(
        Finding::of_flow(&CERTIFICATE, flow, Some(shown.at))
            .because(format!("The certificate of {} shown {} {wrong}.", shown.subject, at(shown.at, flow.digits))),
    )
}

/// Whether a certificate's name is that of a server, or a wildcard for it (RFC 9525 section 6.3).
fn fits(name: &str, server: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => server.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(server),
    }
}

fn other_name(grounds: &Grounds<'_>, flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let shown = seen.certificate.as_ref()?;
    let [client, server] = flow.endpoints.map(|end| end.address);
    let asked = grounds.name_asked(client, server)?;
    let common = shown.subject.split(", ").filter_map(|part| part.strip_prefix("CN=")).map(str::to_owned);
    let names: Vec<String> = if shown.names.is_empty() { common.collect() } else { shown.names.clone() };
    (!names.is_empty() && !names.iter().any(|name| fits(name, asked))).then(|| {
        let stream = Beside::of_web(grounds, flow);
        let finding = Finding::of_flow(&OTHER_NAME, flow, Some(shown.at)).because(format!(
            "{client} asks {server} for {asked} over TCP 443; the certificate shown over UDP {} is for {}.",
            at(shown.at, flow.digits),
            names.join(", ")
        ));
        match stream {
            Some(tcp) => tcp.shown_in(finding),
            None => finding,
        }
    })
}

fn old(flow: &Summary, seen: &Handshake) -> Option<Finding> {
    let (version, when) = seen.version?;
    (version == 0xfeff).then(|| {
        Finding::of_flow(&OLD, flow, Some(when)).because(format!("The ServerHello {} chooses DTLS 1.0.", at(when, flow.digits)))
    })
}
