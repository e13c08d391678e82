//! Which inspectors could still claim a flow.

use crate::byteset::ByteSet;
use crate::inspect::{Inspector, Opening, Side};
use crate::key::Transport;
use crate::protocols::INSPECTORS;

const WORDS: usize = INSPECTORS.len().div_ceil(64);

/// A set of inspectors, by their place in [`INSPECTORS`].
///
/// A new flow starts with every inspector of its transport as a candidate; each fact learnt removes
/// some, and nothing ever adds one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidates([u64; WORDS]);

impl Candidates {
    /// No inspector.
    pub const NONE: Self = Self([0; WORDS]);
    /// All inspectors.
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    /// Keeps only those that are in `other` too.
    pub fn retain(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
    }

    /// Puts one inspector in.
    pub fn add(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Strikes one inspector off.
    pub fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Whether the inspector at `index` is left.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Those that are left, with their places, in the list's order.
    pub fn iter(self) -> impl Iterator<Item = (usize, &'static Inspector)> {
        self.0.into_iter().enumerate().flat_map(|(word, mut left)| {
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                (left != 0).then(|| {
                    left &= left - 1;
                    word * 64 + bit
                })
            })
            .filter_map(|index| Some((index, INSPECTORS.get(index)?)))
        })
    }

    /// Strikes off those that cannot begin as `opening` does.
    pub fn narrow(&mut self, opening: &Opening<'_>) {
        let [initiator, responder] = tables(opening.transport);
        for (side, table) in [(Side::Initiator, initiator), (Side::Responder, responder)] {
            if let Some(&first) = opening.said(side).bytes().first() {
                self.retain(table.accepting(first));
            }
        }
    }
}

/// For each first byte that a side can send, the inspectors that accept it.
#[derive(Debug)]
struct FirstBytes([Candidates; 256]);

impl FirstBytes {
    #[expect(clippy::indexing_slicing, reason = "256 entries, indexed by a byte")]
    const fn accepting(&self, byte: u8) -> &Candidates {
        &self.0[byte as usize]
    }
}

#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
const fn table(transport: Transport, side: Side) -> FirstBytes {
    let mut table = [Candidates::NONE; 256];
    let mut i = 0;
    while i < INSPECTORS.len() {
        let inspector: &Inspector = &INSPECTORS[i];
        let accepted: ByteSet = match side {
            Side::Initiator => inspector.initiator_first,
            Side::Responder => inspector.responder_first,
        };
        let mut byte = 0;
        while byte < 256 && inspector.carriers.contains(transport) {
            #[expect(clippy::cast_possible_truncation, reason = "below 256")]
            if accepted.contains(byte as u8) {
                table[byte].0[i / 64] |= 1 << (i % 64);
            }
            byte += 1;
        }
        i += 1;
    }
    FirstBytes(table)
}

static TCP: [FirstBytes; 2] =
    [table(Transport::Tcp, Side::Initiator), table(Transport::Tcp, Side::Responder)];
static UDP: [FirstBytes; 2] =
    [table(Transport::Udp, Side::Initiator), table(Transport::Udp, Side::Responder)];
static SCTP: [FirstBytes; 2] =
    [table(Transport::Sctp, Side::Initiator), table(Transport::Sctp, Side::Responder)];

fn tables(transport: Transport) -> &'static [FirstBytes; 2] {
    match transport {
        Transport::Tcp => &TCP,
        Transport::Udp => &UDP,
        Transport::Sctp => &SCTP,
    }
}
