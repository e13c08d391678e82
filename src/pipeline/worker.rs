//! What one thread does: the shards that were dealt out to it, and the batches that it is handed.

use super::Settings;
use crate::capture::Block;
use crate::findings::Survey;
use crate::packet::{IcmpError, Layers, Packet, Timestamp};
use crate::shard::{Limits, Observed, Shard, Sink};
use crate::totals::Totals;
use std::sync::Arc;

/// A packet on its way to a shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) packet: Packet,
    pub(super) hash: u64,
    /// Place of its layers in the batch, plus one; 0 when it came bare.
    pub(super) layers: u32,
    pub(super) shard: u8,
}

/// Packets for one worker, all from one block.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) block: Option<Arc<Block>>,
    pub(super) file: u32,
    pub(super) items: Vec<Item>,
    pub(super) layers: Vec<Layers>,
    pub(super) arena: Vec<u8>,
    /// News for flows, each after how many of the items.
    pub(super) errors: Vec<(usize, IcmpError, u64, u8)>,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.block = None;
        self.items.clear();
        self.layers.clear();
        self.arena.clear();
        self.errors.clear();
    }
}

pub(super) enum Message {
    Batch(Batch),
    Tick(Timestamp),
    Survey(Arc<Survey>),
    Finish(Timestamp),
}

/// The shards of one thread and where their summaries go.
pub(super) struct Worker<S> {
    /// All shards' places; those dealt out to other workers are `None`.
    shards: Vec<Option<Shard>>,
    sink: S,
}

impl<S: Sink> Worker<S> {
    pub(super) fn new(worker: usize, workers: usize, settings: &Settings, sink: S) -> Self {
        let shards = settings.limits.shards();
        let limits = Limits { max_flows: (settings.limits.max_flows / shards).max(1), ..settings.limits };
        let shard = |place: usize| {
            (place % workers == worker)
                .then(|| Shard::new(limits, settings.describe, Arc::clone(&settings.decode_as)))
                .map(|shard| shard.ruled_by(&settings.rules))
        };
        Self { shards: (0..shards).map(shard).collect(), sink }
    }

    pub(super) fn observe(&mut self, place: u8, observed: &Observed<'_>) {
        if let Some(Some(shard)) = self.shards.get_mut(usize::from(place)) {
            shard.observe(observed, &mut self.sink);
        }
    }

    pub(super) fn note(&mut self, place: u8, error: &IcmpError, hash: u64) {
        if let Some(Some(shard)) = self.shards.get_mut(usize::from(place)) {
            shard.note_icmp_error(error, hash);
        }
    }

    pub(super) fn run(&mut self, batch: &Batch) {
        let block = batch.block.as_ref().map_or(&[][..], |block| &block.bytes);
        let mut errors = batch.errors.iter().peekable();
        for (index, item) in batch.items.iter().enumerate() {
            while let Some((_, error, hash, shard)) = errors.next_if(|(after, ..)| *after <= index) {
                self.note(*shard, error, *hash);
            }
            let source = if item.packet.reassembled { &batch.arena } else { block };
            let layers = item.layers.checked_sub(1).and_then(|place| batch.layers.get(place as usize));
            let payload = slice(source, &item.packet);
            let observed =
                Observed { packet: &item.packet, payload, layers, hash: item.hash, file: batch.file };
            self.observe(item.shard, &observed);
        }
        for (_, error, hash, shard) in errors {
            self.note(*shard, error, *hash);
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        for shard in self.shards.iter_mut().flatten() {
            shard.tick(now, &mut self.sink);
        }
    }

    pub(super) fn survey(&mut self, survey: &Survey) {
        let Self { shards, sink } = self;
        sink.survey(survey, &mut |each| {
            for shard in shards.iter_mut().flatten() {
                shard.glance(each);
            }
        });
    }

    pub(super) fn finish(mut self, end: Timestamp) -> (Totals, S) {
        let mut totals = Totals::default();
        for shard in self.shards.iter_mut().flatten() {
            shard.finish(end, &mut self.sink);
            totals.add(shard.totals());
        }
        (totals, self.sink)
    }
}

pub(super) fn slice<'a>(bytes: &'a [u8], packet: &Packet) -> &'a [u8] {
    let start = packet.payload.start as usize;
    bytes.get(start..start + packet.payload.len as usize).unwrap_or_default()
}
