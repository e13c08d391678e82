//! Handing a followed flow's payloads to its follower, of TCP in order and once.

use crate::follow::{Follower, Heard, Told};
use crate::inspect::Side;
use crate::key::Transport;
use crate::opening::Arrival;
use crate::packet::Timestamp;
use crate::report::Moment;

/// Most segments held per side that came before the bytes in front of them; then the hole is given up.
const MAX_PENDING: usize = 8;
/// A segment further ahead than this is taken as the new place to go on from.
const MAX_AHEAD: u32 = 1024 * 1024;

#[derive(Debug)]
struct Pending {
    sequence: u32,
    time: Timestamp,
    frame: u64,
    wire_len: u32,
    bytes: Vec<u8>,
}

/// Where one side's TCP stream stands.
#[derive(Debug, Default)]
struct Stream {
    next: Option<u32>,
    pending: Vec<Pending>,
    gap: bool,
}

/// A follower and the streams that it hears; the low end of the key's first.
#[derive(Debug)]
pub struct Watch {
    /// Which inspector's follower it is, by its place in the list.
    pub inspector: u16,
    follower: Box<dyn Follower>,
    streams: [Stream; 2],
}

impl Watch {
    /// Begins to hand over what comes to `follower`.
    #[must_use]
    pub fn new(inspector: u16, follower: Box<dyn Follower>) -> Self {
        Self { inspector, follower, streams: [Stream::default(), Stream::default()] }
    }

    /// The follower.
    #[must_use]
    pub fn follower(&self) -> &dyn Follower {
        &*self.follower
    }

    /// Whether nothing that follows can matter.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.follower.is_done()
    }

    /// Where a side's stream goes on: behind what the follower is told from the opening, of which the end may have been `cut`.
    pub fn goes_on(&mut self, low: bool, sequence: Option<u32>, cut: bool) {
        let stream = self.stream(low);
        stream.next = sequence;
        stream.gap = cut;
    }

    fn stream(&mut self, low: bool) -> &mut Stream {
        let [first, second] = &mut self.streams;
        if low { first } else { second }
    }

    /// Hands over what was heard already in the right order.
    pub fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        self.follower.hear(heard, told);
    }

    /// Tells that a side has closed or reset its connection.
    pub fn closed(&mut self, side: Side, at: Moment) {
        self.follower.closed(side, at);
    }

    /// Hands over a payload as it came.
    pub fn take(
        &mut self,
        transport: Transport,
        low: bool,
        side: Side,
        arrival: &Arrival<'_>,
        told: &mut Told,
    ) {
        let Arrival { bytes, wire_len, sequence, time, frame, fragmented } = *arrival;
        if transport != Transport::Tcp {
            self.follower.hear(&Heard { side, bytes, wire_len, time, frame, gap: false, fragmented }, told);
            return;
        }
        let next = *self.stream(low).next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next);
        if ahead != 0 && ahead < u32::MAX / 2 {
            let stream = self.stream(low);
            if ahead <= MAX_AHEAD && stream.pending.len() < MAX_PENDING {
                stream.pending.push(Pending { sequence, time, frame, wire_len, bytes: bytes.to_vec() });
                return;
            }
            stream.gap = true;
            let first = stream.pending.iter().map(|p| p.sequence).chain([sequence]);
            stream.next = first.min_by_key(|sequence| sequence.wrapping_sub(next));
            self.take_pending(low, side, told);
        }
        self.deliver(low, side, arrival, told);
        self.take_pending(low, side, told);
    }

    fn take_pending(&mut self, low: bool, side: Side, told: &mut Told) {
        loop {
            let stream = self.stream(low);
            let Some(next) = stream.next else { return };
            let due = |p: &Pending| next.wrapping_sub(p.sequence) < u32::MAX / 2;
            let Some(place) = stream.pending.iter().position(due) else { return };
            let p = stream.pending.swap_remove(place);
            let Pending { sequence, time, frame, wire_len, ref bytes } = p;
            self.deliver(
                low,
                side,
                &Arrival { bytes, wire_len, sequence, time, frame, fragmented: false },
                told,
            );
        }
    }

    fn deliver(&mut self, low: bool, side: Side, arrival: &Arrival<'_>, told: &mut Told) {
        let Arrival { bytes, wire_len, sequence, time, frame, .. } = *arrival;
        let stream = self.stream(low);
        let old = stream.next.map_or(0, |next| next.wrapping_sub(sequence));
        if old >= wire_len {
            return;
        }
        stream.next = Some(sequence.wrapping_add(wire_len));
        let gap = std::mem::take(&mut stream.gap);
        let cut = bytes.len() < wire_len as usize;
        stream.gap = cut;
        let Some(bytes) = bytes.get(old as usize..) else { return };
        let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.follower.hear(&Heard { side, bytes, wire_len, time, frame, gap, fragmented: false }, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Writes down what it hears, a gap as `|`.
    #[derive(Debug, Default)]
    struct Scribe(Arc<Mutex<String>>);

    impl Follower for Scribe {
        fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
            let mut written = self.0.lock().unwrap();
            if heard.gap {
                written.push('|');
            }
            written.push_str(std::str::from_utf8(heard.bytes).unwrap());
        }
    }

    fn written(parts: &[(u32, &str)]) -> String {
        let text = Arc::new(Mutex::new(String::new()));
        let mut watch = Watch::new(0, Box::new(Scribe(text.clone())));
        for &(sequence, bytes) in parts {
            let bytes = bytes.as_bytes();
            let arrival = Arrival {
                bytes,
                wire_len: bytes.len() as u32,
                sequence,
                time: Timestamp(0),
                frame: 1,
                fragmented: false,
            };
            watch.take(Transport::Tcp, true, Side::Initiator, &arrival, &mut Told::default());
        }
        text.lock().unwrap().clone()
    }

    #[test]
    fn a_follower_hears_a_stream_in_order_and_once() {
        assert_eq!(written(&[(0, "ab"), (4, "ef"), (2, "cd"), (2, "cd"), (5, "fg")]), "abcdefg");
    }

    #[test]
    fn a_hole_that_stays_is_told_as_a_gap() {
        let mut parts = vec![(0, "a")];
        parts.extend((0..=MAX_PENDING as u32).map(|i| (2 + i, "x")));
        assert_eq!(written(&parts), format!("a|{}", "x".repeat(MAX_PENDING + 1)));
    }
}
