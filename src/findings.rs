//! The list of everything that wiretell can say is wrong, and how it comes to say it.
//!
//! A family of diagnoses is one file below: a value that says which flows concern it and what follows from
//! them. Flows are kept per worker while they end, without a lock and in bounded space; when the capture has
//! ended, each family is asked once, with what is known about the capture itself: what the capture does not
//! support is withheld or worded down.

mod beside;
mod catalogue;
pub mod document;
pub mod expected;
mod finding;
mod gather;
mod grounds;
mod joining;
mod kept;
mod later;
pub mod ledger;
pub mod live;
pub mod matrix;
mod merge;
mod outage;
pub mod quiet;
mod unanswered;
mod words;

pub use finding::{Diagnosis, Episode, Finding, Severity, Subject};
pub use gather::{Examination, Examined, MAX_KEPT, MAX_PAIRS, Opened};
pub use grounds::{CaptureFacts, Grounds, Heard, Shown, Silence, Stream, Twice, Ways};
pub use kept::Flows;
pub use live::Survey;

use crate::summary::Summary;

/// Diagnoses that rest on the same flows.
#[derive(Debug)]
pub struct Family {
    /// What they are about, as a heading.
    pub title: &'static str,
    /// Whether a flow is to be kept for [`Family::examine`]; asked about every flow, so it looks at ports and labels only.
    pub concerns: fn(&Summary) -> bool,
    /// Says what follows from the kept flows.
    pub examine: fn(&Grounds<'_>, &mut Vec<Finding>),
    /// All that it may say.
    pub diagnoses: &'static [Diagnosis],
}

/// Makes the list: one file and one word per family.
macro_rules! families {
    ($($file:ident)*) => {
        $(mod $file;)*
        /// All families.
        pub const FAMILIES: &[Family] = &[$($file::FAMILY),*];
    };
}

// What limits everything else comes first: the report opens with it.
families! {
    capture
    cluster
    gateway
    remote
    citrix
    quic
    transactions
    coordinator
    lines
    keepalives
    expectations
    ports
}

/// All diagnoses, in the order of the list.
pub fn diagnoses() -> impl Iterator<Item = &'static Diagnosis> {
    FAMILIES.iter().flat_map(|family| family.diagnoses)
}

/// The diagnosis of this id.
#[must_use]
pub fn named(id: &str) -> Option<&'static Diagnosis> {
    diagnoses().find(|diagnosis| diagnosis.id == id)
}

#[cfg(test)]
mod tests;
