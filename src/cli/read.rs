//! `wiretell read`: labels the flows in capture files.

use super::expect;
use super::messages::{Messages, say};
use super::output::Output;
use super::written::destination;
use super::{Cli, Format, ReadArgs};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use wiretell::analysis::{Outcome, Run, Watcher};
use wiretell::capture::list::{Listed, Source, list};
use wiretell::output::table::Section;
use wiretell::output::text::{bound, counted};

/// Done.
pub(crate) const DONE: u8 = 0;
/// Done, and something at least as bad as `--fail-on` was found.
const FOUND: u8 = 1;
/// Usage, configuration, or something could not be opened or written.
pub(crate) const FAILED: u8 = 2;
/// Done, but an input was cut short or damaged, or went away.
const DAMAGED: u8 = 3;
/// What shells add to a signal's number: Ctrl-C, SIGINT, is 130.
const SIGNALLED: u8 = 128;

/// Runs.
pub(crate) fn run(cli: &Cli, args: &ReadArgs) -> ExitCode {
    match read(cli, args) {
        Ok(code) => code.into(),
        Err(message) => {
            say(&message);
            FAILED.into()
        }
    }
}

fn read(cli: &Cli, args: &ReadArgs) -> Result<u8, String> {
    if !args.show.is_empty() && matches!(args.common.format, Format::Csv | Format::Html) {
        return Err("--show chooses parts of the table and of JSON lines; CSV has the flows only, and the page has all".to_owned());
    }
    let reading = args.common.flows.reading().map_err(|error| error.to_string())?;
    let own = args.common.flows.own()?;
    let expectations = expect::file::given(args.common.expect.as_deref(), &own.rules)?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let (sources, mut messages) = listed(cli, &args.paths);
    let inputs = sources.iter().map(|source| &source.path).chain(&args.paths).map(PathBuf::as_path);
    let destination = destination(&args.common, &inputs.collect::<Vec<_>>(), &stop)?;
    let files: Arc<[String]> = sources.iter().map(|source| source.path.display().to_string()).collect();
    let output = Output::new(cli, &args.common, destination, files, false, None);
    let sections: Vec<Section> = args.show.iter().map(|&part| part.into()).collect();
    let output = output.each(args.each).expecting(expectations).showing(&sections);
    output.begin();
    let run = Run {
        sources: &sources,
        each: args.each,
        settings: args.common.flows.settings(false, &own),
        reading,
        stop: &stop,
    };
    let (mut outcome, parts) = run
        .run(|| output.part(), &mut messages)
        .map_err(|error| format!("no thread could be started: {error}; try --threads 0"))?;
    messages.clear();
    let worst = match output.finish(parts, &mut outcome, &messages) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(DONE),
        Err(error) => return Err(format!("writing the output failed: {error}")),
        Ok(worst) => worst,
    };
    if cli.verbose {
        verbose(&outcome);
    }
    Ok(exit_code(signal.load(Ordering::Relaxed), &messages, args.common.is_failed_by(worst)))
}

/// The captures that `paths` name, and messages about reading them; what is wrong with others was told.
pub(crate) fn listed(cli: &Cli, paths: &[PathBuf]) -> (Vec<Source>, Messages) {
    let Listed { sources, errors, repeated } = list(paths);
    let size = |path: &Path| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
    let total = sources.iter().map(|source| size(&source.path)).sum();
    let mut messages = Messages::new(cli, total);
    for error in &errors {
        messages.failed(error);
    }
    if let (Some(file), false) = (repeated.first(), cli.quiet) {
        let others = match repeated.len() - 1 {
            0 => String::new(),
            more => format!(", and so are {}", counted(more as u64, "other")),
        };
        say(&format!("{} is named more than once, and read once{others}", file.display()));
    }
    (sources, messages)
}

/// What the run came to, the worst first: the `signal` that ended it, 0 for none, then what went wrong.
pub(crate) fn exit_code(signal: usize, messages: &Messages, found: bool) -> u8 {
    if let Ok(signal @ 1..) = u8::try_from(signal) {
        SIGNALLED + signal
    } else if messages.unopened {
        FAILED
    } else if messages.damaged {
        DAMAGED
    } else if found {
        FOUND
    } else {
        DONE
    }
}

/// Lets Ctrl-C, SIGTERM and SIGHUP end the run with what is known so far; the second one ends it at once. Gives where
/// the signal's number will be.
pub(crate) fn on_signals(stop: &Arc<AtomicBool>) -> Arc<AtomicUsize> {
    let (seen, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let code = i32::from(SIGNALLED) + signal;
        // In this order: the first signal passes by what the second one is to meet.
        let set = flag::register_conditional_shutdown(signal, code, Arc::clone(&seen))
            .and_then(|_| flag::register(signal, Arc::clone(&seen)))
            .and_then(|_| {
                flag::register_usize(signal, Arc::clone(&number), usize::try_from(signal).unwrap_or(0))
            })
            .and_then(|_| flag::register(signal, Arc::clone(stop)));
        if let Err(error) = set {
            say(&format!("signal {signal} will end the run at once, without a summary: {error}"));
        }
    }
    number
}

pub(crate) fn verbose(outcome: &Outcome) {
    let skipped = wiretell::wire::Skip::ALL.iter().map(|skip| skip.name()).zip(outcome.intake.skipped);
    for (reason, count) in skipped.filter(|(_, count)| *count > 0) {
        say(&format!("{} skipped: {reason}", counted(count, "packet")));
    }
    let bounds = outcome.bounds.iter().copied().chain(outcome.totals.bounds());
    for (name, count) in bounds.filter(|(_, count)| *count > 0) {
        say(&bound(name, count));
    }
}
