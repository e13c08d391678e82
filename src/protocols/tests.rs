//! Rules that every inspector must keep, checked on every example of every inspector.
//! Nobody has to remember to test these for a new protocol.

use super::INSPECTORS;
use crate::attributes::Attributes;
use crate::byteset::ByteSet;
use crate::candidates::Candidates;
use crate::inspect::{Confidence, Example, Inspector, Opening, Piece, Reject, Said, Shape, Side, Verdict};
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;
use std::collections::BTreeSet;

mod cut;
mod junk;

/// An example's bytes, held so that an [`Opening`] can borrow them.
struct Held {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Held {
    fn new(parts: &[&[u8]]) -> Self {
        let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
        for (index, part) in parts.iter().enumerate() {
            bytes.extend_from_slice(part);
            pieces.push(Piece {
                time: Timestamp(index as i64 * 1_000_000),
                frame: index as u64 + 1,
                end: bytes.len() as u32,
                wire_len: part.len() as u32,
                fragmented: false,
            });
        }
        Self { bytes, pieces }
    }

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, false)
    }

    /// The first `len` bytes of a stream.
    fn cut(&self, len: usize) -> Said<'_> {
        Said::new(&self.bytes[..len], &self.pieces, false)
    }
}

fn opening<'a>(example: &Example, initiator: Said<'a>, responder: Said<'a>) -> Opening<'a> {
    let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
    Opening {
        transport: example.transport,
        initiator,
        responder,
        endpoints: [end(1, 51_000), end(2, example.port)],
        responder_listens: true,
        from_start: true,
    }
}

fn judge(inspector: &Inspector, opening: &Opening<'_>) -> Verdict {
    let mut candidates = Candidates::ALL;
    candidates.narrow(opening);
    let place = INSPECTORS.iter().position(|other| other.name == inspector.name).unwrap();
    if candidates.contains(place) { (inspector.inspect)(opening) } else { Err(Reject::Mismatch) }
}

fn examples() -> impl Iterator<Item = (&'static Inspector, &'static Example)> {
    INSPECTORS.iter().flat_map(|inspector| inspector.examples.iter().map(move |example| (inspector, example)))
}

fn confidence(verdict: Verdict) -> Option<Confidence> {
    verdict.ok().map(|evidence| evidence.confidence)
}

/// Whether `inspector` is a kind of `general`, directly or by steps.
fn refines(inspector: &Inspector, general: &str) -> bool {
    let mut next = inspector.refines;
    while let Some(name) = next {
        if name == general {
            return true;
        }
        next = INSPECTORS.iter().find(|other| other.name == name).and_then(|other| other.refines);
    }
    false
}

