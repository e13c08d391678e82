//! The program as its users run it: what it writes where, and with which exit code it ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use support::{Capture, SECOND, dns, mixture};

/// A directory of a test's own, which goes when the test ends.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wiretell-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wiretell(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretell"));
    // As in a pipe of a script, whatever the terminal of whoever runs the tests is like.
    command.args(arguments).env_remove("NO_COLOR").env_remove("COLUMNS").env_remove("TERM");
    command.stdin(Stdio::null());
    command
}

/// Runs to the end: the exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    ended(&wiretell(arguments).output().unwrap())
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A DNS question with its answer, and HTTP on a port that promises something else.
fn small() -> Capture {
    let mut capture = Capture::default();
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    let noon = 1_795_176_000 * SECOND;
    capture.udp(noon, client, server, &dns(7, "host.example", false));
    capture.udp(noon + 1_000_000, server, client, &dns(7, "host.example", true));
    let said: [(bool, &[u8]); 2] = [
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    capture.connection(noon + SECOND, ([1, 1], 40_001), ([2, 2], 22), &said);
    capture
}

/// The records of flows, and the sums.
fn records(text: &str) -> Vec<Value> {
    all_records(text).into_iter().filter(|record| record["type"] != "finding").collect()
}

fn all_records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn findings_are_shown_recorded_explained_and_failed_on() {
    let files = Files::new("findings");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, out, _) = run(&["read", "--format", "jsonl", "--fail-on", "info", &capture]);
    let finding = all_records(&out).into_iter().find(|record| record["type"] == "finding").unwrap();
    assert_eq!((code, finding["id"].as_str()), (1, Some("port-contradicted")));
    let (code, _, _) = run(&["read", "--fail-on", "notice", &capture]);
    assert_eq!(code, 0);
    let (code, out, _) = run(&["read", &capture]);
    assert!(code == 0 && out.contains("FINDINGS: 1 info") && out.contains("[port-contradicted]"), "{out}");
    let (code, out, _) = run(&["explain", "port-contradicted"]);
    assert!(code == 0 && out.contains("not what the port promises"), "{out}");
}

#[test]
fn a_capture_is_shown_as_a_table_with_what_matters_on_top() {
    let files = Files::new("table");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, out, err) = run(&["read", &capture]);
    assert_eq!((code, err.as_str()), (0, ""));
    let (http, dns) = (out.find(" http ").unwrap(), out.find(" dns ").unwrap());
    assert!(http < dns && out.contains("contradicted") && out.contains("small.pcap"), "{out}");
    assert!(!out.contains('\x1b'), "no colours where there is no terminal: {out}");
}

#[test]
fn colours_are_there_when_asked_for_and_the_environment_can_only_take_them_away() {
    let files = Files::new("color");
    let capture = files.write("small.pcap", &small().pcap());
    let colored = |arguments: &[&str], no_color: &str| {
        let output = wiretell(arguments).env("NO_COLOR", no_color).output().unwrap();
        ended(&output).1.contains('\x1b')
    };
    assert!(colored(&["read", "--color", "always", &capture], ""));
    assert!(colored(&["read", "--color", "always", &capture], "1"));
    assert!(!colored(&["read", "--color", "never", &capture], ""));
    assert!(!colored(&["read", &capture], "1"));
}

#[test]
fn the_table_is_as_wide_as_the_environment_says() {
    let files = Files::new("width");
    let capture = files.write("mixture.pcap", &mixture(300).pcap());
    for width in [80, 100, 140] {
        let output = wiretell(&["read", &capture]).env("COLUMNS", width.to_string()).output().unwrap();
        let (_, out, _) = ended(&output);
        let widest = out.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width && widest > width - 30, "{width}: {widest}\n{out}");
    }
}

#[test]
fn records_are_json_lines_the_last_of_them_with_sums_that_close() {
    let files = Files::new("jsonl");
    let capture = files.write("mixture.pcap", &mixture(300).pcap());
    let (code, out, err) = run(&["read", "--format", "jsonl", &capture]);
    assert_eq!((code, err.as_str()), (0, ""));
    let records = records(&out);
    let (stats, flows) = records.split_last().unwrap();
    assert_eq!((stats["type"].as_str(), stats["flows"].as_u64()), (Some("stats"), Some(flows.len() as u64)));
    let skipped: u64 = stats["packets_skipped"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(stats["packets_read"], stats["packets_in_flows"].as_u64().unwrap() + skipped);
    assert!(flows.iter().all(|flow| flow["type"] == "flow" && flow["file"] == capture.as_str()));
}

#[test]
fn the_number_of_threads_changes_no_record() {
    let files = Files::new("threads");
    let capture = files.write("mixture.pcap", &mixture(300).pcap());
    let sorted = |threads: &str| {
        let (_, out, _) = run(&["read", "--format", "jsonl", "--threads", threads, &capture]);
        let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let alone = sorted("0");
    assert!(alone.len() > 200 && alone == sorted("3"));
}

#[test]
fn csv_has_a_header_line_and_one_line_per_flow() {
    let files = Files::new("csv");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, out, _) = run(&["read", "--format", "csv", &capture]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, 3), "{out}");
    assert!(
        lines[0].starts_with("schema,ts,ts_end,") && lines[1].starts_with("1,2026-11-20T12:00:0"),
        "{out}"
    );
}

