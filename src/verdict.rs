//! How port and bytes relate: the verdict, the label, and why.

use crate::byteset::ByteSet;
use crate::context::Announcement;
use crate::flow::{Flow, Refutation};
use crate::inspect::{Confidence, Side};
use crate::key::{Endpoint, Transport};
use crate::ports::book::{Book, Page};
use crate::ports::{self, Basis, PortClaim};
use crate::protocols::{self, INSPECTORS};
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

/// How what the port promises and what the bytes say relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The bytes (or behaviour, or context) say what the port promises.
    Confirmed,
    /// The bytes say what it is; the port promises nothing.
    Recognised,
    /// The port promises one thing and the bytes are another.
    Contradicted,
    /// Only the port speaks, and the bytes that were seen do not speak against it.
    Plausible,
    /// Only the port speaks, and nothing could be checked.
    Unverifiable,
    /// Neither speaks.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Confirmed,
        Self::Recognised,
        Self::Contradicted,
        Self::Plausible,
        Self::Unverifiable,
        Self::Unknown,
    ];

    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Recognised => "recognised",
            Self::Contradicted => "contradicted",
            Self::Plausible => "plausible",
            Self::Unverifiable => "unverifiable",
            Self::Unknown => "unknown",
        }
    }
}

/// What kind of thing a reason is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// Bytes.
    Payload,
    /// Rhythm and sizes.
    Behaviour,
    /// Another flow.
    Context,
    /// The listening side's port.
    Port,
    /// The user's own word.
    User,
}

impl ReasonKind {
    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Behaviour => "behaviour",
            Self::Context => "context",
            Self::Port => "port",
            Self::User => "user",
        }
    }
}

/// A sentence: most are known at compile time or shared by many flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The same for all flows.
    Fixed(&'static str),
    /// The same for many flows.
    Shared(Arc<str>),
}

impl Deref for Detail {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl From<&'static str> for Detail {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

/// A piece of evidence, as told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What kind of thing it is.
    pub kind: ReasonKind,
    /// The rule's name.
    pub rule: &'static str,
    /// What was seen.
    pub detail: Detail,
    /// The frame that it was seen in.
    pub frame: Option<u64>,
    /// Whose bytes.
    pub side: Option<Side>,
}

/// What is decided about a flow.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The label.
    pub app: Option<&'static str>,
    /// How port and bytes relate.
    pub verdict: Verdict,
    /// How sure the label is.
    pub confidence: Option<Confidence>,
    /// What the port promises, the best claim first.
    pub port_claims: Arc<[PortClaim]>,
    /// The evidence, strongest first.
    pub why: Vec<Reason>,
}

