//! Structured junk on ports that nobody uses: zeros, counters, lengths that are right, lines of text. None of it is
//! any protocol, and a rule that claims it claims what strangers send.

use super::{Held, INSPECTORS};
use crate::classify::Classifier;
use crate::inspect::{Confidence, Opening};
use crate::key::{Endpoint, Transport};
use std::collections::BTreeMap;

/// Numbers that look random and are the same each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn word(&mut self) -> Vec<u8> {
        let len = 1 + self.below(9);
        (0..len).map(|_| b'a' + self.below(26) as u8).collect()
    }

    /// What a field holds: noise, zeros, text or a small number.
    fn value(&mut self, len: usize) -> Vec<u8> {
        match self.below(4) {
            0 => self.bytes(len),
            1 => vec![0; len],
            2 => self.word().into_iter().cycle().take(len).collect(),
            _ => {
                std::iter::repeat_n(0, len.saturating_sub(1)).chain([self.below(9) as u8]).take(len).collect()
            }
        }
    }
}

/// The number in so many bytes, in either order.
fn number(value: usize, width: usize, big: bool) -> Vec<u8> {
    let mut bytes = (value as u32).to_be_bytes()[4 - width..].to_vec();
    if !big {
        bytes.reverse();
    }
    bytes
}

/// Makes the message of this number.
type Make = fn(&mut Dice, usize) -> Vec<u8>;

/// Kinds of junk, each with how a message of it is made; `n` counts the messages of the flow.
const KINDS: &[(&str, Make)] = &[
    ("zeros", |dice, _| {
        vec![0; dice.one(&[1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 100, 128, 500, 1232, 1400])]
    }),
    ("ones", |dice, _| vec![0xff; 1 + dice.below(200)]),
    ("pattern", |dice, _| {
        let unit = 1 + dice.below(8);
        let unit = dice.bytes(unit);
        let len = 4 + dice.below(300);
        unit.into_iter().cycle().take(len).collect()
    }),
    ("byte counter", |dice, _| {
        let (first, len) = (dice.byte(), 4 + dice.below(300));
        (0..len).map(|at| first.wrapping_add(at as u8)).collect()
    }),
    ("word counter", |dice, n| {
        let (width, big) = (dice.one(&[2, 4]), dice.below(2) == 0);
        let (first, count) = (dice.below(4) + n, 1 + dice.below(60));
        (0..count).flat_map(|at| number(first + at, width, big)).collect()
    }),
    ("sequence and filling", |dice, n| {
        let (width, big, len) = (dice.one(&[1, 2, 4]), dice.below(2) == 0, dice.below(200));
        [number(n + 1, width, big), dice.value(len)].concat()
    }),
    ("small words", |dice, _| {
        let (width, big, count) = (dice.one(&[2, 4]), dice.below(2) == 0, 1 + dice.below(24));
        (0..count).flat_map(|_| number(dice.below(9), width, big)).collect()
    }),
    ("sparse", |dice, _| {
        let mut bytes = vec![0; 8 + dice.below(120)];
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.byte();
        }
        bytes
    }),
    ("few values", |dice, _| {
        let len = 4 + dice.below(80);
        (0..len).map(|_| dice.one(&[0, 0, 0, 1, 2, 3, 4, 8, 0x10, 0x20, 0x80, 0xff])).collect()
    }),
    ("length and filling", |dice, _| {
        let (width, big, inclusive) = (dice.one(&[1, 2, 4]), dice.below(2) == 0, dice.below(2) == 0);
        let len = dice.below(200);
        [number(if inclusive { len + width } else { len }, width, big), dice.value(len)].concat()
    }),
    ("type, length and filling", |dice, n| {
        let (before, width, big) = (1 + dice.below(4), dice.one(&[1, 2, 4]), dice.below(2) == 0);
        let (inclusive, len) = (dice.below(2) == 0, dice.below(200));
        let kind = number(dice.below(8) + n, before, big);
        [kind, number(if inclusive { len + before + width } else { len }, width, big), dice.value(len)]
            .concat()
    }),
    ("version, type, length, id and filling", |dice, n| {
        let (width, big, len) = (dice.one(&[2, 4]), dice.below(2) == 0, dice.below(100));
        let head = vec![1 + dice.below(4) as u8, dice.below(12) as u8];
        let whole = if dice.below(2) == 0 { len + 2 + width + 4 } else { len };
        [head, number(whole, width, big), number(n + 1, 4, big), dice.value(len)].concat()
    }),
    ("elements", |dice, _| {
        let (kinds, width, big) = (dice.one(&[1, 2]), dice.one(&[1, 2]), dice.below(2) == 0);
        let count = 1 + dice.below(8);
        (0..count)
            .flat_map(|_| {
                let len = dice.below(20);
                [number(dice.below(64), kinds, big), number(len, width, big), dice.value(len)].concat()
            })
            .collect()
    }),
    ("type, length, elements", |dice, n| {
        let (width, big) = (dice.one(&[1, 2]), dice.below(2) == 0);
        let count = dice.below(8);
        let elements: Vec<u8> = (0..count)
            .flat_map(|_| {
                let len = dice.below(20);
                [number(dice.below(16), width, big), number(len, width, big), dice.value(len)].concat()
            })
            .collect();
        let whole = elements.len() + if dice.below(2) == 0 { 4 } else { 0 };
        [vec![dice.below(16) as u8, n as u8], number(whole, 2, big), elements].concat()
    }),
    ("lines", |dice, _| {
        let (end, count) = (dice.one(&["\r\n", "\n"]), 1 + dice.below(4));
        let between = dice.one(&[" ", ": ", "=", ",", ";", "|", ":", "\t"]);
        (0..count)
            .flat_map(|_| {
                let words = 1 + dice.below(5);
                let words: Vec<Vec<u8>> = (0..words).map(|_| dice.word()).collect();
                [words.join(between.as_bytes()), end.as_bytes().to_vec()].concat()
            })
            .collect()
    }),
    ("lines in capitals, with numbers", |dice, n| {
        let (end, count) = (dice.one(&["\r\n", "\n", "\0", ""]), 1 + dice.below(3));
        let between = dice.one(&[" ", ": ", "=", ",", ";", "|", ":"]);
        (0..count)
            .flat_map(|_| {
                let command = dice.word().to_ascii_uppercase();
                let words = dice.below(4);
                let mut line = vec![command];
                for _ in 0..words {
                    line.push(if dice.below(2) == 0 {
                        dice.word()
                    } else {
                        (dice.below(1000) + n).to_string().into()
                    });
                }
                [line.join(between.as_bytes()), end.as_bytes().to_vec()].concat()
            })
            .collect()
    }),
    ("numbers in lines", |dice, n| {
        let (between, count) = (dice.one(&[" ", ",", ";", ":", "."]), 1 + dice.below(6));
        let numbers: Vec<String> = (0..count).map(|at| (dice.below(1000) + n + at).to_string()).collect();
        [numbers.join(between), dice.one(&["\r\n", "\n", ""]).to_owned()].concat().into()
    }),
    ("json and tags", |dice, n| {
        let (name, value) = (dice.word(), dice.word());
        let (name, value) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&value));
        match dice.below(3) {
            0 => format!("{{\"{name}\":\"{value}\",\"seq\":{n}}}\n").into(),
            1 => format!("<{name} id=\"{n}\"><{value}/></{name}>").into(),
            _ => format!("[{n}]{name} {value}").into(),
        }
    }),
];

