//! What options are set to, and where each value comes from, as a configuration file that says the same.

use super::file::File;
use super::{is_flag, options, variable};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::fmt::Write;

/// Column at which origins begin, where values leave room.
const ORIGIN: usize = 40;

/// The section of a command.
pub(super) fn dump(command: &Command, name: &str, own: &ArgMatches, file: Option<&File>) -> String {
    // Writing to memory cannot fail.
    let mut text = format!("[{name}]\n");
    for option in options(command, name) {
        let (id, Some(long)) = (option.get_id().as_str(), option.get_long()) else { continue };
        if long == "config" {
            continue;
        }
        let origin = match own.value_source(id) {
            Some(ValueSource::CommandLine) => "command line".to_owned(),
            Some(ValueSource::EnvVariable) => variable(long),
            _ => file.and_then(|file| file.origin(name, id)).unwrap_or_else(|| "default".to_owned()),
        };
        let Some(value) = value(option, own) else {
            let _ = writeln!(text, "# {long} is not set");
            continue;
        };
        let line = format!("{long} = {value}");
        // A file's name may hold anything, and a comment ends with its line.
        let origin: String = origin.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let _ = writeln!(text, "{line:ORIGIN$} # {origin}");
    }
    text
}

/// An option's value in TOML; none if it has none.
fn value(option: &Arg, own: &ArgMatches) -> Option<String> {
    let id = option.get_id().as_str();
    if is_flag(option) {
        return Some(own.get_flag(id).to_string());
    }
    let raw = own.get_raw(id)?.map(|value| value.to_string_lossy().into_owned());
    let mut values = raw.map(|value| match value.parse::<u32>() {
        // Not what has a meaning beyond the number, such as leading zeros.
        Ok(number) if number.to_string() == value => value,
        _ => toml::Value::String(value).to_string(),
    });
    if matches!(option.get_action(), ArgAction::Append) {
        let quoted: Vec<_> = values.collect();
        return Some(format!("[{}]", quoted.join(", ")));
    }
    values.next()
}