/// Decides what a flow is, from all that is known of it and what ports promise.
pub fn decide(flow: &Flow, book: &mut Book) -> Decision {
    let Some(transport) = flow.key.transport() else {
        return Decision {
            app: None,
            verdict: Verdict::Unknown,
            confidence: None,
            port_claims: Arc::from([]),
            why: vec![Reason {
                kind: ReasonKind::Port,
                rule: "no-ports",
                detail: "no ports, so no label".into(),
                frame: None,
                side: None,
            }],
        };
    };
    let [_, port] = flow.ports();
    let own = own_word(flow, book);
    let own_page = book.own_page(transport, flow.endpoints());
    let by_own_rule = own_page.is_some();
    let page = match &own_page {
        Some(page) => page,
        None => book.page(transport, port),
    };
    let port_claims = Arc::clone(&page.claims);
    let mut why = Vec::new();
    let announced = flow.extra.as_ref().and_then(|extra| extra.announced);
    let claim = flow.claim.and_then(|(claim, frame)| Some((claim.by()?, claim.evidence, frame)));
    let mut labelled = claim.map(|(by, evidence, _)| (by.name, evidence.confidence));
    why.extend(own.as_ref().map(|own| own.reason.clone()));
    if let Some((_, evidence, frame)) = claim {
        let behaviour = evidence.confidence == Confidence::Behaviour;
        why.push(Reason {
            kind: if behaviour { ReasonKind::Behaviour } else { ReasonKind::Payload },
            rule: evidence.rule_name(),
            detail: evidence.detail().into(),
            frame: Some(frame),
            side: Some(evidence.side),
        });
    }
    if let Some(announced) = announced {
        // Two whole messages, or one, outrank what another flow said would come; mere telling bytes do not. What has no
        // form of its own is a file that may be of any, and only two sides that talk are not.
        let formless = protocols::named(announced.name).is_some_and(|by| by.initiator_first == ByteSet::NONE);
        let outranked = if formless { Confidence::Message } else { Confidence::Signature };
        let refused = labelled.is_none() && flow.extra.as_ref().is_some_and(|extra| extra.announced_refused);
        if !refused && labelled.is_none_or(|(_, confidence)| confidence <= outranked) {
            let kept = labelled.filter(|(name, _)| *name == announced.name);
            labelled = Some(kept.unwrap_or((announced.name, Confidence::Behaviour)));
        }
        why.push(Reason {
            kind: ReasonKind::Context,
            rule: "announced",
            detail: if refused {
                format!(
                    "{} named this flow's listening end for {}, but its bytes are not that",
                    said_by(announced),
                    announced.name
                )
            } else {
                format!("{} named this flow's listening end", said_by(announced))
            }
            .into(),
            frame: Some(announced.frame),
            side: None,
        });
    }
    // The user's own word about the bytes outranks everybody else's.
    labelled = own.as_ref().map(|own| (own.name, own.confidence)).or(labelled);
    let Some((name, confidence)) = labelled else {
        return by_port_only(flow, page, by_own_rule, why);
    };
    let usual = own.map_or_else(
        || claim.is_some_and(|(by, _, _)| by.name == name && by.ports.contains(&port)),
        |own| own.names_ports,
    );
    let kept = port_claims.iter().position(|claim| ports::promises(claim, name));
    let promised = kept.is_some();
    // The user's words about a port outrank everybody else's: they alone are kept or broken.
    let by_user = port_claims.iter().any(|claim| claim.basis == Basis::User);
    let kept_by_user =
        port_claims.iter().position(|claim| claim.basis == Basis::User && ports::promises(claim, name));
    let verdict = if by_user && kept_by_user.is_none() {
        Verdict::Contradicted
    } else if usual || promised {
        Verdict::Confirmed
    } else if port_claims.is_empty() || announced.is_some_and(|announced| announced.name == name) {
        // Whoever has a port registered has no say about one that two hosts agreed upon for this flow.
        Verdict::Recognised
    } else {
        Verdict::Contradicted
    };
    if usual && !promised && !by_user {
        why.push(Reason {
            kind: ReasonKind::Port,
            rule: "responder-port",
            detail: format!("port {port} is usual for {name}").into(),
            frame: None,
            side: Some(Side::Responder),
        });
    } else {
        why.extend(port_reason(page, kept_by_user.or(kept.filter(|_| !by_user)).unwrap_or(0)));
    }
    Decision { app: Some(name), verdict, confidence: Some(confidence), port_claims, why }
}

/// Who named a flow, and in which other one.
fn said_by(announced: Announcement) -> String {
    match announced.by {
        Some([from, to]) => format!("{}, in {} to {},", announced.said_by, socket(from), socket(to)),
        None => announced.said_by.to_owned(),
    }
}

fn socket(end: Endpoint) -> SocketAddr {
    SocketAddr::new(end.address, end.port)
}

/// What a rule of the user's own says of a flow's bytes.
struct OwnWord {
    name: &'static str,
    confidence: Confidence,
    /// Whether the rule is about certain ports, so that the flow is on one of them.
    names_ports: bool,
    reason: Reason,
}

fn own_word(flow: &Flow, book: &Book) -> Option<OwnWord> {
    let (own, frame) = flow.extra.as_ref()?.own?;
    let (rule, words) = book.rule(own.rule)?;
    let reason = Reason {
        kind: ReasonKind::User,
        rule: "own-rule",
        detail: Detail::Shared(words),
        frame: Some(frame),
        side: Some(own.side),
    };
    let names_ports = !rule.ports.is_empty();
    Some(OwnWord { name: rule.name, confidence: rule.confidence(), names_ports, reason })
}

