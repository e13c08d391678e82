//! Who may use whom: the arrows that ARCHITECTURE.md does not draw must not be in the code either.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each source file's path below `src`, and its lines without comments.
fn code() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 50);
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        (name, text.lines().filter(is_code).map(str::to_owned).collect())
    };
    paths.into_iter().map(read).collect()
}

/// Files outside `rooms` in which one of `words` stands in code.
fn outside(rooms: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, lines) in code() {
        if rooms.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        for line in lines {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    found
}

#[test]
fn libraries_stay_in_their_rooms() {
    let rooms: [(&[&str], &[&str]); 9] = [
        (&["wire"], &["etherparse"]),
        (&["capture"], &["pcap::"]),
        (&["output"], &["serde_json"]),
        (&["output/select", "rules"], &["regex::"]),
        (&["rules/strength.rs"], &["regex_syntax"]),
        (&["output/report"], &["askama"]),
        (&["cli", "main.rs"], &["clap", "indicatif", "signal_hook", "tempfile::", "toml::", "strsim::"]),
        (&["view"], &["ratatui"]),
        (&["pipeline", "monitor"], &["crossbeam_channel"]),
    ];
    for (rooms, words) in rooms {
        assert_eq!(outside(rooms, words), Vec::<String>::new(), "{words:?} belong into {rooms:?}");
    }
}

#[test]
fn the_core_reads_no_clock_no_file_and_no_environment() {
    let edges = ["capture", "cli", "main.rs", "analysis.rs", "monitor", "pipeline.rs", "output", "view"];
    let found = outside(
        &edges,
        &["std::fs", "std::net::Udp", "std::net::Tcp", "std::env", "SystemTime", "Instant::"],
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_protocols_name_protocols() {
    // What a claim in code would look like: a comparison with a canonical name.
    let names = [
        "\"netft\"",
        "\"rdg-udp\"",
        "\"framehawk\"",
        "\"http\"",
        "\"dns\"",
        "\"tls\"",
        "\"msdtc\"",
        "\"tip\"",
    ];
    let data = ["protocols", "formats", "ports", "explain", "findings"];
    let lines = outside(&data, &names);
    let found: Vec<_> =
        lines.into_iter().filter(|line| line.contains("== \"") || line.contains("=> ")).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_source_file_says_in_its_first_line_what_is_decided_in_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{}", path.display());
    }
}
