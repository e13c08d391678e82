//! The terminal: taken, drawn on, and given back whatever happens.

use super::Options;
use super::board::Board;
use super::draw::{Drawn, draw};
use super::model::{Model, Wish};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wiretell::output::destination::Destination;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::text::counted;
use wiretell::shard::Sink;

/// How long keys are waited for before the board is looked at again.
const FRAME: Duration = Duration::from_millis(200);

/// A terminal that is ours until this is dropped, also by a panic.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it says what happened.
    pub(super) fn enter() -> std::io::Result<Self> {
        ratatui::try_init().map(|terminal| Self { terminal })
    }

    /// Shows the board until the user leaves, `stop` is set, or what is shown is `over` and the view does not stay.
    pub(super) fn run(
        mut self,
        board: &Board,
        options: &Options,
        stop: &AtomicBool,
        over: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut model = Model::new(options.filter.as_deref(), !options.stays, Arc::clone(&options.files));
        let mut drawn = Drawn::default();
        loop {
            if stop.load(Ordering::Relaxed) || (over.load(Ordering::Relaxed) && !options.stays) {
                return Ok(());
            }
            model.refresh(board);
            self.terminal.draw(|frame| drawn = draw(frame, &model, options))?;
            model.scrolled = drawn.scrolled;
            if !event::poll(FRAME)? {
                continue;
            }
            // All that has come at once, before it is drawn again.
            while event::poll(Duration::ZERO)? {
                let Event::Key(key) = event::read()? else { continue };
                if key.kind == KeyEventKind::Release {
                    continue;
                }
                match model.key(key, drawn.rows) {
                    Wish::Nothing => {}
                    Wish::Leave => return Ok(()),
                    Wish::Write(path) => model.message = Some(write(&model, &path, options)),
                }
            }
        }
    }
}

/// Writes the records of the flows that are shown to a new file; says what came of it.
fn write(model: &Model, path: &Path, options: &Options) -> String {
    let shown = path.display();
    let file = match std::fs::File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return format!("{shown} is there already: choose another name");
        }
        Err(error) => return format!("{shown} cannot be written: {error}"),
    };
    let destination = Destination::new(Box::new(file), Arc::default());
    let mut lines = JsonLines::new(Arc::clone(&options.files), Arc::clone(&destination), false);
    for flow in &model.flows {
        lines.flow(flow.summary.clone());
    }
    drop(lines);
    match destination.outcome() {
        Ok(()) => format!("the records of {} are in {shown}", counted(model.flows.len() as u64, "flow")),
        Err(error) => format!("{shown}: writing failed: {error}"),
    }
}
