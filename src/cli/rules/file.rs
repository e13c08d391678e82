//! The rules file: TOML, one `[[rule]]` for each rule, with `[[rule.payload]]` for what its bytes are.
//!
//! A mistake in it is told with line and column, and never passed over.

use super::payload::{self, integer};
use crate::cli::config::file::{Mistake, place};
use crate::cli::expect::file::{list, near};
use crate::cli::labels;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wiretell::findings::expected::Ports;
use wiretell::key::Transport;
use wiretell::output::select::Selection;
use wiretell::rules::{Rule, UserRules, label, unfit_label};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// Most rules of all files: each is tried on every flow that it may be about.
const MOST: usize = 4096;
/// What a rule may say.
const KEYS: [&str; 11] = [
    "name",
    "transport",
    "port",
    "servers",
    "clients",
    "between",
    "hosts",
    "payload",
    "must_match",
    "must_not_match",
    "note",
];

/// A rule as it is written, with what it must and must not take.
pub(crate) struct Written {
    /// The rule.
    pub(crate) rule: Rule,
    /// Where it stands in its file.
    pub(super) line: usize,
    /// What it must take, and what it must not.
    pub(super) samples: Vec<Sample>,
}

/// Something that a rule must take, or must not.
pub(super) struct Sample {
    /// Where it stands: line and column.
    pub(super) at: (usize, usize),
    /// Which of the two.
    pub(super) must_match: bool,
    /// What it is.
    pub(super) what: What,
}

/// What a sample is.
pub(super) enum What {
    /// What client and server say first, and over what, where that is said.
    Bytes {
        /// The client's.
        client: Vec<u8>,
        /// The server's.
        server: Vec<u8>,
        /// What carries it.
        transport: Option<Transport>,
    },
    /// Flows of a capture: those that fit an expression.
    Capture {
        /// The capture.
        path: PathBuf,
        /// The expression, if not all are meant.
        selection: Option<Box<Selection>>,
    },
}

/// The rules of several files, in order.
///
/// # Errors
/// A sentence that names the file, and the line and column of what is wrong in it.
pub(crate) fn given(paths: &[PathBuf]) -> Result<UserRules, String> {
    let mut rules = Vec::new();
    for path in paths {
        rules.extend(read(path)?.into_iter().map(|written| written.rule));
    }
    if rules.len() > MOST {
        return Err(format!("{} rules are more than the {MOST} that can be used at a time", rules.len()));
    }
    Ok(UserRules::new(rules))
}

/// Reads a file.
///
/// # Errors
/// As [`given`].
pub(super) fn read(path: &Path) -> Result<Vec<Written>, String> {
    let shown = path.display();
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST) {
        return Err(format!("{shown}: too large for a rules file"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{shown}: the rules cannot be read: {error}"))?;
    let told = |(at, what): Mistake| {
        let (line, column) = place(&text, at);
        format!("{shown}:{line}:{column}: {what}")
    };
    let mut rules = parse(&text).map_err(told)?;
    // What stands in records and on terminals must not steer them.
    let name: String = shown.to_string().chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let directory = path.parent().unwrap_or(Path::new(""));
    for written in &mut rules {
        written.rule.origin = format!("{name}, line {}", written.line);
        for sample in &mut written.samples {
            if let What::Capture { path, .. } = &mut sample.what {
                *path = directory.join(&*path);
            }
        }
    }
    Ok(rules)
}

/// Takes a file's text.
pub(super) fn parse(text: &str) -> Result<Vec<Written>, Mistake> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut rules = Vec::new();
    for (key, value) in table.get_ref() {
        let form = || (key.span().start, "write [[rule]] on a line of its own".to_owned());
        if key.get_ref() != "rule" {
            let what =
                format!("`{}` is nothing that is known here; every rule begins with [[rule]]", key.get_ref());
            return Err((key.span().start, what));
        }
        let DeValue::Array(entries) = value.get_ref() else { return Err(form()) };
        for one in entries {
            let DeValue::Table(keys) = one.get_ref() else { return Err(form()) };
            rules.push(written(keys, one.span().start, text)?);
        }
    }
    Ok(rules)
}

fn written(keys: &DeTable<'_>, at: usize, text: &str) -> Result<Written, Mistake> {
    let (line, _) = place(text, at);
    let mut rule = Rule::default();
    let mut samples = Vec::new();
    let mut payloads = None;
    for (key, value) in keys {
        let name: &str = key.get_ref();
        let start = value.span().start;
        match name {
            "name" => {
                let given = string(name, value)?;
                if let Some(what) = unfit_label(given) {
                    return Err((start, what));
                }
                rule.name = label(given);
            }
            "transport" => rule.transports = list(name, value, transport)?,
            "port" => rule.ports = list(name, value, Ports::from_str)?,
            "servers" => rule.servers = list(name, value, str::parse)?,
            "clients" => rule.clients = list(name, value, str::parse)?,
            "between" => rule.between = list(name, value, str::parse)?,
            "hosts" => rule.hosts = list(name, value, str::parse)?,
            "payload" => payloads = Some(value),
            "must_match" => samples.extend(taken(value, true, text)?),
            "must_not_match" => samples.extend(taken(value, false, text)?),
            "note" => _ = string(name, value)?,
            _ => return Err(unknown(name, key.span().start, "a rule says", &KEYS)),
        }
    }
    if rule.name.is_empty() {
        return Err((at, "this rule has no `name`, which is the label that it gives".to_owned()));
    }
    if let Some(value) = payloads {
        rule.patterns = payload::patterns(value, &rule.transports)?;
    }
    let says = !(rule.patterns.is_empty()
        && rule.ports.is_empty()
        && [&rule.servers, &rule.clients, &rule.between, &rule.hosts].iter().all(|list| list.is_empty()));
    if !says {
        return Err((
            at,
            "this rule fits every flow; give it a `port`, hosts, or [[rule.payload]]".to_owned(),
        ));
    }
    Ok(Written { rule, line, samples })
}

/// What is said of a key that nobody knows.
pub(super) fn unknown(name: &str, at: usize, who: &str, keys: &[&str]) -> Mistake {
    let near = near(name, keys.iter().copied());
    (at, format!("`{name}` is nothing that {who}{near}; it has {}", keys.join(", ")))
}

/// Text in quotes.
pub(super) fn string<'a>(name: &str, value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Mistake> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err((value.span().start, format!("`{name}` takes text in quotes"))),
    }
}

