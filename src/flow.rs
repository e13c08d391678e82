//! One two-way flow while it is alive: what was counted, what is known.

use crate::attributes::Attributes;
use crate::classify::{Claim, Classifier};
use crate::context::Announcement;
use crate::copies::Copied;
use crate::inspect::{Confidence, Said, Side};
use crate::key::{Endpoint, FlowKey};
use crate::opening::{FirstBytes, Opening};
use crate::packet::{Enclosure, IcmpError, Packet, TcpHeader, Timestamp};
use crate::pulse::Pulse;
use crate::report::Moment;
use crate::rhythm::Rhythm;
use crate::rules::Own;
use crate::stream::Watch;
use crate::tcp::Connection;

/// Why the source is the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It sent the SYN, or the INIT of SCTP.
    Syn,
    /// It was sent the SYN+ACK, or the INIT ACK.
    SynAck,
    /// The bytes say that it asked and the other answered.
    Protocol,
    /// The other's port is one that servers listen on, and its own is not.
    Port,
    /// It was seen first.
    FirstPacket,
}

impl Direction {
    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "synack",
            Self::Protocol => "protocol",
            Self::Port => "port",
            Self::FirstPacket => "first-packet",
        }
    }

    /// Whether a handshake told, so that no byte can say otherwise.
    #[must_use]
    pub const fn is_sure(self) -> bool {
        matches!(self, Self::Syn | Self::SynAck)
    }
}

/// Why a flow's record was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndReason {
    /// Both sides finished.
    Fin,
    /// The connection was reset.
    Rst,
    /// No packet came for the idle time-out.
    Idle,
    /// It has lasted for the active time-out; what follows is a record of its own.
    Active,
    /// The flow table was full.
    Evicted,
    /// The capture ended.
    Eof,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Fin, Self::Rst, Self::Idle, Self::Active, Self::Evicted, Self::Eof];

    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Idle => "idle",
            Self::Active => "active",
            Self::Evicted => "evicted",
            Self::Eof => "eof",
        }
    }
}

/// What one side sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, link layer included.
    pub bytes: u64,
    /// Bytes of transport payload on the wire.
    pub payload: u64,
}

impl Count {
    /// One more packet.
    pub fn add(&mut self, packet: &Packet) {
        self.packets += 1;
        self.bytes += u64::from(packet.wire_len);
        self.payload += u64::from(packet.payload_wire_len);
    }

    /// Without a part of it.
    #[must_use]
    pub const fn less(self, part: Self) -> Self {
        Self {
            packets: self.packets.saturating_sub(part.packets),
            bytes: self.bytes.saturating_sub(part.bytes),
            payload: self.payload.saturating_sub(part.payload),
        }
    }
}

/// What is kept only while it is undecided what a flow speaks.
#[derive(Debug)]
pub struct Undecided {
    /// What each side said first.
    pub opening: Opening,
    /// Who may still claim it.
    pub classifier: Classifier,
    /// How many bytes had been kept when it was last judged.
    pub judged_at: usize,
    /// How often it was judged.
    pub judged: u32,
}

/// What nobody claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    /// The first bytes: of the first datagram, or of the stream.
    pub first: FirstBytes,
    /// Who sent them: the initiator, unless only the responder said something.
    pub side: Side,
}

/// Most kinds of ICMP errors about a flow, by type, code and who sends them, that are told apart besides the first.
const MAX_OTHERS: usize = 6;

/// ICMP errors that quote a flow.
#[derive(Debug)]
pub struct IcmpErrors {
    /// The first one.
    pub first: IcmpError,
    /// How many of its type and code came from the same host.
    pub count: u32,
    /// The first of each other type, code or host that says so, and how many such came.
    pub others: Vec<(IcmpError, u32)>,
    /// The last of all.
    pub last: Moment,
}

impl IcmpErrors {
    /// None but this one, which is not counted yet.
    #[must_use]
    pub const fn begun(first: IcmpError) -> Self {
        Self { first, count: 0, others: Vec::new(), last: Moment { time: first.time, frame: first.frame } }
    }

    /// One more.
    pub fn add(&mut self, error: &IcmpError) {
        self.last = Moment { time: error.time, frame: error.frame };
        let same = |known: &IcmpError| {
            (known.kind, known.code, known.reporter) == (error.kind, error.code, error.reporter)
        };
        if same(&self.first) {
            self.count = self.count.saturating_add(1);
        } else if let Some((_, count)) = self.others.iter_mut().find(|(known, _)| same(known)) {
            *count = count.saturating_add(1);
        } else if self.others.len() < MAX_OTHERS {
            self.others.push((*error, 1));
        }
    }
}

/// What only some flows have.
#[derive(Debug, Default)]
pub struct Extra {
    /// VLAN tags and tunnels of the first packet.
    pub layers: Enclosure,
    /// Packets that the capture has twice.
    pub copies: Option<Box<Copied>>,
    /// The ICMP errors that quote the flow.
    pub icmp_error: Option<Box<IcmpErrors>>,
    /// Watches the flow to its end.
    pub watch: Option<Watch>,
    /// What the opening told.
    pub attributes: Attributes,
    /// Sizes and gaps, where behaviour may tell something.
    pub rhythm: Option<Box<Rhythm>>,
    /// When packets come, of a long and slow flow that nobody watches.
    pub pulse: Option<Box<Pulse>>,
    /// Another flow named this one.
    pub announced: Option<Announcement>,
    /// Its bytes are not what that one said would come.
    pub announced_refused: bool,
    /// What a rule of the user's own says it is, and in which frame that was seen.
    pub own: Option<(Own, u64)>,
    /// Its bytes are not what those rules of the user's own say that name its port.
    pub own_refused: bool,
}

