//! What wiretell knows, without any packet: interfaces, explanations, protocols, the schema, completions, manuals.

use super::messages::say;
use super::output::{colored, width};
use super::read::{DONE, FAILED};
use super::{Cli, Command};
use clap::CommandFactory;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use wiretell::capture::interfaces;
use wiretell::explain::{explain, protocols_table};
use wiretell::output::{lists, schema};

/// Runs one of the commands that read no packets.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    let (text, code) = match &cli.command {
        Command::Interfaces => match interfaces() {
            Ok(interfaces) => (lists::interfaces(&interfaces, width(), colored(cli.color)), DONE),
            Err(error) => {
                say(&error.to_string());
                (String::new(), FAILED)
            }
        },
        Command::Explain { topics } => explanations(topics),
        Command::Protocols { json: true } => (lists::json(&protocols_table::rows()), DONE),
        Command::Protocols { json: false } => {
            let table = protocols_table::table(&protocols_table::rows(), width());
            (format!("{table}\n{}", protocols_table::others(width())), DONE)
        }
        Command::Schema => (schema::text(), DONE),
        Command::Completions { shell } => (completions(*shell), DONE),
        Command::Man { command } if command.is_empty() => (manual(), DONE),
        Command::Man { command } => manual_of(command).map_or_else(
            |message| {
                say(&message);
                (String::new(), FAILED)
            },
            |page| (page, DONE),
        ),
        // Those read packets, and are run elsewhere.
        Command::Read(_)
        | Command::View(_)
        | Command::Live(_)
        | Command::Extract(_)
        | Command::Rules { .. }
        | Command::Expect { .. } => (String::new(), FAILED),
    };
    show(&text, code)
}

/// Writes a text to standard output; the exit code, unless that fails.
pub(crate) fn show(text: &str, code: u8) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => DONE.into(),
        Err(error) => {
            say(&format!("writing the output failed: {error}"));
            FAILED.into()
        }
        Ok(()) => code.into(),
    }
}

/// All topics that are known, one below the other; what is not known is told on standard error.
fn explanations(topics: &[String]) -> (String, u8) {
    let (mut texts, mut code) = (Vec::new(), DONE);
    for topic in topics {
        match explain(topic) {
            Ok(explanation) => texts.push(explanation.text(width())),
            Err(unknown) => {
                say(&unknown.to_string());
                code = FAILED;
            }
        }
    }
    (texts.join("\n"), code)
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wiretell", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// One page: the command, then each subcommand with its options.
fn manual() -> String {
    let mut page = Vec::new();
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    // Writing to memory cannot fail.
    let _ = write_manual(&command, &mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// The page of one command, which may have commands itself.
fn manual_of(words: &[String]) -> Result<String, String> {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let mut command = &all;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!(
                "`{}` is no command of {}; it has: {known}",
                word.escape_debug(),
                command.get_bin_name().unwrap_or("wiretell")
            )
        })?;
    }
    let name = command.get_bin_name().unwrap_or("wiretell").replace(' ', "-");
    let mut page = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command.clone()).title(name).source(source(&all)).render(&mut page);
    page.extend(EXIT_STATUS.bytes());
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// The program and its version, for the foot of a page.
fn source(all: &clap::Command) -> String {
    format!("wiretell {}", all.get_version().unwrap_or_default())
}

fn write_manual(command: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    for subcommand in command.get_subcommands() {
        writeln!(page, ".SH \"WIRETELL {}\"", subcommand.get_name().to_uppercase())?;
        // Those of every command stand above.
        let own = subcommand.clone().mut_args(|option| {
            let common = option.is_global_set();
            option.hide(common)
        });
        let man = clap_mangen::Man::new(own);
        let mut part = Vec::new();
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        man.render_extra_section(&mut part)?;
        // A section of the subcommand is a part of its section here.
        page.extend(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").bytes());
    }
    page.extend(EXIT_STATUS.bytes());
    Ok(())
}

/// What no option says.
const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.TP
0
Done; also when whoever read the output has seen enough.
.TP
1
Done, and a finding was at least as severe as \fB\-\-fail\-on\fR says.
.TP
2
Wrong usage, or something could not be opened, read or written; the rest was done.
.TP
3
Done, but an input was cut short or damaged: everything before the damage is in the output.
.TP
130
Ended by Ctrl\-C, after printing what was known.
.SH ENVIRONMENT
.TP
NO_COLOR
If it is not empty, tables have no colours, unless \fB\-\-color always\fR asks for them.
.TP
COLUMNS
Width of tables where standard output is no terminal.
"#;
