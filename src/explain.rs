//! What is known about a port, a range, a protocol or a service: for `wiretell explain`.
//!
//! The facts come from the port registry, from the inspectors, and from what is written about systems
//! whose ports mislead. The result is plain data; [`Explanation::text`] lays it out.

use crate::findings::{self, Diagnosis};
use crate::key::Transport;
use thiserror::Error;

mod body;
mod compose;
pub mod cross_references;
mod entries;
mod evidence;
mod layout;
pub mod protocols_table;
mod spelling;
mod suggest;
mod systems;

pub use systems::Certainty;

/// What is known about one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The topic, and what it is in a few words.
    pub title: String,
    /// What there is to say, the most wanted first; none is empty.
    pub sections: Vec<Section>,
}

/// Statements of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they are about.
    pub heading: &'static str,
    /// The statements.
    pub entries: Vec<Entry>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about, where the section's heading does not say it: a port, a protocol, an attribute.
    pub label: Option<String>,
    /// The statement: some words, or a few sentences.
    pub text: String,
    /// How certain it is, and its source.
    pub basis: Option<(Certainty, &'static str)>,
}

/// Nothing is known under this name, or it can be no name of anything.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("nothing is known about \"{query}\"{}", if let Some((first, last)) = backwards(query) {
    format!(": the range ends before it begins; write {last}-{first}")
} else if is_beyond(query) {
    String::from("; ports end at 65535")
} else if query.contains(',') {
    format!("; write several with spaces between them: {}", query.replace(',', " "))
} else if suggestions.is_empty() {
    String::from("; give a port (3391/udp), a range (3224-3324), or a protocol's or service's name")
} else {
    format!("; did you mean {}?", suggestions.join(" or "))
})]
pub struct UnknownTopic {
    /// What was asked for.
    pub query: String,
    /// Names that are spelt alike, the most alike first; three at most.
    pub suggestions: Vec<String>,
}

/// Whether a label is one of those that bear looking at: of a system whose ports mislead.
#[must_use]
pub fn concerns_a_system(label: &str) -> bool {
    systems::SYSTEMS.iter().any(|system| system.protocols.contains(&label))
}

/// What a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    /// Ports from the first to the last, over one transport or any.
    Ports(u16, u16, Option<Transport>),
    /// A name.
    Name,
}

impl Topic {
    /// Reads `3391`, `3391/udp`, `udp/3391`, `3224-3324`, `3224-3324/udp`; all else is a name.
    fn parse(query: &str) -> Self {
        Self::ports(query).unwrap_or(Self::Name)
    }

    fn ports(query: &str) -> Option<Self> {
        let (left, right) = query.split_once(['/', ':']).unwrap_or((query, ""));
        let (ports, transport) = match (transport(left), transport(right)) {
            (None, None) if right.is_empty() => (left, None),
            (None, Some(transport)) => (left, Some(transport)),
            (Some(transport), None) => (right, Some(transport)),
            _ => return None,
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some(Self::Ports(first, last, transport))
    }
}

/// The ends of a range that is written the wrong way round.
fn backwards(query: &str) -> Option<(u16, u16)> {
    let ports = query.split(['/', ':']).find(|part| part.contains('-'))?;
    let (first, last) = ports.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first > last).then_some((first, last))
}

/// Whether a number in it is too large for a port.
fn is_beyond(query: &str) -> bool {
    let numbers = query.split(['/', ':', '-', ',', ' ']).filter_map(|part| part.parse::<u64>().ok());
    numbers.max().is_some_and(|number| number > u16::MAX.into())
}

fn transport(name: &str) -> Option<Transport> {
    [Transport::Tcp, Transport::Udp, Transport::Sctp].into_iter().find(|transport| transport.name() == name)
}

/// Explains a port (`3391`, `3391/udp`), a range (`3224-3324`), or a protocol or service by its name.
///
/// # Errors
/// When the query is no port and nothing bears that name.
pub fn explain(query: &str) -> Result<Explanation, UnknownTopic> {
    let query = query.trim().to_lowercase();
    match Topic::parse(&query) {
        Topic::Ports(first, last, transport) if first == last => Ok(compose::port(first, transport)),
        Topic::Ports(first, last, transport) => Ok(compose::range(first, last, transport)),
        Topic::Name if findings::named(&query).is_some() => findings::named(&query)
            .map(finding)
            .ok_or_else(|| UnknownTopic { suggestions: Vec::new(), query }),
        Topic::Name => compose::name(&query.replace(['_', ' '], "-"))
            .or_else(|| cross_references::named(&query).as_ref().map(cross_references::explanation))
            .or_else(|| compose::name(spelling::of(&query)?))
            .or_else(|| cross_references::beginning_with(&query).as_ref().map(cross_references::explanation))
            .ok_or_else(|| UnknownTopic { suggestions: suggest::alike(&query), query }),
    }
}

/// What is to be said about a finding.
fn finding(diagnosis: &Diagnosis) -> Explanation {
    let entry = |text: &str| Entry { label: None, text: text.to_owned(), basis: None };
    let entries = |texts: &[&str]| texts.iter().map(|text| entry(text)).collect();
    let sections = [
        Section { heading: "What it means", entries: entries(&[diagnosis.meaning]) },
        Section { heading: "How it is known", entries: entries(&[diagnosis.evidence]) },
        Section { heading: "What looks the same", entries: entries(diagnosis.caveats) },
        Section { heading: "What to check", entries: entries(diagnosis.advice) },
    ];
    Explanation {
        title: format!("{} ({}): {}", diagnosis.id, diagnosis.severity.name(), diagnosis.title),
        sections: sections.into_iter().filter(|section| !section.entries.is_empty()).collect(),
    }
}

impl Explanation {
    /// Lays it out for people, in lines of at most `width` characters (but at least 40), each ended by a line feed.
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        layout::lay_out(self, width)
    }
}

#[cfg(test)]
mod tests;
