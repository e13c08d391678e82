//! Findings while live: every worker shows what it has, and the last of a round tells what has changed.

use super::Format;
use crate::view::board::Board;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use wiretell::findings::live::{Change, Watch};
use wiretell::findings::{Examination, Survey};
use wiretell::output::destination::Destination;
use wiretell::output::finding::FindingRecord;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::table::{LiveTable, Look};
use wiretell::shard::Alive as ShowAlive;

/// Most flows that one worker keeps for findings while they are still looked for live: looking takes a copy of them.
const MAX_KEPT: usize = 20_000;
/// Part of the time that looking may take: one in so many.
const SHARE: u64 = 20;

/// What all workers share.
pub(crate) struct Alive {
    format: Format,
    look: Look,
    destination: Arc<Destination>,
    /// The full-screen view, where there is one: it takes the place of lines.
    board: Option<Arc<Board>>,
    workers: AtomicUsize,
    /// The first round in which to look again.
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What workers have shown, by round.
    rounds: BTreeMap<u64, Vec<Examination>>,
    watch: Watch,
}

impl Alive {
    /// For the form of output that was asked for.
    pub(crate) fn new(
        format: Format,
        look: Look,
        destination: Arc<Destination>,
        board: Option<Arc<Board>>,
    ) -> Arc<Self> {
        let state = Mutex::default();
        Arc::new(Self {
            format,
            look,
            destination,
            board,
            workers: AtomicUsize::new(0),
            next: AtomicU64::new(0),
            state,
        })
    }

    /// One more worker takes part.
    pub(crate) fn join(&self) {
        self.workers.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes what a worker has: what its flows that ended left, and those that go on.
    pub(crate) fn take(&self, survey: &Survey, ended: &Examination, alive: &mut ShowAlive<'_>) {
        // Comma-separated values have no place for findings, and a page is written once, at the end.
        if matches!(self.format, Format::Csv | Format::Html)
            || ended.kept() > MAX_KEPT
            || !self.is_wanted(survey.round)
        {
            return;
        }
        let begin = Instant::now();
        let mut all = ended.clone();
        alive(&mut |summary| all.observe(&summary));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A round that some worker left out will never be whole.
        state.rounds.retain(|&round, _| round + 2 >= survey.round);
        let shown = state.rounds.entry(survey.round).or_default();
        shown.push(all);
        if shown.len() < self.workers.load(Ordering::Relaxed) {
            self.rest(survey, begin);
            return;
        }
        let parts = std::mem::take(shown);
        state.rounds.remove(&survey.round);
        let mut whole = Examination::new(false);
        for part in parts {
            whole.merge(part);
        }
        let changes = state.watch.compare(whole.conclude(&survey.capture).findings);
        for change in &changes {
            self.write(change, survey);
        }
        drop(state);
        self.rest(survey, begin);
    }

    /// Whether it is time to look again, or some worker has begun with this round.
    fn is_wanted(&self, round: u64) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        round >= self.next.load(Ordering::Relaxed) || state.rounds.contains_key(&round)
    }

    /// Leaves out as many rounds as it takes for looking to stay a small part of the time.
    fn rest(&self, survey: &Survey, begin: Instant) {
        let rounds =
            begin.elapsed().as_secs() * SHARE + u64::from(begin.elapsed().subsec_millis()) * SHARE / 1000;
        self.next.fetch_max(survey.round + 1 + rounds, Ordering::Relaxed);
    }

    fn write(&self, change: &Change, survey: &Survey) {
        if let Some(board) = &self.board {
            board.tell(change, survey.now);
            return;
        }
        match self.format {
            Format::Jsonl => {
                let mut lines = JsonLines::new(Arc::from([]), Arc::clone(&self.destination), true);
                lines.write(&FindingRecord::of_change(change, survey.now));
            }
            Format::Table => {
                self.destination.write(LiveTable::change(change, survey.now, &self.look).as_bytes());
            }
            Format::Csv | Format::Html => {}
        }
    }
}
