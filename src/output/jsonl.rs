//! Records as JSON, one a line.

use crate::output::destination::{Collector, Destination};
use crate::output::record::{FlowRecord, LabelRecord};
use crate::shard::Sink;
use crate::summary::Summary;
use std::sync::Arc;

/// One worker's part of the output.
pub struct JsonLines {
    collector: Collector,
    files: Arc<[String]>,
    live: bool,
}

impl JsonLines {
    /// Records about flows of `files`, to `destination`; each at once if `live`.
    #[must_use]
    pub fn new(files: Arc<[String]>, destination: Arc<Destination>, live: bool) -> Self {
        Self { collector: Collector::new(destination, live), files, live }
    }

    /// Writes any record.
    pub fn write(&mut self, record: &impl serde::Serialize) {
        self.collector.collect(|buffer| {
            // Writing to memory cannot fail, and no record has map keys that JSON could not hold.
            if serde_json::to_writer(&mut *buffer, record).is_ok() {
                buffer.push(b'\n');
            }
        });
    }
}

impl Sink for JsonLines {
    fn wants_labels(&self) -> bool {
        self.live
    }

    fn relabelled(&mut self, summary: Summary) {
        self.write(&LabelRecord::from(FlowRecord::new(&summary, &[])));
    }

    fn flow(&mut self, summary: Summary) {
        let files = Arc::clone(&self.files);
        self.write(&FlowRecord::new(&summary, &files));
    }
}
