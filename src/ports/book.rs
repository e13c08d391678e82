//! What ports promise, looked up once per port and run: the user's word first, then the registry's.

use super::{Basis, DecodeAs, PortClaim, claims, promises};
use crate::key::{Endpoint, Transport};
use crate::protocols::{self, INSPECTORS};
use crate::rules::{Rule, UserRules};
use hashbrown::HashMap;
use std::cell::OnceCell;
use std::sync::Arc;

/// What is known of a listening port.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it promises, the best claim first.
    pub claims: Arc<[PortClaim]>,
    /// Each of them as a sentence.
    sentences: Vec<Arc<str>>,
    transport: Transport,
    /// What is said of bytes that are none of theirs; made for the first flow that has such.
    not_sent: OnceCell<Option<String>>,
}

impl Page {
    /// The claim at `place` as a sentence.
    #[must_use]
    pub fn sentence(&self, place: usize) -> Option<Arc<str>> {
        self.sentences.get(place).map(Arc::clone)
    }

    /// That bytes are nobody's whom the port promises and whose bytes are known: "not what dns sends". `None` where the best
    /// promise is one of whose bytes nothing is known: they may be just that.
    #[must_use]
    pub fn not_sent(&self) -> Option<&str> {
        self.not_sent.get_or_init(|| not_sent(&self.claims, self.transport)).as_deref()
    }
}

/// The pages looked up so far: at most one per transport and port.
#[derive(Debug)]
pub struct Book {
    decode_as: Arc<[DecodeAs]>,
    rules: Option<Arc<UserRules>>,
    pages: HashMap<(Transport, u16), Page, foldhash::fast::RandomState>,
}

impl Book {
    /// A book in which the user's word outranks the registry's.
    #[must_use]
    pub fn new(decode_as: Arc<[DecodeAs]>) -> Self {
        Self { decode_as, rules: None, pages: HashMap::default() }
    }

    /// The same, with rules of the user's own.
    #[must_use]
    pub fn ruled_by(mut self, rules: Option<&Arc<UserRules>>) -> Self {
        self.rules = rules.map(Arc::clone);
        self
    }

    /// A rule of the user's own by its place, and what it says in words.
    #[must_use]
    pub fn rule(&self, place: u16) -> Option<(&Rule, Arc<str>)> {
        self.rules.as_ref()?.at(place)
    }

    /// What is known of the listening port of a flow between two ends, where rules of the user's own speak of them: the
    /// same as of the port, after the words of the first that looks at no bytes and of those that name the port for theirs.
    pub fn own_page(&mut self, transport: Transport, ends: [Endpoint; 2]) -> Option<Page> {
        let rules = Arc::clone(self.rules.as_ref()?);
        let [_, listening] = ends;
        let alone = rules.of_ends(transport, ends).and_then(|place| rules.at(place));
        let mut own: Vec<(PortClaim, Arc<str>)> =
            alone.into_iter().map(|(rule, words)| (PortClaim::by_user(rule.name), words)).collect();
        for (rule, _) in rules.of_port(transport, ends).filter(|(rule, _)| rule.looks_at_bytes()) {
            if own.iter().all(|(claim, _)| claim.name != rule.name) {
                let words =
                    format!("port {} is that of own rule {} in {}", listening.port, rule.name, rule.origin);
                own.push((PortClaim::by_user(rule.name), words.into()));
            }
        }
        if own.is_empty() {
            return None;
        }
        let page = self.page(transport, listening.port);
        let (own, words): (Vec<_>, Vec<_>) = own.into_iter().unzip();
        Some(Page {
            claims: own.into_iter().chain(page.claims.iter().copied()).collect(),
            sentences: words.into_iter().chain(page.sentences.iter().map(Arc::clone)).collect(),
            transport,
            not_sent: OnceCell::new(),
        })
    }

    /// What is known of a listening port.
    pub fn page(&mut self, transport: Transport, port: u16) -> &Page {
        let decode_as = &self.decode_as;
        self.pages.entry((transport, port)).or_insert_with(|| {
            let by_user = decode_as.iter().filter_map(|said| said.claim(transport, port));
            let claims: Arc<[PortClaim]> = by_user.chain(claims(transport, port)).collect();
            let sentences = claims.iter().map(|claim| sentence(claim, port)).collect();
            Page { claims, sentences, transport, not_sent: OnceCell::new() }
        })
    }
}

fn not_sent(claims: &[PortClaim], transport: Transport) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let (best, others) = claims.split_first()?;
    let mut carried = INSPECTORS.iter().filter(|by| by.carriers.contains(transport));
    if best.basis != Basis::User && !carried.any(|by| promises(best, by.name)) {
        return None;
    }
    names.push(best.protocol());
    // The user's word stands alone; a range is too wide a promise to be named, and so is what is known by name only.
    let others = others.iter().filter(|claim| best.basis != Basis::User && claim.basis != Basis::Range);
    for name in others.map(PortClaim::protocol) {
        let is_known = protocols::named(name).is_some_and(|by| by.carriers.contains(transport));
        if is_known && !names.contains(&name) {
            names.push(name);
        }
    }
    Some(match &names[..] {
        [one] => format!("not what {one} sends"),
        [one, two] => format!("what neither {one} nor {two} sends"),
        [all @ .., last] => format!("what none of {} and {last} sends", all.join(", ")),
        [] => String::new(),
    })
}

fn sentence(claim: &PortClaim, port: u16) -> Arc<str> {
    let basis = match claim.basis {
        Basis::User => "was said by the user to be",
        Basis::Practice => "is known in practice as",
        Basis::Registered => "is registered to",
        Basis::Range => "lies in a range used by",
    };
    format!("port {port} {basis} {}", claim.name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_not_said_to_be_none_of_a_service_of_whose_bytes_nothing_is_known() {
        let mut book = Book::new(Arc::from([]));
        assert_eq!(book.page(Transport::Udp, 53).not_sent(), Some("not what dns sends"));
        // Registered to UNOT, used by Photon.
        assert_eq!(book.page(Transport::Udp, 5055).not_sent(), None);
    }

    #[test]
    fn the_users_word_comes_before_the_registrys() {
        let rule = DecodeAs { transport: Transport::Tcp, first: 443, last: 443, name: "ssh" };
        let mut book = Book::new(Arc::from([rule]));
        let page = book.page(Transport::Tcp, 443);
        assert_eq!(page.claims.first().map(|claim| claim.name), Some("ssh"));
        assert!(page.claims.len() > 1);
        assert_eq!(page.sentence(0).as_deref(), Some("port 443 was said by the user to be ssh"));
    }
}
