//! Keeping what each side of an undecided flow said first: bytes in order, bounded, recycled.
//!
//! TCP segments are put in order: retransmissions and overlaps are resolved in favour of what came first,
//! and holes are waited for within bounds. Datagrams are kept one by one.

use crate::inspect::{Piece, Said};
use crate::key::Transport;
use crate::packet::Timestamp;

/// Most bytes kept of one side's TCP stream: room for a server's hello with a chain of certificates.
pub const MAX_STREAM: usize = 16 * 1024;
/// Most datagrams kept of one side.
pub const MAX_DATAGRAMS: usize = 12;
/// Most bytes kept of one datagram: more than any Ethernet frame carries.
pub const MAX_DATAGRAM: usize = 2048;
/// Most segments held that came before the bytes in front of them.
const MAX_PENDING: usize = 12;
/// How far ahead of the next expected byte a segment may lie to be held: beyond, it is of another stream, or hostile.
const MAX_AHEAD: u32 = 256 * 1024;
/// Capacity that a recycled buffer may keep, in bytes.
const RECYCLED_CAPACITY: usize = 4 * 1024;

/// A payload as one packet brought it.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The captured part of the payload.
    pub bytes: &'a [u8],
    /// The payload's length on the wire in bytes.
    pub wire_len: u32,
    /// TCP's sequence number of the first byte; not used for datagrams.
    pub sequence: u32,
    /// When it was captured.
    pub time: Timestamp,
    /// Its frame's number.
    pub frame: u64,
    /// Whether it was put together from fragments of IP.
    pub fragmented: bool,
}

/// A segment that came early.
#[derive(Debug)]
struct Pending {
    sequence: u32,
    wire_len: u32,
    time: Timestamp,
    frame: u64,
    bytes: Vec<u8>,
}

/// What one side said first.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// The sequence number expected next; `None` before the first segment.
    next: Option<u32>,
    pending: Vec<Pending>,
    /// Nothing can be added any more: a hole that will not be filled, or the bound.
    full: bool,
    /// The stream has ended in order.
    ended: bool,
    /// Sequence number of the FIN, once seen.
    fin: Option<u32>,
}

impl Kept {
    fn clear(&mut self) {
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

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, self.ended)
    }

    /// Keeps bytes as one more piece, of which the end is not known yet.
    fn append(&mut self, bytes: &[u8], limit: usize, piece: Piece) {
        let bytes = bytes.get(..limit.min(bytes.len())).unwrap_or_default();
        self.bytes.extend_from_slice(bytes);
        let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if self.pieces.capacity() == 0 {
            // Many a flow has but one packet, and there are millions of such in a scan.
            self.pieces.reserve_exact(1);
        }
        self.pieces.push(Piece { end, ..piece });
    }

    fn datagram(&mut self, arrival: &Arrival<'_>) -> bool {
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
    fn segment(&mut self, arrival: &Arrival<'_>) -> bool {
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
    fn skip_hole(&mut self) -> bool {
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

    fn mark_end(&mut self) {
        self.ended |= self.fin.is_some() && self.fin == self.next && !self.full;
    }
}

/// What both sides of an undecided flow said first; the low end of the key's first.
#[derive(Debug, Default)]
pub struct Opening {
    low: Kept,
    high: Kept,
    /// Payloads offered so far, both sides, kept or not.
    offered: u32,
}

impl Opening {
    /// Empties it for another flow; some capacity stays.
    pub fn clear(&mut self) {
        self.low.clear();
        self.high.clear();
        self.offered = 0;
    }

    fn side(&mut self, low: bool) -> &mut Kept {
        if low { &mut self.low } else { &mut self.high }
    }

    /// Learns where a side's TCP stream begins: from its SYN, or from the other side's acknowledgement of it.
    pub fn begins(&mut self, low: bool, sequence: u32) {
        self.side(low).next.get_or_insert(sequence);
    }

    /// Learns where a side's TCP stream ends: the sequence number behind its last byte. True if nothing is missing before it.
    pub fn ends(&mut self, low: bool, sequence: u32) -> bool {
        let side = self.side(low);
        side.fin = Some(sequence);
        let before = side.ended;
        side.mark_end();
        side.ended && !before
    }

    /// Takes a payload; true if what can be judged has grown.
    pub fn take(&mut self, transport: Transport, low: bool, arrival: &Arrival<'_>) -> bool {
        self.offered = self.offered.saturating_add(1);
        let side = self.side(low);
        match transport {
            Transport::Tcp => side.segment(arrival),
            Transport::Udp | Transport::Sctp => side.datagram(arrival),
        }
    }

    /// The flow has ended: what waits behind a hole at a stream's beginning is all there will be. True if something was won.
    pub fn give_up_holes(&mut self) -> bool {
        self.low.skip_hole() | self.high.skip_hole()
    }

    /// What the low end (or the high one) said.
    #[must_use]
    pub fn said(&self, low: bool) -> Said<'_> {
        if low { self.low.said() } else { self.high.said() }
    }

    /// The sequence number at which the low end's TCP stream (or the high one's) goes on.
    #[must_use]
    pub const fn goes_on(&self, low: bool) -> Option<u32> {
        if low { self.low.next } else { self.high.next }
    }

    /// Payloads offered so far, both sides, kept or not.
    #[must_use]
    pub const fn offered(&self) -> u32 {
        self.offered
    }

    /// Bytes kept so far, both sides.
    #[must_use]
    pub fn len(&self) -> usize {
        self.low.bytes.len() + self.high.bytes.len()
    }

    /// Whether nothing was kept yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether neither side can be added to.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.low.full && self.high.full
    }
}

/// The first few bytes of something, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; Self::MOST],
    /// How many there are, at most 255: more than are kept, perhaps.
    len: u8,
}

impl FirstBytes {
    /// As many as tell a person something.
    const MOST: usize = 12;

    /// How many bytes there were, if fewer than 255.
    #[must_use]
    pub const fn all(&self) -> Option<u8> {
        if self.len < u8::MAX { Some(self.len) } else { None }
    }

    /// The first of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut kept = [0; Self::MOST];
        for (slot, byte) in kept.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Self { bytes: kept, len: u8::try_from(bytes.len()).unwrap_or(u8::MAX) }
    }
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// As text in quotes if they are, else in hexadecimal.
impl std::fmt::Display for FirstBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes);
        if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return write!(f, "\"{}\"", bytes.escape_ascii());
        }
        // Of a scan every flow says this: one piece instead of one for each byte.
        let mut text = [b' '; 3 * Self::MOST];
        for (place, byte) in text.chunks_exact_mut(3).zip(bytes) {
            let digits = [byte >> 4, byte & 0xf].map(|digit| DIGITS.get(usize::from(digit)));
            for (slot, digit) in place.iter_mut().zip(digits) {
                *slot = digit.copied().unwrap_or_default();
            }
        }
        let text = text.get(..(3 * bytes.len()).saturating_sub(1)).unwrap_or_default();
        f.write_str(std::str::from_utf8(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
