//! `wiretell extract`: writes the packets of some flows.

use super::captures::{One, PerFlow, Trouble, format_of, open};
use super::messages::{Messages, say};
use super::read::{DONE, FAILED, exit_code, listed, on_signals, verbose};
use super::{Cli, ExtractArgs};
use spool::Spool;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::{Replay, Run, Watcher};
use wiretell::capture::write::Interfaces;
use wiretell::capture::{Block, CaptureError, FileReader};
use wiretell::extract::{Chosen, Extraction, Selected};
use wiretell::output::select::Selection;
use wiretell::output::text::counted;
use wiretell::place;
use wiretell::shard::Sink;
use wiretell::summary::Summary;

pub(super) mod spool;

/// Runs.
pub(crate) fn run(cli: &Cli, args: &ExtractArgs) -> ExitCode {
    match extract(cli, args) {
        Ok(code) => code.into(),
        Err(message) => {
            say(&message);
            FAILED.into()
        }
    }
}

fn extract(cli: &Cli, args: &ExtractArgs) -> Result<u8, String> {
    // All that is given is looked at before anything is read.
    let reading = || args.flows.reading().map_err(|error| error.to_string());
    let (first, second) = (reading()?, reading()?);
    let own = args.flows.own()?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let (mut sources, mut messages) = listed(cli, &args.paths);
    let inputs: Vec<PathBuf> =
        sources.iter().map(|source| &source.path).chain(&args.paths).cloned().collect();
    let replaces = args.write.as_deref().is_some_and(holds_something);
    let target = Target::open(args, &inputs.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let names: Arc<[String]> = sources.iter().map(|source| shown(&source.path)).collect();
    // Its files go when it goes.
    let _spool = Spool::take(&mut sources, &mut messages.names, &stop)?;
    let settings = args.flows.settings(false, &own);
    let run = |reading| Run {
        sources: &sources,
        each: args.each,
        settings: settings.clone(),
        reading,
        stop: &stop,
    };

    let selection = args.flows.selection.clone().map(Arc::new);
    let sink = || Choosing { selection: selection.clone(), files: Arc::clone(&names), chosen: Vec::new() };
    let (outcome, parts) = run(first)
        .run(sink, &mut messages)
        .map_err(|error| format!("no thread could be started: {error}; try --threads 0"))?;
    if cli.verbose {
        verbose(&outcome);
    }
    let code = |messages: &Messages| exit_code(signal.load(Ordering::Relaxed), messages, false);
    if stop.load(Ordering::Relaxed) {
        messages.clear();
        say("ended before all labels were known, so that no packet was written");
        return Ok(code(&messages));
    }
    let selected: Selected = parts.into_iter().flat_map(|part| part.chosen).collect();

    let flows = selected.len() as u64;
    let mut copy = Copy {
        store: target.store(selected.digits()),
        extraction: Extraction::new(selected, settings.fragments),
        interfaces: Interfaces::default(),
        packets: 0,
        failed: None,
        stop: &stop,
    };
    run(second).replay(&mut copy, &mut Again(&mut messages));
    messages.clear();
    let (packets, missing) = (copy.packets, copy.extraction.selected.missing());
    let target = args.write.as_ref().or(args.per_flow.as_ref()).map_or_else(String::new, |path| shown(path));
    match copy.end() {
        Ok(()) => {}
        // Whoever read our output has seen enough.
        Err((_, Trouble::Output(error))) if error.kind() == ErrorKind::BrokenPipe => return Ok(DONE),
        Err((Some(frame), Trouble::Frame(unfit))) => {
            let file =
                place::file_of(frame, &names).or(names.first().map(String::as_str)).unwrap_or_default();
            let number = place::number(frame);
            return Err(format!(
                "{target}: frame {number} of {file} cannot be written: {unfit}: -w FILE.pcapng"
            ));
        }
        Err((_, trouble)) => return Err(format!("{target}: {trouble}")),
    }
    let written = format!("{} of {} written to {target}", counted(packets, "packet"), counted(flows, "flow"));
    let written = if replaces { format!("{written}, in place of what was there") } else { written };
    if missing > 0 && !stop.load(Ordering::Relaxed) {
        return Err(format!(
            "{written}; {missing} more were not found again: the input changed while it was read"
        ));
    }
    if !cli.quiet {
        say(&written);
    }
    Ok(code(&messages))
}

/// Whether a file is there, and not empty.
fn holds_something(path: &Path) -> bool {
    path != Path::new("-")
        && std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0)
}

