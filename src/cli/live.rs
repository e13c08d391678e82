//! `wiretell live`: labels flows as they happen on an interface.

use super::captures::{One, Trouble, format_of, open};
use super::expect;
use super::fitting::{Fitting, Frames};
use super::messages::{Messages, say};
use super::output::{Output, colored};
use super::read::{DONE, FAILED, exit_code, on_signals, verbose};
use super::screen::{self, Onlooker};
use super::written::destination;
use super::{Cli, LiveArgs};
use crate::view::board::Board;
use crate::view::{Options, Recorded, View};
use signal_hook::consts::SIGTERM;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use wiretell::analysis::Outcome;
use wiretell::capture::live::{Live, LiveOptions};
use wiretell::capture::privileges::{Identity, drop_root};
use wiretell::capture::write::{Interfaces, Written};
use wiretell::capture::{Block, Interface};
use wiretell::monitor::{Monitor, Record};
use wiretell::output::text::{bound, counted};
use wiretell::packet::Frame;

/// Flows that have ended which a view keeps: what a person scrolls through, in some tens of megabytes.
const MOST_ENDED: usize = 20_000;

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
    check(args)?;
    // While root may still read it.
    let own = args.common.flows.own()?;
    let expectations = expect::file::given(args.common.expect.as_deref(), &own.rules)?;
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
    let settings = args.common.flows.settings(true, &own);
    let recording = args.write.as_deref().map(|path| recording(path, args, &live)).transpose()?;
    // Standard output has no name that anybody would look for.
    let named = args.write.as_ref().filter(|path| path.as_path() != Path::new("-"));
    let recorded = named.zip(recording.as_ref()).map(|(path, recording)| Recorded {
        name: path.display().to_string(),
        packets: Arc::clone(&recording.written),
    });
    let given_up = Arc::new(AtomicU64::new(0));
    let (mut decided, mut record) = (None, None::<Box<dyn Record>>);
    if let Some(recording) = recording {
        if args.common.flows.selection.is_some() {
            let (tell, decisions) = channel();
            decided = Some(tell);
            let fitting = Fitting::new(recording, settings.fragments, decisions, Arc::clone(&given_up));
            record = Some(Box::new(fitting));
        } else {
            record = Some(Box::new(recording));
        }
    }
    let mut user_instead = None;
    if !args.keep_root {
        let identity = drop_root().map_err(|error| error.to_string())?;
        if let Identity::Changed { user, group } = identity {
            user_instead = Some(user);
            if cli.verbose {
                say(&format!("root is given up: going on as user {user}, group {group}"));
            }
        }
    }
    let name = live.name().to_owned();
    let board = screen::is_wanted(&args.common, args.plain).then(|| Board::new(MOST_ENDED));
    if !cli.quiet && board.is_none() {
        let recording = recorded.as_ref().map(|recorded| format!(", recording to {}", recorded.name));
        say(&format!("listening on {name}{}; Ctrl-C ends it with a summary", recording.unwrap_or_default()));
    }
    let output = Output::new(cli, &args.common, destination, Arc::from([]), true, board.clone());
    let output = output.expecting(expectations).telling(decided);
    output.begin();
    let mut messages = Messages::new(cli, None);
    let monitor = Monitor {
        live,
        settings,
        count: args.common.flows.count,
        duration: args.common.flows.duration.map(|span| Duration::from_nanos(span.nanos)),
        record,
        stop: &stop,
    };
    let ran = if let Some(board) = board {
        let options = Options {
            title: format!("live {name}"),
            color: colored(cli.color),
            stays: false,
            rules: Arc::clone(&own.rules),
            filter: args.common.flows.selection.as_ref().map(|selection| selection.text().to_owned()),
            given_up: user_instead,
            recorded: recorded.clone(),
            files: Arc::from([]),
        };
        let view = View::open(Arc::clone(&board), options, Arc::clone(&stop))
            .map_err(|error| format!("the terminal cannot be used: {error}; try --plain"))?;
        let ran = monitor.run(|| output.part(), &mut Onlooker { board, messages: &mut messages });
        view.close().map_err(|error| format!("the terminal failed: {error}; try --plain"))?;
        messages.say_kept();
        ran
    } else {
        monitor.run(|| output.part(), &mut messages)
    };
    let (mut outcome, parts) = ran.map_err(|error| format!("no thread could be started: {error}"))?;
    if args.write.is_some() && args.common.flows.selection.is_some() {
        outcome.bounds.push(("recorder-held-drops", given_up.load(Ordering::Relaxed)));
    }
    messages.clear();
    let worst = match output.finish(parts, &mut outcome, &messages) {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(DONE),
        Err(error) => return Err(format!("writing the output failed: {error}")),
        Ok(worst) => worst,
    };
    say_losses(cli, &outcome);
    if let (Some(recorded), false) = (&recorded, cli.quiet) {
        say(&format!("{} recorded to {}", counted(recorded.count(), "packet"), recorded.name));
    }
    // SIGTERM is how services are told to end: they have done all they were to do.
    let signal = match signal.load(Ordering::Relaxed) {
        signal if i32::try_from(signal) == Ok(SIGTERM) => 0,
        signal => signal,
    };
    Ok(exit_code(signal, &messages, args.common.is_failed_by(worst)))
}

