//! Finding a packet's flow: a hash index over flows in chunks that never move.

use crate::flow::Flow;
use crate::key::FlowKey;
use hashbrown::HashTable;

/// Flows per chunk, a power of two: memory grows in steps of some 400 KiB and nothing is copied.
const CHUNK: usize = 1024;

/// The flows of a shard.
#[derive(Debug, Default)]
pub struct Table {
    index: HashTable<u32>,
    chunks: Vec<Vec<Option<Flow>>>,
    free: Vec<u32>,
}

fn flow_at(chunks: &[Vec<Option<Flow>>], place: u32) -> Option<&Flow> {
    chunks.get(place as usize / CHUNK)?.get(place as usize % CHUNK)?.as_ref()
}

impl Table {
    /// Where the flow of `key` is.
    #[must_use]
    pub fn find(&self, hash: u64, key: &FlowKey) -> Option<u32> {
        let same = |&place: &u32| flow_at(&self.chunks, place).is_some_and(|flow| flow.key == *key);
        self.index.find(hash, same).copied()
    }

    /// The flow at a place.
    #[must_use]
    pub fn flow(&self, place: u32) -> Option<&Flow> {
        flow_at(&self.chunks, place)
    }

    /// The flow at a place, to change it.
    pub fn flow_mut(&mut self, place: u32) -> Option<&mut Flow> {
        self.chunks.get_mut(place as usize / CHUNK)?.get_mut(place as usize % CHUNK)?.as_mut()
    }

    /// Adds a flow whose key is not in the table, and says where.
    pub fn insert(&mut self, flow: Flow) -> u32 {
        let hash = flow.hash;
        let place = self.vacant();
        if let Some(slot) =
            self.chunks.get_mut(place as usize / CHUNK).and_then(|c| c.get_mut(place as usize % CHUNK))
        {
            *slot = Some(flow);
        }
        let chunks = &self.chunks;
        self.index.insert_unique(hash, place, |&place| flow_at(chunks, place).map_or(0, |flow| flow.hash));
        place
    }

    fn vacant(&mut self) -> u32 {
        if let Some(place) = self.free.pop() {
            return place;
        }
        let last_is_full = self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK);
        if last_is_full {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let Some(chunk) = self.chunks.last_mut() else { return 0 };
        chunk.push(None);
        u32::try_from(before + chunk.len() - 1).unwrap_or(u32::MAX)
    }

    /// Takes a flow out.
    pub fn remove(&mut self, place: u32) -> Option<Flow> {
        let flow = self.chunks.get_mut(place as usize / CHUNK)?.get_mut(place as usize % CHUNK)?.take()?;
        if let Ok(entry) = self.index.find_entry(flow.hash, |&other| other == place) {
            entry.remove();
        }
        self.free.push(place);
        Some(flow)
    }

    /// How many flows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The places of all flows, in an order that does not depend on hashing.
    pub fn places(&self) -> impl Iterator<Item = u32> + use<> {
        let occupied: Vec<u32> = self
            .chunks
            .iter()
            .flatten()
            .zip(0_u32..)
            .filter_map(|(flow, place)| flow.is_some().then_some(place))
            .collect();
        occupied.into_iter()
    }
}
