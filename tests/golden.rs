//! What wiretell says about the captures that the repository ships, against what it is expected to say.
//!
//! Beside each `captures/NAME.pcap` lies `NAME.expected.jsonl`: per flow the fields that a user goes by. After a
//! change that is meant, `WIRETELL_BLESS=1 cargo test --test golden` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of a flow's record, what is compared as it is. Not ids, which say nothing, and not the sentences of `why`.
const OF_FLOWS: &[&str] = &[
    "proto",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "vlan",
    "tunnel",
    "app_proto",
    "verdict",
    "confidence",
    "direction",
    "end_reason",
    "packets_fwd",
    "packets_rev",
];
/// Of a finding's record.
const OF_FINDINGS: &[&str] = &["id", "severity", "subject"];
/// Of the last record.
const OF_STATS: &[&str] = &["packets_read", "packets_in_flows", "packets_skipped"];
/// The protocols whose attributes are compared: those that the captures are there for.
const TOLD_BY: &[&str] = &["dns", "dtls", "http", "netft", "rdg-udp", "rdp", "rdp-udp", "ssh", "tip", "tls"];

fn captures() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut captures: Vec<PathBuf> = files.filter(|path| is_capture(path)).collect();
    captures.sort();
    captures
}

fn is_capture(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng")
}

fn is_told(key: &str) -> bool {
    key.split_once('.').is_some_and(|(protocol, _)| TOLD_BY.contains(&protocol))
}

/// What wiretell says about a capture, as one line of JSON for every flow and finding.
fn said(capture: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_wiretell"))
        .args(["read", "--format", "jsonl", "--no-progress"])
        .arg(capture)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaint}", capture.display());
    let mut records: Vec<Map<String, Value>> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The order of output is nobody's promise; this one is the contract's.
    records.sort_by_key(|record| {
        let place = match record["type"].as_str() {
            Some("flow") => 0,
            Some("finding") => 1,
            _ => 2,
        };
        let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        (place, text("ts"), text("flow_id"))
    });
    records.iter().map(|record| Value::Object(compared(record)).to_string()).collect()
}

fn compared(record: &Map<String, Value>) -> Map<String, Value> {
    let keys = match record["type"].as_str() {
        Some("flow") => OF_FLOWS,
        Some("finding") => OF_FINDINGS,
        _ => OF_STATS,
    };
    let mut kept = Map::new();
    kept.insert("type".to_owned(), record["type"].clone());
    for &key in keys {
        if let Some(value) = record.get(key).filter(|value| !is_empty(value)) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(Value::Object(attributes)) = record.get("attributes") {
        let told: Map<String, Value> = attributes
            .iter()
            .filter(|(key, _)| is_told(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !told.is_empty() {
            kept.insert("attributes".to_owned(), Value::Object(told));
        }
    }
    kept
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The lines that only one of the two has, marked as in a diff.
fn difference(expected: &[String], said: &[String]) -> String {
    let mut text = String::new();
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (expected.iter().collect(), said.iter().collect());
    for line in expected.iter().filter(|line| !after.contains(line)) {
        writeln!(text, "- {line}").unwrap();
    }
    for line in said.iter().filter(|line| !before.contains(line)) {
        writeln!(text, "+ {line}").unwrap();
    }
    text
}

#[test]
fn every_shipped_capture_gives_the_records_that_are_expected() {
    let captures = captures();
    assert!(captures.len() > 10, "only {} captures", captures.len());
    let mut wrong = String::new();
    for capture in captures {
        let file = capture.with_extension("expected.jsonl");
        let said = said(&capture);
        if std::env::var_os("WIRETELL_BLESS").is_some() {
            std::fs::write(&file, said.join("\n") + "\n").unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        let expected: Vec<String> = expected.lines().map(str::to_owned).collect();
        if expected != said {
            let name = capture.file_name().unwrap().to_string_lossy();
            write!(wrong, "\n{name}:\n{}", difference(&expected, &said)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nIf that is meant: WIRETELL_BLESS=1 cargo test --test golden");
}

#[test]
fn nothing_is_expected_of_a_capture_that_is_gone() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let captures: BTreeSet<PathBuf> =
        captures().iter().map(|capture| capture.with_extension("expected.jsonl")).collect();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            assert!(captures.contains(&path), "{} belongs to no capture", path.display());
        }
    }
}

#[test]
fn a_wrong_expectation_is_shown_as_a_difference() {
    let line = |text: &str| text.to_owned();
    assert_eq!(difference(&[line("a"), line("b")], &[line("a"), line("c")]), "- b\n+ c\n");
}
