//! What each side of a flow said first: all that an inspector may look at.

use crate::cursor::Cursor;
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;

/// Who is meant: the side that opened the flow, or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Opened the flow, or was seen first.
    Initiator,
    /// The side that was listening.
    Responder,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }

    /// 0 for the initiator, 1 for the responder: a place in arrays that hold both.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Initiator => 0,
            Self::Responder => 1,
        }
    }

    /// `initiator` or `responder`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        }
    }
}

/// One packet's part in what a side said first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it was captured.
    pub time: Timestamp,
    /// Its frame's number.
    pub frame: u64,
    /// Where its bytes end among the side's bytes; they begin where the piece before ends.
    pub end: u32,
    /// Length on the wire in bytes; more than was kept where the capture cut the frame.
    pub wire_len: u32,
    /// Whether it was put together from fragments of IP.
    pub fragmented: bool,
}

/// A datagram of an opening.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Its payload as far as it was captured.
    pub bytes: &'a [u8],
    /// Its payload's length on the wire, in bytes.
    pub wire_len: u32,
    /// When it was captured.
    pub time: Timestamp,
}

impl<'a> Datagram<'a> {
    /// A cursor over it, which knows how many bytes the capture cut off.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::cut(self.bytes, (self.wire_len as usize).saturating_sub(self.bytes.len()))
    }

    /// Whether bytes of it are missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < self.wire_len as usize
    }
}

/// The datagrams of a side, in the order they came.
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    bytes: &'a [u8],
    pieces: std::slice::Iter<'a, Piece>,
    start: usize,
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = Datagram<'a>;

    // Nearly every inspector asks for the first datagram of nearly every flow.
    #[inline]
    fn next(&mut self) -> Option<Datagram<'a>> {
        let piece = self.pieces.next()?;
        let end = piece.end as usize;
        let bytes = self.bytes.get(self.start..end)?;
        self.start = end;
        Some(Datagram { bytes, wire_len: piece.wire_len, time: piece.time })
    }
}

/// What one side of a flow said first.
///
/// Over TCP the stream from its first byte, in order and without gaps; over UDP and SCTP the first
/// datagrams, each by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    bytes: &'a [u8],
    pieces: &'a [Piece],
    ended: bool,
}

impl<'a> Said<'a> {
    /// What a side said: all bytes one after the other, how they came, and whether no more will be kept.
    #[must_use]
    pub const fn new(bytes: &'a [u8], pieces: &'a [Piece], ended: bool) -> Self {
        Self { bytes, pieces, ended }
    }

    /// The bytes of a TCP stream from its first; of datagrams, all of them one after the other.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A cursor over a TCP stream: open while the stream may go on, and where nothing was said, so that a side that closes
    /// in silence speaks against nothing.
    #[must_use]
    pub const fn stream(&self) -> Cursor<'a> {
        Cursor::new(self.bytes, !self.ended || self.bytes.is_empty())
    }

    /// A cursor over the first message's bytes: a TCP stream, or the first datagram.
    ///
    /// It is open when nothing was said, so what is read from it then is [`Reject::Incomplete`](super::Reject::Incomplete).
    #[must_use]
    pub fn cursor(&self, transport: Transport) -> Cursor<'a> {
        match (transport, self.datagrams().next()) {
            (Transport::Tcp, _) => self.stream(),
            (Transport::Udp | Transport::Sctp, Some(first)) => first.cursor(),
            _ => Cursor::open(&[]),
        }
    }

    /// How the bytes came.
    #[must_use]
    pub const fn pieces(&self) -> &'a [Piece] {
        self.pieces
    }

    /// The first datagrams, in the order they came.
    #[must_use]
    pub fn datagrams(&self) -> Datagrams<'a> {
        Datagrams { bytes: self.bytes, pieces: self.pieces.iter(), start: 0 }
    }

    /// Whether nothing was said (or nothing of it was captured).
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether the capture cut a packet of it, so that something is missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let starts = std::iter::once(0).chain(self.pieces.iter().map(|piece| piece.end));
        starts.zip(self.pieces).any(|(start, piece)| piece.end.saturating_sub(start) < piece.wire_len)
    }

    /// Whether no more bytes will be kept of this side.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended
    }
}

/// What both sides of a flow said first: all that an inspector may look at.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// What carries the flow.
    pub transport: Transport,
    /// What the side that opened the flow said.
    pub initiator: Said<'a>,
    /// What the other side said.
    pub responder: Said<'a>,
    /// Both endpoints, the initiator's first. A port may support evidence that the bytes give, as a weak
    /// signature on the protocol's own port; it never stands in for it.
    pub endpoints: [Endpoint; 2],
    /// Whether the responder is who was listening, as far as anybody can tell. When an opening is judged with
    /// its sides exchanged it is not: that side was seen to speak first, from a port that may be ephemeral.
    pub responder_listens: bool,
    /// Whether the flow's first packet is known to be here: a TCP handshake was seen. Without it the
    /// bytes may begin in the middle of a message.
    pub from_start: bool,
}

impl<'a> Opening<'a> {
    /// What `side` said.
    #[must_use]
    pub const fn said(&self, side: Side) -> Said<'a> {
        match side {
            Side::Initiator => self.initiator,
            Side::Responder => self.responder,
        }
    }

    /// A cursor over the initiator's first message.
    #[must_use]
    pub fn request(&self) -> Cursor<'a> {
        self.initiator.cursor(self.transport)
    }

    /// A cursor over the responder's first message.
    #[must_use]
    pub fn reply(&self) -> Cursor<'a> {
        self.responder.cursor(self.transport)
    }

    /// The responder's port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        let [_, responder] = self.endpoints;
        responder.port
    }

    /// Whether the responder was listening on one of `ports`.
    #[must_use]
    pub fn is_on(&self, ports: &[u16]) -> bool {
        self.responder_listens && ports.contains(&self.port())
    }

    /// The same flow with the sides exchanged.
    #[must_use]
    pub const fn swapped(&self) -> Self {
        let [initiator, responder] = self.endpoints;
        Self {
            initiator: self.responder,
            responder: self.initiator,
            endpoints: [responder, initiator],
            responder_listens: false,
            ..*self
        }
    }
}