fn by_port_only(flow: &Flow, page: &Page, by_own_rule: bool, mut why: Vec<Reason>) -> Decision {
    let port_claims = Arc::clone(&page.claims);
    let unchecked = unchecked(flow);
    let Some(best) = port_claims.first().copied() else {
        why.push(nobodys(flow, unchecked.as_ref()));
        return Decision { app: None, verdict: Verdict::Unknown, confidence: None, port_claims, why };
    };
    // Whose bytes others expect there says nothing of the user's own.
    let refuted = if by_own_rule { own_refutation(flow, best.name) } else { refutation(flow, page) };
    if let Some((detail, side)) = refuted {
        why.push(Reason {
            kind: ReasonKind::Payload,
            rule: "not-as-promised",
            detail,
            frame: first_frame(flow),
            side: Some(side),
        });
        why.extend(port_reason(page, 0));
        return Decision { app: None, verdict: Verdict::Contradicted, confidence: None, port_claims, why };
    }
    why.extend(port_reason(page, 0));
    let verdict = if unchecked.is_some() { Verdict::Unverifiable } else { Verdict::Plausible };
    if let Some(reason) = unchecked {
        why.push(Reason {
            kind: ReasonKind::Port,
            rule: "nothing-to-check",
            detail: reason,
            frame: None,
            side: None,
        });
    }
    let app = flow.key.transport().map_or_else(|| best.protocol(), |transport| best.protocol_over(transport));
    Decision { app: Some(app), verdict, confidence: Some(Confidence::Port), port_claims, why }
}

/// What the bytes are not, or what they are instead, where that speaks against what the port promises.
fn refutation(flow: &Flow, page: &Page) -> Option<(Detail, Side)> {
    let Refutation { first, spoken, side } = flow.refuted?;
    let detail = match spoken.and_then(|place| INSPECTORS.get(usize::from(place))) {
        Some(by) => format!("the first bytes are what {} sends over another transport: {first}", by.name),
        None => format!("the first bytes are {}: {first}", page.not_sent()?),
    };
    Some((detail.into(), side))
}

/// That the bytes are not those of the user's rules that name the port.
fn own_refutation(flow: &Flow, name: &str) -> Option<(Detail, Side)> {
    flow.extra.as_ref().filter(|extra| extra.own_refused)?;
    let unclaimed = flow.unclaimed?;
    let detail = format!("the first bytes are not what the rule of {name} says: {}", unclaimed.first);
    Some((detail.into(), unclaimed.side))
}

/// Why nothing could be checked, if nothing could.
fn unchecked(flow: &Flow) -> Option<Detail> {
    let payload: u64 = flow.counts.iter().map(|count| count.payload).sum();
    let left = flow.unclaimed.and_then(|unclaimed| unclaimed.first.all());
    if flow.key.transport().is_some() && flow.ports() == [0, 0] {
        return Some(
            "fragments without the first of their datagram, which alone has the ports, or before it came"
                .into(),
        );
    }
    match (payload, flow.truncated, left) {
        (0, ..) => Some("no payload was exchanged".into()),
        (_, false, _) => None,
        (_, true, Some(left)) => {
            Some(format!("the capture cut off all but the first {left} bytes of payload").into())
        }
        (_, true, None) => Some("the capture cut the payload off".into()),
    }
}

/// Why a flow is nobody's on a port that promises nothing.
fn nobodys(flow: &Flow, unchecked: Option<&Detail>) -> Reason {
    let [_, port] = flow.ports();
    let detail = match (unchecked, flow.unclaimed) {
        (Some(reason), _) => format!("{}; port {port} promises nothing", &**reason),
        (None, Some(unclaimed)) => {
            format!("nobody knows these first bytes: {}; port {port} promises nothing", unclaimed.first)
        }
        (None, None) => format!("nobody knows these bytes; port {port} promises nothing"),
    };
    let known = flow.unclaimed.filter(|_| unchecked.is_none());
    Reason {
        kind: if known.is_some() { ReasonKind::Payload } else { ReasonKind::Port },
        rule: if unchecked.is_some() { "nothing-to-check" } else { "unknown" },
        detail: detail.into(),
        frame: known.and_then(|_| first_frame(flow)),
        side: known.map(|unclaimed| unclaimed.side),
    }
}

/// The frame of the first payload, where that is known: over TCP the handshake comes first.
fn first_frame(flow: &Flow) -> Option<u64> {
    (flow.key.transport() != Some(Transport::Tcp)).then_some(flow.first_frame)
}

/// What the claim at `place` of a page says.
fn port_reason(page: &Page, place: usize) -> Option<Reason> {
    let claim = page.claims.get(place)?;
    Some(Reason {
        kind: if claim.basis == Basis::User { ReasonKind::User } else { ReasonKind::Port },
        rule: "responder-port",
        detail: Detail::Shared(page.sentence(place)?),
        frame: None,
        side: Some(Side::Responder),
    })
}
