//! What it says without any packet: usage, help, explanations, lists.

use super::{Files, run, small};
use serde_json::Value;
use std::path::Path;

#[test]
fn wrong_usage_is_told_on_standard_error_with_the_way_to_help() {
    for arguments in [
        &["read"][..],
        &["frobnicate"],
        &["read", "--format", "xml", "x"],
        &["read", "--duration", "5x", "x"],
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains("--help"), "{err}");
    }
}

#[test]
fn every_command_has_help_short_and_long() {
    let commands = [
        "read",
        "live",
        "view",
        "extract",
        "expect",
        "rules",
        "interfaces",
        "explain",
        "protocols",
        "schema",
        "completions",
        "man",
    ];
    let nested = [["expect", "init"], ["expect", "check"], ["rules", "check"], ["rules", "suggest"]];
    for command in commands.iter().map(std::slice::from_ref).chain(nested.iter().map(<[_; 2]>::as_slice)) {
        let help = run(&[command, &["--help"]].concat()).1;
        assert!(help.contains("\nExample:\n") || help.contains("\nExamples:\n"), "{command:?}: {help}");
    }
    let (code, overview, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for command in commands {
        assert!(overview.contains(&format!("\n  {command} ")), "{command}: {overview}");
        for flag in ["-h", "--help"] {
            let (code, help, err) = run(&[command, flag]);
            assert_eq!((code, err.as_str()), (0, ""));
            assert!(help.contains("Usage: wiretell"), "{help}");
            for line in help.lines() {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
    }
    for command in
        [&["read"][..], &["live"], &["view"], &["extract"], &["expect", "init"], &["rules", "suggest"]]
    {
        let help = run(&[command, &["--help"]].concat()).1;
        let lines: Vec<&str> = help.lines().collect();
        let at = |words: &str| lines.iter().position(|line| line.trim_start().starts_with(words)).unwrap();
        let indent = |line: &str| line.len() - line.trim_start().len();
        let (first, manner) = (at("Only flows whose record fits"), at("As in Wireshark's display filters"));
        assert_eq!(indent(lines[first]), indent(lines[manner]), "{help}");
        assert!(lines[manner - 1].trim().is_empty() && lines[manner - 2].contains("--where '"), "{help}");
    }
    assert!(overview.contains("Options of read, live, view and extract may"), "{overview}");
    assert!(overview.contains("Examples:") && overview.contains("Exit codes:"), "{overview}");
    assert!(run(&["read", "--help"]).1.contains("Examples:"));
}

#[test]
fn an_explanation_is_on_standard_output_and_an_unknown_topic_suggests_others() {
    let (code, out, err) = run(&["explain", "3391", "netft"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Port 3391") && out.contains("3343"), "{out}");
    let (code, out, err) = run(&["explain", "ntft"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("netft"), "{err}");
    // What is known is told all the same.
    let (code, out, _) = run(&["explain", "no-such-thing", "53"]);
    assert!(code == 2 && out.contains("Port 53"), "{out}");
}

#[test]
fn the_protocols_are_listed_for_people_and_for_programs() {
    let (code, table, _) = run(&["protocols"]);
    assert!(code == 0 && table.starts_with("PROTOCOL"), "{table}");
    let (_, json, _) = run(&["protocols", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
    let (labels, others) = table.split_once("\n\n").unwrap();
    assert_eq!(labels.lines().count(), rows.len() + 1);
    assert!(
        others.lines().any(|line| line.starts_with("WinRM ") && line.contains("http.service is winrm")),
        "{others}"
    );
    assert!(rows.iter().any(|row| row["name"] == "netft"));
}

#[test]
fn the_schema_and_the_manual_and_the_completions_are_what_their_readers_expect() {
    let schema: Value = serde_json::from_str(&run(&["schema"]).1).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let manual = run(&["man"]).1;
    for part in [".TH wiretell 1", ".SH \"WIRETELL READ\"", ".SH \"EXIT STATUS\""] {
        assert!(manual.contains(part), "{part}");
    }
    let page = run(&["man", "live"]).1;
    assert!(
        page.contains(".TH wiretell-live 1") && page.contains("snaplen") && !page.contains("WIRETELL READ"),
        "{page}"
    );
    let page = run(&["man", "rules", "check"]).1;
    assert!(page.contains(".TH wiretell-rules-check 1") && page.contains(".SH \"EXIT STATUS\""), "{page}");
    let foot = concat!("\"wiretell ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(page.lines().any(|line| line.starts_with(".TH") && line.contains(foot)), "{page}");
    let (code, page, err) = run(&["man", "rules", "chek"]);
    assert_eq!((code, page.as_str()), (2, ""));
    assert!(err.contains("`chek` is no command of wiretell rules; it has: check, suggest"), "{err}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (code, script, _) = run(&["completions", shell]);
        assert!(code == 0 && script.contains("decode-as"), "{shell}");
    }
}

#[test]
fn interfaces_are_listed() {
    let (code, out, err) = run(&["interfaces"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("INTERFACE"), "{out}");
    if Path::new("/sys/class/net/lo").exists() {
        assert!(out.lines().any(|line| line.starts_with("lo ") && line.contains("loopback")), "{out}");
    }
}

#[test]
fn a_name_of_a_file_is_never_obeyed_by_the_terminal() {
    let files = Files::new("escape");
    let capture = files.write("\x1b]0;owned\x07.pcap", &small().pcap());
    let missing = files.path("\x1b[31mmissing.pcap");
    let (_, out, err) = run(&["read", &capture, &missing]);
    for text in [out, err] {
        assert!(!text.contains('\x1b') && text.contains("\\u{1b}"), "{text}");
    }
}