#[test]
fn output_goes_to_the_file_that_is_named() {
    let files = Files::new("output");
    let capture = files.write("small.pcap", &small().pcap());
    let target = files.path("flows.jsonl");
    let (code, out, _) = run(&["read", "--format", "jsonl", "-o", &target, &capture]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(records(&fs::read_to_string(&target).unwrap()).len(), 3);
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_is_an_error() {
    let files = Files::new("unwritable");
    let capture = files.write("small.pcap", &small().pcap());
    let target = files.path("missing/flows.jsonl");
    let (code, _, err) = run(&["read", "-o", &target, &capture]);
    assert_eq!(code, 2);
    assert!(err.contains(&target), "{err}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_program_quietly() {
    let files = Files::new("pipe");
    let capture = files.write("mixture.pcap", &mixture(20_000).pcap());
    for arguments in [
        &["read", "--format", "jsonl", &capture][..],
        &["read", "--all", &capture],
        &["protocols"],
        &["schema"],
        &["man"],
    ] {
        let mut child = wiretell(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // As `| head -1`: reads a line, and goes.
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (code, _, err) = ended(&child.wait_with_output().unwrap());
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(line.ends_with('\n'));
    }
}

#[test]
fn a_missing_file_is_named_and_the_others_are_still_read() {
    let files = Files::new("missing");
    let capture = files.write("small.pcap", &small().pcap());
    let missing = files.path("missing.pcap");
    let (code, out, err) = run(&["read", "--format", "jsonl", &missing, &capture]);
    assert_eq!((code, records(&out).len()), (2, 3));
    assert!(err.contains(&missing) && err.contains("no such file"), "{err}");
}

#[test]
fn what_is_no_capture_gets_a_sentence_of_its_own() {
    let files = Files::new("foreign");
    let empty = files.write("empty.pcap", b"");
    let text = files.write("notes.txt", b"This is what I saw on Monday.\n");
    for (file, says) in
        [(empty.as_str(), "is empty"), (text.as_str(), "is not a capture file"), ("/dev/null", "is empty")]
    {
        let (code, out, err) = run(&["read", file]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        // Records end with the sums, however little was read.
        let (code, out, _) = run(&["read", "--format", "jsonl", file]);
        assert_eq!((code, records(&out).len()), (2, 1), "{out}");
        assert!(err.starts_with("wiretell: ") && err.contains(file) && err.contains(says), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn a_file_that_may_not_be_read_is_told_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::new("denied");
    let capture = files.write("secret.pcap", &small().pcap());
    fs::set_permissions(&capture, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = wiretell(&["read", &capture]);
    if fs::File::open(&capture).is_ok() {
        // Root may read everything: as somebody else, then, who may not even come to where this was built.
        use std::os::unix::process::CommandExt;
        let copy = files.path("wiretell");
        fs::copy(env!("CARGO_BIN_EXE_wiretell"), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&files.0, fs::Permissions::from_mode(0o755)).unwrap();
        command = Command::new(copy);
        command.args(["read", &capture]).uid(65_534).gid(65_534).current_dir("/");
    }
    let (code, _, err) = ended(&command.output().unwrap());
    assert_eq!(code, 2, "{err}");
    assert!(err.contains(&capture) && err.contains("permission denied"), "{err}");
}

#[test]
fn of_a_truncated_file_everything_before_the_end_is_shown() {
    let files = Files::new("cut");
    let mut bytes = small().pcap();
    bytes.truncate(bytes.len() - 10);
    let capture = files.write("cut.pcap", &bytes);
    let (code, out, err) = run(&["read", "--format", "jsonl", &capture]);
    assert_eq!(code, 3, "{err}");
    assert_eq!(records(&out).len(), 3);
    assert!(err.contains(&capture) && err.contains("frame ") && err.contains("byte "), "{err}");
}

#[test]
fn where_a_file_is_cut_is_told_in_bytes_of_what_is_cut() {
    let files = Files::new("where");
    let bytes = small().pcap();
    let header = files.write("header.pcap", &bytes[..20]);
    let (code, _, err) = run(&["read", &header]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("ends at byte 20, inside the file's header"), "{err}");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    zipped.write_all(&bytes).unwrap();
    let mut zipped = zipped.finish().unwrap();
    zipped.truncate(zipped.len() - 100);
    let cut = files.write("cut.pcap.gz", &zipped);
    let (code, _, err) = run(&["read", &cut]);
    assert_eq!(code, 3, "{err}");
    let end = format!("its gzip data ends at byte {} of the file", zipped.len());
    assert!(
        err.contains(&end) && err.contains("of the uncompressed capture") && err.contains("frame "),
        "{err}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    for (arguments, says) in [
        (&["read", "-c", "0", "x"][..], "above 0"),
        (&["read", "--max-flows", "0", "x"], "above 0"),
        (&["live", "-B", "0"], "from 1 to 2047"),
        (&["live", "-s", "-1"], "unexpected argument"),
        (&["explain", "3224-3223"], "write 3223-3224"),
    ] {
        let (code, _, err) = run(arguments);
        assert!(code == 2 && err.contains(says), "{arguments:?}: {err}");
    }
}

#[test]
fn what_is_left_out_is_told_once_unless_that_is_to_be_quiet() {
    let files = Files::new("left-out");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, _, err) = run(&["read", "--format", "csv", &capture, &capture]);
    assert_eq!((code, err.lines().count()), (0, 2), "{err}");
    assert!(err.contains("findings and sums") && err.contains("named more than once"), "{err}");
    let (_, _, err) = run(&["read", "-q", "--format", "csv", &capture, &capture]);
    assert_eq!(err, "");
}

#[test]
fn a_directory_is_searched_and_what_is_no_capture_in_it_is_passed_over() {
    let files = Files::new("directory");
    fs::create_dir(files.path("deep")).unwrap();
    files.write("deep/small.pcap", &small().pcap());
    files.write("README", b"nothing to see");
    let (code, out, err) = run(&["read", "--format", "jsonl", files.0.to_str().unwrap()]);
    assert_eq!((code, err.as_str(), records(&out).len()), (0, "", 3));
}

#[test]
fn a_directory_without_captures_is_an_error_that_says_so() {
    let files = Files::new("bare");
    let (code, out, err) = run(&["read", files.0.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no capture file") && err.contains(files.0.to_str().unwrap()), "{err}");
}

#[test]
fn standard_input_and_compressed_files_are_read_like_any_file() {
    let files = Files::new("input");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(&small().pcap()).unwrap();
    let zipped = zipped.finish().unwrap();
    let capture = files.write("no-matter-how-it-is-called", &zipped);
    let (code, out, _) = run(&["read", "--format", "jsonl", &capture]);
    assert_eq!((code, records(&out).len()), (0, 3));
    for bytes in [small().pcap(), zipped] {
        let mut child = wiretell(&["read", "--format", "jsonl", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let (code, out, err) = ended(&child.wait_with_output().unwrap());
        assert_eq!((code, err.as_str(), records(&out).len()), (0, "", 3));
    }
}

#[test]
fn files_are_one_timeline_unless_each_is_to_stand_alone() {
    let files = Files::new("each");
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    for (name, at) in [("a.pcap", 0), ("b.pcap", SECOND)] {
        let mut capture = Capture::default();
        capture.udp(1_795_176_000 * SECOND + at, client, server, &dns(7, "host.example", at > 0));
        files.write(name, &capture.pcap());
    }
    let directory = files.0.to_str().unwrap();
    let flows = |arguments: &[&str]| records(&run(arguments).1).len() - 1;
    assert_eq!(flows(&["read", "--format", "jsonl", directory]), 1);
    assert_eq!(flows(&["read", "--format", "jsonl", "--each", directory]), 2);
}

#[test]
fn a_filter_lets_pass_what_tcpdump_would_and_a_bad_one_is_an_error() {
    let files = Files::new("filter");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, out, _) = run(&["read", "--format", "jsonl", "-f", "udp port 53", &capture]);
    assert_eq!((code, records(&out).len()), (0, 2));
    let (code, _, err) = run(&["read", "-f", "udp prt 53", &capture]);
    assert_eq!(code, 2);
    assert!(err.contains("udp prt 53") && err.contains("pcap-filter"), "{err}");
}

#[test]
fn a_count_and_a_duration_end_the_reading() {
    let files = Files::new("count");
    let capture = files.write("small.pcap", &small().pcap());
    let read = |limit: &[&str]| {
        let (_, out, _) = run(&[&["read", "--format", "jsonl", &capture], limit].concat());
        records(&out).last().unwrap()["packets_read"].as_u64()
    };
    assert_eq!(read(&["-c", "2"]), Some(2));
    assert_eq!(read(&["--duration", "500ms"]), Some(2));
}

#[test]
fn what_the_user_says_about_a_port_counts() {
    let files = Files::new("decode");
    let capture = files.write("small.pcap", &small().pcap());
    let (_, out, _) = run(&["read", "--format", "jsonl", "-d", "tcp.port==22,http", &capture]);
    let http = records(&out).into_iter().find(|record| record["app_proto"] == "http").unwrap();
    assert_eq!((&http["verdict"], &http["port_claim"][0]["basis"]), (&"confirmed".into(), &"user".into()));
}

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
    let commands = ["read", "live", "interfaces", "explain", "protocols", "schema", "completions", "man"];
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
    assert_eq!(table.lines().count(), rows.len() + 1);
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
