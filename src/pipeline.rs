//! From blocks of frames to shards: inline, or by recycled batches over bounded channels.
//!
//! The capture thread parses frames and sorts packets by shard; a worker thread runs the shards that are
//! dealt out to it. A batch holds descriptors that point into the block that was read, so no payload is
//! copied between threads. Blocks and batches are recycled when the last reader is done with them, and
//! channels are bounded: a slow worker slows the capture thread down instead of filling memory.

use crate::capture::Block;
use crate::findings::Survey;
use crate::key::FlowKey;
use crate::packet::{IcmpError, Layers, Packet, Timestamp};
use crate::ports::DecodeAs;
use crate::report::Moment;
use crate::rules::UserRules;
use crate::shard::{Limits, Observed, Sink};
use crate::totals::Totals;
use crate::wire::{Decoded, Decoder, Skip, Unfinished};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::thread::JoinHandle;
use worker::{Batch, Item, Message, Worker, slice};

mod worker;

/// Packets per batch: between 128 and 512 hand-over costs least.
const BATCH: usize = 512;
/// Batches per worker in flight: enough to keep both sides busy, few enough to stay in the cache.
const BATCHES: usize = 8;

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

/// What was counted before packets reached a shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Intake {
    /// Frames read.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Frames of which the capture kept only a part.
    pub truncated: u64,
    /// Frames that gave no packet, by reason, in the order of [`Skip::ALL`].
    pub skipped: [u64; Skip::ALL.len()],
    /// Time of the first frame in the order of reading.
    pub first: Option<Timestamp>,
    /// Latest time of a frame.
    pub last: Option<Timestamp>,
    /// Frames captured before the frame in front of them, by more than [`JITTER_NANOS`].
    pub backwards: u64,
    /// The largest of these steps, in nanoseconds.
    pub backwards_nanos: u64,
    /// The longest time without any frame: nanoseconds, its beginning, and the number of the frame after it.
    pub pause: Option<(u64, Timestamp, u64)>,
    /// Frames larger than any that goes over a wire: put together by an adapter's offloading.
    pub oversized: u64,
    /// Where each of these was first.
    pub firsts: Firsts,
    /// Time of the frame read last.
    previous: Option<Timestamp>,
}

/// Where something of which frames are counted was first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Firsts {
    /// A frame of which the capture kept only a part.
    pub truncated: Option<Moment>,
    /// A frame captured before the one in front of it.
    pub backwards: Option<Moment>,
    /// A frame larger than any that goes over a wire.
    pub oversized: Option<Moment>,
}

/// Steps back in time that are no clock's: processors that capture together differ by less.
pub const JITTER_NANOS: u64 = 1_000_000;
/// Largest jumbo frame in common use, in bytes, with its tags.
const LARGEST_FRAME: u32 = 9_300;

impl Intake {
    /// Adds what another timeline counted.
    pub fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.truncated += other.truncated;
        for (mine, theirs) in self.skipped.iter_mut().zip(other.skipped) {
            *mine += theirs;
        }
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last = self.last.max(other.last);
        self.backwards += other.backwards;
        self.backwards_nanos = self.backwards_nanos.max(other.backwards_nanos);
        self.pause = self.pause.max(other.pause);
        self.oversized += other.oversized;
        self.firsts.truncated = self.firsts.truncated.or(other.firsts.truncated);
        self.firsts.backwards = self.firsts.backwards.or(other.firsts.backwards);
        self.firsts.oversized = self.firsts.oversized.or(other.firsts.oversized);
    }

    /// Time of the first frame and of the latest one.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.first.zip(self.last)
    }

    /// Counts a frame.
    fn count(&mut self, frame: &crate::packet::Frame) {
        self.packets += 1;
        self.bytes += u64::from(frame.wire);
        let at = Moment { time: frame.time, frame: frame.number };
        if frame.captured < frame.wire {
            self.truncated += 1;
            self.firsts.truncated.get_or_insert(at);
        }
        if frame.wire > LARGEST_FRAME {
            self.oversized += 1;
            self.firsts.oversized.get_or_insert(at);
        }
        self.first.get_or_insert(frame.time);
        let back = self.previous.map_or(0, |previous| previous.since(frame.time));
        if back > JITTER_NANOS {
            self.backwards += 1;
            self.backwards_nanos = self.backwards_nanos.max(back);
            self.firsts.backwards.get_or_insert(at);
        }
        self.previous = Some(frame.time);
        if let Some(last) = self.last {
            let pause = frame.time.since(last);
            if self.pause.is_none_or(|(longest, ..)| pause > longest) {
                self.pause = Some((pause, last, frame.number));
            }
        }
        self.last = self.last.max(Some(frame.time));
    }
}

