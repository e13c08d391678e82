//! What an inspector is given, and what it may conclude.
//!
//! An [`Inspector`] is a value: a name, the ports it is usual on, the first bytes it can begin with, and
//! a pure function from an [`Opening`] to a [`Verdict`]. What the bytes told, for people, is read by a
//! second pure function once the flow is decided.

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::follow::Follower;
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;
use crate::rhythm::Conduct;

pub use crate::attributes::Attributes;

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
    /// A cursor over it: open only if the capture cut it.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.bytes, self.is_cut())
    }

    /// Whether bytes of it are missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < self.wire_len as usize
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

    /// A cursor over a TCP stream: open while the stream may go on.
    #[must_use]
    pub const fn stream(&self) -> Cursor<'a> {
        Cursor::new(self.bytes, !self.ended)
    }

    /// A cursor over the first message's bytes: a TCP stream, or the first datagram.
    ///
    /// It is open when nothing was said, so what is read from it then is [`Reject::Incomplete`].
    #[must_use]
    pub fn cursor(&self, transport: Transport) -> Cursor<'a> {
        match (transport, self.datagrams().next()) {
            (Transport::Tcp, _) if !self.is_silent() => self.stream(),
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
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'a>> + use<'a> {
        let (bytes, pieces) = (self.bytes, self.pieces);
        let starts = std::iter::once(0).chain(pieces.iter().map(|piece| piece.end));
        starts.zip(pieces).filter_map(move |(start, piece)| {
            let bytes = bytes.get(start as usize..piece.end as usize)?;
            Some(Datagram { bytes, wire_len: piece.wire_len, time: piece.time })
        })
    }

    /// Whether nothing was said (or nothing of it was captured).
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.bytes.is_empty()
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

/// Why an inspector does not claim a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// No further byte can make this flow speak the protocol.
    Mismatch,
    /// Consistent so far, but too short to say.
    Incomplete,
}

/// How much of a protocol was seen. Each step outranks the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The listening side's port promises the protocol; no byte was recognised.
    Port,
    /// Rhythm, sizes, or another flow that names this one.
    Behaviour,
    /// Telling bytes.
    Signature,
    /// One whole, well-formed message.
    Message,
    /// Both sides sent well-formed messages that answer each other.
    Dialogue,
}

impl Confidence {
    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Behaviour => "behaviour",
            Self::Signature => "signature",
            Self::Message => "message",
            Self::Dialogue => "dialogue",
        }
    }
}

/// What an inspector concludes from an [`Opening`].
pub type Verdict = Result<Evidence, Reject>;

/// The grounds of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How much of the protocol was seen.
    pub confidence: Confidence,
    /// The rule that decided, as `rule-name: what was seen, with the specification's section`.
    pub rule: &'static str,
    /// The side whose bytes the rule read first.
    pub side: Side,
    /// Offset among that side's bytes of what was recognised, for naming its frame.
    pub offset: u32,
    /// Whether more bytes would tell more, although the claim would stay: keep the opening growing.
    pub wants_more: bool,
}

impl Evidence {
    /// Evidence of a given confidence, from the initiator's first byte on.
    #[must_use]
    pub const fn new(confidence: Confidence, rule: &'static str) -> Self {
        Self { confidence, rule, side: Side::Initiator, offset: 0, wants_more: false }
    }

    /// Telling bytes of one side.
    #[must_use]
    pub const fn signature(rule: &'static str) -> Self {
        Self::new(Confidence::Signature, rule)
    }

    /// One whole, well-formed message.
    #[must_use]
    pub const fn message(rule: &'static str) -> Self {
        Self::new(Confidence::Message, rule)
    }

    /// Two messages that answer each other.
    #[must_use]
    pub const fn dialogue(rule: &'static str) -> Self {
        Self::new(Confidence::Dialogue, rule)
    }

    /// The same, read first from `side`.
    #[must_use]
    pub const fn from(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// The same, recognised at `offset` of the side's bytes.
    #[must_use]
    pub const fn at(self, offset: u32) -> Self {
        Self { offset, ..self }
    }

    /// The same, and more bytes would tell more: the claim may be asked for again as the opening grows.
    #[must_use]
    pub const fn wanting_more(self, wants_more: bool) -> Self {
        Self { wants_more, ..self }
    }

    /// Weighs what the two sides said, each judged by itself.
    ///
    /// Both hold: [`Confidence::Dialogue`]. One holds and the other has not said enough: the confidence
    /// that the one gives. One is something else: neither.
    ///
    /// # Errors
    /// When neither side is convincing, or one of them is something else.
    pub fn of(
        request: Result<Confidence, Reject>,
        reply: Result<Confidence, Reject>,
        rule: &'static str,
    ) -> Verdict {
        match (request, reply) {
            (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
            (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
            (Ok(_), Ok(_)) => Ok(Self::dialogue(rule)),
            (Ok(confidence), Err(Reject::Incomplete)) => Ok(Self::new(confidence, rule)),
            (Err(Reject::Incomplete), Ok(confidence)) => {
                Ok(Self::new(confidence, rule).from(Side::Responder))
            }
        }
    }

    /// The rule's name: what stands before the colon.
    #[must_use]
    pub fn rule_name(&self) -> &'static str {
        self.rule.split_once(": ").map_or(self.rule, |(name, _)| name)
    }

    /// What was seen: what stands after the colon.
    #[must_use]
    pub fn detail(&self) -> &'static str {
        self.rule.split_once(": ").map_or(self.rule, |(_, detail)| detail)
    }
}

/// A set of transports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carriers(u8);

impl Carriers {
    /// TCP only.
    pub const TCP: Self = Self(1);
    /// UDP only.
    pub const UDP: Self = Self(2);
    /// SCTP only.
    pub const SCTP: Self = Self(4);
    /// TCP and UDP.
    pub const TCP_UDP: Self = Self(3);
    /// TCP and SCTP.
    pub const TCP_SCTP: Self = Self(5);
    /// All three.
    pub const ALL: Self = Self(7);

