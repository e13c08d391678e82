//! The way of flows onto a full-screen view.

use super::CommonArgs;
use super::messages::Messages;
use crate::view::board::{Board, MAX_ALIVE};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wiretell::analysis::Watcher;
use wiretell::capture::{CaptureError, Drops};
use wiretell::findings::Survey;
use wiretell::output::table::TablePart;
use wiretell::shard::{Alive as ShowAlive, Sink};
use wiretell::summary::Summary;

/// Flows that have ended which are put down at once.
const TOGETHER: usize = 256;
/// Part of the time that looking may take: one in so many.
const SHARE: u32 = 20;
/// The time between two looks.
const ROUND: Duration = Duration::from_secs(1);

/// Whether standard input and output are a terminal that can show a view.
pub(super) fn is_possible() -> bool {
    !is_dumb() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Whether both ends are a terminal that is said to be unable to show a view.
pub(super) fn is_dumb() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    dumb && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Whether `live` is to show a view.
pub(super) fn is_wanted(args: &CommonArgs, plain: bool) -> bool {
    !plain && args.format == super::Format::Table && args.output.is_none() && is_possible()
}

/// One worker's part.
pub(super) struct ScreenPart {
    board: Arc<Board>,
    worker: usize,
    ended: Vec<Summary>,
    /// For the table in the end, where there is one.
    table: Option<TablePart>,
    /// The first round in which to look again.
    next: u64,
}

impl ScreenPart {
    /// One more worker that puts down what it has on the board.
    pub(super) fn new(board: &Arc<Board>) -> Self {
        Self { board: Arc::clone(board), worker: board.join(), ended: Vec::new(), table: None, next: 0 }
    }

    /// The same, with a table in the end.
    pub(super) fn with_table(self) -> Self {
        Self { table: Some(TablePart::new(false)), ..self }
    }

    /// Looks at the flows that go on, and passes them to those who look for findings.
    pub(super) fn look(
        &mut self,
        survey: &Survey,
        alive: &mut ShowAlive<'_>,
        pass: impl FnOnce(&mut ShowAlive<'_>),
    ) {
        self.put_down();
        if survey.round < self.next {
            pass(alive);
            return;
        }
        let begin = Instant::now();
        let mut flows = Vec::new();
        let mut beyond = Vec::new();
        alive(&mut |summary| {
            if flows.len() < MAX_ALIVE { flows.push(summary) } else { beyond.push(summary) }
        });
        pass(&mut |see| flows.iter().chain(&beyond).for_each(|summary| see(summary.clone())));
        self.board.look(self.worker, survey.now, flows);
        let rounds = (begin.elapsed() * SHARE).as_millis() / ROUND.as_millis();
        self.next = survey.round + 1 + u64::try_from(rounds).unwrap_or(0);
    }

    fn put_down(&mut self) {
        self.board.end(self.worker, self.ended.drain(..));
    }

    /// What is left for the table in the end, where there is one.
    pub(super) fn finish(mut self) -> Option<TablePart> {
        self.put_down();
        self.table
    }
}

impl Sink for ScreenPart {
    fn flow(&mut self, summary: Summary) {
        if let Some(table) = &mut self.table {
            table.flow(summary.clone());
        }
        self.ended.push(summary);
        if self.ended.len() >= TOGETHER {
            self.put_down();
        }
    }
}

/// Tells the view how the run goes, and keeps messages until the terminal is free for them.
pub(super) struct Onlooker<'a> {
    pub(super) board: Arc<Board>,
    pub(super) messages: &'a mut Messages,
}

impl Watcher for Onlooker<'_> {
    fn failed(&mut self, error: &CaptureError) {
        self.board.fail(error.to_string());
        self.messages.keep(error);
    }

    fn lost(&mut self, drops: Drops, behind: u64) {
        self.board.lost(drops, behind);
    }

    fn progressed(&mut self, frames: u64, bytes: u64) {
        self.board.progressed(frames, bytes);
    }
}
