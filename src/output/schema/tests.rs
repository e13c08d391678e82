//! Every record keeps to the schema, and the schema knows every record.

use super::*;
use crate::analysis::{Outcome, Reading, Run, Watcher};
use crate::capture::CaptureError;
use crate::capture::list::list;
use crate::output::destination::Destination;
use crate::output::jsonl::JsonLines;
use crate::output::record::{FlowRecord, LabelRecord};
use crate::output::samples::{full, labelled, unknown};
use crate::output::stats::StatsRecord;
use crate::pipeline::Settings;
use crate::verdict::Verdict;
use crate::wire::Skip;
use jsonschema::Validator;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&text()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn assert_valid(validator: &Validator, record: &Value) {
    if validator.is_valid(record) {
        return;
    }
    // Of the kind that it says it is, because "matches none of three" helps nobody.
    let kind = record["type"].as_str().unwrap_or_default();
    let definitions = schema()["$defs"].clone();
    let errors: Vec<String> = jsonschema::validator_for(&definitions[kind])
        .unwrap()
        .iter_errors(record)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    panic!("{errors:#?}\n{record:#}");
}

#[test]
fn records_of_flows_that_are_known_well_and_badly_are_valid() {
    let validator = validator();
    let confirmed = labelled("[2001:db8::1]:1", "[2001:db8::2]:2", "dns", Verdict::Confirmed);
    for summary in [full(), unknown("10.0.0.1:1", "10.0.0.2:2"), confirmed] {
        for files in [&[][..], &["a.pcap".to_owned()]] {
            let flow = FlowRecord::new(&summary, files);
            assert_valid(&validator, &serde_json::to_value(&flow).unwrap());
            assert_valid(&validator, &serde_json::to_value(LabelRecord::from(flow)).unwrap());
        }
    }
    let mut outcome = Outcome::default();
    outcome.intake.skipped = [1; Skip::ALL.len()];
    outcome.bounds.push(("fragments-cut", 1));
    for outcome in [Outcome::default(), outcome] {
        assert_valid(&validator, &serde_json::to_value(StatsRecord::new(&outcome)).unwrap());
    }
}

#[test]
fn a_field_that_the_schema_does_not_know_is_not_valid() {
    let validator = validator();
    let mut record = serde_json::to_value(FlowRecord::new(&full(), &[])).unwrap();
    assert!(validator.is_valid(&record));
    record["attributes"]["nobody.knows_this"] = json!(1);
    assert!(!validator.is_valid(&record));
    record["attributes"] = json!({});
    record["new"] = json!(1);
    assert!(!validator.is_valid(&record));
}

#[test]
fn every_field_is_described() {
    fn check(path: &str, what: &Value) {
        for (name, field) in what["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            assert!(field["description"].is_string(), "{path}");
            check(&path, field);
            check(&path, &field["items"]);
        }
    }
    for (name, record) in records() {
        check(name, &record);
    }
}

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn failed(&mut self, _: &CaptureError) {}
}

#[test]
fn every_record_of_the_shipped_captures_is_valid() {
    let sources = list(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")]).sources;
    let stop = Arc::new(AtomicBool::new(false));
    let written = Written::default();
    let destination = Destination::new(Box::new(written.clone()), Arc::clone(&stop));
    let run = Run {
        sources: &sources,
        each: true,
        settings: Settings::default(),
        reading: Reading::default(),
        stop: &stop,
    };
    let lines = || JsonLines::new(Arc::default(), Arc::clone(&destination), false);
    let (outcome, parts) = run.run(lines, &mut Nobody).unwrap();
    drop(parts);
    let mut last = lines();
    last.write(&StatsRecord::new(&outcome));
    drop(last);
    let validator = validator();
    let records = written.0.lock().unwrap();
    let mut number = 0;
    for line in records.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        assert_valid(&validator, &serde_json::from_slice(line).unwrap());
        number += 1;
    }
    assert_eq!(number, outcome.totals.flows() + 1);
}