/// A worker thread, seen from the capture thread.
struct Remote<S> {
    filling: Batch,
    full: Sender<Message>,
    empty: Receiver<Batch>,
    thread: JoinHandle<(Totals, S)>,
}

enum Mode<S> {
    Inline(Worker<S>),
    Threads(Vec<Remote<S>>),
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

#[expect(clippy::cast_possible_truncation, reason = "below SHARDS")]
const fn shard_of(key: &FlowKey, shards: usize) -> u8 {
    (key.hosts().spread() % shards as u64) as u8
}

impl<S: Sink> Mode<S> {
    fn note(&mut self, error: &IcmpError, hash: u64, shards: usize) {
        let place = shard_of(&error.key, shards);
        match self {
            Self::Inline(worker) => worker.note(place, error, hash),
            Self::Threads(remotes) => {
                let workers = remotes.len().max(1);
                if let Some(remote) = remotes.get_mut(usize::from(place) % workers) {
                    remote.filling.errors.push((remote.filling.items.len(), *error, hash, place));
                }
            }
        }
    }
}

/// A packet as the capture thread has parsed it.
#[derive(Clone, Copy)]
struct Parsed<'a> {
    packet: Packet,
    hash: u64,
    place: u8,
    layers: Option<&'a Layers>,
    arena: &'a [u8],
    start: u32,
}

/// Puts a packet into its worker's batch.
fn push<S>(remotes: &mut [Remote<S>], block: &Arc<Block>, file: u32, parsed: &Parsed<'_>) {
    let Parsed { mut packet, hash, place, layers, arena, start } = *parsed;
    let workers = remotes.len().max(1);
    let Some(remote) = remotes.get_mut(usize::from(place) % workers) else { return };
    let batch = &mut remote.filling;
    if batch.block.is_none() {
        batch.block = Some(Arc::clone(block));
        batch.file = file;
    }
    if packet.reassembled {
        let kept = slice(arena, &packet);
        packet.payload.start = u32::try_from(batch.arena.len()).unwrap_or(u32::MAX);
        batch.arena.extend_from_slice(kept);
    } else {
        packet.payload.start += start;
    }
    let layers = layers.map_or(0, |layers| {
        batch.layers.push(*layers);
        u32::try_from(batch.layers.len()).unwrap_or(0)
    });
    batch.items.push(Item { packet, hash, layers, shard: place });
    if batch.items.len() >= BATCH {
        remote.flush();
    }
}

impl<S> Remote<S> {
    /// Hands the batch over, and takes an empty one, waiting for it if the worker is behind.
    fn flush(&mut self) {
        if self.filling.items.is_empty() && self.filling.errors.is_empty() {
            return;
        }
        // A worker that is gone has panicked: its packets are lost, and finish() passes the panic on.
        let Ok(empty) = self.empty.recv() else {
            self.filling.clear();
            return;
        };
        let full = std::mem::replace(&mut self.filling, empty);
        let _ = self.full.send(Message::Batch(full));
    }
}

fn remote<S: Sink + Send + 'static>(mut worker: Worker<S>, place: usize) -> std::io::Result<Remote<S>> {
    let (full, incoming) = bounded(BATCHES + 2);
    let (outgoing, empty) = bounded(BATCHES);
    for _ in 0..BATCHES {
        // The channel has room for all of them.
        let _ = outgoing.send(Batch::default());
    }
    let work = move || {
        for message in incoming {
            match message {
                Message::Batch(mut batch) => {
                    worker.run(&batch);
                    batch.clear();
                    // The capture thread may have stopped asking.
                    let _ = outgoing.try_send(batch);
                }
                Message::Tick(now) => worker.tick(now),
                Message::Survey(survey) => worker.survey(&survey),
                Message::Finish(end) => return worker.finish(end),
            }
        }
        worker.finish(Timestamp::default())
    };
    let thread = std::thread::Builder::new().name(format!("shard-{place}")).spawn(work)?;
    Ok(Remote { filling: Batch::default(), full, empty, thread })
}
