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