/// Rounds of each kind; of each, one flow for every transport.
const ROUNDS: u64 = 600;

#[test]
fn structured_junk_on_ports_that_nobody_uses_is_no_message_of_any_protocol() {
    let mut claims: BTreeMap<(&str, Confidence, &str), Vec<String>> = BTreeMap::new();
    let (mut flows, mut weak) = (0, 0);
    for (kind, make) in KINDS {
        for round in 0..ROUNDS {
            let mut dice = Dice(round * 1000 + kind.len() as u64);
            dice.below(2);
            let (asked, answered) = (1 + dice.below(4), dice.below(4));
            // The second message of a kind is of the same make as the first more often than not.
            let make_all = |dice: &mut Dice, count: usize, first: usize| -> Vec<Vec<u8>> {
                let (same, start) = (dice.below(3) > 0, dice.0);
                (0..count)
                    .map(|n| {
                        if same {
                            dice.0 = start;
                        }
                        make(dice, first + n)
                    })
                    .collect()
            };
            let requests = make_all(&mut dice, asked, 0);
            let replies =
                if dice.below(4) == 0 { requests.clone() } else { make_all(&mut dice, answered, 0) };
            let parts =
                |messages: &[Vec<u8>]| Held::new(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let (initiator, responder) = (parts(&requests), parts(&replies));
            for transport in [Transport::Tcp, Transport::Udp] {
                let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
                let opening = Opening {
                    transport,
                    initiator: initiator.said(),
                    responder: responder.said(),
                    endpoints: [end(1, 51_237), end(2, 49_873)],
                    responder_listens: true,
                    from_start: true,
                };
                flows += 1;
                let Some(claim) = Classifier::new(transport == Transport::Tcp).judge(&opening, None).claim
                else {
                    continue;
                };
                let by = INSPECTORS[usize::from(claim.inspector)].name;
                let confidence = claim.evidence.confidence;
                weak += 1;
                claims.entry((by, confidence, kind)).or_default().push(format!(
                    "{transport:?} {}: {} | {}",
                    claim.evidence.rule_name(),
                    requests.concat()[..requests.concat().len().min(60)].escape_ascii(),
                    replies.concat()[..replies.concat().len().min(40)].escape_ascii()
                ));
            }
        }
    }
    claims.retain(|(_, confidence, _), _| *confidence >= Confidence::Message);
    let told: Vec<String> = claims
        .iter()
        .map(|((by, confidence, kind), shown)| {
            format!("{by}, {confidence:?}, {} of {kind}: {}", shown.len(), shown[0])
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    // Telling bytes are told by chance now and then.
    assert!(weak * 2_000 <= flows, "{weak} of {flows}");
}
