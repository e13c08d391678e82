//! Watching a claimed flow to its end, for protocols that are worth it.

use crate::attributes::Attributes;
use crate::context::Announcement;
use crate::inspect::Side;
use crate::packet::Timestamp;
use crate::report::{Datagrams, Moment, Report};
use std::fmt::Debug;

/// A datagram, or the next part of a TCP stream, of a followed flow.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Who said it.
    pub side: Side,
    /// The bytes; of TCP in order and once, however they came.
    pub bytes: &'a [u8],
    /// The datagram's length on the wire in bytes, more than `bytes` where the capture cut it; of TCP the same as `bytes`.
    pub wire_len: u32,
    /// When it was captured.
    pub time: Timestamp,
    /// Its frame's number.
    pub frame: u64,
    /// Whether bytes of the stream are missing right before these. Always `false` for datagrams.
    pub gap: bool,
    /// Whether the datagram was put together from fragments of IP; its frame is that of the last one to come. Always `false` for TCP.
    pub fragmented: bool,
}

impl Heard<'_> {
    /// When and in which frame.
    #[must_use]
    pub const fn at(&self) -> Moment {
        Moment { time: self.time, frame: self.frame }
    }
}

/// Most announcements that one follower may make at a time; those beyond are dropped.
pub const MAX_ANNOUNCEMENTS: usize = 8;

/// What a follower tells the shard.
#[derive(Debug, Default)]
pub struct Told(Vec<Announcement>);

impl Told {
    /// Announces a flow to come between the same two hosts.
    pub fn announce(&mut self, announcement: Announcement) {
        if self.0.len() < MAX_ANNOUNCEMENTS {
            self.0.push(announcement);
        }
    }

    /// Takes what was announced.
    pub fn drain(&mut self) -> impl Iterator<Item = Announcement> + '_ {
        self.0.drain(..)
    }

    /// Whether nothing was announced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Watches one flow. Of fixed size, or bounded; allocates nothing per packet after its first few.
pub trait Follower: Debug + Send {
    /// Hears the next datagram or part of the stream, from the flow's first on.
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told);

    /// Hears that a side has closed or reset its TCP connection.
    fn closed(&mut self, side: Side, at: Moment) {
        let _ = (side, at);
    }

    /// Says what was seen in all, when the flow ends. Keys as declared in the inspector's `attributes`.
    fn conclude(&self, attributes: &mut Attributes) {
        let _ = attributes;
    }

    /// Says the same in types, for findings, where there is anything to reason about.
    fn report(&self) -> Option<Report> {
        None
    }

    /// Whether nothing that follows can matter, so that it need not be handed over.
    fn is_done(&self) -> bool {
        false
    }
}

/// Counts datagrams by size, and knows who fell silent: for protocols of which a follower can read no more.
#[derive(Debug, Default)]
pub struct Sizes(Datagrams);

impl Follower for Sizes {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        self.0.take(heard.side, heard.at(), heard.wire_len, heard.bytes.first().copied());
    }

    fn report(&self) -> Option<Report> {
        Some(Report::Datagrams(self.0.clone()))
    }
}
