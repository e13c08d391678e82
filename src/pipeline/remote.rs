//! Handing packets over to worker threads: batches that go round over bounded channels.

use super::worker::{Batch, Item, Message, Worker, slice};
use crate::capture::Block;
use crate::key::FlowKey;
use crate::packet::{IcmpError, Layers, Packet, Timestamp};
use crate::shard::Sink;
use crate::totals::Totals;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Packets per batch: between 128 and 512 hand-over costs least.
const BATCH: usize = 512;
/// Batches per worker in flight: enough to keep both sides busy, few enough to stay in the cache.
const BATCHES: usize = 8;

/// A worker thread, seen from the capture thread.
pub(super) struct Remote<S> {
    filling: Batch,
    pub(super) full: Sender<Message>,
    empty: Receiver<Batch>,
    pub(super) thread: JoinHandle<(Totals, S)>,
}

pub(super) enum Mode<S> {
    Inline(Worker<S>),
    Threads(Vec<Remote<S>>),
}

#[expect(clippy::cast_possible_truncation, reason = "below SHARDS")]
pub(super) const fn shard_of(key: &FlowKey, shards: usize) -> u8 {
    (key.hosts().spread() % shards as u64) as u8
}

impl<S: Sink> Mode<S> {
    pub(super) fn note(&mut self, error: &IcmpError, hash: u64, shards: usize) {
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
pub(super) struct Parsed<'a> {
    pub(super) packet: Packet,
    pub(super) hash: u64,
    pub(super) place: u8,
    pub(super) layers: Option<&'a Layers>,
    pub(super) arena: &'a [u8],
    pub(super) start: u32,
}

/// Puts a packet into its worker's batch.
pub(super) fn push<S>(remotes: &mut [Remote<S>], block: &Arc<Block>, file: u32, parsed: &Parsed<'_>) {
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
    pub(super) fn flush(&mut self) {
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

/// Starts a worker's thread.
pub(super) fn remote<S: Sink + Send + 'static>(
    mut worker: Worker<S>,
    place: usize,
) -> std::io::Result<Remote<S>> {
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
