//! Deciding what a flow speaks.
//!
//! A new flow could be anything. Each byte learnt rules inspectors out, and the one that recognises most
//! names the flow:
//!
//! ```text
//!  every inspector ──► those that accept ──► those that have ──► the strongest claim;
//!  of the transport    the first bytes       not said no         a special kind before the general one,
//!                      one AND per side      one call each       nobody where two are equally strong
//! ```
//!
//! Where it is not known who opened the flow, both orientations are judged.

use crate::byteset::ByteSet;
use crate::candidates::Candidates;
use crate::inspect::{Confidence, Evidence, Inspector, Opening, Reject};
use crate::key::{Endpoint, Transport};
use crate::ports::listening::is_clients;
use crate::ports::{claims, kept_by, practice, promises};
use crate::protocols::INSPECTORS;
use hashbrown::HashMap;
use std::sync::LazyLock;

/// The judgement at which everybody is asked once more about a flow that showed messages and no dialogue: time
/// for those who know a protocol by what comes after its first datagrams.
const SECOND_THOUGHTS: u32 = 8;

/// What a flow is claimed to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which inspector, by its place in [`INSPECTORS`].
    pub inspector: u16,
    /// On what grounds.
    pub evidence: Evidence,
    /// Whether the claim holds with the sides exchanged: whom we took for the initiator is the responder.
    pub swapped: bool,
}

impl Claim {
    /// The inspector that claims.
    #[must_use]
    pub fn by(&self) -> Option<&'static Inspector> {
        INSPECTORS.get(usize::from(self.inspector))
    }

    /// Whether the initiator is who listens: its port is the protocol's own and hardly a client's, the responder's is
    /// not (or is less well known), and the bytes would say the same with the sides exchanged.
    #[must_use]
    pub fn is_served_by_initiator(&self, opening: &Opening<'_>) -> bool {
        let Some(by) = self.by().filter(|by| !self.swapped && !by.nobody_listens) else { return false };
        // Of two own ports the system's (RFC 6335 section 6) is who listens.
        let rank = |end: Endpoint| (by.ports.contains(&end.port), end.port < 1024);
        let [asks, answers] = opening.endpoints;
        // A client may have been given the number by chance, if the other's is no client's.
        let by_chance = is_clients(asks.port) && !is_clients(answers.port);
        let owns = by.ports.contains(&asks.port) && rank(asks) > rank(answers) && !by_chance;
        let exchanged = Opening { responder_listens: true, ..opening.swapped() };
        owns && holds(by, &exchanged, self.evidence.confidence)
    }
}

/// Which inspectors may still claim a flow, in either orientation.
#[derive(Clone, Copy, Debug)]
pub struct Classifier {
    straight: Candidates,
    swapped: Candidates,
    /// How often an opening was judged.
    judged: u32,
    /// How many sides had spoken when all candidates were last asked.
    sides: u8,
    /// How many sides had spoken when candidates were last ruled out by how these begin, which does not change.
    narrowed: u8,
}

/// What a judgement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The claim, worked out afresh from all the bytes.
    pub claim: Option<Claim>,
    /// Whether further bytes cannot change it.
    pub settled: bool,
}

impl Classifier {
    /// Knows nothing yet. `sure` says whether it is known who opened the flow.
    #[must_use]
    pub const fn new(sure: bool) -> Self {
        let swapped = if sure { Candidates::NONE } else { Candidates::ALL };
        Self { straight: Candidates::ALL, swapped, judged: 0, sides: 0, narrowed: 0 }
    }

    /// Knows that it is nobody whom datagrams carry, and who opened the flow.
    #[must_use]
    pub fn of_streams_only() -> Self {
        static ONLY_STREAMS: LazyLock<Candidates> = LazyLock::new(|| {
            let mut only = Candidates::NONE;
            let streams = Candidates::ALL.iter().filter(|(_, i)| !i.carriers.contains(Transport::Udp));
            streams.for_each(|(place, _)| only.add(place));
            only
        });
        Self { straight: *ONLY_STREAMS, ..Self::new(true) }
    }

