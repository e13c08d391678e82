//! What is said on standard error: messages, progress. Data never goes there.

use super::Cli;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use wiretell::analysis::Watcher;
use wiretell::capture::{CaptureError, Drops};
use wiretell::output::text::{counted, printable};

/// Writes a line to standard error. Nobody may be listening there, and that is no failure. Names of files and
/// what came from elsewhere may be in it, and a terminal must not obey them.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "wiretell: {}", printable(line));
}

/// Most troubles that are remembered for a report.
const MAX_TROUBLES: usize = 100;

/// Tells a person how a run goes, and remembers what went wrong.
pub(crate) struct Messages {
    progress: Option<ProgressBar>,
    lost: String,
    /// Names that files go by in messages instead of their own: first their own.
    pub(crate) names: Vec<(String, String)>,
    /// What went wrong with inputs, as far as there is room for it.
    pub(crate) troubles: Vec<String>,
    /// Whether some input could not be opened.
    pub(crate) unopened: bool,
    /// Whether some input was cut short or damaged.
    pub(crate) damaged: bool,
}

impl Messages {
    /// Messages as the command line asks for; `total` bytes will be read, if that is known.
    pub(crate) fn new(cli: &Cli, total: Option<u64>) -> Self {
        let wanted = !cli.quiet && !cli.no_progress && std::io::stderr().is_terminal();
        let progress = wanted.then(|| bar(total));
        let (lost, names, troubles) = (String::new(), Vec::new(), Vec::new());
        Self { progress, lost, names, troubles, unopened: false, damaged: false }
    }

    /// Remembers what went wrong, to be said when the terminal is free.
    pub(crate) fn keep(&mut self, error: &CaptureError) {
        self.note(error);
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(error.to_string());
        }
    }

    /// Says what was kept.
    pub(crate) fn say_kept(&self) {
        self.troubles.iter().for_each(|message| say(message));
    }

    fn note(&mut self, error: &CaptureError) {
        if error.is_partial() {
            self.damaged = true;
        } else {
            self.unopened = true;
        }
    }

    /// Takes the progress away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.progress {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => {
            (ProgressBar::new(total), "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left, {msg}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {bytes_per_sec}, {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Watcher for Messages {
    fn failed(&mut self, error: &CaptureError) {
        self.clear();
        self.note(error);
        let message = error.to_string();
        let message = self.names.iter().fold(message, |message, (own, shown)| message.replace(own, shown));
        say(&message);
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(message);
        }
    }

    fn lost(&mut self, drops: Drops, behind: u64) {
        self.lost =
            format!(", lost: {} kernel, {} interface, {behind} classifier", drops.kernel, drops.interface);
    }

    fn unrecorded(&mut self, error: &std::io::Error) {
        self.clear();
        self.unopened = true;
        say(&format!("nothing more is recorded, because writing failed: {error}; labelling goes on"));
    }

    fn progressed(&mut self, frames: u64, bytes: u64) {
        if let Some(bar) = &self.progress {
            bar.set_position(bytes);
            bar.set_message(format!("{}{}", counted(frames, "packet"), self.lost));
        }
    }
}
