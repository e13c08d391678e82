//! Any bytes as a capture that is read as the program reads it: through the pipeline to records, findings and sums, in
//! every format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::{Cursor, Write};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use wiretell::analysis::Outcome;
use wiretell::capture::FileReader;
use wiretell::findings::Examination;
use wiretell::output::csv::Csv;
use wiretell::output::destination::Destination;
use wiretell::output::finding;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::stats::StatsRecord;
use wiretell::output::table::{Look, Table, TablePart};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::{Limits, Sink};
use wiretell::summary::Summary;

/// Most frames of an input: zeros are frames of no length, and a bomb unfolds to millions.
const MAX_FRAMES: u64 = 50_000;

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All formats at once.
struct Everything {
    lines: JsonLines,
    csv: Csv,
    table: TablePart,
    examination: Examination,
    packets: u64,
}

impl Sink for Everything {
    fn flow(&mut self, summary: Summary) {
        self.examination.observe(&summary);
        self.packets += summary.counts.iter().map(|count| count.packets).sum::<u64>();
        self.lines.flow(summary.clone());
        self.csv.flow(summary.clone());
        self.table.flow(summary);
    }

    fn wants_labels(&self) -> bool {
        true
    }

    fn relabelled(&mut self, summary: Summary) {
        self.lines.relabelled(summary);
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(reader) = FileReader::new(Cursor::new(data.to_vec()), "fuzz".to_owned()) else { return };
    let mut reader = reader.with_block_size(4096);
    let (json, csv) = (Written::default(), Written::default());
    let files: Arc<[String]> = Arc::from(["fuzz".to_owned()]);
    let to = |written: &Written| Destination::new(Box::new(written.clone()), Arc::new(AtomicBool::new(false)));
    let sink = || Everything {
        lines: JsonLines::new(files.clone(), to(&json), true),
        csv: Csv::new(files.clone(), to(&csv), true),
        table: TablePart::new(true),
        examination: Examination::new(false),
        packets: 0,
    };
    // Few flows, so that some are evicted.
    let settings = Settings { limits: Limits { max_flows: 64, ..Limits::default() }, ..Settings::default() };
    let mut pipeline = Pipeline::start(&settings, sink).expect("no thread is asked for");
    pipeline.set_file(0);
    loop {
        let mut block = pipeline.block();
        match reader.read_block(&mut block) {
            Ok(true) => pipeline.feed(block),
            Ok(false) | Err(_) => break,
        }
        if pipeline.intake().packets > MAX_FRAMES {
            return;
        }
    }
    let bounds = pipeline.bounds().collect();
    let (intake, totals, sinks) = pipeline.finish();
    let mut outcome = Outcome { intake, totals, bounds, ..Outcome::default() };
    outcome.drops = reader.drops();
    assert_eq!(
        outcome.intake.packets,
        outcome.totals.packets_in_flows + outcome.intake.skipped.iter().sum::<u64>()
    );
    for Everything { mut lines, csv, table, examination, packets } in sinks {
        assert_eq!(packets, outcome.totals.packets_in_flows);
        let examined = examination.conclude(&outcome.facts());
        finding::write(&examined, &files, &mut lines);
        lines.write(&StatsRecord::new(&outcome));
        drop((lines, csv));
        let look = Look { width: 100, color: false, all: true, live: false, each: false, files: files.clone(), selection: None, sections: Arc::from([]) };
        let _ = Table::merge(vec![table]).with(examined).render(&outcome, &look);
    }
    let json = json.0.lock().unwrap();
    let text = std::str::from_utf8(&json).expect("JSON is UTF-8");
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("every line is JSON");
        assert!(record.get("type").is_some());
    }
    assert!(std::str::from_utf8(&csv.0.lock().unwrap()).is_ok());
});
