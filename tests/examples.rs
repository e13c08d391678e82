//! The examples of using the library run, and give what they promise.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output};

/// Runs an example, which is built with the tests; by itself this test needs `cargo build --examples` first.
fn run(name: &str, arguments: &[&str]) -> (bool, String) {
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new(tests.parent().unwrap().with_file_name("examples").join(name));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.success(), text(&stdout) + &text(&stderr))
}

#[test]
fn a_capture_is_classified_in_a_few_lines() {
    let (success, text) = run("classify", &["captures/dns.pcap"]);
    assert!(success, "{text}");
    assert!(text.lines().any(|line| line.contains(":53 dns confirmed: ")), "{text}");
    let (success, text) = run("classify", &["nosuch.pcap"]);
    assert!(!success && text.contains("nosuch.pcap: no such file"), "{text}");
}

#[test]
fn packets_of_ones_own_are_labelled_as_they_come() {
    let (success, text) = run("own_source", &[]);
    let wanted = "label: dns confirmed (message)\nended: dns confirmed, 2 packets\n2 packets, 2 in flows\n";
    assert!(success && text == wanted, "{text}");
}
