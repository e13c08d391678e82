//! How strong a rule of the user's own is: how many payloads of random bytes would pass.
//!
//! Bits that a pattern fixes are counted. A regular expression is bounded from above: over all places at which it may begin
//! and all ways through it, the probabilities add up, which is at least the probability that any of them fits.

use super::Rule;
use super::pattern::{Masked, Test, Whose};
use crate::key::Transport;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::collections::BTreeMap;

/// Bytes of the random payload that regular expressions are tried on, and that a stream's messages fit into.
pub const PAYLOAD: usize = 512;
/// Steps after which an expression is given up as too involved.
const MAX_STEPS: u64 = 20_000_000;

/// How many random payloads pass: 1 in two to the power of so many bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// The bits.
    pub bits: f64,
    /// Whether that many pass, or at most so many.
    pub is_exact: bool,
}

/// How strong the rule's patterns are. Ports, hosts and sizes of datagrams count nothing: what comes there is not random.
#[must_use]
pub fn strength(rule: &Rule) -> Strength {
    let streams = rule.transports.is_empty() || rule.transports.contains(&Transport::Tcp);
    let mut all = Strength { bits: 0.0, is_exact: true };
    for whose in [Whose::Client, Whose::Server, Whose::Either] {
        let tests: Vec<&Test> = rule
            .patterns
            .iter()
            .filter(|pattern| pattern.whose == whose)
            .map(|pattern| &pattern.test)
            .collect();
        let fixed = fixed_bits(&tests, streams);
        let searched = tests.iter().filter_map(|test| match test {
            Test::Regex(regex) => Some(regex_bits(regex.as_str())),
            _ => None,
        });
        // They may look at the same bytes: whichever is stronger counts.
        let searched = searched.reduce(f64::max);
        all.is_exact &= tests.is_empty() || (searched.is_none() && whose != Whose::Either);
        let bits = searched.map_or(fixed, |bits| bits.max(fixed));
        // One more side that may fit by chance.
        let chances = if whose == Whose::Either && bits > 0.0 { 1.0 } else { 0.0 };
        all.bits += (bits - chances).max(0.0);
    }
    all.is_exact |= rule.patterns.iter().all(|pattern| matches!(pattern.test, Test::Size(..)));
    all
}

/// Bits that are fixed at their places.
fn fixed_bits(tests: &[&Test], streams: bool) -> f64 {
    let mut masks: BTreeMap<u32, u8> = BTreeMap::new();
    for test in tests {
        match test {
            Test::Bytes { offset, bytes } => {
                for (place, Masked { mask, .. }) in (*offset..).zip(bytes) {
                    *masks.entry(place).or_default() |= mask;
                }
            }
            // Of all numbers that the field may be, one is a datagram's length.
            Test::Length(length) if !streams => {
                for place in (length.at..).take(length.width.into()) {
                    masks.insert(place, u8::MAX);
                }
            }
            _ => {}
        }
    }
    let mut bits: f64 = masks.values().map(|mask| f64::from(mask.count_ones())).sum();
    for test in tests {
        if let (Test::Length(length), true) = (test, streams) {
            let free = (length.at..).take(length.width.into()).all(|place| !masks.contains_key(&place));
            let all = f64::from(length.width) * 8.0;
            // Every number fits a stream that is long enough for it.
            #[expect(clippy::cast_precision_loss, reason = "a payload is short")]
            let fitting = (PAYLOAD as f64).log2();
            bits += if free { (all - fitting).max(0.0) } else { 0.0 };
        }
    }
    bits
}

/// At least so many bits: of random payloads at most one in two to this power is matched.
fn regex_bits(text: &str) -> f64 {
    let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(text);
    let Ok(hir) = parser else { return 0.0 };
    let mut ways = Ways { steps: 0 };
    let begins = vec![1.0; PAYLOAD + 1];
    let ends = ways.through(&hir, &begins);
    if ways.steps > MAX_STEPS {
        return 0.0;
    }
    let probability = ends.iter().sum::<f64>().min(1.0);
    // What cannot match at all is as strong as what matches one payload only.
    -probability.max(f64::MIN_POSITIVE).log2()
}

