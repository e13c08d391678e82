//! The table that people read: every flow of a small capture, the sum of a large one.

use crate::analysis::Outcome;
use crate::packet::Timestamp;
use crate::shard::Sink;
use crate::summary::Summary;
use grid::Grid;
use groups::Groups;
use kept::Kept;
use row::{Interest, Row};
use std::sync::Arc;
use talkers::{Talker, Talkers};

pub use live::LiveTable;

pub(super) mod grid;
mod groups;
mod heading;
mod kept;
mod live;
mod overview;
mod row;
mod talkers;

/// Most flows that are all shown without being asked for.
const SMALL: usize = 50;
/// Most flows shown in all when all are asked for: about a gigabyte is kept of so many.
const MOST: usize = 2_000_000;
/// Flows of each interest that are shown of a large capture.
const SHOWN: [usize; Interest::ALL.len()] = [15, 15, 10, 10];
/// Fewest columns of the terminal that are worth having for reasons.
const REASON: usize = 28;

/// How the table is to look.
#[derive(Clone, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether every flow is wanted, however many there are.
    pub all: bool,
    /// Whether flows were shown one by one as they came, so that a sum is all that is left to show.
    pub live: bool,
    /// The captures' names, as the user named them.
    pub files: Arc<[String]>,
}

/// What one worker collects for the table, in bounded memory: sums, the hosts that talked most, and the flows
/// that matter most.
#[derive(Debug)]
pub struct TablePart {
    groups: Groups,
    talkers: Talkers,
    kept: [Kept; Interest::ALL.len()],
}

impl TablePart {
    /// A part that keeps enough for every flow if `all` are wanted.
    #[must_use]
    pub fn new(all: bool) -> Self {
        let limit = if all { MOST } else { SMALL };
        Self {
            groups: Groups::default(),
            talkers: Talkers::default(),
            kept: Interest::ALL.map(|_| Kept::new(limit)),
        }
    }

    fn add(&mut self, other: Self) {
        self.groups.add(&other.groups);
        self.talkers.add(other.talkers);
        for (mine, theirs) in self.kept.iter_mut().zip(other.kept) {
            mine.add(theirs);
        }
    }
}

impl Sink for TablePart {
    fn flow(&mut self, summary: Summary) {
        self.groups.count(&summary);
        let [source, destination] = summary.endpoints;
        let [forward, reverse] = summary.counts;
        self.talkers.count(source.address, Talker { flows: 1, sent: forward.bytes, received: reverse.bytes });
        if source.address != destination.address {
            self.talkers.count(
                destination.address,
                Talker { flows: 1, sent: reverse.bytes, received: forward.bytes },
            );
        }
        if let Some(kept) = self.kept.get_mut(Interest::of(&summary) as usize) {
            kept.offer(&summary);
        }
    }
}

/// What all workers have collected.
#[derive(Debug)]
pub struct Table {
    whole: TablePart,
}

impl Table {
    /// Puts the workers' parts together; their order means nothing.
    #[must_use]
    pub fn merge(parts: impl IntoIterator<Item = TablePart>) -> Self {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().unwrap_or_else(|| TablePart::new(false));
        for part in parts {
            whole.add(part);
        }
        Self { whole }
    }

    /// The table as text, each line ended by a line feed. Nothing in it is obeyed by a terminal but the colours,
    /// where those are wanted.
    #[must_use]
    pub fn render(self, outcome: &Outcome, look: &Look) -> String {
        let mut text = String::new();
        let TablePart { groups, talkers, kept } = self.whole;
        let total = groups.total();
        heading::write(&mut text, &total, outcome, look);
        let start = outcome.intake.first.unwrap_or_default();
        if total.flows == 0 {
            return text;
        }
        if look.live {
            overview::write(&mut text, &groups, &talkers, look);
        } else if look.all || total.flows <= SMALL as u64 {
            text.push('\n');
            let mut grid = Grid::with_rest(Row::columns(look.width), REASON);
            let mut shown = 0;
            for (interest, kept) in Interest::ALL.into_iter().zip(kept) {
                for row in kept.sorted() {
                    shown += 1;
                    add(&mut grid, &row, interest, start);
                }
            }
            text.push_str(&grid.lay_out(look.width, look.color));
            overview::hint(&mut text, shown, total.flows, look);
        } else {
            overview::write(&mut text, &groups, &talkers, look);
            let mut grid = Grid::with_rest(Row::columns(look.width), REASON);
            let mut shown = 0;
            for ((interest, kept), most) in Interest::ALL.into_iter().zip(kept).zip(SHOWN) {
                let seen = kept.seen;
                let rows = kept.sorted();
                if rows.is_empty() {
                    continue;
                }
                grid.heading(overview::title(interest, rows.len().min(most) as u64, seen));
                for row in rows.iter().take(most) {
                    shown += 1;
                    add(&mut grid, row, interest, start);
                }
            }
            text.push('\n');
            text.push_str(&grid.lay_out(look.width, look.color));
            overview::hint(&mut text, shown, total.flows, look);
        }
        text
    }
}

/// Adds a row; the reason of a flow that matters is shown even where it takes a line of its own.
fn add(grid: &mut Grid, row: &Row, interest: Interest, start: Timestamp) {
    grid.row(row.cells(start), interest < Interest::Unknown);
}

#[cfg(test)]
mod tests;
