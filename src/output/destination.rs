//! Where all workers' output goes: one writer, and the first thing that went wrong with it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A shared writer. After a failure nothing more is written, and whoever reads the input is asked to stop.
pub struct Destination {
    writer: Mutex<Box<dyn Write + Send>>,
    failed: Mutex<Option<io::Error>>,
    stop: Arc<AtomicBool>,
}

impl Destination {
    /// Writes to `writer`; sets `stop` when that fails.
    #[must_use]
    pub fn new(writer: Box<dyn Write + Send>, stop: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self { writer: Mutex::new(writer), failed: Mutex::new(None), stop })
    }

    /// Writes whole records, so that those of different workers do not mix, and passes them on at once.
    pub fn write(&self, records: &[u8]) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_none()
            && let Err(error) = writer.write_all(records).and_then(|()| writer.flush())
        {
            *failed = Some(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// What went wrong, if anything did.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn outcome(&self) -> io::Result<()> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// Bytes collected before they are written: large enough that workers rarely wait for each other.
const COLLECTED: usize = 64 * 1024;

/// One worker's way to a destination: collects records, and passes them on when there are enough.
pub struct Collector {
    buffer: Vec<u8>,
    destination: Arc<Destination>,
    /// Bytes to collect.
    enough: usize,
}

impl Collector {
    /// Collects for `destination`; while `live` every record is passed on at once.
    #[must_use]
    pub fn new(destination: Arc<Destination>, live: bool) -> Self {
        let enough = if live { 0 } else { COLLECTED };
        Self { buffer: Vec::with_capacity(enough * 2), destination, enough }
    }

    /// Adds what `write` appends: one whole record.
    pub fn collect(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.buffer);
        if self.buffer.len() >= self.enough {
            self.flush();
        }
    }

    /// Passes on what was collected.
    pub fn flush(&mut self) {
        if !self.buffer.is_empty() {
            self.destination.write(&self.buffer);
        }
        self.buffer.clear();
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.flush();
    }
}
