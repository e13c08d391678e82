//! The sum of a large capture: protocols, verdicts, hosts.

use super::grid::{Cell, Column, Cut, Grid, paint};
use super::groups::{Group, Groups, Tally};
use super::interest::Interest;
use super::row::{Row, style_of};
use super::services::Services;
use super::talkers::Talkers;
use super::{Look, REASON, SHOWN, insists};
use crate::output::text::{bytes, columns, count, counted, share};
use crate::packet::Timestamp;
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

/// What a verdict says, in a few words.
pub(in crate::output) const fn meaning(verdict: Verdict) -> &'static str {
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

/// The services that matter, by interest; those at one listening end of one label are one row. Also how many
/// rows that are, and of how many flows.
pub(super) fn services(services: &Services, start: Timestamp, look: &Look) -> (String, u64, u64) {
    let mut columns = Row::columns(look.width);
    if let Some(first) = columns.first_mut() {
        *first = Column::right("FLOWS");
    }
    let mut grid = Grid::with_rest(columns, REASON);
    let (mut lines, mut shown) = (0, 0);
    for (interest, most) in Interest::ALL.into_iter().zip(SHOWN) {
        let (rows, seen) = services.of(interest);
        let rows = rows.get(..most).unwrap_or(&rows);
        if rows.is_empty() {
            continue;
        }
        let flows: u64 = rows.iter().map(|row| row.flows()).sum();
        grid.heading(title(interest, flows, seen));
        shown += flows;
        lines += rows.len() as u64;
        for row in rows {
            let mut cells = row.cells(start, look);
            if let Some(first) = cells.first_mut() {
                *first = Cell::plain(count(row.flows()));
            }
            grid.row(cells, insists(interest));
        }
    }
    (grid.lay_out(look.width, look.color), lines, shown)
}

/// The heading above flows of one interest, of which some are shown.
fn title(interest: Interest, shown: u64, seen: u64) -> String {
    let what = match interest {
        Interest::Contradicted => "The bytes are not what the port promises",
        Interest::Special => "Systems whose ports mislead",
        Interest::Unknown => "Neither port nor bytes say what it is",
        Interest::Ordinary => "The largest of the others",
    };
    if shown == seen {
        format!("{what}: {}", counted(seen, "flow"))
    } else {
        format!("{what}: {} of {}", count(shown), counted(seen, "flow"))
    }
}

/// What of a table found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing.
    Nothing,
    /// Ends or middles of texts.
    Cut,
    /// The reasons of all flows but those that insist on them.
    Reasons,
}

impl Missing {
    /// Of flows as they are laid out; `plain` if there are some that do not insist on their reasons.
    pub(super) fn of(flows: &str, plain: bool) -> Self {
        if plain && !flows.lines().next().is_some_and(|titles| titles.contains("WHY")) {
            Self::Reasons
        } else if flows.contains('…') {
            Self::Cut
        } else {
            Self::Nothing
        }
    }
}

/// How to see every flow, where not each has a line and only those of `shown` are told of; and how to see what is
/// `missing`.
pub(super) fn hint(text: &mut String, shown: Option<u64>, flows: u64, missing: Missing, look: &Look) {
    let mut lines = Vec::new();
    if let Some(shown) = shown {
        let what = if shown < flows {
            format!("{} of {} shown.", count(shown), counted(flows, "flow"))
        } else {
            "Flows to one service share a line.".to_owned()
        };
        let how = if look.all {
            "To see all of them: --format jsonl or csv"
        } else {
            "To see each one: --all; for programs: --format jsonl or csv"
        };
        lines.push([what, how.to_owned()]);
    }
    let missing = match missing {
        Missing::Nothing => None,
        Missing::Cut => Some("… marks what is cut off."),
        Missing::Reasons => Some("There is no room for every reason."),
    };
    if let Some(what) = missing {
        let how = "To see more: a wider terminal, or COLUMNS=200; all: --format jsonl";
        lines.push([what.to_owned(), how.to_owned()]);
    }
    for (place, [what, how]) in lines.iter().enumerate() {
        let gap = if columns(what) + 1 + columns(how) > look.width { "\n" } else { " " };
        if place == 0 {
            text.push('\n');
        }
        for part in [what, gap, how] {
            paint(text, part, Style::new().dimmed(), look.color);
        }
        text.push('\n');
    }
}
