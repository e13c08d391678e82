//! Rules of the user's own: what names a flow before anything that is built in.
//!
//! A rule says of which flows it speaks (transport, ports, hosts) and what their sides say first ([`pattern`]). All of it
//! has to hold. The first rule that holds names the flow, whatever else recognises the bytes. A rule without a pattern is
//! a word about ports or hosts only: it is worth what a port is worth, and bytes outrank it.

use crate::findings::expected::{Network, Ports};
use crate::inspect::{Confidence, Opening, Side};
use crate::key::{Endpoint, Transport};
use pattern::{Fit, Pattern, Test, Whose};
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub mod pattern;
pub mod sample;
pub mod strength;

/// Most characters of a rule's name: more is no label.
pub const LONGEST_NAME: usize = 64;

/// One rule. Where a list is empty, it does not matter.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The label that it gives: see [`label`].
    pub name: &'static str,
    /// Where it is written, as people are told: `rules.toml, line 3`.
    pub origin: String,
    /// What carries the flows.
    pub transports: Vec<Transport>,
    /// The listening side's ports.
    pub ports: Vec<Ports>,
    /// Who listens.
    pub servers: Vec<Network>,
    /// Who asks.
    pub clients: Vec<Network>,
    /// Where both are.
    pub between: Vec<Network>,
    /// Where at least one of them is.
    pub hosts: Vec<Network>,
    /// What the sides say first.
    pub patterns: Vec<Pattern>,
}

/// A label of the user's for as long as the program runs: labels are shared by all flows and never freed, and the same
/// text is kept once.
#[must_use]
pub fn label(name: &str) -> &'static str {
    static LABELS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = labels.get(name) {
        return known;
    }
    let kept: &'static str = Box::leak(name.into());
    labels.insert(kept);
    kept
}

/// Why a text can be no label, if it cannot: labels stand in tables, in records and in names of files.
#[must_use]
pub fn unfit_label(name: &str) -> Option<String> {
    if name.is_empty() || name.trim() != name {
        return Some("a label has at least one character, and no space around it".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Some(format!("a label has at most {LONGEST_NAME} characters"));
    }
    let strange = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    name.contains(strange).then(|| "a label has no characters that cannot be seen".to_owned())
}

impl Rule {
    /// Whether it speaks of flows between these two, the first asking.
    #[must_use]
    pub fn is_about(&self, transport: Transport, [from, to]: [Endpoint; 2]) -> bool {
        let within = |list: &[Network], host| list.iter().any(|known| known.contains(host));
        let all = |list: &[Network], host| list.is_empty() || within(list, host);
        (self.transports.is_empty() || self.transports.contains(&transport))
            && (self.ports.is_empty() || self.ports.iter().any(|own| own.contain(transport, to.port)))
            && all(&self.servers, to.address)
            && all(&self.clients, from.address)
            && all(&self.between, from.address)
            && all(&self.between, to.address)
            && (self.hosts.is_empty() || within(&self.hosts, from.address) || within(&self.hosts, to.address))
    }

    /// Whether it looks at bytes at all.
    #[must_use]
    pub fn looks_at_bytes(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether the bytes fit, wherever they go; and whose it is that were recognised.
    #[must_use]
    pub fn judge(&self, opening: &Opening<'_>) -> (Fit, Side) {
        let on = |whose: Whose, side: Side| {
            let of = self.patterns.iter().filter(|pattern| pattern.whose == whose);
            of.map(|pattern| pattern.fits(opening.said(side), opening.transport)).min()
        };
        let (client, server) = (Side::Initiator, Side::Responder);
        let either = on(Whose::Either, client).max(on(Whose::Either, server));
        let side = match (on(Whose::Client, client), on(Whose::Either, client)) {
            (Some(_), _) | (None, Some(Fit::Yes)) => client,
            _ => server,
        };
        let all = [on(Whose::Client, client), on(Whose::Server, server), either];
        (all.into_iter().flatten().min().unwrap_or(Fit::No), side)
    }

    /// How sure a flow's label is that this rule gives: both sides fit, a length holds, or some bytes tell.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        let of = |whose| self.patterns.iter().any(|pattern| pattern.whose == whose);
        let has_length = self.patterns.iter().any(|pattern| matches!(pattern.test, Test::Length(_)));
        match (of(Whose::Client) && of(Whose::Server), has_length) {
            _ if self.patterns.is_empty() => Confidence::Port,
            (true, _) => Confidence::Dialogue,
            (false, true) => Confidence::Message,
            (false, false) => Confidence::Signature,
        }
    }

    /// What it says, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!("own rule {} in {}", self.name, self.origin);
        if self.patterns.is_empty() {
            words.push_str(" speaks of ports or hosts only, and looks at no bytes");
            return words;
        }
        let mut last = None;
        for pattern in &self.patterns {
            let separator = match last {
                None => ": ",
                Some(_) => ", ",
            };
            words.push_str(separator);
            if last != Some(pattern.whose) {
                let _ = write!(words, "{} ", pattern.whose.words());
            }
            let _ = write!(words, "{}", pattern.test);
            last = Some(pattern.whose);
        }
        words
    }
}

