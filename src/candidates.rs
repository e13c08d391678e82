//! Which inspectors could still claim a flow.

use crate::byteset::ByteSet;
use crate::inspect::{Inspector, Opening, Said, Shape, Side};
use crate::key::Transport;
use crate::protocols::INSPECTORS;
use hashbrown::HashMap;
use std::sync::LazyLock;

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

    /// Puts all in that are in `other`.
    fn extend(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
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
        if opening.transport == Transport::Udp {
            let mut fitting = Self::ALL;
            for said in [opening.initiator, opening.responder] {
                SHAPES.narrow(&mut fitting, said);
            }
            for end in opening.endpoints {
                if let Some(at_home) = SHAPES.at_home.get(&end.port) {
                    fitting.extend(at_home);
                }
            }
            self.retain(&fitting);
        }
    }
}

/// The shapes of all inspectors' first datagrams, turned inside out: for each length and for each value of each
/// place, the inspectors that accept it.
struct Shapes {
    lengths: [Candidates; Shape::LONGEST as usize + 1],
    /// Only those places that somebody binds.
    places: Vec<(usize, FirstBytes)>,
    /// For each port, the inspectors whose own it is: they are shown everything.
    at_home: HashMap<u16, Candidates, foldhash::fast::RandomState>,
}

static SHAPES: LazyLock<Box<Shapes>> = LazyLock::new(|| {
    let mut shapes = Box::new(Shapes {
        lengths: [Candidates::ALL; Shape::LONGEST as usize + 1],
        places: Vec::new(),
        at_home: HashMap::default(),
    });
    for (index, inspector) in INSPECTORS.iter().enumerate() {
        let Shape { shortest, bytes, anywhere } = inspector.datagram;
        for (length, accepted) in (0..).zip(&mut shapes.lengths) {
            if length < shortest || !anywhere {
                accepted.remove(index);
            }
        }
        for &(place, set) in bytes {
            let place = usize::from(place);
            let known = shapes.places.iter().position(|(bound, _)| *bound == place);
            let at = known.unwrap_or(shapes.places.len());
            if known.is_none() {
                shapes.places.push((place, FirstBytes([Candidates::ALL; 256])));
            }
            let Some((_, FirstBytes(table))) = shapes.places.get_mut(at) else { continue };
            for (byte, accepted) in (0..=u8::MAX).zip(table) {
                if !set.contains(byte) {
                    accepted.remove(index);
                }
            }
        }
        for &port in inspector.ports {
            shapes.at_home.entry(port).or_insert(Candidates::NONE).add(index);
        }
    }
    shapes
});

impl Shapes {
    /// Strikes off those whose first datagram is not like what a side said first.
    fn narrow(&self, candidates: &mut Candidates, said: Said<'_>) {
        let Some(first) = said.datagrams().next() else { return };
        let length = usize::try_from(first.wire_len).unwrap_or(usize::MAX).min(Shape::LONGEST.into());
        if let Some(accepted) = self.lengths.get(length) {
            candidates.retain(accepted);
        }
        for (place, table) in &self.places {
            if let Some(&byte) = first.bytes.get(*place) {
                candidates.retain(table.accepting(byte));
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
