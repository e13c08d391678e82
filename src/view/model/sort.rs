//! The columns that flows are ordered by.

use crate::view::board::Shown;
use std::cmp::{Ordering, Reverse};

/// A column of the list of flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Label,
    Verdict,
    Protocol,
    Source,
    Destination,
    Packets,
    Bytes,
    Rate,
    Start,
    Lasted,
}

impl Column {
    /// All of them, as they stand beside each other.
    pub(crate) const ALL: [Self; 10] = [
        Self::Label,
        Self::Verdict,
        Self::Protocol,
        Self::Source,
        Self::Destination,
        Self::Packets,
        Self::Bytes,
        Self::Rate,
        Self::Start,
        Self::Lasted,
    ];

    /// The heading.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Label => "LABEL",
            Self::Verdict => "VERDICT",
            Self::Protocol => "PROTO",
            Self::Source => "SOURCE",
            Self::Destination => "DESTINATION",
            Self::Packets => "PACKETS",
            Self::Bytes => "BYTES",
            Self::Rate => "RATE",
            Self::Start => "START",
            Self::Lasted => "LASTED",
        }
    }

    /// The one that stands so many places further on.
    pub(crate) fn next(self, places: usize) -> Self {
        Self::ALL.iter().copied().cycle().nth(self as usize + places).unwrap_or(self)
    }

    /// Which of two flows stands first: names from A on, numbers from the largest on, those that are alike by bytes and
    /// then by their identifiers, so that they do not jump.
    pub(crate) fn compare(self, a: &Shown, b: &Shown, reversed: bool) -> Ordering {
        let (one, other) = (&a.summary, &b.summary);
        let ends = |which: usize| {
            let end = |shown: &Shown| shown.summary.endpoints.get(which).map(|end| (end.address, end.port));
            end(a).cmp(&end(b))
        };
        let lasted = |shown: &Shown| Reverse(shown.summary.last.since(shown.summary.first));
        let order = match self {
            // Those without a label come last.
            Self::Label => (one.app.is_none(), one.app).cmp(&(other.app.is_none(), other.app)),
            Self::Verdict => one.verdict.name().cmp(other.verdict.name()),
            Self::Protocol => one.protocol.cmp(&other.protocol),
            Self::Source => ends(0),
            Self::Destination => ends(1),
            Self::Packets => b.packets().cmp(&a.packets()),
            Self::Bytes => b.bytes().cmp(&a.bytes()),
            Self::Rate => (b.rate, b.goes_on).cmp(&(a.rate, a.goes_on)),
            Self::Start => other.first.cmp(&one.first),
            Self::Lasted => lasted(a).cmp(&lasted(b)),
        };
        let order = if reversed { order.reverse() } else { order };
        order.then_with(|| b.bytes().cmp(&a.bytes())).then_with(|| one.id.cmp(&other.id))
    }
}
