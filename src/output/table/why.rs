//! Why a flow is shown as it is, in one line.

use super::icmp;
use crate::attributes::{Attributes, Value};
use crate::output::text::{cut, printable};
use crate::protocols;
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::fmt::Write;

/// Most facts that a protocol told which are shown.
const MAX_FACTS: usize = 2;
/// Longest such fact, in columns: a name of a host, mostly.
const MAX_FACT: usize = 40;

/// The reasons, the most telling first: parts of a sentence, printable.
#[must_use]
pub fn why(summary: &Summary) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some((error, count)) = summary.icmp_error.as_deref() {
        parts.push(icmp::error(error, *count));
    }
    let [source, responder] = summary.endpoints;
    if summary.verdict == Verdict::Contradicted
        && summary.app.is_some()
        && let Some(claim) = summary.port_claims.first()
    {
        parts.push(format!("not {} (port {})", claim.protocol(), responder.port));
    }
    // In place of ports, ICMP's flows have the message's type, and its code where it has no counterpart.
    if let (Some(v6), Ok(kind), Ok(code)) =
        (icmp::version(summary.protocol), source.port.try_into(), responder.port.try_into())
    {
        parts.extend(icmp::words(v6, kind, code).map(str::to_owned));
    }
    parts.extend(facts(summary));
    // What could not be checked says more than what the port is registered for.
    let unchecked = summary.why.iter().find(|reason| reason.rule == "nothing-to-check");
    if let Some(reason) = unchecked.or_else(|| summary.why.first()) {
        let mut detail = reason.detail.to_string();
        if let Some(frame) = reason.frame {
            // Writing to a string cannot fail.
            let _ = write!(detail, " (frame {frame})");
        }
        parts.push(detail);
    }
    printable(&parts.join("; ")).into_owned()
}

/// What the protocol told that a person wants to know: what its inspector says tells most, else the first names.
fn facts(summary: &Summary) -> Vec<String> {
    let inspector = summary.app.and_then(protocols::named);
    let headline = inspector.map_or(&[][..], |inspector| inspector.headline);
    let value =
        |key: &str| summary.attributes.value(key).map(Value::to_string).filter(|said| !said.is_empty());
    let told = |key: &&str| match (key.strip_suffix("_fwd"), key.strip_suffix("_rev")) {
        // What is told of both sides is one fact, and where both are the same, one figure.
        (Some(name), _) => match (value(key)?, value(&[name, "_rev"].concat())) {
            (forward, Some(reverse)) if reverse != forward => {
                Some(fact(name, &format!("{forward} of the source, {reverse} of the destination")))
            }
            (both, _) => Some(fact(name, &both)),
        },
        (None, Some(_)) => None,
        (None, None) => Some(fact(key, &value(key)?)),
    };
    let facts: Vec<String> = headline.iter().filter_map(told).take(MAX_FACTS).collect();
    if facts.is_empty() && headline.is_empty() { names(&summary.attributes) } else { facts }
}

/// The first facts that are texts.
fn names(attributes: &Attributes) -> Vec<String> {
    let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::List(_));
    let texts = attributes.iter().filter(|(_, value)| is_text(value));
    texts.map(|(key, value)| fact(key, &value.to_string())).take(MAX_FACTS).collect()
}

/// What people call things whose attributes have shorter or more technical names.
const WORDS: &[(&str, &str)] = &[
    ("alpn", "application protocol"),
    ("base", "search base"),
    ("bind_dn", "bind as"),
    ("client_id", "client"),
    ("codes", "messages"),
    ("dialect", "version"),
    ("message_types", "messages"),
    ("missed_run", "unanswered in a row:"),
    ("pdu_types", "messages"),
    ("queries", "asks for"),
    ("rcodes", "answer"),
    ("selected", "security"),
    ("shares", "share"),
    ("sni", "server"),
    ("target", "path"),
    ("user_name", "user"),
];

/// A fact under the last part of its key, in words.
fn fact(key: &str, said: &str) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let name = WORDS
        .iter()
        .find(|(key, _)| *key == name)
        .map_or_else(|| name.replace('_', " "), |(_, words)| (*words).to_owned());
    format!("{name} {}", cut(&printable(said), MAX_FACT))
}
