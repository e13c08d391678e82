//! The expectations file: TOML, one `[[expect]]` for each thing that is expected.
//!
//! A mistake in it is told with line and column, and never passed over.

use crate::cli::config::file::{Mistake, place};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wiretell::findings::expected::{Expectation, Expectations, Ports};
use wiretell::protocols::INSPECTORS;
use wiretell::rules::UserRules;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// What an entry may say.
const KEYS: [&str; 7] = ["port", "protocol", "servers", "clients", "between", "only", "note"];

/// The expectations of a file, if one is given; none without. It may name the labels of `rules`.
///
/// # Errors
/// A sentence that names the file, and the line and column of what is wrong in it.
pub(crate) fn given(path: Option<&Path>, rules: &UserRules) -> Result<Arc<Expectations>, String> {
    path.map_or_else(|| Ok(Arc::default()), |path| read(path, rules).map(Arc::new))
}

/// Reads a file.
///
/// # Errors
/// As [`given`].
pub(super) fn read(path: &Path, rules: &UserRules) -> Result<Expectations, String> {
    let shown = path.display();
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST) {
        return Err(format!("{shown}: too large for an expectations file"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{shown}: the expectations cannot be read: {error}"))?;
    parse(&text, rules).map_err(|(at, what)| {
        let (line, column) = place(&text, at);
        format!("{shown}:{line}:{column}: {what}")
    })
}

/// Takes a file's text.
pub(super) fn parse(text: &str, rules: &UserRules) -> Result<Expectations, Mistake> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut expectations = Expectations::default();
    for (key, value) in table.get_ref() {
        let form = || (key.span().start, "write [[expect]] on a line of its own".to_owned());
        if key.get_ref() != "expect" {
            let what = format!(
                "`{}` is nothing that is known here; every entry begins with [[expect]]",
                key.get_ref()
            );
            return Err((key.span().start, what));
        }
        let DeValue::Array(entries) = value.get_ref() else { return Err(form()) };
        for one in entries {
            let DeValue::Table(keys) = one.get_ref() else { return Err(form()) };
            expectations.entries.push(entry(keys, one.span().start, text, rules)?);
        }
    }
    Ok(expectations)
}

fn entry(keys: &DeTable<'_>, at: usize, text: &str, rules: &UserRules) -> Result<Expectation, Mistake> {
    let (line, _) = place(text, at);
    let mut entry = Expectation { line, ..Expectation::default() };
    for (key, value) in keys {
        let name: &str = key.get_ref();
        match name {
            "port" => entry.ports = list(name, value, Ports::from_str)?,
            "protocol" => entry.protocols = list(name, value, |name| protocol(name, rules))?,
            "servers" => entry.servers = list(name, value, str::parse)?,
            "clients" => entry.clients = list(name, value, str::parse)?,
            "between" => entry.between = list(name, value, str::parse)?,
            "only" => match value.get_ref() {
                DeValue::Boolean(only) => entry.only = *only,
                _ => return Err((value.span().start, "`only` takes true or false".to_owned())),
            },
            "note" => match value.get_ref() {
                DeValue::String(note) => entry.note = Some(note.clone().into_owned()),
                _ => return Err((value.span().start, "`note` takes text in quotes".to_owned())),
            },
            _ => {
                let what = format!(
                    "`{name}` is nothing that an entry says{}; it has {}",
                    near(name, KEYS.into_iter()),
                    KEYS.join(", ")
                );
                return Err((key.span().start, what));
            }
        }
    }
    let names_hosts = [&entry.servers, &entry.clients, &entry.between].iter().any(|list| !list.is_empty());
    if entry.protocols.is_empty() && (entry.ports.is_empty() || !names_hosts) {
        let what = "this entry does not say which `protocol`; without one it says who may use a `port`: with servers, \
                    clients or between";
        return Err((at, what.to_owned()));
    }
    if entry.ports.is_empty() && !entry.only {
        return Err((
            at,
            "this entry has no `port`; without one it says something with only = true only".to_owned(),
        ));
    }
    Ok(entry)
}

/// One value or several, none of which may be missing.
pub(in crate::cli) fn list<T>(
    name: &str,
    value: &Spanned<DeValue<'_>>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Mistake> {
    let one = |value: &Spanned<DeValue<'_>>| {
        let start = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => read(text).map_err(|what| (start, what)),
            DeValue::Integer(number) if name == "port" && number.radix() == 10 => {
                read(number.as_str()).map_err(|what| (start, what))
            }
            _ if name == "port" => Err((start, "`port` takes a number, or text in quotes".to_owned())),
            _ => Err((
                start,
                format!("`{name}` takes text in quotes, or several in brackets: [\"...\", \"...\"]"),
            )),
        }
    };
    match value.get_ref() {
        DeValue::Array(several) if several.is_empty() => {
            Err((value.span().start, format!("`{name}` is empty; leave it out where it does not matter")))
        }
        DeValue::Array(several) => several.iter().map(one).collect(),
        _ => one(value).map(|one| vec![one]),
    }
}

