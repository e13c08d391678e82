//! All that is known of a flow or of a finding, as lines.

use super::{Theme, bold, dim};
use crate::view::board::{Shown, Told};
use ratatui::text::{Line, Span};
use wiretell::inspect::{Confidence, Side};
use wiretell::output::protocol::Protocol;
use wiretell::output::record::has_ports;
use wiretell::output::text::{bytes, count, counted, duration, endpoint, printable};
use wiretell::output::time::Utc;
use wiretell::place;

/// Width of the names before facts.
const NAME: usize = 14;

fn fact(name: &str, text: &str) -> Line<'static> {
    Line::from(vec![Span::styled(format!("{name:NAME$} "), dim()), Span::raw(printable(text).into_owned())])
}

fn title(text: &str) -> [Line<'static>; 2] {
    [Line::default(), Line::styled(text.to_owned(), bold())]
}

/// A flow.
pub(super) fn of_flow(shown: &Shown, files: &[String], theme: Theme) -> Vec<Line<'static>> {
    let summary = &shown.summary;
    let ports = has_ports(summary);
    let [source, destination] = summary.endpoints;
    let [sent, received] = summary.counts;
    let utc = |time| Utc { time, digits: summary.digits.min(6) }.to_string();
    let label = summary.app.unwrap_or("no label");
    let sure = summary.confidence.map_or_else(String::new, |how: Confidence| format!(", by {}", how.name()));
    let mut lines = vec![Line::from(vec![
        Span::styled(label, theme.verdict(summary.verdict).patch(bold())),
        Span::raw(format!("  {}{sure}", summary.verdict.name())),
    ])];
    lines.push(fact("transport", &Protocol(summary.protocol).to_string()));
    lines.push(fact("source", &endpoint(source, ports)));
    lines.push(fact("destination", &endpoint(destination, ports)));
    let first = format!("{} (frame {})", utc(summary.first), place::number(summary.first_frame));
    lines.push(fact("began", &first));
    let lasted = duration(summary.last.since(summary.first));
    let end = if shown.goes_on {
        format!("goes on, for {lasted}")
    } else {
        format!("{} after {lasted}", summary.reason.name())
    };
    lines.push(fact("ended", &end));
    let amount = |packets: u64, size: u64| format!("{}, {}", counted(packets, "packet"), bytes(size));
    lines.push(fact("sent", &amount(sent.packets, sent.bytes)));
    lines.push(fact("received", &amount(received.packets, received.bytes)));
    if let Some(rtt) = summary.tcp.and_then(|tcp| tcp.rtt_nanos) {
        lines.push(fact("round trip", &duration(rtt.into())));
    }
    if let Some(name) = files.get(summary.file as usize) {
        lines.push(fact("file", name));
    }
    for claim in summary.port_claims.iter() {
        let about = if claim.about.is_empty() { String::new() } else { format!(": {}", claim.about) };
        lines.push(fact("port promises", &format!("{} ({}{about})", claim.name, claim.basis.name())));
    }
    lines.push(fact("flow id", &format!("{:016x}", summary.id)));
    if !summary.why.is_empty() {
        lines.extend(title("Why"));
    }
    for reason in &summary.why {
        let frame = reason.frame.map_or_else(String::new, |frame| {
            let file = place::file_of(frame, files).map_or_else(String::new, |name| format!(" of {name}"));
            format!(" (frame {}{file})", count(place::number(frame)))
        });
        let side = reason.side.map_or_else(String::new, |side: Side| format!(", {}", side.name()));
        lines.push(fact(reason.kind.name(), &format!("{}{frame}{side}", &*reason.detail)));
    }
    if !summary.attributes.is_empty() {
        lines.extend(title("What the protocol told"));
    }
    for (key, value) in summary.attributes.iter() {
        lines.push(fact(key, &value.to_string()));
    }
    lines
}

/// A finding.
pub(super) fn of_finding(told: &Told, files: &[String], theme: Theme) -> Vec<Line<'static>> {
    let finding = &told.finding;
    let sentence = |text: &str| Line::raw(printable(&place::told(text, files)).into_owned());
    let mut lines = vec![
        Line::from(vec![
            Span::styled(finding.severity.name(), theme.severity(finding.severity)),
            Span::raw("  "),
            Span::styled(printable(&finding.title).into_owned(), bold()),
        ]),
        fact("since", &Utc { time: finding.at, digits: finding.digits.min(6) }.to_string()),
    ];
    if let Some(ended) = told.ended {
        lines.push(fact("until", &Utc { time: ended, digits: 0 }.to_string()));
    }
    let sections = [("Evidence", &finding.evidence), ("But", &finding.caveats), ("Check", &finding.advice)];
    for (name, sentences) in sections.into_iter().filter(|(_, sentences)| !sentences.is_empty()) {
        lines.extend(title(name));
        lines.extend(sentences.iter().map(|text| sentence(text)));
    }
    if !finding.filter.is_empty() {
        lines.extend(title("Wireshark filter"));
        lines.push(sentence(&finding.filter));
    }
    lines.extend(title("Explained by"));
    lines.push(Line::raw(format!("wiretell explain {}", finding.diagnosis.id)));
    lines
}
