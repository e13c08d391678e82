//! What stands above the flows: which captures, how much of what, and what is missing.

use super::Look;
use super::grid::paint;
use super::groups::Tally;
use crate::analysis::Outcome;
use crate::output::text::{bytes, columns, count, counted, cut, cut_middle, duration, printable};
use crate::output::time::Utc;
use crate::packet::Timestamp;
use crate::wire::Skip;
use anstyle::{AnsiColor, Style};

/// The lines.
pub(super) fn write(text: &mut String, total: &Tally, outcome: &Outcome, look: &Look) {
    let intake = &outcome.intake;
    if !look.live {
        paint(text, &files(look), Style::new().bold(), look.color);
    }
    text.push('\n');
    let mut facts =
        vec![counted(intake.packets, "packet"), bytes(intake.bytes), counted(total.flows, "flow")];
    if let (Some(first), Some(last)) = (intake.first, intake.last) {
        facts.push(span(first, last));
    }
    for line in lines(&facts.join(",\n"), "", look.width) {
        text.extend([&line, "\n"]);
    }
    if let Some(selection) = &look.selection {
        let text_of = format!("Only flows with {}", printable(selection.text()));
        for line in lines(&text_of, "  ", look.width) {
            paint(text, &line, AnsiColor::Yellow.on_default(), look.color);
            text.push('\n');
        }
    }
    for note in notes(outcome) {
        for line in lines(&note.replace(", ", ",\n").replace("; ", ";\n"), "  ", look.width) {
            paint(text, &line, AnsiColor::Yellow.on_default(), look.color);
            text.push('\n');
        }
    }
}

/// Lines of parts that are separated by line feeds, as many parts in a line as fit; `indent` before all but the first.
fn lines(parts: &str, indent: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.split('\n') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(part) <= width => line.extend([" ", part]),
            Some(_) => lines.push([indent, part].concat()),
            None => lines.push(part.to_owned()),
        }
    }
    lines
}

fn files(look: &Look) -> String {
    let name = |file: &String| cut_middle(&printable(file), look.width).into_owned();
    match &*look.files {
        [] => "no capture".into(),
        [file] if file == "-" => "standard input".into(),
        [file] => name(file),
        [first, .., last] => {
            let number = count(look.files.len() as u64);
            let [first, last] =
                [first, last].map(|file| cut_middle(&printable(file), look.width / 3).into_owned());
            cut(&format!("{number} files, {first} to {last}"), look.width).into_owned()
        }
    }
}

/// The first and the last packet's time in UTC, the day once if it is the same, and how long that is.
pub(in crate::output) fn span(first: Timestamp, last: Timestamp) -> String {
    let lasted = duration(last.since(first));
    let [first, last] = [first, last].map(|time| Utc { time, digits: 0 }.to_string().replace('T', " "));
    let [first, last] = [first.trim_end_matches('Z'), last.trim_end_matches('Z')];
    match (first.split_once(' '), last.split_once(' ')) {
        _ if first == last => format!("{first} UTC"),
        (Some((day, _)), Some((same, time))) if day == same => format!("{first} to {time} UTC ({lasted})"),
        _ => format!("{first} to {last} UTC ({lasted})"),
    }
}

/// What is missing from the flows, or wrong with the capture, in plain words.
pub(in crate::output) fn notes(outcome: &Outcome) -> Vec<String> {
    let mut notes = Vec::new();
    let intake = &outcome.intake;
    let skipped: Vec<String> = Skip::ALL
        .iter()
        .zip(intake.skipped)
        .filter(|(_, number)| *number > 0)
        .map(|(skip, number)| format!("{} {}", count(number), words(*skip)))
        .collect();
    if !skipped.is_empty() {
        notes.push(format!("In no flow: {}", skipped.join(", ")));
    }
    if intake.truncated > 0 {
        notes.push(format!(
            "Cut by the capture's snap length: {} of {}; labels rest on what is left of them",
            count(intake.truncated),
            counted(intake.packets, "packet")
        ));
    }
    let lost = outcome.drops.kernel + outcome.drops.interface;
    if lost > 0 {
        notes.push(format!(
            "Lost before they were captured: {} ({} by the kernel, {} by the interface)",
            counted(lost, "packet"),
            count(outcome.drops.kernel),
            count(outcome.drops.interface)
        ));
    }
    if outcome.behind > 0 {
        notes.push(format!(
            "Not looked at because classifying was behind: {}; narrow the filter down",
            counted(outcome.behind, "packet")
        ));
    }
    let evicted = outcome.totals.ended.get(crate::flow::EndReason::Evicted as usize).copied().unwrap_or(0);
    if evicted > 0 {
        notes.push(format!(
            "Ended early for lack of room: {}; what came after is in flows of its own, see --max-flows",
            counted(evicted, "flow")
        ));
    }
    let bounds: Vec<String> = outcome
        .bounds
        .iter()
        .filter(|(name, number)| *number > 0 && name.starts_with("fragments"))
        .map(|(name, number)| format!("{} {}", count(*number), name.replace('-', " ")))
        .collect();
    if !bounds.is_empty() {
        notes.push(format!("Not put together: {}", bounds.join(", ")));
    }
    notes
}

/// A reason to skip a packet as a person would name the packets.
pub(in crate::output) const fn words(skip: Skip) -> &'static str {
    match skip {
        Skip::Arp => "ARP",
        Skip::NonIp => "not IP",
        Skip::LinkControl => "of the link layer's own",
        Skip::Encrypted => "encrypted below IP",
        Skip::UnsupportedLinkType => "of a link type that is not decoded",
        Skip::TruncatedHeaders => "cut before their addresses and ports",
        Skip::Malformed => "malformed",
        Skip::TunnelTooDeep => "in too many tunnels",
    }
}
