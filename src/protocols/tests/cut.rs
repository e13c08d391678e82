//! What is told of frames that the capture cut must be a part of what is told of whole ones, and say so.

use super::{examples, judge, opening};
use crate::attributes::{Attributes, ELLIPSIS, Value};
use crate::inspect::{Confidence, Example, Inspector, Piece, Said};
use crate::key::Transport;
use crate::packet::Timestamp;
use std::collections::BTreeSet;

/// A side of an example as a capture shows it that cuts each packet's payload.
struct Cut {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Cut {
    /// Of a stream nothing is kept behind the first cut. `told` says whether packets know what is missing of them; a stream
    /// of which the rest was never captured does not.
    fn new(parts: &[&[u8]], transport: Transport, most: usize, told: bool) -> Self {
        let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
        for (index, part) in parts.iter().enumerate() {
            let kept = &part[..most.min(part.len())];
            bytes.extend_from_slice(kept);
            let wire_len = if told { part.len() } else { kept.len() } as u32;
            if !kept.is_empty() || transport != Transport::Tcp {
                let (time, frame) = (Timestamp(index as i64 * 1_000_000), index as u64 + 1);
                pieces.push(Piece { time, frame, end: bytes.len() as u32, wire_len, fragmented: false });
            }
            if kept.len() < part.len() && transport == Transport::Tcp {
                break;
            }
        }
        Self { bytes, pieces }
    }

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, false)
    }
}

/// What an inspector tells of an example cut at so many bytes, if it claims it or `anyway`.
fn told(
    inspector: &Inspector,
    example: &Example,
    most: [usize; 2],
    know: bool,
    anyway: bool,
) -> Option<Attributes> {
    let [asks, answers] = [(example.initiator, most[0]), (example.responder, most[1])]
        .map(|(parts, most)| Cut::new(parts, example.transport, most, know));
    let opening = opening(example, asks.said(), answers.said());
    let verdict = judge(inspector, &opening);
    if verdict.is_err() && !anyway {
        return None;
    }
    let whole = verdict.is_ok_and(|claim| claim.confidence == Confidence::Dialogue && !claim.wants_more);
    Some(inspector.told(&opening, !whole))
}

fn is_part(part: &Value, whole: Option<&Value>) -> bool {
    let is_part_of = |part: &str, whole: &str| {
        part == whole || part.strip_suffix(ELLIPSIS).is_some_and(|begins| whole.starts_with(begins))
    };
    match (part, whole) {
        (Value::Text(part), Some(Value::Text(whole))) => is_part_of(part, whole),
        (Value::List(part), Some(Value::List(whole))) => {
            let cut = part.last().is_some_and(|last| last.ends_with(ELLIPSIS));
            let fits = |(at, entry): (usize, &String)| match whole.get(at) {
                Some(whole) => is_part_of(entry, whole),
                None => entry == ELLIPSIS && at + 1 == part.len(),
            };
            (cut || part.len() == whole.len()) && part.iter().enumerate().all(fits)
        }
        (part, whole) => Some(part) == whole,
    }
}

#[test]
fn what_is_told_of_cut_frames_is_told_of_whole_ones_or_marked_as_cut() {
    let mut wrong = BTreeSet::new();
    // Of a whole datagram that is damaged at its end nothing is told, although its beginning reads well.
    let damaged = |example: &Example| example.shows.contains("damaged");
    for (inspector, example) in examples().filter(|(_, e)| e.expect.is_some() && !damaged(e)) {
        let longest = |parts: &[&[u8]]| parts.iter().map(|part| part.len()).max().unwrap_or(0);
        let all = [longest(example.initiator), longest(example.responder)];
        // Of a side that is cut too short nothing is known, as if it had not been captured.
        let halves = [all, [all[0], 0], [0, all[1]]];
        let wholes: Vec<Attributes> =
            halves.iter().filter_map(|&most| told(inspector, example, most, false, true)).collect();
        for most in 0..all[0].max(all[1]) {
            for most in [[most; 2], [most, all[1]], [all[0], most]] {
                for know in [true, false] {
                    // A datagram knows its length, and a request that is answered has come to its end.
                    let half_asked = most[0] < all[0] && most[1] > 0;
                    if !know && (example.transport != Transport::Tcp || half_asked) {
                        continue;
                    }
                    for (key, value) in told(inspector, example, most, know, false).unwrap_or_default().iter()
                    {
                        if !wholes.iter().any(|whole| is_part(value, whole.value(key))) {
                            let whole = wholes.first().and_then(|whole| whole.value(key));
                            wrong.insert((key, example.shows, know, format!("{value:?} of {whole:?}")));
                        }
                    }
                }
            }
        }
    }
    let mut shown = BTreeSet::new();
    let told: Vec<String> = wrong
        .iter()
        .filter(|(key, shows, know, _)| shown.insert((*key, *shows, *know)))
        .map(|(key, shows, know, what)| format!("{key} of {shows:?} ({know}): {what}"))
        .collect();
    assert!(told.is_empty(), "{} cases\n{}", wrong.len(), told.join("\n"));
}
