//! From blocks of frames to shards: inline, or by recycled batches over bounded channels.
//!
//! The capture thread parses frames and sorts packets by shard; a worker thread runs the shards that are
//! dealt out to it. A batch holds descriptors that point into the block that was read, so no payload is
//! copied between threads. Blocks and batches are recycled when the last reader is done with them, and
//! channels are bounded: a slow worker slows the capture thread down instead of filling memory.

use crate::capture::Block;
use crate::findings::Survey;
use crate::packet::Timestamp;
use crate::ports::DecodeAs;
use crate::rules::UserRules;
use crate::shard::{Limits, Observed, Sink};
use crate::totals::Totals;
use crate::wire::{Decoded, Decoder, Unfinished};
use remote::{Mode, Parsed, Remote, push, remote, shard_of};
use std::sync::Arc;
use worker::{Message, Worker, slice};

pub use intake::{Firsts, Intake, JITTER_NANOS};

mod intake;
mod remote;
mod worker;

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads; 0 runs everything on the calling thread.
    pub threads: usize,
    /// When flows end; `max_flows` is the bound over all shards.
    pub limits: Limits,
    /// Whether attributes are wanted.
    pub describe: bool,
    /// What the user says ports are used for; outranks the registry.
    pub decode_as: Arc<[DecodeAs]>,
    /// The user's own rules; outrank whatever is built in.
    pub rules: Arc<UserRules>,
    /// Bounds of reassembling IP fragments.
    pub fragments: crate::wire::fragments::Limits,
}

impl Default for Settings {
    /// Everything on the calling thread, and attributes wanted.
    fn default() -> Self {
        Self {
            threads: 0,
            limits: Limits::default(),
            describe: true,
            decode_as: Arc::default(),
            rules: Arc::default(),
            fragments: crate::wire::fragments::Limits::default(),
        }
    }
}

/// A running analysis.
pub struct Pipeline<S> {
    decoder: Decoder,
    hasher: foldhash::fast::RandomState,
    mode: Mode<S>,
    shards: usize,
    intake: Intake,
    blocks: Vec<Arc<Block>>,
    file: u32,
}

