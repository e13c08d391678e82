//! The table that people read: every flow of a small capture, the sum of a large one.

use crate::analysis::Outcome;
use crate::findings::Examined;
use crate::output::select::Selection;
use crate::shard::Sink;
use crate::summary::Summary;
use grid::Grid;
use groups::Groups;
use interest::Interest;
use kept::Kept;
use row::Row;
use services::Services;
use std::sync::Arc;
use talkers::{Talker, Talkers};

pub use live::LiveTable;
pub use why::why;

mod findings;
pub(super) mod grid;
pub(super) mod groups;
pub(super) mod heading;
mod icmp;
mod interest;
mod kept;
mod live;
mod matrix;
pub(super) mod overview;
mod row;
mod services;
mod talkers;
mod why;

/// Most flows that are all shown without being asked for.
const SMALL: usize = 50;
/// Most flows of each interest shown when all are asked for: about half a gigabyte is kept of so many.
const MOST: usize = 1_000_000;
/// Services of each interest that are shown of a large capture.
const SHOWN: [usize; Interest::ALL.len()] = [15, 15, 10, 10];
/// Fewest columns of the terminal that are worth having for reasons.
const REASON: usize = 22;

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What was read, and what was lost of it.
    Capture,
    /// Findings.
    Findings,
    /// Heartbeats and other steady exchanges.
    Heartbeats,
    /// Flows, or their sums.
    Flows,
}

/// How the table is to look.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether every flow is wanted, however many there are.
    pub all: bool,
    /// Whether flows were shown one by one as they came, so that a sum is all that is left to show.
    pub live: bool,
    /// Whether every capture is a timeline of its own.
    pub each: bool,
    /// The captures' names, as the user named them.
    pub files: Arc<[String]>,
    /// Which flows are shown; all, if none are chosen.
    pub selection: Option<Arc<Selection>>,
    /// Which parts are shown; all, if none are named.
    pub sections: Arc<[Section]>,
}

impl Look {
    /// Whether a part is shown.
    #[must_use]
    pub fn shows(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }

    /// What of findings and heartbeats is shown.
    #[must_use]
    pub fn shown(&self, examined: Examined) -> Examined {
        let findings = if self.shows(Section::Findings) { examined.findings } else { Vec::new() };
        let heartbeats = if self.shows(Section::Heartbeats) { examined.heartbeats } else { Vec::new() };
        Examined { findings, heartbeats, ..examined }
    }
}

/// What one worker collects for the table, in bounded memory: sums, the hosts that talked most, and the flows and
/// services that matter most.
#[derive(Debug)]
pub struct TablePart {
    groups: Groups,
    talkers: Talkers,
    services: Services,
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
            services: Services::default(),
            kept: Interest::ALL.map(|_| Kept::new(limit)),
        }
    }

    fn add(&mut self, other: Self) {
        self.groups.add(&other.groups);
        self.talkers.add(other.talkers);
        self.services.add(other.services);
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
        let interest = Interest::of(&summary);
        self.services.count(&summary, interest);
        if let Some(kept) = self.kept.get_mut(interest as usize) {
            kept.offer(&summary);
        }
    }
}

/// What all workers have collected.
#[derive(Debug)]
pub struct Table {
    whole: TablePart,
    examined: Examined,
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
        Self { whole, examined: Examined::default() }
    }

    /// The same with findings, which stand above the flows.
    #[must_use]
    pub fn with(self, examined: Examined) -> Self {
        Self { examined, ..self }
    }

    /// The table as text, each line ended by a line feed. Nothing in it is obeyed by a terminal but the colours,
    /// where those are wanted.
    #[must_use]
    pub fn render(self, outcome: &Outcome, look: &Look) -> String {
        let mut text = String::new();
        let TablePart { groups, talkers, services, kept } = self.whole;
        let total = groups.total();
        if look.shows(Section::Capture) {
            heading::write(&mut text, &total, outcome, look);
        }
        findings::write(&mut text, &self.examined, look);
        if text.starts_with('\n') {
            text.remove(0);
        }
        let start = outcome.intake.first.unwrap_or_default();
        if !look.shows(Section::Flows) {
            return text;
        }
        if total.flows == 0 {
            // An empty answer may be that to a question that was put wrong.
            if look.selection.is_some() {
                text.push_str(if text.is_empty() { "" } else { "\n" });
                text.push_str("No flow fits --where.\n");
            }
            return text;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        if look.live {
            overview::write(&mut text, &groups, &talkers, look);
            return text;
        }
        let plain =
            Interest::ALL.into_iter().any(|interest| !insists(interest) && services.of(interest).1 > 0);
        let missing;
        let (lines, shown) = if look.all || total.flows <= SMALL as u64 {
            let mut grid = Grid::with_rest(Row::columns(look.width), REASON);
            let mut shown = 0;
            for (interest, kept) in Interest::ALL.into_iter().zip(kept) {
                for row in kept.sorted() {
                    shown += 1;
                    grid.row(row.cells(start, look), insists(interest));
                }
            }
            let flows = grid.lay_out(look.width, look.color);
            missing = overview::Missing::of(&flows, plain);
            text.push_str(&flows);
            (shown, shown)
        } else {
            overview::write(&mut text, &groups, &talkers, look);
            let (services, lines, shown) = overview::services(&services, start, look);
            text.push('\n');
            missing = overview::Missing::of(&services, plain);
            text.push_str(&services);
            (lines, shown)
        };
        overview::hint(&mut text, (lines < total.flows).then_some(shown), total.flows, missing, look);
        text
    }
}

/// Whether the reason of such a flow is shown even where it takes a line of its own.
fn insists(interest: Interest) -> bool {
    interest < Interest::Unknown
}

#[cfg(test)]
mod tests;
