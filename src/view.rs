//! The full-screen view of flows: what `live` shows on a terminal, and `view` of capture files.
//!
//! ```text
//!  workers --- once a second ---> board <--- a few times a second --- model ---> draw ---> terminal
//!              and as flows end   (shared)                              ^
//!                                                       keys -----------+
//! ```
//!
//! Workers never wait for drawing: they lock the board for as long as it takes to put down what they have.

pub(crate) mod board;
mod draw;
mod model;
#[cfg(test)]
mod samples;
mod terminal;

use board::Board;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use wiretell::rules::UserRules;

/// What packets are recorded to while they are looked at, and how many were.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The file's name.
    pub(crate) name: String,
    /// Packets written so far.
    pub(crate) packets: Arc<AtomicU64>,
}

impl Recorded {
    /// Packets written so far.
    pub(crate) fn count(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }
}

/// What a view needs to know from the command line.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// What is looked at: `live eth0`, or a file's name.
    pub(crate) title: String,
    /// Whether colours are wanted.
    pub(crate) color: bool,
    /// Whether it stays until the user leaves, although there is nothing more to come.
    pub(crate) stays: bool,
    /// An expression to begin with.
    pub(crate) filter: Option<String>,
    /// Who goes on where root was given up, by number: not all that root may write may be written then.
    pub(crate) given_up: Option<u32>,
    /// Where packets are recorded to meanwhile.
    pub(crate) recorded: Option<Recorded>,
    /// The user's own rules, whose labels an expression may ask for.
    pub(crate) rules: Arc<UserRules>,
    /// The captures' names, for records that are written.
    pub(crate) files: Arc<[String]>,
}

/// A view that is on the screen.
pub(crate) struct View {
    thread: JoinHandle<std::io::Result<()>>,
    over: Arc<AtomicBool>,
}

impl View {
    /// Takes the terminal, and shows what is on the board until the user leaves, which sets `stop`.
    ///
    /// # Errors
    /// When the terminal cannot be used, or there is no thread.
    pub(crate) fn open(board: Arc<Board>, options: Options, stop: Arc<AtomicBool>) -> std::io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let screen = terminal::Screen::enter()?;
        let show = move || {
            // Whatever ends the view, by a panic as well, ends the run.
            let _stopping = Stopping(Arc::clone(&stop));
            screen.run(&board, &options, &stop, &ended)
        };
        let thread = std::thread::Builder::new().name("view".to_owned()).spawn(show)?;
        Ok(Self { thread, over })
    }

    /// Nothing more will come. Gives the terminal back: at once, or when the user has seen enough.
    ///
    /// # Errors
    /// When the terminal failed.
    pub(crate) fn close(self) -> std::io::Result<()> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Stopping(Arc<AtomicBool>);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
