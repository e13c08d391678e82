//! Boards for tests: of a shipped capture.

use super::Options;
use super::board::Board;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wiretell::analysis::{Reading, Run, Watcher};
use wiretell::capture::CaptureError;
use wiretell::capture::list::list;
use wiretell::findings::Examination;
use wiretell::pipeline::Settings;
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// A view of a shipped capture.
pub(super) fn options(color: bool) -> Options {
    Options {
        title: "tour.pcapng".to_owned(),
        color,
        stays: true,
        filter: None,
        given_up: None,
        recorded: None,
        rules: Arc::default(),
        files: Arc::from([]),
    }
}

/// What a run of a capture left.
#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) flows: Vec<Summary>,
    examination: Option<Examination>,
}

impl Sink for Kept {
    fn flow(&mut self, summary: Summary) {
        self.examination.get_or_insert_with(|| Examination::new(false)).observe(&summary);
        self.flows.push(summary);
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn failed(&mut self, error: &CaptureError) {
        panic!("{error}");
    }
}

/// The flows of a shipped capture.
pub(super) fn flows(capture: &str) -> Vec<Summary> {
    read(capture).0.flows
}

fn read(capture: &str) -> (Kept, wiretell::analysis::Outcome) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("captures").join(capture);
    let sources = list(&[path]).sources;
    let stop = AtomicBool::new(false);
    let run = Run {
        sources: &sources,
        each: false,
        settings: Settings::default(),
        reading: Reading::default(),
        stop: &stop,
    };
    let (outcome, mut sinks) = run.run(Kept::default, &mut Nobody).unwrap();
    (sinks.remove(0), outcome)
}

/// A board with all of a shipped capture.
pub(super) fn board(capture: &str) -> Arc<Board> {
    let (kept, outcome) = read(capture);
    let board = Board::new(1000);
    let worker = board.join();
    board.end(worker, kept.flows.into_iter());
    board.progressed(outcome.intake.packets, outcome.intake.bytes);
    let findings = kept.examination.unwrap().conclude(&outcome.facts()).findings;
    board.conclude(findings.into_iter());
    board
}
