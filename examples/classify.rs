//! Labels the flows of capture files: `cargo run --example classify -- captures/tour.pcapng`.
//!
//! Prints a line for each flow: who with whom, label, verdict, and the first piece of evidence.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use wiretell::analysis::{Reading, Run, Watcher};
use wiretell::capture::{CaptureError, list};
use wiretell::pipeline::Settings;
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// Takes each flow when it has ended. Every worker thread has a sink of its own.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn flow(&mut self, flow: Summary) {
        let [source, destination] = flow.endpoints;
        let why = flow.why.first().map_or_else(String::new, |reason| format!(": {}", &*reason.detail));
        self.0.push(format!(
            "{}:{} > {}:{} {} {}{why}",
            source.address,
            source.port,
            destination.address,
            destination.port,
            flow.app.unwrap_or("-"),
            flow.verdict.name(),
        ));
    }
}

/// Is told what goes wrong with a capture; what was read before is labelled all the same.
#[derive(Default)]
struct Complaints(usize);

impl Watcher for Complaints {
    fn failed(&mut self, error: &CaptureError) {
        eprintln!("{error}");
        self.0 += 1;
    }
}

fn main() -> std::io::Result<ExitCode> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut complaints = Complaints::default();
    // Files and directories, in the order of their first packets.
    let listed = list(&paths);
    listed.errors.iter().for_each(|error| complaints.failed(error));
    let run = Run {
        sources: &listed.sources,
        each: false,
        settings: Settings { threads: 2, ..Settings::default() },
        reading: Reading::default(),
        stop: &AtomicBool::new(false),
    };
    let (outcome, sinks) = run.run(Lines::default, &mut complaints)?;
    for line in sinks.iter().flat_map(|sink| &sink.0) {
        println!("{line}");
    }
    println!("{} packets, {} in flows", outcome.intake.packets, outcome.totals.packets_in_flows);
    Ok(if complaints.0 == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
