//! The sum of a large capture: protocols, verdicts, hosts.

use super::Look;
use super::grid::{Cell, Column, Cut, Grid, paint};
use super::groups::{Group, Groups, Tally};
use super::row::{Interest, style_of};
use super::talkers::Talkers;
use crate::output::text::{bytes, columns, count, counted, share};
use crate::verdict::Verdict;
use anstyle::{AnsiColor, Style};

/// Most protocols listed; the others are one line.
const PROTOCOLS: usize = 20;
/// Most hosts listed.
const HOSTS: usize = 10;
/// Columns of the terminal for the longest bar.
const BAR: u64 = 16;

/// The tables.
pub(super) fn write(text: &mut String, groups: &Groups, talkers: &Talkers, look: &Look) {
    let total = groups.total();
    text.push('\n');
    text.push_str(&protocols(groups, &total).lay_out(look.width, look.color));
    text.push('\n');
    text.push_str(&verdicts(groups, &total).lay_out(look.width, look.color));
    text.push('\n');
    text.push_str(&hosts(talkers).lay_out(look.width, look.color));
}

fn protocols(groups: &Groups, total: &Tally) -> Grid {
    let mut grid = Grid::with_rest(
        vec![
            Column::left("PROTOCOL"),
            Column::right("FLOWS"),
            Column::right("PACKETS").rank(3),
            Column::right("BYTES"),
            Column::right("SHARE"),
            Column::left("").rank(4),
            Column::left("VERDICTS").rank(2),
        ],
        20,
    );
    let sorted = groups.sorted();
    // One line more than are listed is no reason to hide it.
    let listed = if sorted.len() <= PROTOCOLS + 1 { sorted.len() } else { PROTOCOLS };
    let (listed, others) = sorted.split_at_checked(listed).unwrap_or((&sorted, &[]));
    for (group, tally, flows) in listed {
        let style = match group {
            Group::Label(_) => Style::new().bold(),
            Group::Unlabelled(_) => Style::new().dimmed(),
        };
        let name = match group {
            Group::Label(_) => group.name(),
            Group::Unlabelled(_) => format!("({})", group.name()),
        };
        grid.row(tally_cells(Cell::styled(name, style), tally, total, by_verdict(flows)), false);
    }
    if !others.is_empty() {
        let (mut sum, mut flows) = (Tally::default(), [0; Verdict::ALL.len()]);
        for (_, tally, theirs) in others {
            sum.add(tally);
            for (flows, theirs) in flows.iter_mut().zip(theirs) {
                *flows += theirs;
            }
        }
        let name = Cell::styled(format!("{} others", others.len()), Style::new().dimmed());
        grid.row(tally_cells(name, &sum, total, by_verdict(&flows)), false);
    }
    grid
}

fn tally_cells(name: Cell, tally: &Tally, total: &Tally, last: String) -> Vec<Cell> {
    vec![
        name,
        Cell::plain(count(tally.flows)),
        Cell::plain(count(tally.packets)),
        Cell::plain(bytes(tally.bytes)),
        Cell::plain(share(tally.bytes, total.bytes)),
        Cell::styled(bar(tally.bytes, total.bytes), AnsiColor::Blue.on_default()),
        Cell::plain(last),
    ]
}

/// A bar as long as the share, in eighths of a column.
fn bar(part: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (u128::from(part) * u128::from(BAR * 8)).checked_div(u128::from(whole)).unwrap_or(0);
    let eighths = usize::try_from(eighths).unwrap_or(0);
    ["█".repeat(eighths / 8).as_str(), EIGHTHS.get(eighths % 8).unwrap_or(&"")].concat()
}

/// `12 confirmed, 1 contradicted`.
fn by_verdict(flows: &[u64; Verdict::ALL.len()]) -> String {
    let counted = Verdict::ALL.iter().zip(flows).filter(|(_, flows)| **flows > 0);
    let parts: Vec<String> =
        counted.map(|(verdict, flows)| format!("{} {}", count(*flows), verdict.name())).collect();
    parts.join(", ")
}

fn verdicts(groups: &Groups, total: &Tally) -> Grid {
    let columns = vec![
        Column::left("VERDICT"),
        Column::right("FLOWS"),
        Column::right("BYTES"),
        Column::right("SHARE"),
        Column::left("").rank(1),
    ];
    let mut grid = Grid::with_rest(columns, 20);
    for (verdict, tally) in groups.verdicts().filter(|(_, tally)| tally.flows > 0) {
        let cells = vec![
            Cell::styled(verdict.name(), style_of(verdict)),
            Cell::plain(count(tally.flows)),
            Cell::plain(bytes(tally.bytes)),
            Cell::plain(share(tally.bytes, total.bytes)),
            Cell::styled(meaning(verdict), Style::new().dimmed()),
        ];
        grid.row(cells, false);
    }
    grid
}

const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "the bytes are what the port promises",
        Verdict::Recognised => "the bytes say what it is; the port promises nothing",
        Verdict::Contradicted => "the port promises one thing, and the bytes are another",
        Verdict::Plausible => "only the port speaks, and the bytes do not speak against it",
        Verdict::Unverifiable => "only the port speaks, and there was nothing to check",
        Verdict::Unknown => "neither port nor bytes speak",
    }
}

fn hosts(talkers: &Talkers) -> Grid {
    let (top, number) = talkers.top(HOSTS);
    let title = if number == Some(top.len()) { "HOSTS" } else { "TOP HOSTS" };
    let mut grid = Grid::new(vec![
        Column { cut: Cut::Middle, ..Column::left(title) },
        Column::right("FLOWS"),
        Column::right("SENT"),
        Column::right("RECEIVED"),
    ]);
    for (host, talker) in top {
        let cells = [host.to_string(), count(talker.flows), bytes(talker.sent), bytes(talker.received)];
        grid.row(cells.map(Cell::plain).to_vec(), false);
    }
    grid
}

/// The heading above flows of one interest, of which some are shown.
pub(super) fn title(interest: Interest, shown: u64, seen: u64) -> String {
    let what = match interest {
        Interest::Contradicted => "The bytes are not what the port promises",
        Interest::Special => "Systems whose ports mislead",
        Interest::Unknown => "Neither port nor bytes say what it is",
        Interest::Ordinary => "The largest of the others",
    };
    if shown == seen {
        format!("{what} ({})", count(seen))
    } else {
        format!("{what} ({} of {})", count(shown), count(seen))
    }
}

/// How to see the flows that are not shown, if there are any.
pub(super) fn hint(text: &mut String, shown: u64, flows: u64, look: &Look) {
    if shown >= flows {
        return;
    }
    let how = if look.all {
        "all of them: --format jsonl or csv"
    } else {
        "every flow: --all; for programs: --format jsonl or csv"
    };
    let line = format!("{} of {} shown. To see {how}", count(shown), counted(flows, "flow"));
    text.push('\n');
    if columns(&line) > look.width {
        text.push_str(&line.replace(". To see ", ".\nTo see "));
    } else {
        paint(text, &line, Style::new().dimmed(), look.color);
    }
    text.push('\n');
}
