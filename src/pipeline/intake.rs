//! What is counted of frames before packets reach a shard.

use crate::packet::{Frame, Timestamp};
use crate::report::Moment;
use crate::wire::Skip;

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
    pub(super) fn count(&mut self, frame: &Frame) {
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
