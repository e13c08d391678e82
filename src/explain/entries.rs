//! Single statements, from the port registry and from facts.

use super::Entry;
use super::systems::{Certainty, Fact};
use crate::key::Transport;
use crate::ports::practice::Use;
use crate::ports::registered::Service;

/// A statement about what its label names.
pub(super) fn labelled(label: String, text: String) -> Entry {
    Entry { label: Some(label), text, basis: None }
}

/// A statement by itself.
pub(super) fn bullet(text: impl Into<String>) -> Entry {
    Entry { label: None, text: text.into(), basis: None }
}

/// A fact about a system.
pub(super) fn fact(fact: &Fact) -> Entry {
    Entry { label: None, text: fact.text.into(), basis: fact.basis }
}

/// A use in practice.
pub(super) fn use_entry(used: &'static Use, label: String) -> Entry {
    let text = format!("{}: {}", used.name, used.by);
    Entry { label: Some(label), text, basis: Some((Certainty::Documented, used.source)) }
}

/// A registration in words: name, description, and what IANA remarks.
pub(super) fn registration(service: &Service) -> String {
    let mut text = service.name.to_owned();
    if !service.description.is_empty() {
        text += &[" (", service.description, ")"].concat();
    }
    if service.first != service.last {
        text += &[", with all of ", &ports_of(service.first, service.last)].concat();
    }
    if service.contested {
        text.push_str("; IANA knows of use by others");
    }
    text
}

/// `3391`, or `3224-3324`.
pub(super) fn ports_of(first: u16, last: u16) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// What carries a use, as records name it.
pub(super) fn transports_of(used: &Use) -> String {
    let all = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    join(all.into_iter().filter(|&of| used.carriers.contains(of)).map(Transport::name), ", ")
}

/// The parts in a row, with `between` between them.
pub(super) fn join(parts: impl IntoIterator<Item = impl ToString>, between: &str) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(between)
}