/// Follows an expression through a random payload: how probable it is at each place to have come so far.
struct Ways {
    steps: u64,
}

impl Ways {
    /// The places after a part of the expression, given those before it.
    fn through(&mut self, hir: &Hir, before: &[f64]) -> Vec<f64> {
        self.steps += before.len() as u64;
        if self.steps > MAX_STEPS {
            return before.to_vec();
        }
        match hir.kind() {
            HirKind::Look(Look::Start) => {
                before.iter().enumerate().map(|(place, p)| if place == 0 { *p } else { 0.0 }).collect()
            }
            // Other conditions only make it less probable.
            HirKind::Empty | HirKind::Look(_) => before.to_vec(),
            HirKind::Literal(literal) => {
                literal.0.iter().fold(before.to_vec(), |before, _| shifted(&before, 1, 1.0 / 256.0))
            }
            HirKind::Class(class) => bytes_of(class)
                .into_iter()
                .fold(vec![0.0; before.len()], |sum, one| added(sum, &shifted(before, one.0, one.1))),
            HirKind::Repetition(repetition) => {
                let mut now = before.to_vec();
                for _ in 0..repetition.min {
                    now = self.through(&repetition.sub, &now);
                    if self.steps > MAX_STEPS || is_nothing(&now) {
                        return now;
                    }
                }
                let mut all = now.clone();
                let most = repetition.max.map_or(PAYLOAD, |max| (max - repetition.min) as usize);
                for _ in 0..most.min(PAYLOAD) {
                    now = self.through(&repetition.sub, &now);
                    if self.steps > MAX_STEPS || is_nothing(&now) {
                        break;
                    }
                    all = added(all, &now);
                }
                all
            }
            HirKind::Capture(capture) => self.through(&capture.sub, before),
            HirKind::Concat(parts) => {
                parts.iter().fold(before.to_vec(), |before, part| self.through(part, &before))
            }
            HirKind::Alternation(parts) => parts.iter().fold(vec![0.0; before.len()], |sum, part| {
                let one = self.through(part, before);
                added(sum, &one)
            }),
        }
    }
}

fn is_nothing(places: &[f64]) -> bool {
    places.iter().sum::<f64>() < 1e-60
}

/// Some bytes further, each time with a probability.
fn shifted(before: &[f64], by: usize, probability: f64) -> Vec<f64> {
    let moved = before.iter().take(before.len().saturating_sub(by)).map(|p| p * probability);
    std::iter::repeat_n(0.0, by.min(before.len())).chain(moved).collect()
}

/// One way or the other; nothing is more than certain.
fn added(a: Vec<f64>, b: &[f64]) -> Vec<f64> {
    a.into_iter().zip(b).map(|(a, b)| (a + b).min(1.0)).collect()
}

/// How many bytes a class may take, and how probable it is that random ones are of it.
fn bytes_of(class: &Class) -> Vec<(usize, f64)> {
    match class {
        Class::Bytes(class) => {
            let all: f64 =
                class.iter().map(|range| f64::from(range.end()) - f64::from(range.start()) + 1.0).sum();
            vec![(1, all / 256.0)]
        }
        Class::Unicode(class) => {
            /// The last character of each length in UTF-8 (RFC 3629 section 3).
            const LAST: [u32; 4] = [0x7F, 0x7FF, 0xFFFF, 0x0010_FFFF];
            let mut lengths = [0.0; 4];
            for range in class.iter() {
                let mut first = u32::from(range.start());
                for (sum, last) in lengths.iter_mut().zip(LAST) {
                    let end = last.min(range.end().into());
                    if first <= end {
                        *sum += f64::from(end - first + 1);
                        first = end + 1;
                    }
                }
            }
            (1..)
                .zip(lengths)
                .map(|(length, count)| (length, count / 256f64.powi(i32::try_from(length).unwrap_or(4))))
                .collect()
        }
    }
}
