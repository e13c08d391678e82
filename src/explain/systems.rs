//! What is known about the systems whose ports mislead: one file for each, facts with source and certainty.

use crate::inspect::Carriers;

mod citrix;
mod fatpipe;
mod framehawk;
mod msdtc;
mod netft;
mod rdg_udp;
mod rdp;
mod timelot;
mod tip;

/// Every system.
pub(super) const SYSTEMS: &[System] = &[
    citrix::SYSTEM,
    fatpipe::SYSTEM,
    framehawk::SYSTEM,
    msdtc::SYSTEM,
    netft::SYSTEM,
    rdg_udp::SYSTEM,
    rdp::SYSTEM,
    timelot::SYSTEM,
    tip::SYSTEM,
];

/// A system, and what an administrator wants to know about it.
#[derive(Debug)]
pub(super) struct System {
    /// What it is, in a few words.
    pub(super) title: &'static str,
    /// The canonical names of its protocols.
    pub(super) protocols: &'static [&'static str],
    /// Other names that people look for.
    pub(super) also: &'static [&'static str],
    /// Its ports, as first, last and transports.
    pub(super) ports: &'static [(u16, u16, Carriers)],
    /// Who really uses them, and for what.
    pub(super) uses: &'static [Fact],
    /// By what it is recognised, and what is not known.
    pub(super) recognised: &'static [Fact],
    /// What it is confused with.
    pub(super) confused: &'static [Fact],
    /// What is said about it and wrong.
    pub(super) folklore: &'static [Fact],
    /// What to look at when it fails.
    pub(super) checks: &'static [Fact],
}

/// How certain a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Read in a specification, in the vendor's documentation, or in a parser that works.
    Documented,
    /// Seen in real traffic.
    Observed,
    /// Told by others, and by one source only.
    Reported,
    /// Concluded from other facts, or searched for and not found.
    Assumed,
}

impl Certainty {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Reported => "reported",
            Self::Assumed => "assumed",
        }
    }
}

/// A statement, how certain it is, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// One or a few sentences.
    pub(super) text: &'static str,
    /// How certain, and the source; `None` for what follows from facts beside it or from how wiretell works.
    pub(super) basis: Option<(Certainty, &'static str)>,
}

/// A statement that needs no source.
const fn plain(text: &'static str) -> Fact {
    Fact { text, basis: None }
}

const fn documented(text: &'static str, source: &'static str) -> Fact {
    Fact { text, basis: Some((Certainty::Documented, source)) }
}

const fn observed(text: &'static str, source: &'static str) -> Fact {
    Fact { text, basis: Some((Certainty::Observed, source)) }
}

const fn reported(text: &'static str, source: &'static str) -> Fact {
    Fact { text, basis: Some((Certainty::Reported, source)) }
}

const fn assumed(text: &'static str, source: &'static str) -> Fact {
    Fact { text, basis: Some((Certainty::Assumed, source)) }
}
