//! Running captures through the pipeline: in order, filtered, until the end or until somebody says stop.

use crate::capture::filter::Filter;
use crate::capture::list::Source;
use crate::capture::{Block, CaptureError, Drops, FileReader};
use crate::findings::CaptureFacts;
use crate::packet::Timestamp;
use crate::pipeline::{Intake, Pipeline, Settings};
use crate::place;
use crate::shard::Sink;
use crate::totals::Totals;
use crate::wire::Unfinished;
use crate::wire::fragments::MAX_UNFINISHED;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to read of a capture, and when to stop.
#[derive(Debug, Default)]
pub struct Reading {
    /// Frames that do not pass are not read at all.
    pub filter: Option<Filter>,
    /// Stop after so many frames, over all captures.
    pub count: Option<u64>,
    /// Stop when so many nanoseconds of packet time have passed, in each timeline.
    pub duration_nanos: Option<u64>,
}

/// What was counted over a whole run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Before the shards.
    pub intake: Intake,
    /// In the shards.
    pub totals: Totals,
    /// Time of the first and of the latest frame of each timeline that is over.
    pub spans: Vec<Option<(Timestamp, Timestamp)>>,
    /// Frames lost before they were captured.
    pub drops: Drops,
    /// Frames captured live that were lost because classifying them was behind.
    pub behind: u64,
    /// How often a bound was hit, by name.
    pub bounds: Vec<(&'static str, u64)>,
    /// The first datagrams of which fragments did not come.
    pub unfinished: Vec<Unfinished>,
    /// The names of the captures, where there is more than one: a frame's number says nothing without them.
    pub files: Arc<[String]>,
}

impl Outcome {
    /// What findings have to know about the capture.
    #[must_use]
    pub fn facts(&self) -> CaptureFacts {
        // Those that the capture cut may all have come.
        let is_missing = |name: &str| name.starts_with("fragments-") && name != "fragments-cut";
        let missing = self.bounds.iter().filter(|(name, _)| is_missing(name));
        CaptureFacts {
            packets: self.intake.packets,
            spans: if self.spans.is_empty() { vec![self.intake.span()] } else { self.spans.clone() },
            lost: self.drops.kernel + self.drops.interface,
            behind: self.behind,
            truncated: self.intake.truncated,
            backwards: (self.intake.backwards, self.intake.backwards_nanos),
            pause: self.intake.pause,
            oversized: self.intake.oversized,
            firsts: self.intake.firsts,
            fragments: missing.map(|(_, count)| count).sum(),
            unfinished: self.unfinished.clone(),
            told: false,
            files: Arc::clone(&self.files),
        }
    }

    /// Adds what another timeline came to.
    fn add(&mut self, intake: &Intake, totals: &Totals) {
        self.spans.push(intake.span());
        self.intake.add(intake);
        self.totals.add(totals);
    }
}

/// What a run tells while it goes on.
pub trait Watcher {
    /// Something went wrong with an input; the run goes on with what is left.
    fn failed(&mut self, error: &CaptureError);
    /// So many frames of a live capture have been lost in all: by the kernel and the interface, and because
    /// classifying was behind.
    fn lost(&mut self, drops: Drops, behind: u64) {
        let _ = (drops, behind);
    }
    /// What is recorded of a live capture could not be written, and nothing more is recorded; the run goes on.
    fn unrecorded(&mut self, error: &std::io::Error) {
        let _ = error;
    }
    /// So many frames, and bytes of the captures, have been read in all.
    fn progressed(&mut self, frames: u64, bytes: u64) {
        let _ = (frames, bytes);
    }
}

/// Reads capture files as one timeline, or with `each` every file by itself.
#[derive(Debug)]
pub struct Run<'a> {
    /// The captures, in order.
    pub sources: &'a [Source],
    /// Whether every capture is a timeline of its own.
    pub each: bool,
    /// How to run.
    pub settings: Settings,
    /// What to read.
    pub reading: Reading,
    /// Set by somebody else to end the run early; what was read until then is told.
    pub stop: &'a AtomicBool,
}

impl Run<'_> {
    /// Runs; `sink` is asked for once per worker and timeline, and all sinks are given back at the end.
    ///
    /// # Errors
    /// When the system gives no thread; everything else is told to the watcher.
    pub fn run<S: Sink + Send + 'static>(
        mut self,
        mut sink: impl FnMut() -> S,
        watcher: &mut impl Watcher,
    ) -> std::io::Result<(Outcome, Vec<S>)> {
        let several = self.sources.len() > 1;
        let names = self.sources.iter().filter(|_| several).map(|source| source.path.display().to_string());
        let mut outcome = Outcome { files: names.collect(), ..Outcome::default() };
        let mut sinks = Vec::new();
        let mut read = Progress::default();
        let timelines = self.sources.chunks(if self.each { 1 } else { self.sources.len().max(1) });
        let mut file = 0;
        for sources in timelines {
            let mut pipeline = Pipeline::start(&self.settings, &mut sink)?;
            for source in sources {
                pipeline.set_file(file);
                read.file = several.then_some(file);
                file += 1;
                if !self.is_over(&read) {
                    self.reading.feed(source, &mut pipeline, &mut read, self.stop, watcher);
                }
            }
            outcome.drops.interface += read.drops.interface;
            outcome.drops.kernel += read.drops.kernel;
            read.drops = Drops::default();
            read.timeline = None;
            for (name, count) in pipeline.bounds() {
                match outcome.bounds.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += count,
                    None => outcome.bounds.push((name, count)),
                }
            }
            let room = MAX_UNFINISHED.saturating_sub(outcome.unfinished.len());
            outcome.unfinished.extend(pipeline.unfinished().into_iter().take(room));
            let (intake, totals, mut parts) = pipeline.finish();
            outcome.add(&intake, &totals);
            sinks.append(&mut parts);
        }
        Ok((outcome, sinks))
    }

    /// Reads the same frames as [`Run::run`], in the same order and with the same numbers, and only shows them; the
    /// `settings` count for nothing.
    pub fn replay(mut self, replay: &mut impl Replay, watcher: &mut impl Watcher) {
        let several = self.sources.len() > 1;
        let mut read = Progress::default();
        let mut shown = Shown { replay, file: 0, block: Block::default() };
        for (file, source) in (0..).zip(self.sources) {
            if self.each || file == 0 {
                shown.replay.timeline();
                read.timeline = None;
            }
            shown.file = file;
            read.file = several.then_some(file);
            if !self.is_over(&read) {
                self.reading.feed(source, &mut shown, &mut read, self.stop, watcher);
            }
        }
    }

    fn is_over(&self, read: &Progress) -> bool {
        self.stop.load(Ordering::Relaxed) || self.reading.count.is_some_and(|count| read.frames >= count)
    }
}

