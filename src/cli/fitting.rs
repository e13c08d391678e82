//! Recording live what fits: frames wait until it is known whether their flow does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use wiretell::capture::Block;
use wiretell::extract::held::{Decision, Holding, MOST, MOST_OF_FLOW};
use wiretell::monitor::Record;
use wiretell::packet::Frame;
use wiretell::wire::fragments::Limits;

/// Writes frames one by one.
pub(crate) trait Frames: Send {
    /// Writes a frame with a comment.
    fn frame(&mut self, frame: &Frame, bytes: &[u8], comment: &str) -> io::Result<()>;
    /// Writes what was collected.
    fn flush(&mut self) -> io::Result<()>;
}

/// Records the frames of flows that are decided to fit.
pub(crate) struct Fitting<F> {
    to: F,
    holding: Holding,
    decisions: Receiver<Decision>,
    given_up: Arc<AtomicU64>,
}

impl<F: Frames> Fitting<F> {
    /// Writes to `to` what `decisions` tell to fit; counts in `given_up` what could not be held for so long.
    pub(crate) fn new(
        to: F,
        fragments: Limits,
        decisions: Receiver<Decision>,
        given_up: Arc<AtomicU64>,
    ) -> Self {
        Self { to, holding: Holding::new(fragments, [MOST, MOST_OF_FLOW]), decisions, given_up }
    }

    fn learn(&mut self) -> io::Result<()> {
        while let Ok(decision) = self.decisions.try_recv() {
            self.holding.decide(&decision);
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some((frame, bytes, comment)) = self.holding.release() {
            self.to.frame(&frame, &bytes, &comment)?;
        }
        self.given_up.store(self.holding.given_up, Ordering::Relaxed);
        Ok(())
    }
}

impl<F: Frames> Record for Fitting<F> {
    fn frames(&mut self, block: &Block, last: u64) -> io::Result<()> {
        for frame in block.frames.iter().take_while(|frame| frame.number <= last) {
            self.holding.take(frame, block.bytes_of(frame));
        }
        self.learn()
    }

    fn idle(&mut self) -> io::Result<()> {
        self.learn()?;
        self.to.flush()
    }

    fn conclude(&mut self) -> io::Result<()> {
        self.learn()?;
        self.holding.conclude();
        self.write()?;
        self.to.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