impl<S: Sink + Send + 'static> Pipeline<S> {
    /// Starts; `sink` is asked once per worker.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: &Settings, mut sink: impl FnMut() -> S) -> std::io::Result<Self> {
        let mode = if settings.threads == 0 {
            Mode::Inline(Worker::new(0, 1, settings, sink()))
        } else {
            let workers = settings.threads.min(settings.limits.shards());
            let remotes =
                (0..workers).map(|place| remote(Worker::new(place, workers, settings, sink()), place));
            Mode::Threads(remotes.collect::<Result<_, _>>()?)
        };
        Ok(Self {
            decoder: Decoder::new(settings.fragments),
            hasher: foldhash::fast::RandomState::default(),
            mode,
            shards: settings.limits.shards(),
            intake: Intake::default(),
            blocks: Vec::new(),
            file: 0,
        })
    }

    /// What was counted so far.
    #[must_use]
    pub const fn intake(&self) -> &Intake {
        &self.intake
    }

    /// How often a bound of the decoder was hit or a datagram was not reassembled, by name.
    pub fn bounds(&self) -> impl Iterator<Item = (&'static str, u64)> + use<S> {
        let counts = self.decoder.fragment_counts();
        let (waiting, _) = self.decoder.unfinished(self.intake.last.unwrap_or_default());
        [
            ("fragments-unfinished", waiting),
            ("fragments-expired", counts.expired),
            ("fragments-evicted", counts.evicted),
            ("fragments-dropped", counts.dropped),
            ("fragments-cut", counts.cut),
        ]
        .into_iter()
    }

    /// The first datagrams that were not put together because fragments did not come.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.decoder.unfinished(self.intake.last.unwrap_or_default()).1
    }

    /// Which capture the blocks to come are from.
    pub fn set_file(&mut self, file: u32) {
        self.file = file;
    }

    /// An empty block to fill: a recycled one where nobody reads it any more.
    #[must_use]
    pub fn block(&mut self) -> Block {
        let unread = self.blocks.iter().position(|block| Arc::strong_count(block) == 1);
        let recycled = unread.and_then(|place| Arc::into_inner(self.blocks.swap_remove(place)));
        let mut block = recycled.unwrap_or_default();
        block.clear();
        block
    }

    /// Takes a filled block.
    pub fn feed(&mut self, block: Block) {
        self.feed_shared(Arc::new(block));
    }

    /// Takes a filled block that others read too; its room is used again when all are done with it.
    pub fn feed_shared(&mut self, block: Arc<Block>) {
        for frame in &block.frames {
            let bytes = block.bytes_of(frame);
            self.intake.count(frame);
            match self.decoder.decode(frame, bytes) {
                Decoded::Skipped(skip) => {
                    if let Some(count) = self.intake.skipped.get_mut(skip as usize) {
                        *count += 1;
                    }
                }
                Decoded::Packet { packet, layers, icmp_error } => {
                    let hash = packet.key.hash_with(&self.hasher);
                    let place = shard_of(&packet.key, self.shards);
                    let layers = layers.is_some().then(|| self.decoder.layers());
                    match &mut self.mode {
                        Mode::Inline(worker) => {
                            let source = if packet.reassembled { self.decoder.arena() } else { bytes };
                            let payload = slice(source, &packet);
                            let observed =
                                Observed { packet: &packet, payload, layers, hash, file: self.file };
                            worker.observe(place, &observed);
                        }
                        Mode::Threads(remotes) => {
                            let arena = if packet.reassembled { self.decoder.arena() } else { &[] };
                            let parsed = Parsed { packet, hash, place, layers, arena, start: frame.start };
                            push(remotes, &block, self.file, &parsed);
                        }
                    }
                    if let Some(error) = icmp_error {
                        let hash = error.key.hash_with(&self.hasher);
                        self.mode.note(&error, hash, self.shards);
                    }
                }
            }
        }
        if let Mode::Threads(remotes) = &mut self.mode {
            remotes.iter_mut().for_each(Remote::flush);
        }
        self.blocks.push(block);
    }

    /// Lets time pass without packets, while live.
    pub fn tick(&mut self, now: Timestamp) {
        match &mut self.mode {
            Mode::Inline(worker) => worker.tick(now),
            Mode::Threads(remotes) => {
                for remote in remotes {
                    remote.flush();
                    // A worker that is gone has panicked; finish() says so.
                    let _ = remote.full.send(Message::Tick(now));
                }
            }
        }
    }

    /// Lets the sinks look at everything that is known so far, while live.
    pub fn survey(&mut self, survey: Survey) {
        match &mut self.mode {
            Mode::Inline(worker) => worker.survey(&survey),
            Mode::Threads(remotes) => {
                let survey = Arc::new(survey);
                for remote in remotes {
                    remote.flush();
                    // A worker that is gone has panicked; finish() says so.
                    let _ = remote.full.send(Message::Survey(Arc::clone(&survey)));
                }
            }
        }
    }

    /// Ends all flows, and gives back what was counted and the sinks.
    ///
    /// # Panics
    /// When a worker thread has panicked.
    #[must_use]
    pub fn finish(self) -> (Intake, Totals, Vec<S>) {
        let end = self.intake.last.unwrap_or_default();
        let (mut totals, mut sinks) = (Totals::default(), Vec::new());
        let mut add = |(part, sink): (Totals, S)| {
            totals.add(&part);
            sinks.push(sink);
        };
        match self.mode {
            Mode::Inline(worker) => add(worker.finish(end)),
            Mode::Threads(mut remotes) => {
                for remote in &mut remotes {
                    remote.flush();
                    let _ = remote.full.send(Message::Finish(end));
                }
                for remote in remotes {
                    match remote.thread.join() {
                        Ok(part) => add(part),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
            }
        }
        (self.intake, totals, sinks)
    }
}