#[test]
fn an_inspector_judges_its_own_examples_as_it_says() {
    let mut wrong = Vec::new();
    for (inspector, example) in examples() {
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        let verdict = judge(inspector, &opening(example, initiator.said(), responder.said()));
        if confidence(verdict) != example.expect {
            wrong.push(format!("{}: {}: {verdict:?}", inspector.name, example.shows));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_inspector_claims_the_example_of_another_unless_one_refines_the_other() {
    let mut wrong = Vec::new();
    for (own, example) in examples().filter(|(_, example)| example.expect.is_some()) {
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        let opening = opening(example, initiator.said(), responder.said());
        for other in INSPECTORS.iter().filter(|other| other.name != own.name) {
            let related = refines(own, other.name);
            if confidence(judge(other, &opening)).is_some() && !related {
                wrong.push(format!("{} claims {}'s {:?}", other.name, own.name, example.shows));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn where_tcp_cut_the_stream_never_turns_a_claim_into_another() {
    for (inspector, example) in examples().filter(|(_, e)| e.transport == Transport::Tcp) {
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        for side in [Side::Initiator, Side::Responder] {
            let whole = if side == Side::Initiator { &initiator } else { &responder };
            for cut in 0..whole.bytes.len() {
                let (first, second) = match side {
                    Side::Initiator => (initiator.cut(cut), responder.said()),
                    Side::Responder => (initiator.said(), responder.cut(cut)),
                };
                let verdict = judge(inspector, &opening(example, first, second));
                let named = || format!("{}: {:?}, {side:?} cut at {cut}", inspector.name, example.shows);
                match (verdict, example.expect) {
                    (Err(Reject::Mismatch), Some(_)) => panic!("{}: rejected", named()),
                    (Ok(part), Some(all)) => {
                        assert!(part.confidence <= all, "{}: stronger than all", named());
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_side_that_closes_in_silence_speaks_against_nothing() {
    let closed = Said::new(&[], &[], true);
    let mut wrong = Vec::new();
    for (inspector, example) in
        examples().filter(|(_, e)| e.transport == Transport::Tcp && e.expect.is_some())
    {
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        let opening = if example.responder.is_empty() {
            opening(example, initiator.said(), closed)
        } else if example.initiator.is_empty() {
            opening(example, closed, responder.said())
        } else {
            continue;
        };
        let verdict = judge(inspector, &opening);
        if confidence(verdict) != example.expect {
            wrong.push(format!("{}: {}: {verdict:?}", inspector.name, example.shows));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn any_bytes_at_all_are_judged_without_panic() {
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    for (inspector, example) in examples() {
        for _ in 0..64 {
            let mut spoil = |parts: &[&[u8]]| {
                let mut held = Held::new(parts);
                for _ in 0..random() % 4 {
                    if let Some(byte) = {
                        let len = held.bytes.len().max(1);
                        held.bytes.get_mut(random() % len)
                    } {
                        *byte = random() as u8;
                    }
                }
                held
            };
            let (initiator, responder) = (spoil(example.initiator), spoil(example.responder));
            let opening = opening(example, initiator.said(), responder.said());
            let _ = (inspector.inspect)(&opening);
            let _ = (inspector.inspect)(&opening.swapped());
            if let Some(describe) = inspector.describe {
                describe(&opening, &mut Attributes::default());
            }
        }
    }
}

/// Datagrams of all kinds: those of all examples, each also with a byte changed and cut short, and random ones.
fn datagrams() -> Vec<Vec<u8>> {
    let mut random = junk::Dice(7);
    let mut all = Vec::new();
    for part in examples()
        .filter(|(_, example)| example.transport == Transport::Udp)
        .flat_map(|(_, example)| example.initiator.iter().chain(example.responder))
    {
        all.push(part.to_vec());
        for _ in 0..16 {
            let mut changed = part.to_vec();
            let place = random.below(part.len().clamp(1, 40));
            if let Some(byte) = changed.get_mut(place) {
                *byte = random.byte();
            }
            all.push(changed);
        }
        for _ in 0..4 {
            all.push(part[..random.below(part.len().clamp(1, 70))].to_vec());
        }
    }
    all.extend((0..1_000).map(|_| (0..=random.below(90)).map(|_| random.byte()).collect()));
    all.retain(|bytes| !bytes.is_empty());
    all
}

#[test]
fn a_shape_refuses_no_datagram_that_its_inspector_would_not_refuse() {
    let example = Example::udp(Confidence::Message, "", &[], &[]);
    let shaped: Vec<_> = INSPECTORS.iter().filter(|inspector| inspector.datagram != Shape::ANY).collect();
    for bytes in datagrams() {
        let (held, silent) = (Held::new(&[&bytes]), Held::new(&[]));
        for [initiator, responder] in [[&held, &silent], [&silent, &held]] {
            let opening = opening(&example, initiator.said(), responder.said());
            let mut candidates = Candidates::ALL;
            candidates.narrow(&opening);
            for inspector in &shaped {
                let place = INSPECTORS.iter().position(|other| other.name == inspector.name).unwrap();
                let said =
                    |first: ByteSet, said: &Held| said.bytes.first().is_none_or(|&byte| first.contains(byte));
                let begins =
                    said(inspector.initiator_first, initiator) && said(inspector.responder_first, responder);
                if begins && !candidates.contains(place) {
                    let verdict = (inspector.inspect)(&opening);
                    assert_eq!(verdict, Err(Reject::Mismatch), "{}: {bytes:02x?}", inspector.name);
                }
            }
        }
    }
}

#[test]
fn random_bytes_are_claimed_by_nobody() {
    let mut state = 7_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let mut claims: Vec<String> = Vec::new();
    for round in 0..20_000 {
        let transport = if round % 2 == 0 { Transport::Tcp } else { Transport::Udp };
        let bytes: [Vec<u8>; 2] = std::array::from_fn(|_| (0..64).map(|_| random()).collect());
        let [initiator, responder] = bytes.each_ref().map(|bytes| Held::new(&[bytes]));
        let example = Example::not(transport, "random", &[], &[]);
        let opening = opening(&example, initiator.said(), responder.said());
        for inspector in INSPECTORS.iter().filter(|i| i.carriers.contains(transport)) {
            if let Ok(evidence) = judge(inspector, &opening) {
                claims.push(format!("{} ({})", inspector.name, evidence.rule));
            }
        }
    }
    assert!(claims.is_empty(), "{claims:?}");
}

#[test]
fn what_is_described_is_declared() {
    for (inspector, example) in examples().filter(|(_, example)| example.expect.is_some()) {
        let Some(describe) = inspector.describe else { continue };
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        let mut attributes = Attributes::default();
        describe(&opening(example, initiator.said(), responder.said()), &mut attributes);
        for (key, _) in attributes.iter() {
            let declared = inspector.attributes.iter().any(|(name, _)| *name == key);
            assert!(declared, "{}: {key} is not declared", inspector.name);
        }
    }
}

#[test]
fn rules_are_named_and_say_what_was_seen() {
    for (inspector, example) in examples().filter(|(_, example)| example.expect.is_some()) {
        let (initiator, responder) = (Held::new(example.initiator), Held::new(example.responder));
        let Ok(evidence) = judge(inspector, &opening(example, initiator.said(), responder.said())) else {
            continue;
        };
        let kebab = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(
            evidence.rule.contains(": ") && evidence.rule_name().bytes().all(kebab),
            "{}: {:?} is not `rule-name: what was seen`",
            inspector.name,
            evidence.rule
        );
    }
}

#[test]
fn names_are_unique_lower_case_and_what_is_refined_exists() {
    let mut names = BTreeSet::new();
    for inspector in INSPECTORS {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(inspector.name.bytes().all(ok), "{}", inspector.name);
        assert!(names.insert(inspector.name), "{} occurs twice", inspector.name);
        assert!(!inspector.title.is_empty() && !inspector.specification.is_empty(), "{}", inspector.name);
    }
    for general in INSPECTORS.iter().filter_map(|inspector| inspector.refines) {
        assert!(names.contains(general), "{general} is refined but does not exist");
    }
}

#[test]
fn every_inspector_that_reads_bytes_shows_a_claim_and_a_lookalike() {
    for inspector in INSPECTORS {
        // An inspector that can judge by behaviour or port only has no bytes to show.
        let reads_bytes =
            inspector.initiator_first != ByteSet::NONE || inspector.responder_first != ByteSet::NONE;
        let shows = |claimed: bool| inspector.examples.iter().any(|e| e.expect.is_some() == claimed);
        assert!(!reads_bytes || shows(true), "{} shows no claim", inspector.name);
        assert!(!reads_bytes || shows(false), "{} shows no lookalike", inspector.name);
    }
}

#[test]
fn the_keys_of_a_headline_are_declared() {
    let declared = |key: &str| INSPECTORS.iter().any(|i| i.attributes.iter().any(|(known, _)| *known == key));
    for inspector in INSPECTORS {
        for key in inspector.headline {
            assert!(declared(key), "{}: {key}", inspector.name);
        }
    }
}
