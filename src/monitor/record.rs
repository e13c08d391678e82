//! Recording while live: a thread of its own writes all frames, so that a slow disk makes neither the capture wait nor the
//! labels.

use super::{Board, TICK};
use crate::capture::Block;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Blocks between the capture and the recorder: with half a MiB each, 128 MiB for the time that a disk is busy.
const QUEUE: usize = 256;

/// Writes frames.
pub trait Record: Send {
    /// Writes the next frames, all of the block or those with numbers up to `last`; it may keep some of them to itself.
    ///
    /// # Errors
    /// When that failed: nothing more will be written.
    fn frames(&mut self, block: &Block, last: u64) -> io::Result<()>;
    /// Some time has passed without frames.
    ///
    /// # Errors
    /// As above.
    fn idle(&mut self) -> io::Result<()> {
        self.flush()
    }
    /// The capture is over, and every flow was told: writes what is left.
    ///
    /// # Errors
    /// As above.
    fn conclude(&mut self) -> io::Result<()> {
        self.flush()
    }
    /// Writes what it has kept to itself.
    ///
    /// # Errors
    /// As above.
    fn flush(&mut self) -> io::Result<()>;
}

/// What the recorder tells.
#[derive(Default)]
pub(super) struct Recording {
    /// Frames that were captured and not recorded, because writing was behind.
    pub(super) behind: AtomicU64,
    /// Why nothing more is recorded.
    pub(super) failed: Mutex<Option<io::Error>>,
}

impl Recording {
    /// What went wrong, once.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The capture's end of the queue to the recorder.
pub(super) struct Recorder(Sender<Arc<Block>>);

/// A queue to a recorder, with both its ends.
pub(super) fn queue() -> (Recorder, Receiver<Arc<Block>>) {
    let (full, incoming) = bounded(QUEUE);
    (Recorder(full), incoming)
}

impl Recorder {
    /// Hands a block on, or counts it as lost; never waits. A recorder that has failed loses nothing more: that nothing is
    /// recorded was told.
    pub(super) fn hand_on(&self, block: &Arc<Block>, board: &Board) {
        if let Err(TrySendError::Full(lost)) = self.0.try_send(Arc::clone(block)) {
            board.recording.behind.fetch_add(lost.frames.len() as u64, Ordering::Relaxed);
        }
    }
}

/// Writes what comes until the capture is over, and gives back what wrote it; none if writing failed.
pub(super) fn record(
    mut to: Box<dyn Record>,
    incoming: &Receiver<Arc<Block>>,
    last: u64,
    board: &Board,
) -> Option<Box<dyn Record>> {
    let mut write = || -> io::Result<()> {
        loop {
            match incoming.recv_timeout(TICK) {
                Ok(block) => to.frames(&block, last)?,
                Err(RecvTimeoutError::Timeout) => to.idle()?,
                Err(RecvTimeoutError::Disconnected) => return to.flush(),
            }
            // Whoever looks at the file while little happens sees all of it.
            if incoming.is_empty() {
                to.flush()?;
            }
        }
    };
    if let Err(error) = write() {
        *board.recording.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        drop(to);
        // The capture goes on, and must not count as lost what nobody waits for.
        for block in incoming {
            drop(block);
        }
        return None;
    }
    Some(to)
}
