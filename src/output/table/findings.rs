//! Findings and heartbeats above the flows, for people.

use super::Look;
use super::grid::{Cell, Column, Cut, Grid, paint};
use crate::findings::ledger::Line;
use crate::findings::live::Change;
use crate::findings::{Examined, Finding, Severity};
use crate::key::Endpoint;
use crate::output::steady;
use crate::output::text::{columns, count, counted, printable};
use crate::output::time::Utc;
use crate::packet::Timestamp;
use crate::place;
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;

/// Most findings of the mildest kind that are shown unless all are asked for.
const INFOS: usize = 10;
/// Most findings shown in full unless all are asked for.
const SHOWN: usize = 25;
/// Most columns for the name of a file.
const FILE: usize = 24;
/// Most routes shown in the ledger.
const ROUTES: usize = 40;
/// What stands before a finding's sentences.
const INDENT: &str = "    ";

/// Writes them, if there are any.
pub(super) fn write(text: &mut String, examined: &Examined, look: &Look) {
    if !examined.findings.is_empty() {
        text.push('\n');
        heading(text, examined, look);
        let limit = if look.all { usize::MAX } else { SHOWN };
        let (mut shown, mut infos) = (0, 0);
        for finding in &examined.findings {
            let mild = finding.severity == Severity::Info;
            infos += usize::from(mild);
            if shown >= limit || (mild && infos > INFOS && !look.all) {
                continue;
            }
            shown += 1;
            one(text, finding, look);
        }
        let left = examined.findings.len() - shown;
        if left > 0 {
            let line = format!("{} not shown: --all, or --format jsonl", counted(left as u64, "finding"));
            paint(text, &line, Style::new().dimmed(), look.color);
            text.push('\n');
        }
    }
    let (shown, left) = steady::chosen(&examined.heartbeats, look.all);
    if !shown.is_empty() {
        text.push('\n');
        ledger(text, shown, look);
    }
    if left > 0 {
        let line = format!("{} not shown: --all, or --format jsonl", counted(left, "steady exchange"));
        paint(text, &line, Style::new().dimmed(), look.color);
        text.push('\n');
    }
    // Each timeline has a matrix of its own.
    let mut timelines: BTreeMap<Option<u32>, Vec<Line>> = BTreeMap::new();
    for line in examined.heartbeats.iter().filter(|line| line.is_cluster()) {
        timelines.entry(line.file).or_default().push(line.clone());
    }
    for (file, cluster) in timelines {
        let name = file.and_then(|file| look.files.get(file as usize)).filter(|_| look.files.len() > 1);
        super::matrix::write(text, &cluster, name.map(String::as_str), look);
    }
}

fn heading(text: &mut String, examined: &Examined, look: &Look) {
    let of =
        |severity| examined.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter(|&severity| of(severity) > 0)
        .map(|severity| format!("{} {}", count(of(severity)), severity.name()))
        .collect();
    paint(text, &format!("FINDINGS: {}", counts.join(", ")), Style::new().bold(), look.color);
    text.push('\n');
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Red.on_default(),
        Severity::Notice => AnsiColor::Yellow.on_default(),
        Severity::Info => Style::new().dimmed(),
    }
}

/// A change while live, as lines: what ends, and what is good to know, in one of them.
pub(super) fn change(change: &Change, now: Timestamp, look: &Look) -> String {
    let finding = change.finding();
    let clock = |time: Timestamp| {
        // Of `1970-01-01T00:00:00Z`.
        let time = Utc { time, digits: 0 }.to_string();
        time.get(11..19).unwrap_or_default().to_owned()
    };
    let mut text = format!("{}  {}  ", clock(now), change.name());
    match change {
        Change::Ended(_) => {
            let lasted = crate::output::text::duration(change.ended(now).since(finding.at));
            let title = printable(&finding.title);
            let line = format!(
                "{title} [{}]: no longer, after {lasted} (since {}Z)",
                finding.diagnosis.id,
                clock(finding.at)
            );
            let used = columns(&text);
            wrap(&mut text, &line, look.width, used, INDENT);
        }
        Change::Begun(_) | Change::Worse(_) | Change::Changed(_) => {
            if finding.severity == Severity::Info {
                let used = columns(&text);
                let line = format!("info  {} [{}]", printable(&finding.title), finding.diagnosis.id);
                wrap(&mut text, &line, look.width, used, INDENT);
            } else {
                one(&mut text, finding, look);
            }
        }
    }
    text
}

