//! The report: one page for a browser, made at the end of the same records as all other output.
//!
//! Sums are kept of every flow, the flows themselves within a bound: see [`MOST`]. The page depends on nothing but the
//! records: no clock, no order of workers. Whatever came off the wire is data in it: the template escapes, the
//! script only ever sets text, and the page's policy lets nothing else run.

use crate::analysis::Outcome;
use crate::findings::Examined;
use crate::output::destination::Destination;
use crate::output::table::Look;
use crate::output::table::groups::Groups;
use crate::shard::Sink;
use crate::summary::Summary;
use askama::Template;
use kept::Kept;
use pairs::Pairs;
use series::Series;
use std::sync::{Arc, Mutex, PoisonError};

mod chart;
mod heartbeats;
mod json;
mod kept;
mod page;
mod pairs;
mod policy;
mod quality;
mod rows;
mod series;

/// Most flows that the report lists: those with the most bytes, those first that are not what their port promises. Those
/// that findings name are listed besides.
pub const MOST: usize = 100_000;
/// Flows that a worker gathers before it waits for the others.
const BATCH: usize = 256;

/// The flows that matter most, of all workers.
#[derive(Clone, Debug)]
pub struct Largest(Arc<Mutex<Kept>>);

impl Default for Largest {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Kept::new(MOST))))
    }
}

/// What one worker collects: sums, and a batch on its way to what all share.
#[derive(Debug)]
pub struct ReportPart {
    sums: Sums,
    batch: Vec<Summary>,
    largest: Largest,
}

/// Sums over flows.
#[derive(Debug, Default)]
struct Sums {
    groups: Groups,
    series: Series,
    pairs: Pairs,
}

impl ReportPart {
    /// A part of the report whose flows are kept in `largest`.
    #[must_use]
    pub fn new(largest: &Largest) -> Self {
        Self { sums: Sums::default(), batch: Vec::with_capacity(BATCH), largest: largest.clone() }
    }

    fn pass_on(&mut self) {
        let mut kept = self.largest.0.lock().unwrap_or_else(PoisonError::into_inner);
        for summary in self.batch.drain(..) {
            kept.offer(summary);
        }
    }
}

impl Sink for ReportPart {
    fn flow(&mut self, mut summary: Summary) {
        self.sums.groups.count(&summary);
        self.sums.series.count(&summary);
        self.sums.pairs.count(&summary);
        // What followers saw is in the findings by now, and is the largest part of a summary.
        summary.report = None;
        self.batch.push(summary);
        if self.batch.len() >= BATCH {
            self.pass_on();
        }
    }
}

/// What the page is made of.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was counted.
    pub outcome: &'a Outcome,
    /// Findings and heartbeats.
    pub examined: &'a Examined,
    /// The captures' names, and which flows were chosen.
    pub look: &'a Look,
    /// What went wrong with inputs, as told to the user.
    pub troubles: &'a [String],
}

impl Report<'_> {
    /// Puts the workers' `parts` together and writes the page.
    pub fn write(&self, parts: Vec<ReportPart>, largest: &Largest, destination: &Destination) {
        let mut sums = Sums::default();
        for mut part in parts {
            part.pass_on();
            sums.groups.add(&part.sums.groups);
            sums.series.add(part.sums.series);
            sums.pairs.add(part.sums.pairs);
        }
        let kept = std::mem::take(&mut *largest.0.lock().unwrap_or_else(PoisonError::into_inner));
        let named = self.examined.named.iter().filter(|flow| self.selects(flow));
        let flows = kept.with(named);
        let page = page::Page::new(self, &sums, &flows);
        let mut writer = Writer { buffer: Vec::with_capacity(2 * CHUNK), destination };
        // Nothing in the template fails; a destination that does remembers it.
        let _ = page.render_into(&mut writer);
        writer.pass_on();
    }

    fn selects(&self, summary: &Summary) -> bool {
        let file = || self.look.files.get(summary.file as usize).map(String::as_str);
        self.look.selection.as_ref().is_none_or(|selection| selection.selects(summary, file()))
    }
}

/// Bytes written at a time.
const CHUNK: usize = 64 * 1024;

/// Passes the page on as it grows: it is never in memory as a whole.
struct Writer<'a> {
    buffer: Vec<u8>,
    destination: &'a Destination,
}

impl Writer<'_> {
    fn pass_on(&mut self) {
        self.destination.write(&self.buffer);
        self.buffer.clear();
    }
}

impl std::fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.buffer.extend(text.bytes());
        if self.buffer.len() >= CHUNK {
            self.pass_on();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