/// What the rules say of a flow's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The rule's place.
    pub rule: u16,
    /// Whose bytes it recognised first.
    pub side: Side,
    /// Offset among that side's bytes of what it looks at first.
    pub offset: u32,
}

/// All rules.
#[derive(Clone, Debug, Default)]
pub struct UserRules {
    rules: Vec<Rule>,
    words: Vec<Arc<str>>,
}

impl UserRules {
    /// These rules; the first that fits a flow names it.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let words = rules.iter().map(|rule| rule.words().into()).collect();
        Self { rules, words }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Every rule, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a place, and what it says in words.
    #[must_use]
    pub fn at(&self, place: u16) -> Option<(&Rule, Arc<str>)> {
        let place = usize::from(place);
        Some((self.rules.get(place)?, self.words.get(place).map(Arc::clone)?))
    }

    /// The label of that name, if some rule gives it.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'static str> {
        self.rules.iter().map(|rule| rule.name).find(|known| *known == name)
    }

    /// The first rule whose bytes these are, and whether more bytes may change that.
    #[must_use]
    pub fn judge(&self, opening: &Opening<'_>) -> (Option<Own>, bool) {
        let mut wants_more = false;
        for (place, rule) in (0..).zip(&self.rules) {
            if !rule.looks_at_bytes() || !rule.is_about(opening.transport, opening.endpoints) {
                continue;
            }
            let (fit, side) = rule.judge(opening);
            match fit {
                Fit::Yes => {
                    let offset = rule.patterns.first().map_or(0, |pattern| pattern.test.offset());
                    return (Some(Own { rule: place, side, offset }), wants_more);
                }
                Fit::More => wants_more = true,
                Fit::No => {}
            }
        }
        (None, wants_more)
    }

    /// Whether rules that look at bytes name the listening port of a flow, and its bytes are none of theirs, whatever follows.
    #[must_use]
    pub fn refuses(&self, opening: &Opening<'_>) -> bool {
        let mut named = self.of_port(opening.transport, opening.endpoints).peekable();
        named.peek().is_some()
            && named.all(|(rule, _)| rule.looks_at_bytes() && rule.judge(opening).0 == Fit::No)
    }

    /// The rules that name the listening port between these two, with what they say in words.
    pub fn of_port(
        &self,
        transport: Transport,
        ends: [Endpoint; 2],
    ) -> impl Iterator<Item = (&Rule, &Arc<str>)> {
        let named = move |rule: &Rule| !rule.ports.is_empty() && rule.is_about(transport, ends);
        self.rules.iter().zip(&self.words).filter(move |(rule, _)| named(rule))
    }

    /// The first rule that says something of these ports or hosts alone.
    #[must_use]
    pub fn of_ends(&self, transport: Transport, ends: [Endpoint; 2]) -> Option<u16> {
        let speaks = |rule: &Rule| !rule.looks_at_bytes() && rule.is_about(transport, ends);
        (0..).zip(&self.rules).find(|(_, rule)| speaks(rule)).map(|(place, _)| place)
    }

    /// Whether the sides have to be exchanged for any rule that names ports or one side's hosts to speak of a flow.
    #[must_use]
    pub fn is_about_exchanged(&self, transport: Transport, [from, to]: [Endpoint; 2]) -> bool {
        let names_sides =
            |rule: &&Rule| !(rule.ports.is_empty() && rule.servers.is_empty() && rule.clients.is_empty());
        let about = |ends| self.rules.iter().filter(names_sides).any(|rule| rule.is_about(transport, ends));
        !about([from, to]) && about([to, from])
    }
}

#[cfg(test)]
mod tests;