/// A file as people are told of it.
fn shown(path: &Path) -> String {
    if path == Path::new("-") { "-".to_owned() } else { path.display().to_string() }
}

/// Where packets are to go, before it is known of which flows.
enum Target {
    One(Box<dyn Write + Send>, PathBuf),
    PerFlow(PerFlow),
}

impl Target {
    fn open(args: &ExtractArgs, inputs: &[&Path]) -> Result<Self, String> {
        match (&args.write, &args.per_flow) {
            (Some(path), _) => Ok(Self::One(open(path, inputs)?, path.clone())),
            (None, Some(directory)) => PerFlow::new(directory, inputs).map(Self::PerFlow),
            (None, None) => Err("say where packets go: -w FILE or --per-flow DIR".to_owned()),
        }
    }

    /// The same, for times with so many digits of a second.
    fn store(self, digits: u8) -> Store {
        match self {
            Self::One(writer, path) => Store::One(One::new(writer, format_of(&path, digits > 6))),
            Self::PerFlow(flows) => Store::PerFlow(flows),
        }
    }
}

/// Where packets go.
enum Store {
    One(One),
    PerFlow(PerFlow),
}

/// Chooses flows by their records.
struct Choosing {
    selection: Option<Arc<Selection>>,
    files: Arc<[String]>,
    chosen: Vec<Chosen>,
}

impl Sink for Choosing {
    fn flow(&mut self, summary: Summary) {
        let file = self.files.get(summary.file as usize).map(String::as_str);
        if self.selection.as_ref().is_none_or(|selection| selection.selects(&summary, file)) {
            self.chosen.push(Chosen::of(&summary));
        }
    }
}

/// Copies the packets of chosen flows.
struct Copy<'a> {
    store: Store,
    extraction: Extraction,
    interfaces: Interfaces,
    packets: u64,
    /// The frame, and what went wrong with it.
    failed: Option<(Option<u64>, Trouble)>,
    stop: &'a AtomicBool,
}

impl Copy<'_> {
    /// Writes what is left to write.
    fn end(mut self) -> Result<(), (Option<u64>, Trouble)> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        match &mut self.store {
            Store::One(one) => {
                // Where no frame has told the link layer, a pcap file says Ethernet.
                one.begin(1);
                one.flush().map_err(Trouble::Output)
            }
            Store::PerFlow(flows) => flows.flush(),
        }
        .map_err(|trouble| (None, trouble))
    }
}

impl Replay for Copy<'_> {
    fn timeline(&mut self) {
        self.extraction.begin_timeline();
    }

    fn frames(&mut self, block: &Block, file: u32, reader: &FileReader) {
        if self.failed.is_some() {
            return;
        }
        for frame in &block.frames {
            let Some((place, chosen)) = self.extraction.flow_of(frame, block.bytes_of(frame)) else {
                continue;
            };
            let comment = chosen.comment();
            let written = self.interfaces.written(file, reader, block, frame, &comment);
            let done = match &mut self.store {
                Store::One(one) => one.write(&written, &self.interfaces),
                Store::PerFlow(flows) => flows.write(place, chosen, &written, &self.interfaces),
            };
            if let Err(trouble) = done {
                self.failed = Some((Some(frame.number), trouble));
                self.stop.store(true, Ordering::Relaxed);
                return;
            }
            self.packets += 1;
        }
    }
}

/// The second reading: what went wrong with the input was told in the first.
struct Again<'a>(&'a mut Messages);

impl Watcher for Again<'_> {
    fn failed(&mut self, _error: &CaptureError) {}

    fn progressed(&mut self, frames: u64, bytes: u64) {
        self.0.progressed(frames, bytes);
    }
}