fn one(text: &mut String, finding: &Finding, look: &Look) {
    paint(text, finding.severity.name(), style(finding.severity), look.color);
    text.push_str("  ");
    let title = printable(&finding.title);
    let room = look.width.saturating_sub(finding.severity.name().len() + 2);
    let id = format!("[{}]", finding.diagnosis.id);
    if columns(&title) + 1 + columns(&id) <= room {
        text.push_str(&title);
        text.push(' ');
        paint(text, &id, Style::new().dimmed(), look.color);
        text.push('\n');
    } else {
        wrap(text, &format!("{title} {id}"), look.width, finding.severity.name().len() + 2, INDENT);
    }
    let hanging = |text: &mut String, lead: &str, sentence: &str| {
        text.push_str(INDENT);
        text.push_str(lead);
        let indent = " ".repeat(INDENT.len() + lead.len());
        wrap(text, &printable(sentence), look.width, indent.len(), &indent);
    };
    if let Some(file) =
        finding.file.and_then(|file| look.files.get(file as usize)).filter(|_| look.files.len() > 1)
    {
        hanging(text, "in: ", file);
    }
    for sentence in &finding.evidence {
        hanging(text, "", sentence);
    }
    if finding.severity == Severity::Info {
        return;
    }
    for sentence in &finding.caveats {
        hanging(text, "but: ", sentence);
    }
    for sentence in &finding.advice {
        hanging(text, "check: ", sentence);
    }
    if !finding.filter.is_empty() {
        hanging(text, "filter: ", &finding.filter);
    }
}

/// Writes words in lines, the first of which has `used` columns already.
pub(super) fn wrap(text: &mut String, sentence: &str, width: usize, used: usize, indent: &str) {
    let mut at = used;
    let mut begins = true;
    for word in sentence.split(' ') {
        let long = columns(word);
        if !begins && at + 1 + long > width {
            text.push('\n');
            text.push_str(indent);
            at = indent.len();
        } else if !begins {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += long;
        begins = false;
    }
    text.push('\n');
}

fn ledger(text: &mut String, mut lines: Vec<&Line>, look: &Look) {
    let mut grid = Grid::new(vec![
        Column { most: FILE, optional: true, cut: Cut::Middle, ..Column::left("FILE") },
        Column::left("HEARTBEATS FROM"),
        Column::left("TO"),
        Column::right("ASKED"),
        Column::right("ANSWERED"),
        Column::right("LATE").rank(2),
        Column::right("MISSED"),
        Column::right("IN A ROW"),
        Column { optional: true, ..Column::right("PENDING").rank(2) },
        Column::right("INTERVAL").rank(1),
        Column::right("ROUND TRIP").rank(1),
    ]);
    // Where not all have room, those that miss most come first.
    if lines.len() > ROUTES {
        lines.sort_by_key(|line| std::cmp::Reverse((line.longest(), line.beats.missed, line.beats.late)));
    }
    let name = |line: &Line, end: Endpoint| {
        if line.is_cluster() {
            end.address.to_string()
        } else {
            std::net::SocketAddr::from((end.address, end.port)).to_string()
        }
    };
    // What the capture cannot show is not a number.
    let unless = |known: bool, number: u64| if known { count(number) } else { "?".to_owned() };
    for line in lines.iter().take(ROUTES) {
        let beats = &line.beats;
        let time = |spread: Option<crate::report::Spread>| {
            spread.map_or_else(String::new, |spread| crate::output::text::duration(spread.median))
        };
        let bad = if line.longest() >= 5 { style(Severity::Critical) } else { Style::new() };
        let file =
            beats.first.filter(|_| look.each).and_then(|first| place::file_of(first.frame, &look.files));
        let cells = vec![
            Cell::plain(printable(file.unwrap_or_default())),
            Cell::plain(name(line, line.from)),
            Cell::plain(name(line, line.to)),
            Cell::plain(count(beats.requests)),
            Cell::plain(count(beats.answered)),
            Cell::plain(count(beats.late)),
            Cell::styled(unless(line.known, beats.missed), bad),
            Cell::styled(unless(line.known, line.longest()), bad),
            Cell::plain(
                Some(beats.pending()).filter(|&more| more > 0 && line.known).map(count).unwrap_or_default(),
            ),
            Cell::plain(time(beats.interval)),
            Cell::plain(time(beats.round_trip)),
        ];
        grid.row(cells, false);
    }
    text.push_str(&grid.lay_out(look.width, look.color));
    if lines.len() > ROUTES {
        let line = format!("{} more: --format jsonl", count((lines.len() - ROUTES) as u64));
        paint(text, &line, Style::new().dimmed(), look.color);
        text.push('\n');
    }
}
