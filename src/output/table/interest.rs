//! How much a flow matters to a person.

use crate::explain;
use crate::packet::Timestamp;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::cmp::Reverse;

/// How much a flow matters; the first is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Interest {
    /// The port promises one thing and the bytes are another.
    Contradicted,
    /// Its label, as bytes or port say it, is one of those whose ports mislead.
    Special,
    /// It carried payload that nobody knows.
    Unknown,
    /// Everything else.
    Ordinary,
}

impl Interest {
    pub(super) const ALL: [Self; 4] = [Self::Contradicted, Self::Special, Self::Unknown, Self::Ordinary];

    pub(super) fn of(summary: &Summary) -> Self {
        let payload: u64 = summary.counts.iter().map(|count| count.payload).sum();
        match summary.verdict {
            Verdict::Contradicted => Self::Contradicted,
            _ if summary.app.is_some_and(explain::concerns_a_system) => Self::Special,
            Verdict::Unknown if payload > 0 && summary.key.transport().is_some() => Self::Unknown,
            _ => Self::Ordinary,
        }
    }
}

/// Among flows of one interest: where a special protocol was promised or found, then the most bytes, then the
/// earliest; the identifier makes the order the same in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    ordinary: bool,
    bytes: Reverse<u64>,
    first: Timestamp,
    id: u64,
}

impl Rank {
    pub(super) fn of(summary: &Summary) -> Self {
        let mut names = summary.app.into_iter().chain(summary.port_claims.first().map(|claim| claim.name));
        Self {
            ordinary: !names.any(explain::concerns_a_system),
            bytes: Reverse(summary.counts.iter().map(|count| count.bytes).sum()),
            first: summary.first,
            id: summary.id,
        }
    }

    /// The rank of flows taken together: this one's, with the bytes of all.
    pub(super) const fn with_bytes(self, bytes: u64) -> Self {
        Self { bytes: Reverse(bytes), ..self }
    }
}
