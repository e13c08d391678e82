//! Records as JSON, one a line.

use crate::output::destination::Destination;
use crate::output::record::{FlowRecord, LabelRecord};
use crate::shard::Sink;
use crate::summary::Summary;
use std::sync::Arc;

/// Bytes collected per worker before they are written: large enough that the lock is rarely taken.
const BUFFER: usize = 64 * 1024;

/// One worker's part of the output.
pub struct JsonLines {
    buffer: Vec<u8>,
    files: Arc<[String]>,
    destination: Arc<Destination>,
    /// Bytes to collect; 0 while live, where each record is wanted at once.
    collect: usize,
}

impl JsonLines {
    /// Records about flows of `files`, to `destination`; each at once if `live`.
    #[must_use]
    pub fn new(files: Arc<[String]>, destination: Arc<Destination>, live: bool) -> Self {
        let collect = if live { 0 } else { BUFFER };
        Self { buffer: Vec::with_capacity(collect * 2), files, destination, collect }
    }

    /// Writes any record.
    pub fn write(&mut self, record: &impl serde::Serialize) {
        // Writing to memory cannot fail, and no record has map keys that JSON could not hold.
        if serde_json::to_writer(&mut self.buffer, record).is_ok() {
            self.buffer.push(b'\n');
        }
        if self.buffer.len() >= self.collect {
            self.flush();
        }
    }

    /// Writes what was collected.
    pub fn flush(&mut self) {
        if !self.buffer.is_empty() {
            self.destination.write(&self.buffer);
        }
        self.buffer.clear();
    }
}

impl Sink for JsonLines {
    fn wants_labels(&self) -> bool {
        self.collect == 0
    }

    fn relabelled(&mut self, summary: Summary) {
        self.write(&LabelRecord::from(FlowRecord::new(&summary, None)));
    }

    fn flow(&mut self, summary: Summary) {
        let files = Arc::clone(&self.files);
        let file = files.get(summary.file as usize).map(String::as_str);
        self.write(&FlowRecord::new(&summary, file));
    }
}
