//! The command line: parse, run, exit code.

use std::io::{BufWriter, Write};
use std::sync::{Arc, Mutex};
use wiretell::capture::FileReader;
use wiretell::output::jsonl::{Destination, JsonLines};
use wiretell::output::stats::{Counted, StatsRecord};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::Limits;
use wiretell::wire::fragments;

fn main() -> std::process::ExitCode {
    let files: Vec<String> =
        std::env::args().skip(2).filter(|a| !a.starts_with('-') && a != "jsonl").collect();
    let settings = Settings {
        threads: 1,
        limits: Limits { max_flows: 1 << 20, ..Limits::default() },
        describe: true,
        fragments: fragments::Limits::default(),
    };
    let names: Arc<[String]> = files.clone().into();
    let out: Destination = Arc::new(Mutex::new(BufWriter::new(std::io::stdout())));
    let Ok(mut pipeline) =
        Pipeline::start(&settings, || JsonLines::new(Arc::clone(&names), Arc::clone(&out)))
    else {
        return 2.into();
    };
    let mut code = 0;
    let drops = wiretell::capture::Drops::default();
    for (index, file) in (0..).zip(&files) {
        pipeline.set_file(index);
        let mut reader = match FileReader::open(std::path::Path::new(file)) {
            Ok(reader) => reader,
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "{error}");
                code = 2;
                continue;
            }
        };
        loop {
            let mut block = pipeline.block();
            match reader.read_block(&mut block) {
                Ok(true) => pipeline.feed(block),
                Ok(false) => break,
                Err(error) => {
                    let _ = writeln!(std::io::stderr(), "{error}");
                    code = code.max(if error.is_partial() { 3 } else { 2 });
                    break;
                }
            }
        }
    }
    let (intake, totals, sinks) = pipeline.finish();
    let stats = StatsRecord::new(&Counted { intake: &intake, totals: &totals, drops, bounds: Vec::new() });
    let mut last = Some(&stats);
    for sink in sinks {
        let _ = sink.finish(last.take());
    }
    code.into()
}
