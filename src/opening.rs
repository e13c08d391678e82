//! Keeping what each side of an undecided flow said first: bytes in order, bounded, recycled.
//!
//! TCP segments are put in order: retransmissions and overlaps are resolved in favour of what came first,
//! and holes are waited for within bounds. Datagrams are kept one by one.

use crate::inspect::{Piece, Said};
use crate::key::Transport;
use crate::packet::Timestamp;
use side::Kept;

mod side;

/// Most bytes kept of one side's TCP stream: room for a server's hello with a chain of certificates.
pub const MAX_STREAM: usize = 16 * 1024;
/// Most datagrams kept of one side.
pub const MAX_DATAGRAMS: usize = 12;
/// Most bytes kept of one datagram: more than any Ethernet frame carries.
pub const MAX_DATAGRAM: usize = 2048;

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

/// What both sides of an undecided flow said first; the low end of the key's first.
#[derive(Debug, Default)]
pub struct Opening {
    /// A datagram that nothing has followed yet: many a flow has no more, and there are millions of such in a scan.
    one: Option<One>,
    /// All else.
    sides: Option<Box<Sides>>,
    /// Payloads offered so far, both sides, kept or not.
    offered: u32,
}

/// One datagram.
#[derive(Debug)]
struct One {
    low: bool,
    piece: Piece,
    bytes: Box<[u8]>,
}

impl One {
    fn of(low: bool, arrival: &Arrival<'_>) -> Self {
        let Arrival { bytes, wire_len, time, frame, fragmented, .. } = *arrival;
        let bytes = bytes.get(..MAX_DATAGRAM).unwrap_or(bytes);
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { low, piece: Piece { time, frame, end, wire_len, fragmented }, bytes: bytes.into() }
    }

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, std::slice::from_ref(&self.piece), false)
    }
}

/// What each side said.
#[derive(Debug, Default)]
struct Sides {
    low: Kept,
    high: Kept,
}

impl Opening {
    /// Empties it for another flow; some capacity stays.
    pub fn clear(&mut self) {
        if let Some(sides) = &mut self.sides {
            sides.low.clear();
            sides.high.clear();
        }
        self.one = None;
        self.offered = 0;
    }

    /// A side, with room for more.
    fn side(&mut self, low: bool) -> &mut Kept {
        let sides = self.sides.get_or_insert_default();
        if let Some(one) = self.one.take() {
            let side = if one.low { &mut sides.low } else { &mut sides.high };
            side.begin_with(one.bytes, one.piece);
        }
        if low { &mut sides.low } else { &mut sides.high }
    }

    fn kept(&self, low: bool) -> Option<&Kept> {
        let sides = self.sides.as_deref()?;
        Some(if low { &sides.low } else { &sides.high })
    }

    /// Learns where a side's TCP stream begins: from its SYN, or from the other side's acknowledgement of it.
    pub fn begins(&mut self, low: bool, sequence: u32) {
        self.side(low).next.get_or_insert(sequence);
    }

    /// Learns where a side's TCP stream ends: the sequence number behind its last byte. True if nothing is missing before it.
    pub fn ends(&mut self, low: bool, sequence: u32) -> bool {
        self.side(low).ends(sequence)
    }

    /// Takes a payload; true if what can be judged has grown.
    pub fn take(&mut self, transport: Transport, low: bool, arrival: &Arrival<'_>) -> bool {
        self.offered = self.offered.saturating_add(1);
        match transport {
            Transport::Tcp => self.side(low).segment(arrival),
            Transport::Udp | Transport::Sctp if self.one.is_none() && self.sides.is_none() => {
                self.one = Some(One::of(low, arrival));
                true
            }
            Transport::Udp | Transport::Sctp => self.side(low).datagram(arrival),
        }
    }

    /// The flow has ended: what waits behind a hole at a stream's beginning is all there will be. True if something was won.
    pub fn give_up_holes(&mut self) -> bool {
        self.sides.as_mut().is_some_and(|sides| sides.low.skip_hole() | sides.high.skip_hole())
    }

    /// What the low end (or the high one) said.
    #[must_use]
    pub fn said(&self, low: bool) -> Said<'_> {
        let one = self.one.as_ref().filter(|one| one.low == low);
        one.map(One::said).or_else(|| Some(self.kept(low)?.said())).unwrap_or_default()
    }

    /// The sequence number at which the low end's TCP stream (or the high one's) goes on.
    #[must_use]
    pub fn goes_on(&self, low: bool) -> Option<u32> {
        self.kept(low)?.next
    }

    /// Payloads offered so far, both sides, kept or not.
    #[must_use]
    pub const fn offered(&self) -> u32 {
        self.offered
    }

    /// Bytes kept so far, both sides.
    #[must_use]
    pub fn len(&self) -> usize {
        let of = |low| self.kept(low).map_or(0, |side| side.bytes.len());
        self.one.as_ref().map_or(0, |one| one.bytes.len()) + of(true) + of(false)
    }

    /// Whether nothing was kept yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether neither side can be added to.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.sides.as_deref().is_some_and(|sides| sides.low.full && sides.high.full)
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
        // A line's end is text too.
        let is_text = |byte: &u8| (b' '..=b'~').contains(byte) || b"\r\n\t".contains(byte);
        if bytes.iter().all(is_text) && (bytes.is_empty() || bytes.iter().any(|byte| *byte >= b' ')) {
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
