//! Flows one by one, as they are recognised and as they end.

use super::grid::{Cell, Column, Grid};
use super::interest::Rank;
use super::row::Row;
use super::{Look, REASON, TablePart};
use crate::findings::live::Change;
use crate::output::destination::{Collector, Destination};
use crate::output::time::Utc;
use crate::packet::Timestamp;
use crate::shard::Sink;
use crate::summary::Summary;
use std::sync::Arc;

/// Columns of the terminal that lines have in common, so that they are aligned though nobody knows what comes.
const WIDTHS: &[(&str, usize)] = &[
    ("LASTED", 7),
    ("PROTO", 5),
    ("SOURCE", 21),
    ("DESTINATION", 21),
    ("LABEL", 11),
    ("VERDICT", 12),
    ("CONFIDENCE", 10),
    ("PACKETS", 9),
    ("SENT", 7),
    ("RECEIVED", 8),
];

/// One worker's lines, and its part of the table that comes when everything is over.
pub struct LiveTable {
    part: TablePart,
    collector: Collector,
    look: Look,
}

impl LiveTable {
    /// Lines to `destination`, each at once.
    #[must_use]
    pub fn new(look: Look, destination: Arc<Destination>) -> Self {
        Self { part: TablePart::new(false), collector: Collector::new(destination, true), look }
    }

    /// The line above all lines.
    #[must_use]
    pub fn header(look: &Look) -> String {
        grid(look).lay_out(look.width, look.color)
    }

    /// What has changed about a finding, as lines.
    #[must_use]
    pub fn change(change: &Change, now: Timestamp, look: &Look) -> String {
        super::findings::change(change, now, look)
    }

    /// What is left for the table in the end.
    #[must_use]
    pub fn finish(self) -> TablePart {
        self.part
    }

    fn line(&mut self, event: &str, summary: &Summary) {
        let row = Row::new(summary, Rank::of(summary));
        // Of `1970-01-01T00:00:00Z`.
        let time = Utc { time: summary.last, digits: 0 }.to_string();
        let mut cells = row.cells(summary.first, &self.look);
        if let Some(start) = cells.first_mut() {
            *start = Cell::plain(time.get(11..19).unwrap_or_default());
        }
        // Nobody knows whether such flows come: no column is kept free for them.
        let columns = Row::columns(self.look.width);
        for (place, _) in columns.iter().enumerate().rev().filter(|(_, column)| column.optional) {
            let told = cells.remove(place);
            if let Some(why) = cells.last_mut().filter(|_| !told.text.is_empty()) {
                why.text = [told.text.as_str(), "; ", &why.text].concat();
            }
        }
        cells.insert(1, Cell::plain(event));
        let mut grid = grid(&self.look);
        // Why comes below where there is no room beside: a line without it is half of what there is to say.
        grid.row(cells, true);
        let line = grid.lay_out_lines(self.look.width, self.look.color);
        self.collector.collect(|buffer| buffer.extend(line.bytes()));
    }
}

fn grid(look: &Look) -> Grid {
    let mut columns = Row::columns(look.width);
    columns.retain(|column| !column.optional);
    for column in &mut columns {
        let width = WIDTHS.iter().find(|(title, _)| *title == column.title);
        column.least = width.map_or(0, |(_, width)| *width);
        if column.title == "CONFIDENCE" {
            // How sure a label is belongs to it; here nothing else on the line says so.
            *column = Column { least: column.least, ..Column::left("CONFIDENCE") };
        }
    }
    if let Some(start) = columns.first_mut() {
        *start = Column::left("UTC").rank(2);
        start.least = 8;
    }
    columns.insert(1, Column { least: 7, ..Column::left("EVENT") });
    Grid::with_rest(columns, REASON)
}

impl Sink for LiveTable {
    fn wants_labels(&self) -> bool {
        true
    }

    fn relabelled(&mut self, summary: Summary) {
        self.line("label", &summary);
    }

    fn flow(&mut self, summary: Summary) {
        self.line(summary.reason.name(), &summary);
        self.part.flow(summary);
    }
}
