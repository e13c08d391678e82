//! Running a live capture through the pipeline, without ever making the capture wait.
//!
//! A thread of its own takes frames from the kernel. What the pipeline cannot take in time is counted as lost,
//! by name, instead of stopping that thread: the kernel's buffer stays for bursts.

use crate::analysis::{Outcome, Watcher};
use crate::capture::live::{Live, LiveStats, Polled};
use crate::capture::{Block, CaptureError};
use crate::findings::Survey;
use crate::packet::Timestamp;
use crate::pipeline::{Pipeline, Settings};
use crate::shard::Sink;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
pub use record::Record;
use record::{Recorder, Recording};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

mod record;

/// Blocks between the capture and the pipeline: with half a MiB each, 32 MiB for bursts besides the kernel's buffer.
const QUEUE: usize = 64;
/// How often time is told to the pipeline when no frame comes, and drops are asked for.
const TICK: Duration = Duration::from_millis(250);

/// How often findings are looked for.
const SURVEY: Duration = Duration::from_secs(1);

/// A live capture that is to be run.
pub struct Monitor<'a> {
    /// The open interface.
    pub live: Live,
    /// How to run.
    pub settings: Settings,
    /// Stop after so many frames.
    pub count: Option<u64>,
    /// Stop after so much time.
    pub duration: Option<Duration>,
    /// Records all frames, on a thread of its own.
    pub record: Option<Box<dyn Record>>,
    /// Set by somebody else to end the run.
    pub stop: &'a AtomicBool,
}

/// What the capturing thread tells.
#[derive(Default)]
struct Board {
    /// Frames lost because the pipeline was behind.
    behind: AtomicU64,
    stats: Mutex<LiveStats>,
    gone: Mutex<Option<CaptureError>>,
    recording: Recording,
}

impl Monitor<'_> {
    /// Runs until stopped; `sink` is asked for once per worker, and all sinks are given back at the end.
    ///
    /// # Errors
    /// When the system gives no thread. An interface that goes away is told to the watcher and ends the run.
    pub fn run<S: Sink + Send + 'static>(
        self,
        sink: impl FnMut() -> S,
        watcher: &mut impl Watcher,
    ) -> std::io::Result<(Outcome, Vec<S>)> {
        let Self { live, settings, count, duration, record, stop } = self;
        let mut pipeline = Pipeline::start(&settings, sink)?;
        let board = Board::default();
        let over = AtomicBool::new(false);
        let (full, incoming) = bounded(QUEUE);
        let (recycled, empty) = bounded(QUEUE);
        let recorded = std::thread::scope(|scope| -> std::io::Result<_> {
            let mut recording = None;
            let recorder = match record {
                Some(to) => {
                    let (recorder, incoming) = record::queue();
                    let (last, board) = (count.unwrap_or(u64::MAX), &board);
                    let run = move || record::record(to, &incoming, last, board);
                    let thread = std::thread::Builder::new().name("record".to_owned());
                    recording = Some(thread.spawn_scoped(scope, run)?);
                    Some(recorder)
                }
                None => None,
            };
            let (full, empty, board, over) = (&full, &empty, &board, &over);
            // The recorder ends with the capture, to which its queue belongs.
            let capturing = move || capture(live, full, recorder.as_ref(), empty, board, over);
            // The channel's sending end lives as long as the scope: the loop below ends by `over`.
            std::thread::Builder::new().name("capture".to_owned()).spawn_scoped(scope, capturing)?;
            let until = duration.map(|duration| Instant::now() + duration);
            let ends = Ends { count, until, stop, board };
            run_pipeline(&mut pipeline, &incoming, &recycled, &ends, watcher);
            over.store(true, Ordering::Relaxed);
            Ok(recording.and_then(|recording| recording.join().ok().flatten()))
        })?;
        // What was captured before the end still counts.
        while let Ok(block) = incoming.try_recv() {
            if count.is_none_or(|count| pipeline.intake().packets < count) {
                pipeline.feed_shared(block);
            }
        }
        if let Some(error) = board.gone.lock().unwrap_or_else(PoisonError::into_inner).take() {
            watcher.failed(&error);
        }
        if let Some(error) = board.recording.take_failure() {
            watcher.unrecorded(&error);
        }
        let stats = *board.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let unrecorded = board.recording.behind.load(Ordering::Relaxed);
        let bounds = pipeline.bounds().chain([("recorder-drops", unrecorded)]).collect();
        let unfinished = pipeline.unfinished();
        let (intake, totals, sinks) = pipeline.finish();
        // Now every flow was told.
        if let Some(Err(error)) = recorded.map(|mut to| to.conclude()) {
            watcher.unrecorded(&error);
        }
        let behind = board.behind.load(Ordering::Relaxed);
        let drops = stats.drops;
        Ok((Outcome { intake, totals, drops, behind, bounds, unfinished, ..Outcome::default() }, sinks))
    }
}