/// What speaks against a port's promise where nobody claims the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refutation {
    /// A side's first bytes, which are not what those who are usual on the port send.
    pub first: FirstBytes,
    /// Whose they are: the initiator's, unless only the responder was captured.
    pub side: Side,
    /// Whose they are, if it is a protocol of another transport: its place in [`INSPECTORS`](crate::protocols::INSPECTORS).
    pub spoken: Option<u16>,
}

/// A flow.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts; a state machine of them would have all combinations"
)]
pub struct Flow {
    /// Between whom.
    pub key: FlowKey,
    /// The key's hash in the table.
    pub hash: u64,
    /// Time of the first packet.
    pub first: Timestamp,
    /// Time of the latest packet.
    pub last: Timestamp,
    /// Number of the first packet's frame.
    pub first_frame: u64,
    /// What the low end sent, and what the high end did.
    pub counts: [Count; 2],
    /// TCP's state; idle for everything else.
    pub tcp: Connection,
    /// What it is claimed to speak, and in which frame that was seen.
    pub claim: Option<(Claim, u64)>,
    /// What is kept while that is undecided.
    pub undecided: Option<Box<Undecided>>,
    /// What only some flows have.
    pub extra: Option<Box<Extra>>,
    /// Which of the captures its first packet came from.
    pub file: u32,
    /// How often it was scheduled: see [`crate::wheel::Entry`].
    pub generation: u32,
    /// Why the initiator is the initiator.
    pub direction: Direction,
    /// Who was the initiator, and why, before bytes said otherwise: what holds again if they take it back.
    pub guess: (bool, Direction),
    /// Whether the key's low end is the initiator.
    pub low_initiates: bool,
    /// Whether nothing that its bytes say is wanted any more.
    pub settled: bool,
    /// What speaks against those who are usual on the responder's port, where something does.
    pub refuted: Option<Refutation>,
    /// What was said first, where nobody claims it.
    pub unclaimed: Option<Unclaimed>,
    /// Whether bytes of a payload were cut off by the capture.
    pub truncated: bool,
    /// Whether its label has changed since anybody was told.
    pub relabelled: bool,
    /// Whether it continues a flow that had lasted for the active time-out.
    pub continued: bool,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
}

impl Flow {
    /// A flow that begins with `packet`; who initiated it is guessed later.
    #[must_use]
    pub fn new(packet: &Packet, hash: u64, file: u32) -> Self {
        Self {
            key: packet.key,
            hash,
            first: packet.time,
            last: packet.time,
            first_frame: packet.frame,
            counts: [Count::default(); 2],
            tcp: Connection::default(),
            claim: None,
            undecided: None,
            extra: None,
            file,
            generation: 0,
            direction: Direction::FirstPacket,
            guess: (packet.from_low, Direction::FirstPacket),
            low_initiates: packet.from_low,
            settled: false,
            refuted: None,
            unclaimed: None,
            truncated: false,
            relabelled: false,
            continued: false,
            digits: packet.digits,
        }
    }

    /// Counts a packet.
    pub fn count(&mut self, packet: &Packet) {
        let [low, high] = &mut self.counts;
        let count = if packet.from_low { low } else { high };
        count.add(packet);
        self.last = self.last.max(packet.time);
        self.truncated |= packet.truncated;
    }

    /// What `side` sent.
    #[must_use]
    pub const fn count_of(&self, side: Side) -> Count {
        let [low, high] = self.counts;
        if self.is_low(side) { low } else { high }
    }

    /// Whether `side` is the key's low end.
    #[must_use]
    pub const fn is_low(&self, side: Side) -> bool {
        match side {
            Side::Initiator => self.low_initiates,
            Side::Responder => !self.low_initiates,
        }
    }

    /// Which side the key's low end (or its high one) is.
    #[must_use]
    pub const fn side(&self, low: bool) -> Side {
        if low == self.low_initiates { Side::Initiator } else { Side::Responder }
    }

    /// Both endpoints, the initiator's first.
    #[must_use]
    pub fn endpoints(&self) -> [Endpoint; 2] {
        let (low, high) = (self.key.low(), self.key.high());
        if self.low_initiates { [low, high] } else { [high, low] }
    }

    /// The initiator's and the responder's port.
    #[must_use]
    pub const fn ports(&self) -> [u16; 2] {
        let (low, high) = (self.key.low_port(), self.key.high_port());
        if self.low_initiates { [low, high] } else { [high, low] }
    }

    /// What only some flows have; made at the first need.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// The opening as inspectors see it, over what the low end and the high end said.
    #[must_use]
    pub fn view<'a>(&self, low: Said<'a>, high: Said<'a>) -> Option<crate::inspect::Opening<'a>> {
        let (initiator, responder) = if self.low_initiates { (low, high) } else { (high, low) };
        Some(crate::inspect::Opening {
            transport: self.key.transport()?,
            initiator,
            responder,
            endpoints: self.endpoints(),
            responder_listens: self.direction != Direction::Protocol,
            from_start: self.tcp.saw_syn(),
        })
    }

    /// How sure the label is.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        self.claim.map(|(claim, _)| claim.evidence.confidence)
    }

    /// Learns from a SYN who opened the connection, if that was only guessed so far. True if that turned the sides round.
    pub fn learn_direction(&mut self, packet: &Packet) -> bool {
        let header = packet.tcp;
        if self.direction.is_sure() || !header.has(TcpHeader::SYN) {
            return false;
        }
        let is_answer = header.has(TcpHeader::ACK);
        self.direction = if is_answer { Direction::SynAck } else { Direction::Syn };
        let low_initiates = packet.from_low != is_answer;
        let turned = low_initiates != self.low_initiates;
        self.low_initiates = low_initiates;
        turned
    }
}
