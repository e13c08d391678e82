//! By what an inspector recognises its protocol: the rules that its own examples meet.

use crate::byteset::ByteSet;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Piece, Said};
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;

/// A rule's name, what it says was seen, and the strongest confidence that it reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) seen: &'static str,
    pub(super) confidence: Confidence,
}

/// The rules by which `inspector` claims its examples, the strongest first.
pub(super) fn rules(inspector: &Inspector) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for example in inspector.examples.iter().filter(|example| example.expect.is_some()) {
        let Some(evidence) = judge(inspector, example) else { continue };
        let (name, seen, confidence) = (evidence.rule_name(), evidence.detail(), evidence.confidence);
        match rules.iter_mut().find(|rule| (rule.name, rule.seen) == (name, seen)) {
            Some(rule) => rule.confidence = rule.confidence.max(confidence),
            None => rules.push(Rule { name, seen, confidence }),
        }
    }
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.confidence));
    rules
}

/// The strongest confidence that it can give: what its examples show, or behaviour; `None` if it goes by neither.
pub(super) fn strongest(inspector: &Inspector) -> Option<Confidence> {
    let behaviour = inspector.behave.map(|_| Confidence::Behaviour);
    inspector.examples.iter().filter_map(|example| example.expect).chain(behaviour).max()
}

/// The kinds of evidence that it can give, as records name them, the strongest first.
pub(super) fn kinds(inspector: &Inspector) -> Vec<&'static str> {
    let reads_bytes =
        inspector.initiator_first != ByteSet::NONE || inspector.responder_first != ByteSet::NONE;
    let kinds = [
        (reads_bytes, "payload"),
        (inspector.behave.is_some(), "behaviour"),
        (!inspector.ports.is_empty(), "port"),
    ];
    kinds.into_iter().filter_map(|(has, kind)| has.then_some(kind)).collect()
}

/// The transports among an inspector's carriers.
pub(super) fn carriers(inspector: &Inspector) -> impl Iterator<Item = Transport> {
    let carriers = inspector.carriers;
    [Transport::Tcp, Transport::Udp, Transport::Sctp]
        .into_iter()
        .filter(move |&transport| carriers.contains(transport))
}

fn judge(inspector: &Inspector, example: &Example) -> Option<Evidence> {
    let [initiator, responder] = [example.initiator, example.responder].map(held);
    let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
    let opening = Opening {
        transport: example.transport,
        initiator: Said::new(&initiator.0, &initiator.1, false),
        responder: Said::new(&responder.0, &responder.1, false),
        // A client's port that is nobody's.
        endpoints: [end(1, 51_000), end(2, example.port)],
        responder_listens: true,
        from_start: true,
    };
    (inspector.inspect)(&opening).ok()
}

/// An example's bytes as an opening borrows them.
fn held(parts: &[&[u8]]) -> (Vec<u8>, Vec<Piece>) {
    let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
    for (part, frame) in parts.iter().zip(1..) {
        bytes.extend_from_slice(part);
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let wire_len = u32::try_from(part.len()).unwrap_or(u32::MAX);
        pieces.push(Piece { time: Timestamp(0), frame, end, wire_len, fragmented: false });
    }
    (bytes, pieces)
}
