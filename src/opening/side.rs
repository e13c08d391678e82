//! What one side of an undecided flow said first: a stream put in order, or datagrams one by one.

use super::{Arrival, MAX_DATAGRAM, MAX_DATAGRAMS, MAX_STREAM};
use crate::inspect::{Piece, Said};
use crate::packet::Timestamp;

/// Most segments held that came before the bytes in front of them.
pub(super) const MAX_PENDING: usize = 12;
/// How far ahead of the next expected byte a segment may lie to be held: beyond, it is of another stream, or hostile.
const MAX_AHEAD: u32 = 256 * 1024;
/// Capacity that a recycled buffer may keep, in bytes.
const RECYCLED_CAPACITY: usize = 4 * 1024;

/// A segment that came early.
#[derive(Debug)]
pub(super) struct Pending {
    sequence: u32,
    wire_len: u32,
    time: Timestamp,
    frame: u64,
    bytes: Vec<u8>,
}

/// What one side said first.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// The sequence number expected next; `None` before the first segment.
    pub(super) next: Option<u32>,
    pub(super) pending: Vec<Pending>,
    /// Nothing can be added any more: a hole that will not be filled, or the bound.
    pub(super) full: bool,
    /// The stream has ended in order.
    ended: bool,
    /// Sequence number of the FIN, once seen.
    fin: Option<u32>,
}

impl Kept {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(RECYCLED_CAPACITY);
        self.pieces.clear();
        self.pending.clear();
        *self = Self {
            bytes: std::mem::take(&mut self.bytes),
            pieces: std::mem::take(&mut self.pieces),
            pending: std::mem::take(&mut self.pending),
            ..Self::default()
        };
    }

    pub(super) fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, self.ended)
    }

    /// Begins with a datagram that was kept elsewhere until now.
    pub(super) fn begin_with(&mut self, bytes: Box<[u8]>, piece: Piece) {
        self.bytes = bytes.into_vec();
        self.pieces.push(piece);
    }

    /// Keeps bytes as one more piece, of which the end is not known yet.
    fn append(&mut self, bytes: &[u8], limit: usize, piece: Piece) {
        let bytes = bytes.get(..limit.min(bytes.len())).unwrap_or_default();
        self.bytes.extend_from_slice(bytes);
        let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if self.pieces.capacity() == 0 {
            // Many a side says one thing only.
            self.pieces.reserve_exact(1);
        }
        self.pieces.push(Piece { end, ..piece });
    }

    pub(super) fn datagram(&mut self, arrival: &Arrival<'_>) -> bool {
        if self.pieces.len() >= MAX_DATAGRAMS {
            self.full = true;
            return false;
        }
        let Arrival { bytes, wire_len, time, frame, fragmented, .. } = *arrival;
        self.append(bytes, MAX_DATAGRAM, Piece { time, frame, end: 0, wire_len, fragmented });
        self.full = self.pieces.len() >= MAX_DATAGRAMS;
        true
    }

    /// Takes a segment; true if the bytes in order have grown.
    pub(super) fn segment(&mut self, arrival: &Arrival<'_>) -> bool {
        if self.full {
            return false;
        }
        if self.next.is_none() && arrival.wire_len == 1 && arrival.bytes.first().is_none_or(|&byte| byte == 0)
        {
            // A keep-alive of a connection that is older than the capture: its one byte is none of the stream's
            // (RFC 9293 section 3.8.4).
            self.next = Some(arrival.sequence.wrapping_add(1));
            return false;
        }
        let next = *self.next.get_or_insert(arrival.sequence);
        let ahead = arrival.sequence.wrapping_sub(next);
        if ahead != 0 && ahead < u32::MAX / 2 {
            return self.hold(arrival, ahead);
        }
        let grown = self.take(arrival.sequence, arrival.bytes, arrival.wire_len, arrival.time, arrival.frame);
        grown | self.take_pending()
    }

    /// Appends what is new of a segment that begins at or before the expected byte.
    fn take(&mut self, sequence: u32, bytes: &[u8], wire_len: u32, time: Timestamp, frame: u64) -> bool {
        let Some(next) = self.next else { return false };
        let old = next.wrapping_sub(sequence);
        if old >= wire_len {
            return false;
        }
        let fresh = bytes.get(old as usize..).unwrap_or_default();
        let room = MAX_STREAM.saturating_sub(self.bytes.len());
        if !fresh.is_empty() {
            let wire_len = wire_len - old;
            self.append(fresh, room, Piece { time, frame, end: 0, wire_len, fragmented: false });
        }
        self.next = Some(sequence.wrapping_add(wire_len));
        // Past a cut the bytes that follow would not be adjacent.
        let cut = bytes.len() < wire_len as usize;
        self.full = cut || self.bytes.len() >= MAX_STREAM;
        self.mark_end();
        !fresh.is_empty()
    }

    fn hold(&mut self, arrival: &Arrival<'_>, ahead: u32) -> bool {
        if ahead > MAX_AHEAD {
            return false;
        }
        let known = |p: &Pending| p.sequence == arrival.sequence && p.bytes.len() >= arrival.bytes.len();
        if self.pending.iter().any(known) {
            return false;
        }
        if self.pending.len() < MAX_PENDING {
            let bytes = arrival.bytes.to_vec();
            let Arrival { wire_len, sequence, time, frame, .. } = *arrival;
            self.pending.push(Pending { sequence, wire_len, time, frame, bytes });
            return false;
        }
        // The hole will not be filled: it was lost before the capture point.
        self.skip_hole()
    }

    /// Gives the hole up. Where nothing came before it, the stream begins after it; else it ends before it.
    pub(super) fn skip_hole(&mut self) -> bool {
        let Some(next) = self.next else { return false };
        if !self.bytes.is_empty() {
            self.full = true;
            self.pending.clear();
            return false;
        }
        self.next =
            self.pending.iter().map(|p| p.sequence).min_by_key(|sequence| sequence.wrapping_sub(next));
        self.take_pending()
    }

    fn take_pending(&mut self) -> bool {
        let mut grown = false;
        while let (Some(next), false) = (self.next, self.full) {
            let due = |p: &Pending| next.wrapping_sub(p.sequence) < u32::MAX / 2;
            let Some(place) = self.pending.iter().position(due) else { break };
            let p = self.pending.swap_remove(place);
            grown |= self.take(p.sequence, &p.bytes, p.wire_len, p.time, p.frame);
        }
        grown
    }

    /// Learns the sequence number behind the stream's last byte. True if nothing is missing before it.
    pub(super) fn ends(&mut self, sequence: u32) -> bool {
        self.fin = Some(sequence);
        let before = self.ended;
        self.mark_end();
        self.ended && !before
    }

    fn mark_end(&mut self) {
        self.ended |= self.fin.is_some() && self.fin == self.next && !self.full;
    }
}