/// When to end.
struct Ends<'a> {
    count: Option<u64>,
    until: Option<Instant>,
    stop: &'a AtomicBool,
    board: &'a Board,
}

impl Ends<'_> {
    fn reached(&self, frames: u64) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.count.is_some_and(|count| frames >= count)
            || self.until.is_some_and(|until| Instant::now() >= until)
            || self.board.gone.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

fn run_pipeline<S: Sink + Send + 'static>(
    pipeline: &mut Pipeline<S>,
    incoming: &Receiver<Arc<Block>>,
    recycled: &Sender<Block>,
    ends: &Ends<'_>,
    watcher: &mut impl Watcher,
) {
    let mut told = Instant::now();
    let (mut surveyed, mut round) = (Instant::now(), 0);
    while !ends.reached(pipeline.intake().packets) {
        match incoming.recv_timeout(TICK) {
            Ok(mut block) => {
                if let Some(count) = ends.count {
                    let left = count.saturating_sub(pipeline.intake().packets);
                    let left = usize::try_from(left).unwrap_or(usize::MAX);
                    if left < block.frames.len() {
                        Arc::make_mut(&mut block).frames.truncate(left);
                    }
                }
                pipeline.feed_shared(block);
                // If the capture has enough empty blocks, this one is not needed.
                let _ = recycled.try_send(pipeline.block());
            }
            Err(RecvTimeoutError::Timeout) => pipeline.tick(now()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if told.elapsed() >= TICK {
            told = Instant::now();
            let intake = pipeline.intake();
            watcher.progressed(intake.packets, intake.bytes);
            let drops = ends.board.stats.lock().unwrap_or_else(PoisonError::into_inner).drops;
            let behind = ends.board.behind.load(Ordering::Relaxed);
            watcher.lost(drops, behind);
            if let Some(error) = ends.board.recording.take_failure() {
                watcher.unrecorded(&error);
            }
            if surveyed.elapsed() >= SURVEY {
                surveyed = Instant::now();
                round += 1;
                let (bounds, unfinished) = (pipeline.bounds().collect(), pipeline.unfinished());
                let intake = *pipeline.intake();
                let outcome = Outcome { intake, drops, behind, bounds, unfinished, ..Outcome::default() };
                pipeline.survey(Survey { round, now: now(), capture: outcome.facts() });
            }
        }
    }
}

/// Takes frames from the kernel until it is over; never waits for the pipeline.
fn capture(
    mut live: Live,
    full: &Sender<Arc<Block>>,
    recorder: Option<&Recorder>,
    empty: &Receiver<Block>,
    board: &Board,
    over: &AtomicBool,
) {
    let mut asked = Instant::now();
    let mut block = Block::default();
    while !over.load(Ordering::Relaxed) {
        match live.read_block(&mut block) {
            Ok(Polled::Quiet) => {}
            Ok(Polled::Frames) => {
                let next = empty.try_recv().unwrap_or_default();
                let filled = Arc::new(std::mem::replace(&mut block, next));
                if let Some(recorder) = recorder {
                    recorder.hand_on(&filled, board);
                }
                if let Err(TrySendError::Full(lost) | TrySendError::Disconnected(lost)) =
                    full.try_send(filled)
                {
                    board.behind.fetch_add(lost.frames.len() as u64, Ordering::Relaxed);
                    if let Some(lost) = Arc::into_inner(lost) {
                        block = lost;
                    }
                }
            }
            Err(error) => {
                *board.gone.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                break;
            }
        }
        if asked.elapsed() >= TICK {
            asked = Instant::now();
            note_stats(&mut live, board);
        }
    }
    note_stats(&mut live, board);
}

fn note_stats(live: &mut Live, board: &Board) {
    // An interface that is gone is told when frames are taken from it.
    if let Ok(stats) = live.stats() {
        *board.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}

/// The clock's time: while live, it goes on without packets.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
