//! `wiretell expect`: drafts an expectations file from captures, or checks one.

pub(crate) mod file;

mod draft;

use super::lists::show;
use super::messages::say;
use super::read::{DONE, FAILED, exit_code, listed, on_signals};
use super::rules::{self, Own};
use super::written::create;
use super::{Cli, DraftArgs, ExpectCommand};
use draft::Seen;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::Run;
use wiretell::output::text::counted;
use wiretell::pipeline::Settings;

/// Runs.
pub(crate) fn run(cli: &Cli, command: &ExpectCommand) -> ExitCode {
    let done = match command {
        ExpectCommand::Init(args) => init(cli, args),
        ExpectCommand::Check { file, rules } => check(cli, file, rules),
    };
    done.unwrap_or_else(|message| {
        say(&message);
        FAILED.into()
    })
}

fn check(cli: &Cli, file: &Path, rules: &[PathBuf]) -> Result<ExitCode, String> {
    let expectations = file::read(file, &rules::file::given(rules)?)?;
    if cli.quiet {
        return Ok(DONE.into());
    }
    let entries = expectations.entries.len() as u64;
    let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    Ok(show(&format!("{}: {entries}, no mistake\n", file.display()), DONE))
}

fn init(cli: &Cli, args: &DraftArgs) -> Result<ExitCode, String> {
    let own = Own::read(&args.rules, &[])?;
    own.check(args.selection.as_ref())?;
    let reading = args.reading()?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let (sources, mut messages) = listed(cli, &args.paths);
    let output = args.output(&sources)?;
    let files: Arc<[String]> = sources.iter().map(|source| source.path.display().to_string()).collect();
    let selection = args.selection.clone().map(Arc::new);
    let run = Run {
        sources: &sources,
        each: args.each,
        settings: Settings { rules: own.rules, ..Settings::default() },
        reading,
        stop: &stop,
    };
    let (_, parts) = run
        .run(|| Seen::of(selection.clone(), Arc::clone(&files)), &mut messages)
        .map_err(|error| format!("no thread could be started: {error}"))?;
    messages.clear();
    let mut seen = Seen::default();
    for part in parts {
        seen.merge(part);
    }
    if seen.is_full {
        say("there are more listening ends than there is room for; those beyond are not in the draft");
    }
    let text = seen.text(sources.len());
    let code = exit_code(signal.load(Ordering::Relaxed), &messages, false);
    let Some(path) = output else { return Ok(show(&text, code)) };
    create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    if !cli.quiet {
        let entries = text.lines().filter(|line| *line == "[[expect]]").count() as u64;
        say(&format!(
            "{}: drafted from {}; {entries} expected",
            path.display(),
            counted(sources.len() as u64, "capture")
        ));
    }
    Ok(code.into())
}
