//! `wiretell live`: labels flows as they happen on an interface.

use super::messages::{Messages, say};
use super::output::{Output, destination};
use super::read::{DONE, FAILED, exit_code, on_signals, verbose};
use super::{Cli, LiveArgs};
use signal_hook::consts::SIGTERM;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wiretell::capture::live::{Live, LiveOptions};
use wiretell::capture::privileges::{Identity, drop_root};
use wiretell::monitor::Monitor;
use wiretell::output::text::counted;

/// Runs.
pub(crate) fn run(cli: &Cli, args: &LiveArgs) -> ExitCode {
    match listen(cli, args) {
        Ok(code) => code.into(),
        Err(message) => {
            say(&message);
            FAILED.into()
        }
    }
}

fn listen(cli: &Cli, args: &LiveArgs) -> Result<u8, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let options = LiveOptions {
        interface: args.interface.clone(),
        snaplen: args.snaplen,
        promiscuous: !args.no_promisc,
        buffer_mib: args.buffer_size,
        filter: args.common.flows.filter.clone(),
    };
    let live = Live::open(&options).map_err(|error| error.to_string())?;
    // While root may still write where it is told to.
    let destination = destination(&args.common, &[], &stop)?;
    if !args.keep_root {
        let identity = drop_root().map_err(|error| error.to_string())?;
        if let (Identity::Changed { user, group }, true) = (identity, cli.verbose) {
            say(&format!("root is given up: going on as user {user}, group {group}"));
        }
    }
    if !cli.quiet {
        let name = live.name();
        say(&format!("listening on {name}; Ctrl-C ends it with a summary"));
    }
    let output = Output::new(cli, &args.common, destination, Arc::from([]), true);
    output.begin();
    let mut messages = Messages::new(cli, None);
    let monitor = Monitor {
        live,
        settings: args.common.flows.settings(true),
        count: args.common.flows.count,
        duration: args.common.flows.duration.map(|span| Duration::from_nanos(span.nanos)),
        stop: &stop,
    };
    let (mut outcome, parts) = monitor
        .run(|| output.part(), &mut messages)
        .map_err(|error| format!("no thread could be started: {error}"))?;
    messages.clear();
    let worst = match output.finish(parts, &mut outcome, false) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(DONE),
        Err(error) => return Err(format!("writing the output failed: {error}")),
        Ok(worst) => worst,
    };
    let (drops, behind) = (outcome.drops, outcome.behind);
    if drops.kernel + drops.interface + behind > 0 {
        say(&format!(
            "lost: {} for lack of room in the kernel's buffer (see -B), {} by the interface, {behind} \
             because classifying was behind",
            counted(drops.kernel, "frame"),
            drops.interface
        ));
    }
    if cli.verbose {
        verbose(&outcome);
    }
    // SIGTERM is how services are told to end: they have done all they were to do.
    let signal = match signal.load(Ordering::Relaxed) {
        signal if i32::try_from(signal) == Ok(SIGTERM) => 0,
        signal => signal,
    };
    Ok(exit_code(signal, &messages, args.common.is_failed_by(worst)))
}
