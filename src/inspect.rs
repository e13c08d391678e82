//! What an inspector is given, and what it may conclude.
//!
//! An [`Inspector`] is a value: a name, the ports it is usual on, the first bytes it can begin with, and
//! a pure function from an [`Opening`] to a [`Verdict`]. What the bytes told, for people, is read by a
//! second pure function once the flow is decided.

use crate::byteset::ByteSet;
use crate::follow::Follower;
use crate::key::Transport;
use crate::rhythm::Conduct;

pub use crate::attributes::Attributes;
pub use example::Example;
pub use said::{Datagram, Opening, Piece, Said, Side};
pub use shape::{Shape, ZERO};

mod cut;
mod example;
mod said;
mod shape;

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
    /// What the datagram with which a side begins has to be like, off its own ports.
    pub datagram: Shape,
    /// Judges an opening. A pure function: same bytes, same verdict.
    pub inspect: fn(&Opening<'_>) -> Verdict,
    /// Whether every datagram shows it by itself: where a flow has ended and datagrams that were captured whole
    /// have told nothing, that speaks against it. False where what is encrypted, or one side by itself, shows nothing.
    pub self_contained: bool,
    /// Whether neither side listens: two ends send to each other, and who was seen first is the source, whatever the ports.
    pub nobody_listens: bool,
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
    /// Those of the keys that tell a person most, for where there is room for one or two; the first texts, if empty.
    pub headline: &'static [&'static str],
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
        datagram: Shape::ANY,
        inspect: |_| Err(Reject::Mismatch),
        self_contained: false,
        nobody_listens: false,
        behave: None,
        neighbours: &[],
        describe: None,
        follow: None,
        attributes: &[],
        headline: &[],
        confused_with: "",
        examples: &[],
    };
}