    /// Whether `transport` is among them.
    #[must_use]
    pub const fn contains(self, transport: Transport) -> bool {
        self.0
            & match transport {
                Transport::Tcp => 1,
                Transport::Udp => 2,
                Transport::Sctp => 4,
            }
            != 0
    }
}

/// Makes the follower of a claimed flow, which then hears everything from the flow's first byte on.
pub type Follow = fn(&Opening<'_>) -> Box<dyn Follower>;

/// One application protocol: how to recognise it, and examples to prove it.
#[derive(Debug)]
pub struct Inspector {
    /// The canonical, lower-case name that every output prints.
    pub name: &'static str,
    /// The protocol's full name.
    pub title: &'static str,
    /// The document that the rules below are written from.
    pub specification: &'static str,
    /// What carries it.
    pub carriers: Carriers,
    /// Responder ports on which it is usual, registered or not. They confirm and they order; they never decide.
    pub ports: &'static [u16],
    /// The more general protocol that this one is a kind of, if any: where both recognise the bytes, this one names the flow.
    pub refines: Option<&'static str>,
    /// The bytes that an initiator's first byte can be.
    pub initiator_first: ByteSet,
    /// The bytes that a responder's first byte can be.
    pub responder_first: ByteSet,
    /// Judges an opening. A pure function: same bytes, same verdict.
    pub inspect: fn(&Opening<'_>) -> Verdict,
    /// Judges how a flow behaved whose bytes told nothing (or only the protocol that this one refines), on one of `ports`.
    pub behave: Option<fn(&Conduct<'_>) -> Verdict>,
    /// Names of protocols about whose flows between the same two hosts `behave` asks the context.
    pub neighbours: &'static [&'static str],
    /// Reads what the opening told, for people; called for claimed flows only, once.
    pub describe: Option<fn(&Opening<'_>, &mut Attributes)>,
    /// Watches a claimed flow to its end.
    pub follow: Option<Follow>,
    /// The keys that `describe` and `follow` may set, each with its meaning and unit.
    pub attributes: &'static [(&'static str, &'static str)],
    /// What it is easily confused with, and what tells it apart: for `wiretell explain`.
    pub confused_with: &'static str,
    /// Openings it must claim, and lookalikes it must not.
    pub examples: &'static [Example],
}

impl Inspector {
    /// The fields that most inspectors leave as they are: `..Inspector::PLAIN`.
    pub const PLAIN: Self = Self {
        name: "",
        title: "",
        specification: "",
        carriers: Carriers::TCP,
        ports: &[],
        refines: None,
        initiator_first: ByteSet::ANY,
        responder_first: ByteSet::ANY,
        inspect: |_| Err(Reject::Mismatch),
        behave: None,
        neighbours: &[],
        describe: None,
        follow: None,
        attributes: &[],
        confused_with: "",
        examples: &[],
    };
}

/// An opening, and what its inspector must conclude from it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows, as a clause: "the responder demands TLS".
    pub shows: &'static str,
    /// What carries it.
    pub transport: Transport,
    /// The responder's port; an unrelated one unless `on` was called.
    pub port: u16,
    /// What the initiator sends: datagrams, or parts of a TCP stream.
    pub initiator: &'static [&'static [u8]],
    /// What the responder sends.
    pub responder: &'static [&'static [u8]],
    /// The confidence to reach, or `None` if the flow is something else.
    pub expect: Option<Confidence>,
}

impl Example {
    /// A responder port that no protocol is usual on.
    pub const UNRELATED_PORT: u16 = 49_999;

    /// A TCP flow that is claimed with this confidence.
    #[must_use]
    pub const fn tcp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        let port = Self::UNRELATED_PORT;
        Self { shows, transport: Transport::Tcp, port, initiator, responder, expect: Some(expect) }
    }

    /// A UDP flow that is claimed with this confidence.
    #[must_use]
    pub const fn udp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        Self { transport: Transport::Udp, ..Self::tcp(expect, shows, initiator, responder) }
    }

    /// An SCTP flow that is claimed with this confidence.
    #[must_use]
    pub const fn sctp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        Self { transport: Transport::Sctp, ..Self::tcp(expect, shows, initiator, responder) }
    }

    /// A flow over `transport` that must not be claimed.
    #[must_use]
    pub const fn not(
        transport: Transport,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        let port = Self::UNRELATED_PORT;
        Self { shows, transport, port, initiator, responder, expect: None }
    }

    /// The same flow towards this responder port.
    #[must_use]
    pub const fn on(self, port: u16) -> Self {
        Self { port, ..self }
    }
}
