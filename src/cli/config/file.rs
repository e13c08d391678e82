//! The configuration file: TOML, with a section for each command and one for all, whose keys are long options.
//!
//! A mistake in it is told with line and column, and never passed over.

use super::{COMMAND_LINE_ONLY, COMMANDS, COMMON, check, is_flag, options};
use crate::cli::units::is_protocol;
use clap::{Arg, ArgAction, Command};
use std::ffi::OsStr;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What a file says.
pub(super) struct File {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// One option, as it is set.
pub(super) struct Entry {
    section: &'static str,
    /// The option's identifier for the parser of the command line.
    pub(super) option: String,
    /// Its values; one, unless it can be repeated.
    pub(super) values: Vec<String>,
    line: usize,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that names the file, and the line and column of what is wrong in it.
    pub(super) fn read(path: PathBuf, command: &Command) -> Result<Self, String> {
        let shown = path.display();
        let length = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if length > LARGEST {
            return Err(format!("{shown}: too large for a configuration file; see --config and --no-config"));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| {
            format!("{shown}: the configuration cannot be read: {error}; see --no-config")
        })?;
        let entries = parse(&text, command).map_err(|(at, what)| {
            let (line, column) = place(&text, at);
            format!("{shown}:{line}:{column}: {what}")
        })?;
        Ok(Self { path, entries })
    }

    /// What is set for a command; what its own section says comes last and so counts.
    pub(super) fn of(&self, command: &str) -> impl Iterator<Item = &Entry> {
        let of =
            move |section: &str| self.entries.iter().filter(move |entry| entry.section == section).collect();
        let (common, own): (Vec<_>, Vec<_>) = (of(COMMON), of(command));
        let own_options: Vec<_> = own.iter().map(|entry| entry.option.clone()).collect();
        common.into_iter().filter(move |entry| !own_options.contains(&entry.option)).chain(own)
    }

    /// Where an option is set for a command: file and line.
    pub(super) fn origin(&self, command: &str, option: &str) -> Option<String> {
        let entry = self.of(command).find(|entry| entry.option == option)?;
        Some(format!("{}:{}", self.path.display(), entry.line))
    }
}

/// What is wrong, and at which byte.
pub(in crate::cli) type Mistake = (usize, String);

fn parse(text: &str, command: &Command) -> Result<Vec<Entry>, Mistake> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let has_rules = table.get_ref().values().any(|section| section.get_ref().get("rules").is_some());
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let Some(section) = COMMANDS.into_iter().chain([COMMON]).find(|section| *section == name) else {
            let known = "the sections are [common], [read], [view], [live] and [extract]";
            return Err((key.span().start, format!("`{name}` is no section; {known}")));
        };
        let DeValue::Table(options) = value.get_ref() else {
            return Err((
                key.span().start,
                format!("`{name}` is a section: write [{name}] on a line of its own"),
            ));
        };
        for (key, value) in options {
            let entry = entry(section, key.get_ref(), &key.span(), value, text, command)?;
            // Labels of the user's own are known only with the rules that give them.
            if let (Some(name), "decode_as", false) = (unknown(&entry), entry.option.as_str(), has_rules) {
                return Err((
                    value.span().start,
                    format!("`{name}` is no protocol that wiretell knows, and no `rules` are set here"),
                ));
            }
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// What a setting takes ports for that is nothing built in.
fn unknown(entry: &Entry) -> Option<&str> {
    let names = entry.values.iter().filter_map(|rule| Some(rule.split_once(',')?.1.trim()));
    names.into_iter().find(|name| !is_protocol(name))
}

fn entry(
    section: &'static str,
    name: &str,
    at: &Range<usize>,
    value: &Spanned<DeValue<'_>>,
    text: &str,
    command: &Command,
) -> Result<Entry, Mistake> {
    let commands = COMMANDS.into_iter().filter(|command| section == COMMON || section == *command);
    let known = commands.flat_map(|name| options(command, name));
    // The file itself cannot say which file it is.
    let known: Vec<(&str, &Arg)> = known
        .filter_map(|option| Some((option.get_long()?, option)))
        .filter(|(long, _)| *long != "config")
        .collect();
    let Some((_, option)) = known.iter().find(|(long, _)| *long == name) else {
        let what = if COMMAND_LINE_ONLY.contains(&name) || name == "config" {
            format!("`{name}` can be given on the command line only")
        } else {
            let near = known.iter().map(|(long, _)| (strsim::jaro_winkler(long, name), *long));
            let near = near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = near.map_or_else(String::new, |(_, long)| format!("; is `{long}` meant?"));
            let of = if section == COMMON { "any command".to_owned() } else { format!("`{section}`") };
            format!("`{name}` is no option of {of}{hint}")
        };
        return Err((at.start, what));
    };
    let (line, _) = place(text, at.start);
    let start = value.span().start;
    let values = values(option, value)?;
    for value in &values {
        check(option, OsStr::new(value)).map_err(|what| (start, what))?;
    }
    Ok(Entry { section, option: option.get_id().to_string(), values, line })
}

/// The values of an option, as they would stand on the command line.
fn values(option: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Mistake> {
    let long = option.get_long().unwrap_or_default();
    let wrong = |what: &str| Err((value.span().start, format!("`{long}` takes {what}")));
    match value.get_ref() {
        DeValue::Boolean(yes) if is_flag(option) => Ok(vec![yes.to_string()]),
        _ if is_flag(option) => wrong("true or false"),
        DeValue::String(text) => Ok(vec![text.clone().into_owned()]),
        DeValue::Integer(number) if number.radix() == 10 => Ok(vec![number.as_str().to_owned()]),
        DeValue::Array(several) if matches!(option.get_action(), ArgAction::Append) => several
            .iter()
            .map(|one| match one.get_ref() {
                DeValue::String(text) => Ok(text.clone().into_owned()),
                _ => Err((one.span().start, format!("`{long}` takes text in quotes"))),
            })
            .collect(),
        _ if matches!(option.get_action(), ArgAction::Append) => {
            wrong("text in quotes, or several in brackets: [\"...\", \"...\"]")
        }
        _ => wrong("text in quotes, or a whole number"),
    }
}

/// Line and column, both from 1, of a byte; a column is a character.
pub(in crate::cli) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
