//! `wiretell rules suggest`: reads captures for flows whose bytes nobody knows, and what they say first.

use super::Own;
use super::draft::{First, Group, Heard, groups, text};
use crate::cli::extract::spool::Spool;
use crate::cli::lists::show;
use crate::cli::messages::{Messages, say};
use crate::cli::read::{exit_code, listed, on_signals};
use crate::cli::written::create;
use crate::cli::{Cli, DraftArgs};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::{Replay, Run, Watcher};
use wiretell::capture::{Block, CaptureError, FileReader};
use wiretell::extract::{Chosen, Selected};
use wiretell::inspect::Confidence;
use wiretell::output::select::Selection;
use wiretell::output::text::counted;
use wiretell::pipeline::Settings;
use wiretell::shard::Sink;
use wiretell::summary::Summary;
use wiretell::wire::fragments::Limits;
use wiretell::wire::{Decoded, Decoder};

/// Most flows that one worker remembers.
const MOST: usize = 16_384;
/// Most bytes kept of what a side says first.
const KEPT: usize = 512;
/// Most packets of a side whose times are kept.
const TIMES: usize = 64;

/// Chooses flows whose bytes nobody knows: those without a label, and those that have the port's.
struct Unknown {
    selection: Option<Arc<Selection>>,
    files: Arc<[String]>,
    chosen: Vec<(Chosen, Heard)>,
    beyond: u64,
}

impl Sink for Unknown {
    fn flow(&mut self, flow: Summary) {
        let file = self.files.get(flow.file as usize).map(String::as_str);
        let spoke = flow.counts.iter().any(|count| count.payload > 0);
        let unknown = flow.confidence.is_none_or(|confidence| confidence == Confidence::Port);
        let Some(transport) = flow.key.transport().filter(|_| unknown && spoke) else { return };
        if self.selection.as_ref().is_some_and(|selection| !selection.selects(&flow, file)) {
            return;
        }
        if self.chosen.len() >= MOST {
            self.beyond += 1;
            return;
        }
        let [client, server] = flow.endpoints;
        let from_low = flow.key.low() == client;
        self.chosen.push((Chosen::of(&flow), Heard::new(transport, client, server, from_low, flow.app)));
    }
}

/// Drafts a file.
///
/// # Errors
/// A sentence about what cannot be read or written.
pub(super) fn suggest(cli: &Cli, args: &DraftArgs) -> Result<ExitCode, String> {
    let own = Own::read(&args.rules, &[])?;
    own.check(args.selection.as_ref())?;
    let (first, second) = (args.reading()?, args.reading()?);
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let (mut sources, mut messages) = listed(cli, &args.paths);
    let output = args.output(&sources)?;
    let files: Arc<[String]> = sources.iter().map(|source| source.path.display().to_string()).collect();
    // Its files go when it goes.
    let _spool = Spool::take(&mut sources, &mut messages.names, &stop)?;
    let settings = Settings { rules: own.rules, ..Settings::default() };
    let fragments = settings.fragments;
    let run = |reading| Run {
        sources: &sources,
        each: args.each,
        settings: settings.clone(),
        reading,
        stop: &stop,
    };
    let selection = args.selection.clone().map(Arc::new);
    let sink =
        || Unknown { selection: selection.clone(), files: Arc::clone(&files), chosen: Vec::new(), beyond: 0 };
    let (_, parts) = run(first)
        .run(sink, &mut messages)
        .map_err(|error| format!("no thread could be started: {error}"))?;
    let beyond: u64 = parts.iter().map(|part| part.beyond).sum();
    let mut chosen: Vec<_> = parts.into_iter().flat_map(|part| part.chosen).collect();
    chosen.sort_by_key(|(flow, _)| flow.id);
    let (flows, heard): (Vec<Chosen>, Vec<Heard>) = chosen.into_iter().unzip();
    let ids: Vec<u64> = flows.iter().map(|flow| flow.id).collect();
    let mut listening = Listening {
        decoder: Decoder::new(fragments),
        fragments,
        selected: flows.into_iter().collect(),
        ids,
        heard,
    };
    if !stop.load(Ordering::Relaxed) {
        run(second).replay(&mut listening, &mut Again(&mut messages));
    }
    messages.clear();
    if beyond > 0 {
        say(&format!("{} beyond the first {MOST} are not in the draft", counted(beyond, "unknown flow")));
    }
    let groups: Vec<Group> = groups(listening.heard);
    let text = text(&groups, sources.len());
    let code = exit_code(signal.load(Ordering::Relaxed), &messages, false);
    let Some(path) = output else { return Ok(show(&text, code)) };
    create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    if !cli.quiet {
        say(&format!(
            "{}: {} drafted; look at each, name it, and try them: wiretell rules check {}",
            path.display(),
            counted(groups.len() as u64, "rule"),
            path.display()
        ));
    }
    Ok(code.into())
}

/// The second reading: what the chosen flows say first.
struct Listening {
    decoder: Decoder,
    fragments: Limits,
    selected: Selected,
    /// Numbers of the flows, in the order of `heard`.
    ids: Vec<u64>,
    heard: Vec<Heard>,
}

impl Replay for Listening {
    fn timeline(&mut self) {
        self.decoder = Decoder::new(self.fragments);
    }

    fn frames(&mut self, block: &Block, _file: u32, _reader: &FileReader) {
        for frame in &block.frames {
            let bytes = block.bytes_of(frame);
            let Decoded::Packet { packet, .. } = self.decoder.decode(frame, bytes) else { continue };
            let Some((_, chosen)) = self.selected.take(&packet.key, frame.number) else { continue };
            let Ok(place) = self.ids.binary_search(&chosen.id) else { continue };
            if packet.payload_wire_len == 0 || packet.fragment {
                continue;
            }
            let held = if packet.reassembled { self.decoder.arena() } else { bytes };
            let start = packet.payload.start as usize;
            let payload = held.get(start..start + packet.payload.len as usize).unwrap_or_default();
            let Some(heard) = self.heard.get_mut(place) else { continue };
            let side = heard.side(packet.from_low);
            if side.times.len() < TIMES {
                side.times.push(packet.time);
            }
            side.first.get_or_insert_with(|| First {
                bytes: payload.get(..KEPT).unwrap_or(payload).to_vec(),
                size: packet.payload_wire_len,
            });
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
