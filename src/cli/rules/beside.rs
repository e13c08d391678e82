//! What rules of the user's own have to do with each other: the first that fits names a flow, so that a later one may
//! never be heard.

use super::check::takes_bytes;
use super::file::{What, Written};
use std::fmt::Write;
use wiretell::findings::expected::{Network, Ports};
use wiretell::key::Transport;
use wiretell::output::text::counted;
use wiretell::rules::Rule;
use wiretell::rules::pattern::{Masked, Pattern, Test};

/// Other rules that are told of one by one.
const MOST_TOLD: usize = 8;

/// What rules that stand `before` a rule do to it, a line each.
pub(super) fn told(written: &Written, before: &[&Written]) -> String {
    let lines: Vec<String> = before.iter().flat_map(|other| about(written, other)).collect();
    let mut text: String = lines.iter().take(MOST_TOLD).map(|line| ["  ", line, "\n"].concat()).collect();
    if let more @ 1.. = lines.len().saturating_sub(MOST_TOLD) {
        let _ = writeln!(text, "  and {more} more of this kind");
    }
    text
}

fn about(written: &Written, before: &Written) -> Vec<String> {
    let (rule, first) = (&written.rule, &before.rule);
    let mut lines = Vec::new();
    if rule.name == first.name {
        lines.push(format!("same name: the rule in {} gives this label, too", first.origin));
    }
    let Some(place) = meet(rule, first) else { return lines };
    let other = format!("the rule {} in {}", first.name, first.origin);
    match (rule.looks_at_bytes(), first.looks_at_bytes()) {
        (false, false) => lines.push(format!("overlaps: {other} comes first{place}, and names these flows")),
        (true, true) if takes_all(rule, first) => {
            lines.push(format!("never heard: {other} comes first, and takes all that this one takes"));
        }
        (true, true) => match samples(written, first) {
            (0, _) if place.is_empty() => {}
            (0, _) => {
                lines.push(format!("overlaps: {other} comes first{place}, and names what fits both"));
            }
            (taken, all) => lines.push(format!(
                "overlaps: {other} comes first{place}, and takes {taken} of {} that this one must take",
                counted(all, "sample")
            )),
        },
        // Bytes outrank what is said of ports, whoever stands first.
        _ => {}
    }
    lines
}

/// Whether all flows that a rule takes are taken by another, as far as bytes alone tell that: one that is about any flow, and of
/// which all bytes are asked for by the rule as well.
fn takes_all(rule: &Rule, first: &Rule) -> bool {
    let anywhere = first.ports.is_empty()
        && [&first.servers, &first.clients, &first.between, &first.hosts].into_iter().all(Vec::is_empty);
    let carried = first.transports.is_empty()
        || (!rule.transports.is_empty()
            && rule.transports.iter().all(|over| first.transports.contains(over)));
    let asked = |wanted: &Pattern| {
        rule.patterns.iter().any(|own| own.whose == wanted.whose && implies(&own.test, &wanted.test))
    };
    anywhere && carried && first.patterns.iter().all(asked)
}

/// Whether bytes that pass one test pass another: at the same place the same ones, or fewer.
fn implies(test: &Test, other: &Test) -> bool {
    let (Test::Bytes { offset, bytes }, Test::Bytes { offset: place, bytes: wanted }) = (test, other) else {
        return false;
    };
    let skipped = place.checked_sub(*offset).and_then(|skipped| bytes.get(skipped as usize..));
    let holds = |(own, wanted): (&Masked, &Masked)| {
        own.mask & wanted.mask == wanted.mask && own.value & wanted.mask == wanted.value
    };
    skipped.is_some_and(|own| own.len() >= wanted.len() && own.iter().zip(wanted).all(holds))
}

/// How many of the bytes that a rule must take another takes, and how many there are.
fn samples(written: &Written, first: &Rule) -> (u64, u64) {
    let (mut taken, mut all) = (0, 0);
    for sample in written.samples.iter().filter(|sample| sample.must_match) {
        let What::Bytes { client, server, transport } = &sample.what else { continue };
        all += 1;
        taken += u64::from(takes_bytes(first, client, server, *transport));
    }
    (taken, all)
}

/// Whether there can be flows of which both rules speak: on which port that both name, in words, if they do.
fn meet(a: &Rule, b: &Rule) -> Option<String> {
    let hosts = [(&a.servers, &b.servers), (&a.clients, &b.clients), (&a.between, &b.between)];
    if hosts.into_iter().any(|(one, other)| are_apart(one, other)) {
        return None;
    }
    let speaks = |rule: &Rule, over| rule.transports.is_empty() || rule.transports.contains(&over);
    let all = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    let over: Vec<Transport> = all.into_iter().filter(|&over| speaks(a, over) && speaks(b, over)).collect();
    if a.ports.is_empty() || b.ports.is_empty() {
        return (!over.is_empty()).then(String::new);
    }
    let mut pairs = a.ports.iter().flat_map(|one| b.ports.iter().map(move |other| (one, other)));
    pairs.find_map(|(one, other)| common(*one, *other, &over))
}

/// Whether both lists name hosts, and none of one is in the other.
fn are_apart(a: &[Network], b: &[Network]) -> bool {
    let both = !(a.is_empty() || b.is_empty());
    both && !a.iter().any(|one| b.iter().any(|other| one.meets(other)))
}

/// The ports that are in both, over one of these transports.
fn common(a: Ports, b: Ports, over: &[Transport]) -> Option<String> {
    let (first, last) = (a.first.max(b.first), a.last.min(b.last));
    let carries = |one: Transport| [a.transport, b.transport].into_iter().flatten().all(|own| own == one);
    let over: Vec<&str> = over.iter().filter(|one| carries(**one)).map(|one| one.name()).collect();
    let ports = match (first.cmp(&last), over.is_empty()) {
        (_, true) | (std::cmp::Ordering::Greater, _) => return None,
        (std::cmp::Ordering::Equal, _) => format!(" on port {first}"),
        (std::cmp::Ordering::Less, _) => format!(" on ports {first}-{last}"),
    };
    Some(if over.len() == 3 { ports } else { format!("{ports}/{}", over.join(", ")) })
}
