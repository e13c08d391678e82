//! Where output goes and in which form.

use super::{Cli, CommonArgs, Format};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wiretell::analysis::Outcome;
use wiretell::output::destination::Destination;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::stats::StatsRecord;
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// One worker's part of the output, in the form that was asked for.
pub(crate) enum Out {
    /// Records as JSON.
    Jsonl(JsonLines),
}

impl Sink for Out {
    fn wants_labels(&self) -> bool {
        match self {
            Self::Jsonl(lines) => lines.wants_labels(),
        }
    }

    fn relabelled(&mut self, summary: Summary) {
        match self {
            Self::Jsonl(lines) => lines.relabelled(summary),
        }
    }

    fn flow(&mut self, summary: Summary) {
        match self {
            Self::Jsonl(lines) => lines.flow(summary),
        }
    }
}

/// Opens what records are written to.
///
/// # Errors
/// A sentence about the file that cannot be made.
pub(crate) fn destination(args: &CommonArgs, stop: &Arc<AtomicBool>) -> Result<Arc<Destination>, String> {
    let writer: Box<dyn Write + Send> = match args.output.as_deref() {
        None => Box::new(std::io::stdout()),
        Some(path) if path == Path::new("-") => Box::new(std::io::stdout()),
        Some(path) => {
            let file = std::fs::File::create(path);
            Box::new(file.map_err(|error| format!("{}: cannot be written: {error}", path.display()))?)
        }
    };
    Ok(Destination::new(writer, Arc::clone(stop)))
}

/// Makes the parts, one per worker, and puts them together at the end.
pub(crate) struct Output {
    destination: Arc<Destination>,
    format: Format,
    files: Arc<[String]>,
    live: bool,
}

impl Output {
    /// Output about flows of `files`; record by record if `live`.
    pub(crate) fn new(
        _cli: &Cli,
        args: &CommonArgs,
        destination: Arc<Destination>,
        files: Arc<[String]>,
        live: bool,
    ) -> Self {
        Self { destination, format: args.format, files, live }
    }

    /// One worker's part.
    pub(crate) fn part(&self) -> Out {
        match self.format {
            Format::Table | Format::Jsonl | Format::Csv => {
                Out::Jsonl(JsonLines::new(Arc::clone(&self.files), Arc::clone(&self.destination), self.live))
            }
        }
    }

    /// Ends the output.
    ///
    /// # Errors
    /// The first failure to write anything.
    pub(crate) fn finish(
        &self,
        parts: Vec<Out>,
        _outcome: &Outcome,
        stats: &StatsRecord,
    ) -> std::io::Result<()> {
        let mut last = None;
        for part in parts {
            match part {
                Out::Jsonl(mut lines) => {
                    lines.flush();
                    last = Some(lines);
                }
            }
        }
        if let Some(mut lines) = last {
            lines.write(stats);
            lines.flush();
        }
        self.destination.outcome()
    }
}