    /// The sides have turned out to be the other way round than they were judged so far.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { straight: self.swapped, swapped: self.straight, ..self }
    }

    /// Whether those who are usual on `port` have all seen bytes that are not theirs; where the flow has `ended`, for
    /// some also datagrams that are not. Where only the responder spoke, in `half` a conversation, they may not fit the other way
    /// round either. False where nobody is usual, or where one of them knows no bytes to go by.
    #[must_use]
    pub fn is_refuted(&self, transport: Transport, port: u16, ended: bool, half: bool) -> bool {
        let usual = usual_on(transport, port);
        let refuted = |(place, i): (usize, &Inspector)| {
            let shown_otherwise = ended && i.self_contained && transport == Transport::Udp;
            i.initiator_first != ByteSet::NONE
                && (shown_otherwise || !self.straight.contains(place))
                && !(half && self.swapped.contains(place))
        };
        !usual.is_empty() && usual.iter().all(refuted)
    }

    /// Whether the inspector of a protocol goes by bytes, and has seen some that are not its own.
    #[must_use]
    pub fn has_refused(&self, name: &str) -> bool {
        let place = INSPECTORS.iter().position(|inspector| inspector.name == name);
        place.is_some_and(|place| {
            let by_bytes = INSPECTORS.get(place).is_some_and(|i| i.initiator_first != ByteSet::NONE);
            by_bytes && !self.straight.contains(place) && !self.swapped.contains(place)
        })
    }

    /// Judges an opening that has grown; `held` is the claim that it led to so far.
    ///
    /// Whoever holds the claim is asked first, with its special kinds. If that shows a dialogue, or a whole
    /// message again, nobody else is asked, but for two times: when the other side has begun to speak, and when
    /// eight judgements have brought no dialogue. The exchanged sides are judged only where they
    /// could lead to a stronger claim: of equal ones that is preferred which does not exchange them.
    pub fn judge(&mut self, opening: &Opening<'_>, held: Option<Claim>) -> Judgement {
        self.judged += 1;
        let sides = u8::from(!opening.initiator.is_silent()) + u8::from(!opening.responder.is_silent());
        if self.narrowed != sides {
            self.narrowed = sides;
            self.straight.narrow(opening);
            if !self.swapped.is_empty() {
                self.swapped.narrow(&opening.swapped());
            }
        }
        let most = if sides == 2 { Confidence::Dialogue } else { Confidence::Message };
        let mut best = Best::default();
        let held = held.filter(|held| !held.swapped && self.straight.contains(held.inspector.into()));
        let enough = held.is_some_and(|held| {
            ask(&mut self.straight, opening, None, &mut best, Some(held.inspector));
            match best.alone().map(|claim| claim.evidence.confidence) {
                Some(Confidence::Dialogue) => true,
                Some(Confidence::Message) => self.sides == sides && self.judged != SECOND_THOUGHTS,
                _ => false,
            }
        });
        if !enough {
            self.sides = sides;
            best = Best::default();
            ask(&mut self.straight, opening, None, &mut best, None);
            if best.strongest() < Some(most) && !self.swapped.is_empty() {
                ask(&mut self.swapped, &opening.swapped(), Some(opening), &mut best, None);
            }
        }
        let claim = best.decide(opening);
        let settled = match claim {
            Some(claim) if claim.evidence.confidence == Confidence::Dialogue => {
                !claim.evidence.wants_more && !self.may_be_refined(claim)
            }
            _ => self.straight.is_empty() && self.swapped.is_empty(),
        };
        Judgement { claim, settled }
    }

    /// Whether a special kind of what is claimed has neither claimed nor said no.
    fn may_be_refined(&self, claim: Claim) -> bool {
        let candidates = if claim.swapped { &self.swapped } else { &self.straight };
        candidates.iter().any(|(index, _)| u16::try_from(index).is_ok_and(|i| is_kind_of(i, claim.inspector)))
    }
}

/// Whether some protocol is usual on a port.
#[must_use]
pub fn is_anybodys(transport: Transport, port: u16) -> bool {
    !usual_on(transport, port).is_empty()
}

/// The inspectors that keep what a port promises and are usual there, by their own word or in practice; those that have it
/// in a range only where it is nobody else's.
fn usual_on(transport: Transport, port: u16) -> &'static Candidates {
    type Ports = HashMap<u16, Candidates, foldhash::fast::RandomState>;
    static USUAL: LazyLock<[Ports; 3]> = LazyLock::new(|| {
        [Transport::Tcp, Transport::Udp, Transport::Sctp].map(|transport| {
            let carried = || Candidates::ALL.iter().filter(|(_, i)| i.carriers.contains(transport));
            let usual = |ranged: bool| {
                let mut ports = Ports::default();
                for (place, inspector) in carried() {
                    let in_range = |port: u16| practice::around(port).any(|used| used.name == inspector.name);
                    // Whoever uses a port that promises others keeps nobody's promise there.
                    let is_promised =
                        |port: u16| claims(transport, port).any(|claim| promises(&claim, inspector.name));
                    let its = |&&port: &&u16| in_range(port) == ranged && is_promised(port);
                    for &port in inspector.ports.iter().filter(its) {
                        ports.entry(port).or_insert(Candidates::NONE).add(place);
                    }
                }
                ports
            };
            let mut ports = usual(true);
            ports.extend(usual(false));
            for used in practice::single().filter(|used| used.carriers.contains(transport)) {
                let names = kept_by(used.name).unwrap_or(std::slice::from_ref(&used.name));
                for (place, _) in carried().filter(|(_, inspector)| names.contains(&inspector.name)) {
                    ports.entry(used.first).or_insert(Candidates::NONE).add(place);
                }
            }
            ports
        })
    });
    let [tcp, udp, sctp] = &*USUAL;
    let ports = match transport {
        Transport::Tcp => tcp,
        Transport::Udp => udp,
        Transport::Sctp => sctp,
    };
    ports.get(&port).unwrap_or(&Candidates::NONE)
}