fn protocol(name: &str, rules: &UserRules) -> Result<&'static str, String> {
    let own = rules.rules().iter().map(|rule| rule.name);
    let names = || INSPECTORS.iter().map(|inspector| inspector.name).chain(own.clone());
    names().find(|known| *known == name).ok_or_else(|| {
        format!(
            "`{name}` is no protocol that wiretell knows{}; `wiretell protocols` lists them",
            near(name, names())
        )
    })
}

/// What may be meant by a name that is not known.
pub(in crate::cli) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near =
        known.map(|known| (strsim::jaro_winkler(known, name), known)).filter(|(score, _)| *score > 0.8);
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(String::new, |(_, known)| format!(" (is `{known}` meant?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (usize, usize, String) {
        let (at, what) = parse(text, &UserRules::default()).unwrap_err();
        let (line, column) = place(text, at);
        (line, column, what)
    }

    #[test]
    fn an_entry_says_ports_protocols_and_hosts_as_one_or_several() {
        let text = "[[expect]]\nport = [\"3343/udp\", 8443]\nprotocol = \"netft\"\nservers = [\"10.0.0.0/8\"]\n\
                    between = [\"10.1.0.1\", \"10.1.0.2\"]\nonly = true\nnote = \"nodes\"\n[[expect]]\nport = \"3224-3324\"\n\
                    protocol = [\"framehawk\", \"dtls\"]\n";
        let entries = parse(text, &UserRules::default()).unwrap().entries;
        assert_eq!(entries.len(), 2);
        let (first, second) = (entries.first().unwrap(), entries.last().unwrap());
        assert_eq!((first.line, first.ports.len(), first.only, first.between.len()), (1, 2, true, 2));
        assert_eq!((second.line, second.protocols.as_slice()), (8, &["framehawk", "dtls"][..]));
    }

    #[test]
    fn no_mistake_is_passed_over_and_each_is_told_with_its_place() {
        let entry = |rest: &str| format!("[[expect]]\nport = 1\nprotocol = \"tls\"\n{rest}\n");
        for (text, line, column, told) in [
            ("[[expct]]\nport = 1\n".to_owned(), 1, 3, "[[expect]]"),
            ("[[expect]]\nport = 1\nprotocol = \"netfd\"\n".to_owned(), 3, 12, "is `netft` meant?"),
            ("[[expect]]\nport = 70000\nprotocol = \"tls\"\n".to_owned(), 2, 8, "65535"),
            ("[[expect]]\nport = 1\n".to_owned(), 1, 1, "`protocol`"),
            ("[[expect]]\nport = 1\n".to_owned(), 1, 1, "servers, clients or between"),
            ("[[expect]]\nbetween = \"10.0.0.0/8\"\n".to_owned(), 1, 1, "`protocol`"),
            ("[[expect]]\nprotocol = \"tls\"\n".to_owned(), 1, 1, "only = true"),
            (entry("server = \"10.0.0.1\""), 4, 1, "is `servers` meant?"),
            (entry("servers = [\"10.0.0.1\", \"10.0.0.1/8\"]"), 4, 24, "10.0.0.0/8"),
            (entry("servers = []"), 4, 11, "empty"),
            (entry("only = \"yes\""), 4, 8, "true or false"),
            (entry("note = 7"), 4, 8, "text in quotes"),
            ("[expect]\nport = 1\n".to_owned(), 1, 2, "[[expect]]"),
            ("[[expect]]\nport = \n".to_owned(), 2, 8, ""),
        ] {
            let (at_line, at_column, what) = wrong(&text);
            assert_eq!((at_line, at_column), (line, column), "{text}{what}");
            assert!(what.contains(told), "{what}");
        }
    }
}
