//! `wiretell read`: labels the flows in capture files.

use super::messages::{Messages, say};
use super::output::{Output, destination};
use super::{Cli, ReadArgs};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::{Outcome, Reading, Run, Watcher};
use wiretell::capture::list::{Listed, list};
use wiretell::output::text::{bound, counted};

/// Done.
pub(crate) const DONE: u8 = 0;
/// Done, and something at least as bad as `--fail-on` was found.
const FOUND: u8 = 1;
/// Usage, configuration, or something could not be opened or written.
pub(crate) const FAILED: u8 = 2;
/// Done, but an input was cut short or damaged, or went away.
const DAMAGED: u8 = 3;
/// Ended by Ctrl-C, as shells count it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

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
    let filter = args.common.compiled_filter().map_err(|error| error.to_string())?;
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::new(AtomicBool::new(false));
    on_interrupt(&stop, &interrupted);
    let Listed { sources, errors, repeated } = list(&args.paths);
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
    if let Some(target) = args.common.output.as_deref()
        && sources.iter().any(|source| is_one_file(target, &source.path))
    {
        return Err(format!("{}: cannot be written, because it is read from", target.display()));
    }
    let destination = destination(&args.common, &stop)?;
    let files: Arc<[String]> = sources.iter().map(|source| source.path.display().to_string()).collect();
    let output = Output::new(cli, &args.common, destination, files, false).each(args.each);
    output.begin(cli.quiet);
    let run = Run {
        sources: &sources,
        each: args.each,
        settings: args.common.settings(false),
        reading: Reading {
            filter,
            count: args.common.count,
            duration_nanos: args.common.duration.map(|span| span.nanos),
        },
        stop: &stop,
    };
    let (mut outcome, parts) = run
        .run(|| output.part(), &mut messages)
        .map_err(|error| format!("no thread could be started: {error}; try --threads 0"))?;
    messages.clear();
    let worst = match output.finish(parts, &mut outcome, messages.unopened) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(DONE),
        Err(error) => return Err(format!("writing the output failed: {error}")),
        Ok(worst) => worst,
    };
    if cli.verbose {
        verbose(&outcome);
    }
    Ok(exit_code(interrupted.load(Ordering::Relaxed), &messages, args.common.is_failed_by(worst)))
}

/// Whether two paths name the same file, which opening one for writing would empty.
fn is_one_file(a: &Path, b: &Path) -> bool {
    let place =
        |path| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| (m.dev(), m.ino()));
    place(a).is_some_and(|a| place(b) == Some(a))
}

/// What the run came to, the worst first.
pub(crate) fn exit_code(interrupted: bool, messages: &Messages, found: bool) -> u8 {
    if interrupted {
        INTERRUPTED
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

/// Lets Ctrl-C and SIGTERM end the run with what is known so far; the second one ends it at once.
pub(crate) fn on_interrupt(stop: &Arc<AtomicBool>, interrupted: &Arc<AtomicBool>) {
    let (stop, interrupted) = (Arc::clone(stop), Arc::clone(interrupted));
    let set = ctrlc::set_handler(move || {
        if interrupted.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        stop.store(true, Ordering::Relaxed);
    });
    if let Err(error) = set {
        say(&format!("Ctrl-C will end the run at once, without a summary: {error}"));
    }
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