fn transport(name: &str) -> Result<Transport, String> {
    let known = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    known
        .into_iter()
        .find(|known| known.name() == name)
        .ok_or_else(|| format!("`{name}` is not tcp, udp or sctp"))
}

/// Samples: bytes in hexadecimal, or tables.
fn taken(value: &Spanned<DeValue<'_>>, must_match: bool, text: &str) -> Result<Vec<Sample>, Mistake> {
    let one = |value: &Spanned<DeValue<'_>>| {
        let start = value.span().start;
        let what = match value.get_ref() {
            DeValue::String(hex) => {
                let client = payload::plain(hex).map_err(|what| (start, what))?;
                What::Bytes { client, server: Vec::new(), transport: None }
            }
            DeValue::Table(keys) => sample(keys, start)?,
            _ => {
                let what = "a sample is bytes in hexadecimal (\"41 43\"), or a table: { client = \"41\", server = \"43\" } \
                            or { capture = \"a.pcapng\", where = \"port == 7001\" }";
                return Err((start, what.to_owned()));
            }
        };
        Ok(Sample { at: place(text, start), must_match, what })
    };
    match value.get_ref() {
        DeValue::Array(several) => several.iter().map(one).collect(),
        _ => one(value).map(|one| vec![one]),
    }
}

fn sample(keys: &DeTable<'_>, at: usize) -> Result<What, Mistake> {
    const KEYS: [&str; 6] = ["client", "server", "transport", "capture", "where", "flow"];
    let (mut client, mut server, mut carrier) = (Vec::new(), Vec::new(), None);
    let (mut capture, mut selection, mut of_bytes) = (None, None, None);
    for (key, value) in keys {
        let (name, start): (&str, _) = (key.get_ref(), value.span().start);
        let wrong = |what: String| (start, what);
        match name {
            "client" => client = payload::plain(string(name, value)?).map_err(wrong)?,
            "server" => server = payload::plain(string(name, value)?).map_err(wrong)?,
            "transport" => carrier = Some(transport(string(name, value)?).map_err(wrong)?),
            "capture" => capture = Some(PathBuf::from(string(name, value)?)),
            "where" | "flow" => {
                let said = string(name, value)?;
                let text = if name == "flow" { format!("flow_id == {said:?}") } else { said.to_owned() };
                let parsed =
                    labels::parse(&text, None).map_err(|error| wrong(format!("`{name}`: {error}")))?;
                selection = Some(Box::new(parsed));
            }
            _ => return Err(unknown(name, key.span().start, "a sample says", &KEYS)),
        }
        if ["client", "server", "transport"].contains(&name) {
            of_bytes = Some(key.span().start);
        }
    }
    match (capture, of_bytes, selection) {
        (Some(path), None, selection) => Ok(What::Capture { path, selection }),
        (Some(_), Some(at), _) => Err((at, "a sample is bytes or from a capture, not both".to_owned())),
        (None, _, Some(_)) => {
            Err((at, "`where` and `flow` choose flows of a `capture`, which is missing".to_owned()))
        }
        (None, Some(_), None) if !(client.is_empty() && server.is_empty()) => {
            Ok(What::Bytes { client, server, transport: carrier })
        }
        (None, ..) => {
            Err((at, "this sample has no bytes: give it a `client`, a `server` or a `capture`".to_owned()))
        }
    }
}

/// A whole number from 0 up to `most`.
pub(super) fn number(name: &str, value: &Spanned<DeValue<'_>>, most: u32) -> Result<u32, Mistake> {
    let number = integer(name, value)?;
    u32::try_from(number)
        .ok()
        .filter(|number| *number <= most)
        .ok_or_else(|| (value.span().start, format!("`{name}` takes a whole number from 0 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.toml"));

    proptest! {
        /// A mistake anywhere in a file is a sentence with a place that is in the file, and never a panic.
        #[test]
        fn no_file_is_too_strange_to_be_told_what_is_wrong_in_it(
            cuts in prop::collection::vec((0..EXAMPLE.len(), 0..12_usize, "[\\PC]{0,6}|[0-9a-f?\\[\\]{}=\", -]{0,8}"), 1..6),
        ) {
            let mut text = EXAMPLE.to_owned();
            for (at, len, instead) in cuts {
                let at = text.floor_char_boundary(at.min(text.len()));
                let end = text.ceil_char_boundary((at + len).min(text.len()));
                text.replace_range(at..end, &instead);
            }
            match parse(&text) {
                Ok(rules) => prop_assert!(rules.iter().all(|written| unfit_label(written.rule.name).is_none())),
                Err((at, what)) => prop_assert!(at <= text.len() && !what.is_empty()),
            }
        }
    }
}