/// Tells what was lost.
fn say_losses(cli: &Cli, outcome: &Outcome) {
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
        verbose(outcome);
    } else {
        for (name, count) in
            outcome.bounds.iter().filter(|(name, count)| name.starts_with("recorder-") && *count > 0)
        {
            say(&bound(name, *count));
        }
    }
}

/// Refuses what cannot be recorded together.
fn check(args: &LiveArgs) -> Result<(), String> {
    let Some(path) = &args.write else { return Ok(()) };
    let records = args.common.output.as_deref().unwrap_or(Path::new("-"));
    if records == path {
        return Err(format!(
            "packets and records cannot both go to {}; name another file after -w or -o",
            if path == Path::new("-") { "standard output".to_owned() } else { path.display().to_string() }
        ));
    }
    Ok(())
}

/// Opens what packets are recorded to.
fn recording(path: &Path, args: &LiveArgs, live: &Live) -> Result<Recording, String> {
    let digits = live.digits();
    let mut interfaces = Interfaces::default();
    let interface = interfaces.add(&Interface::new(live.link(), args.snaplen, Some(live.name()), digits));
    let inputs: Vec<&Path> = args.common.output.as_deref().into_iter().collect();
    let mut to = One::new(open(path, &inputs)?, format_of(path, digits > 6));
    // A file without frames is a capture, too.
    to.begin(live.link());
    let unit = if digits > 6 { 1 } else { 1000 };
    Ok(Recording { to, interfaces, interface, unit, written: Arc::default() })
}

/// Records frames of one interface.
struct Recording {
    to: One,
    interfaces: Interfaces,
    interface: u32,
    /// Nanoseconds in one unit of the interface's clock.
    unit: i64,
    /// Frames written so far, for whoever looks on.
    written: Arc<AtomicU64>,
}

impl Record for Recording {
    fn frames(&mut self, block: &Block, last: u64) -> io::Result<()> {
        for frame in block.frames.iter().take_while(|frame| frame.number <= last) {
            self.frame(frame, block.bytes_of(frame), "")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Frames for Recording {
    fn frame(&mut self, frame: &Frame, bytes: &[u8], comment: &str) -> io::Result<()> {
        let units = u64::try_from(frame.time.0 / self.unit).unwrap_or(0);
        let written = Written { frame, bytes, interface: self.interface, units, comment };
        self.to.write(&written, &self.interfaces).map_err(|trouble| match trouble {
            Trouble::Output(error) => error,
            trouble => io::Error::other(trouble),
        })?;
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
