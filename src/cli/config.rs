//! Where options come from besides the command line: `WIRETELL_*` variables and a configuration file.
//!
//! Whatever has a long option can be set by either, under the option's own name, so that no list of them is kept here. The
//! command line outranks the environment, that the file, and the file what options are by default.

mod dump;
pub(in crate::cli) mod file;

use super::Cli;
use super::messages::say;
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use file::{Entry, File};
use std::ffi::OsStr;
use std::path::PathBuf;

/// The commands whose options can be set.
const COMMANDS: [&str; 4] = ["read", "view", "live", "extract"];
/// The section of the file that counts for all of them.
const COMMON: &str = "common";
/// What is said on the command line only: where packets are written to, and what is not about the run itself.
const COMMAND_LINE_ONLY: [&str; 6] = ["write", "per-flow", "no-config", "dump-config", "help", "version"];

/// What the command line asks for.
pub(crate) enum Asked {
    /// To do something.
    Run(Box<Cli>),
    /// To show what options are set to, which is this text.
    Show(String),
}

/// Parses the command line, with what the environment and a configuration file say besides. Where the command line itself
/// is wrong or asks for help, the program ends.
///
/// # Errors
/// A sentence about what is wrong with a variable or with the file.
pub(crate) fn parse() -> Result<Asked, String> {
    let command = with_environment(Cli::command())?;
    warn_of_misspelt(&command);
    let mut matches = command.clone().get_matches();
    let (mut file, mut name) = (None, String::new());
    if let Some((known, own)) = matches.subcommand().filter(|(name, _)| COMMANDS.contains(name)) {
        known.clone_into(&mut name);
        file = path(own).map(|path| File::read(path, &command)).transpose()?;
    }
    if let Some(file) = &file {
        matches = with_file(command.clone(), &name, file).get_matches();
    }
    if let Some((_, own)) = matches.subcommand().filter(|_| !name.is_empty())
        && own.get_flag("dump_config")
    {
        return Ok(Asked::Show(dump::dump(&command, &name, own, file.as_ref())));
    }
    Cli::from_arg_matches(&matches)
        .map(|cli| Asked::Run(Box::new(cli)))
        .map_err(|error| error.render().to_string())
}

/// The configuration file, if there is to be one.
fn path(own: &ArgMatches) -> Option<PathBuf> {
    if own.get_flag("no_config") {
        return None;
    }
    if let Some(path) = own.get_one::<PathBuf>("config") {
        return Some(path.clone());
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // As the XDG Base Directory Specification has it: what is not absolute does not count.
    let home = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let home = home.or_else(|| Some(variable("HOME")?.join(".config")));
    let places = [home, Some(PathBuf::from("/etc"))];
    places.into_iter().flatten().map(|place| place.join("wiretell/config.toml")).find(|path| path.exists())
}

/// The options of a command that can be set, with those of all commands.
fn options<'a>(command: &'a Command, name: &str) -> impl Iterator<Item = &'a Arg> {
    let own = command.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
    own.chain(command.get_arguments())
        .filter(|option| option.get_long().is_some_and(|long| !COMMAND_LINE_ONLY.contains(&long)))
}

/// The variable of an option.
fn variable(long: &str) -> String {
    format!("WIRETELL_{}", long.replace('-', "_").to_uppercase())
}

/// Lets options be set by variables that are there and not empty.
fn with_environment(command: Command) -> Result<Command, String> {
    for name in COMMANDS {
        for option in options(&command, name) {
            let Some(variable) = option.get_long().map(variable) else { continue };
            if let Some(value) = std::env::var_os(&variable).filter(|value| !value.is_empty()) {
                check(option, &value).map_err(|error| format!("the variable {variable}: {error}"))?;
            }
        }
    }
    let set = |option: Arg| {
        let long = option.get_long().filter(|long| !COMMAND_LINE_ONLY.contains(long));
        match long.map(variable) {
            Some(variable) if std::env::var_os(&variable).is_some_and(|value| !value.is_empty()) => {
                said(option).env(variable)
            }
            _ => option,
        }
    };
    Ok(COMMANDS
        .into_iter()
        .fold(command.mut_args(set), |command, name| command.mut_subcommand(name, |own| own.mut_args(set))))
}

/// Tells variables that nothing is set by, where their names are close to those that something is.
fn warn_of_misspelt(command: &Command) {
    let known: Vec<String> = COMMANDS
        .iter()
        .flat_map(|name| options(command, name))
        .filter_map(Arg::get_long)
        .map(variable)
        .collect();
    let bare = |name: &str| name.trim_start_matches("WIRETELL_").to_owned();
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with("WIRETELL_")) else { continue };
        if known.iter().any(|known| known == name) {
            continue;
        }
        let near = known.iter().map(|known| (strsim::jaro_winkler(&bare(known), &bare(name)), known));
        let near = near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, near)) = near {
            say(&format!("the variable {} sets nothing; is {near} meant?", name.escape_debug()));
        }
    }
}

/// A flag that understands words for yes and no, as it has to where its presence does not say it.
fn said(option: Arg) -> Arg {
    if is_flag(&option) { option.value_parser(BoolishValueParser::new()) } else { option }
}

fn is_flag(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// Puts what a file says in the place of what options are by default.
fn with_file(command: Command, name: &str, file: &File) -> Command {
    file.of(name).fold(command, |command, Entry { option, values, .. }| {
        // What is set for all commands may be no option of this one.
        let set = |arg: Arg| {
            if arg.get_id() == option.as_str() { said(arg).default_values(values.clone()) } else { arg }
        };
        command.mut_args(set).mut_subcommand(name, |own| own.mut_args(set))
    })
}

/// Whether an option can have a value.
///
/// # Errors
/// Why it cannot, as it is said of the command line.
fn check(option: &Arg, value: &OsStr) -> Result<(), String> {
    // An option by itself: nothing of what it needs or excludes beside it counts here.
    let mut alone = said(Arg::new("value").long(option.get_long().unwrap_or_default().to_owned()));
    alone = alone.value_parser(option.get_value_parser().clone()).action(ArgAction::Set);
    if is_flag(option) {
        alone = alone.value_parser(BoolishValueParser::new());
    }
    if let Some(names) = option.get_value_names() {
        alone = alone.value_names(names.to_vec());
    }
    let mut argument = std::ffi::OsString::from(format!("--{}=", option.get_long().unwrap_or_default()));
    argument.push(value);
    let command = Command::new("wiretell").no_binary_name(true).disable_help_flag(true).arg(alone);
    command.try_get_matches_from([argument]).map(|_| ()).map_err(|error| {
        let said = error.render().to_string();
        // The first paragraph says what is wrong; how the command is used is of no use here.
        let said = said.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        said.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    })
}