/// Whether the inspector at `special` refines the one at `general`, directly or by steps.
#[must_use]
pub fn is_kind_of(special: u16, general: u16) -> bool {
    special != general && kinds_of(general).contains(special.into())
}

/// Asks the candidates; only `of` and its special kinds, if one is named. Where
/// the opening's sides are exchanged, `straight` is the one they were exchanged of: what holds there as well says
/// nothing about the sides, and claims nothing here.
fn ask(
    candidates: &mut Candidates,
    opening: &Opening<'_>,
    straight: Option<&Opening<'_>>,
    best: &mut Best,
    of: Option<u16>,
) {
    let mut asked = *candidates;
    if let Some(of) = of {
        asked.retain(kinds_of(of));
    }
    for (index, inspector) in asked.iter() {
        match (inspector.inspect)(opening) {
            Ok(evidence) => {
                if straight.is_some_and(|straight| holds(inspector, straight, evidence.confidence)) {
                    continue;
                }
                let inspector = u16::try_from(index).unwrap_or(u16::MAX);
                best.offer(Claim { inspector, evidence, swapped: straight.is_some() });
            }
            Err(Reject::Mismatch) => candidates.remove(index),
            Err(Reject::Incomplete) => {}
        }
    }
}

/// Whether an inspector claims an opening at least so surely.
fn holds(inspector: &Inspector, opening: &Opening<'_>, confidence: Confidence) -> bool {
    (inspector.inspect)(opening).is_ok_and(|evidence| evidence.confidence >= confidence)
}

/// The inspector at `general` and all that refine it, directly or by steps.
fn kinds_of(general: u16) -> &'static Candidates {
    /// Longest chain of refinements followed: the list has none longer than two.
    const MAX_STEPS: usize = 4;
    static KINDS: LazyLock<Vec<Candidates>> = LazyLock::new(|| {
        let place = |name: &str| INSPECTORS.iter().position(|i| i.name == name);
        let general: Vec<Option<usize>> = INSPECTORS.iter().map(|i| i.refines.and_then(place)).collect();
        let above = |place: &usize| general.get(*place).copied().flatten();
        let mut kinds = vec![Candidates::NONE; INSPECTORS.len()];
        for special in 0..INSPECTORS.len() {
            for place in std::iter::successors(Some(special), above).take(MAX_STEPS + 1) {
                if let Some(kinds) = kinds.get_mut(place) {
                    kinds.add(special);
                }
            }
        }
        kinds
    });
    KINDS.get(usize::from(general)).unwrap_or(&Candidates::NONE)
}

/// The strongest claims so far, with those that are equally strong.
#[derive(Default)]
struct Best {
    claims: [Option<Claim>; 3],
}

impl Best {
    fn offer(&mut self, claim: Claim) {
        let new = claim.inspector;
        for place in &mut self.claims {
            let Some(old) = *place else { continue };
            let held = old.inspector;
            // A special kind wins over the general one if both see the same side as the initiator.
            let alike = old.swapped == claim.swapped;
            if (alike && is_kind_of(held, new)) || (held == new && !stronger(claim, old)) {
                return;
            }
            if (alike && is_kind_of(new, held)) || held == new || stronger(claim, old) {
                *place = None;
            } else if stronger(old, claim) {
                return;
            }
        }
        if let Some(free) = self.claims.iter_mut().find(|place| place.is_none()) {
            *free = Some(claim);
        }
    }

    /// The confidence of the claims, which are equally strong.
    fn strongest(&self) -> Option<Confidence> {
        self.claims.iter().flatten().map(|claim| claim.evidence.confidence).max()
    }

    /// The only claim.
    fn alone(&self) -> Option<Claim> {
        let mut claims = self.claims.iter().flatten();
        claims.next().filter(|_| claims.next().is_none()).copied()
    }

    /// The only claim, or the only one of several equal ones on whose usual port the flow is.
    fn decide(&self, opening: &Opening<'_>) -> Option<Claim> {
        if let Some(claim) = self.alone() {
            return Some(claim);
        }
        let [initiator, responder] = opening.endpoints;
        let usual = |claim: &&Claim| {
            let port = if claim.swapped { initiator.port } else { responder.port };
            claim.by().is_some_and(|by| by.ports.contains(&port))
        };
        let mut usual = self.claims.iter().flatten().filter(usual);
        if let (Some(claim), None) = (usual.next(), usual.next()) { Some(*claim) } else { None }
    }
}

/// Whether `a` outranks `b`: by what was seen, and of equals by not having to exchange the sides.
fn stronger(a: Claim, b: Claim) -> bool {
    let rank = |claim: Claim| (claim.evidence.confidence, !claim.swapped);
    rank(a) > rank(b)
}