/// Is shown the frames of a capture.
pub trait Replay {
    /// A timeline begins.
    fn timeline(&mut self);
    /// The next frames, which `reader` has read from the file with that index; it keeps where they come from.
    fn frames(&mut self, block: &Block, file: u32, reader: &FileReader);
}

/// What frames are fed to.
trait Feed {
    /// Opens a capture so that it keeps what is asked of it.
    fn open(&self, source: &Source) -> Result<FileReader, CaptureError>;
    /// A block to fill.
    fn block(&mut self) -> Block;
    /// Takes a filled block.
    fn feed(&mut self, block: Block, reader: &FileReader);
}

impl<S: Sink + Send + 'static> Feed for Pipeline<S> {
    fn open(&self, source: &Source) -> Result<FileReader, CaptureError> {
        FileReader::open(&source.path)
    }

    fn block(&mut self) -> Block {
        Self::block(self)
    }

    fn feed(&mut self, block: Block, _reader: &FileReader) {
        Self::feed(self, block);
    }
}

/// Shows frames to a replay.
struct Shown<'a, R> {
    replay: &'a mut R,
    file: u32,
    block: Block,
}

impl<R: Replay> Feed for Shown<'_, R> {
    fn open(&self, source: &Source) -> Result<FileReader, CaptureError> {
        FileReader::open(&source.path).map(FileReader::with_origins)
    }

    fn block(&mut self) -> Block {
        std::mem::take(&mut self.block)
    }

    fn feed(&mut self, block: Block, reader: &FileReader) {
        self.replay.frames(&block, self.file, reader);
        self.block = block;
    }
}

/// How far a run has come.
#[derive(Debug, Default)]
struct Progress {
    frames: u64,
    bytes: u64,
    /// Time of the timeline's first frame.
    timeline: Option<Timestamp>,
    drops: Drops,
    /// Which capture is read, where there is more than one.
    file: Option<u32>,
}

impl Reading {
    /// Feeds one capture to `fed`.
    fn feed(
        &mut self,
        source: &Source,
        fed: &mut impl Feed,
        read: &mut Progress,
        stop: &AtomicBool,
        watcher: &mut impl Watcher,
    ) {
        let mut reader = match fed.open(source) {
            Ok(reader) => reader,
            Err(error) => return watcher.failed(&error),
        };
        while !stop.load(Ordering::Relaxed) {
            let mut block = fed.block();
            match reader.read_block(&mut block) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    watcher.failed(&error);
                    break;
                }
            }
            read.bytes += block.bytes.len() as u64;
            if let Some(filter) = &mut self.filter {
                let bytes = &block.bytes;
                block.frames.retain(|frame| {
                    let start = frame.start as usize;
                    let frame_bytes = bytes.get(start..start + frame.captured as usize).unwrap_or_default();
                    filter.passes(frame.link, frame_bytes).unwrap_or_else(|error| {
                        watcher.failed(&error);
                        false
                    })
                });
            }
            let over = self.clip(&mut block.frames, read);
            read.frames += block.frames.len() as u64;
            if let Some(file) = read.file {
                for frame in &mut block.frames {
                    frame.number = place::of(file, frame.number);
                }
            }
            fed.feed(block, &reader);
            watcher.progressed(read.frames, read.bytes);
            if over {
                break;
            }
        }
        let drops = reader.drops();
        read.drops.interface += drops.interface;
        read.drops.kernel += drops.kernel;
    }

    /// Leaves out the frames after the count or the duration. True when there were any, or none may follow.
    fn clip(&self, frames: &mut Vec<crate::packet::Frame>, read: &mut Progress) -> bool {
        if read.timeline.is_none() {
            read.timeline = frames.first().map(|frame| frame.time);
        }
        let mut over = false;
        if let Some(count) = self.count {
            let left = usize::try_from(count.saturating_sub(read.frames)).unwrap_or(usize::MAX);
            over |= frames.len() >= left;
            frames.truncate(left);
        }
        if let (Some(duration), Some(start)) = (self.duration_nanos, read.timeline) {
            let late = frames.iter().position(|frame| frame.time.since(start) > duration);
            over |= late.is_some();
            frames.truncate(late.unwrap_or(frames.len()));
        }
        over
    }
}
