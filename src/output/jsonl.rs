//! Records as JSON, one a line.

use crate::output::record::FlowRecord;
use crate::output::stats::StatsRecord;
use crate::shard::Sink;
use crate::summary::Summary;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Bytes collected per worker before they are written: large enough that the lock is rarely taken.
const BUFFER: usize = 64 * 1024;

/// Where all workers' records go.
pub type Destination = Arc<Mutex<dyn Write + Send>>;

/// One worker's part of the output.
pub struct JsonLines {
    buffer: Vec<u8>,
    files: Arc<[String]>,
    destination: Destination,
    failed: Option<std::io::Error>,
}

impl JsonLines {
    /// Records about flows of `files`, to `destination`.
    #[must_use]
    pub fn new(files: Arc<[String]>, destination: Destination) -> Self {
        Self { buffer: Vec::with_capacity(BUFFER * 2), files, destination, failed: None }
    }

    fn write(&mut self, record: &impl serde::Serialize) {
        // Writing to memory cannot fail, and no record has map keys that JSON could not hold.
        if serde_json::to_writer(&mut self.buffer, record).is_ok() {
            self.buffer.push(b'\n');
        }
        if self.buffer.len() >= BUFFER {
            self.flush();
        }
    }

    /// Writes what was collected; after a failure nothing more is written.
    fn flush(&mut self) {
        if self.failed.is_none() && !self.buffer.is_empty() {
            let written = match self.destination.lock() {
                Ok(mut destination) => destination.write_all(&self.buffer).and_then(|()| destination.flush()),
                Err(_) => Err(std::io::Error::other("another thread failed while writing")),
            };
            self.failed = written.err();
        }
        self.buffer.clear();
    }

    /// Writes the last record, if this worker is to do that.
    ///
    /// # Errors
    /// When it, or anything before it, could not be written.
    pub fn finish(mut self, stats: Option<&StatsRecord>) -> std::io::Result<()> {
        if let Some(stats) = stats {
            self.write(stats);
        }
        self.flush();
        self.failed.map_or(Ok(()), Err)
    }
}

impl Sink for JsonLines {
    fn flow(&mut self, summary: Summary) {
        let files = Arc::clone(&self.files);
        let file = files.get(summary.file as usize).map(String::as_str);
        self.write(&FlowRecord::new(&summary, file));
    }
}
