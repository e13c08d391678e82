//! What it writes: the table, records, findings, and where they go.

use super::{Files, all_records, ended, records, run, small, wiretell};
use crate::support::mixture;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

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
fn what_is_read_is_never_written_over_under_whatever_name() {
    let files = Files::new("self");
    let bytes = small().pcap();
    let capture = files.write("small.pcap", &bytes);
    let (link, hard) = (files.path("link"), files.path("hard"));
    std::os::unix::fs::symlink(&capture, &link).unwrap();
    fs::hard_link(&capture, &hard).unwrap();
    let text = files.write("text", b"no capture");
    let directory = files.0.to_str().unwrap();
    for (input, output) in
        [(&*capture, &capture), (&capture, &link), (&capture, &hard), (directory, &capture)]
    {
        let (code, out, err) = run(&["read", "--format", "jsonl", "-o", output, input]);
        assert_eq!((code, out.as_str()), (2, ""), "{input} {output}");
        assert!(err.contains("because it is read"), "{err}");
        assert_eq!(fs::read(&capture).unwrap(), bytes);
    }
    assert_eq!(run(&["read", "-o", &text, &text, &capture]).0, 2);
    assert_eq!(fs::read(&text).unwrap(), b"no capture");
    let mut command = wiretell(&["read", "-o", &capture, "-"]);
    let (code, ..) = ended(&command.stdin(fs::File::open(&capture).unwrap()).output().unwrap());
    assert_eq!((code, fs::read(&capture).unwrap()), (2, bytes));
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
fn only_flows_that_fit_are_shown_in_every_format_and_a_mistake_is_named_with_its_column() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/tour.pcapng");
    let choose = ["--where", "app_proto == dns or dst_port in 3224..3300"];
    for (format, flows) in [("jsonl", "\"type\":\"flow\""), ("csv", ",udp,")] {
        let (code, out, _) = run(&["read", "-q", "--format", format, choose[0], choose[1], file]);
        assert_eq!((code, out.lines().filter(|line| line.contains(flows)).count()), (0, 3), "{format}");
    }
    let (_, out, _) = run(&["read", choose[0], choose[1], file]);
    assert!(out.contains("3 flows") && out.contains("Only flows with app_proto == dns or"), "{out}");
    let (code, _, said) = run(&["read", "--where", "app_proto == dns or dst_prt == 1", file]);
    assert_eq!(code, 2);
    assert!(said.contains("column 21: there is no field `dst_prt`; did you mean dst_port?"), "{said}");
}

#[test]
fn where_no_flow_fits_that_is_said() {
    let files = Files::new("none-fits");
    let file = files.write("small.pcap", &small().pcap());
    let read = |more: &[&str]| run(&[&["read"], more, &[file.as_str()]].concat()).1;
    assert_eq!(read(&["--where", "mqtt", "--show", "flows"]), "No flow fits --where.\n");
    assert!(read(&["--where", "mqtt"]).ends_with("\nNo flow fits --where.\n"));
    assert!(!read(&["--where", "dns"]).contains("No flow fits") && !read(&[]).contains("No flow fits"));
    assert_eq!(read(&["--where", "mqtt", "--format", "csv"]).lines().count(), 1);
}

#[test]
fn a_label_that_nobody_gives_is_a_mistake_and_no_answer() {
    let files = Files::new("nobodys-labels");
    let file = files.write("a.pcap", &small().pcap());
    for (expression, told) in [
        ("app_proto == nettf", "column 14: `nettf` is no protocol that wiretell knows (is `netft` meant?)"),
        (
            "port == 53 and app_proto != \"NETFT\"",
            "column 29: `NETFT` is no protocol that wiretell knows (is `netft`",
        ),
        (
            "app_proto in {dns, dnss}",
            "column 20: `dnss` is no protocol that wiretell knows (is `dns` meant?)",
        ),
    ] {
        for command in [
            &["read", "--where", expression, &file][..],
            &["extract", "-w", "-", "--where", expression, &file],
            &["expect", "init", "--where", expression, &file],
            &["rules", "suggest", "--where", expression, &file],
        ] {
            let (code, out, err) = run(command);
            assert_eq!((code, out.as_str()), (2, ""), "{command:?}: {err}");
            assert!(err.contains(told), "{command:?}: {err}");
        }
    }
    // Part of a label, a service that is only registered, and what rules of one's own say.
    let rules = "[[rule]]\nname = \"our-names\"\nport = 53\n";
    let rules = files.write("rules.toml", rules.as_bytes());
    for more in [
        &["--where", "app_proto contains nett"][..],
        &["--where", "app_proto == rje"],
        &["--rules", &rules, "--where", "app_proto == our-names"],
    ] {
        let (code, _, err) = run(&[&["read"], more, &[&file]].concat());
        assert_eq!(code, 0, "{more:?}: {err}");
    }
}

#[test]
fn only_the_parts_that_are_named_are_shown() {
    let tour = "captures/tour.pcapng";
    let show = |parts: &str, more: &[&str]| {
        let (code, out, err) = run(&[&["read", "--show", parts], more, &[tour]].concat());
        assert_eq!(code, 0, "{err}");
        out
    };
    let flows = show("flows", &["--where", "netft"]);
    assert!(
        flows.starts_with("LASTED  PROTO ") && flows.contains("netft") && !flows.contains("FINDINGS"),
        "{flows}"
    );
    let findings = show("findings", &[]);
    assert!(
        findings.starts_with("FINDINGS: ")
            && !findings.contains("\nPROTO ")
            && !findings.contains("HEARTBEATS"),
        "{findings}"
    );
    let two = show("heartbeats,capture", &[]);
    assert!(two.starts_with(tour) && two.contains("\nHEARTBEATS") && !two.contains("FINDINGS"), "{two}");
    // Of JSON lines the sums stay, as the last one.
    let kinds = |parts: &str| {
        let records = all_records(&show(parts, &["--format", "jsonl"]));
        records
            .iter()
            .map(|record| record["type"].as_str().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(kinds("flows").into_iter().collect::<Vec<_>>(), ["flow", "stats"]);
    assert_eq!(
        kinds("findings,heartbeats").into_iter().collect::<Vec<_>>(),
        ["finding", "heartbeat", "stats"]
    );
    for wrong in [&["--show", "flow"][..], &["--show", "flows", "--format", "csv"]] {
        let (code, out, err) = run(&[&["read"], wrong, &[tour]].concat());
        assert!(code == 2 && out.is_empty() && err.contains("--show"), "{err}");
    }
    // What is found counts, whatever is shown.
    assert_eq!(run(&["read", "--show", "flows", "--fail-on", "warning", tour]).0, 1);
}

#[test]
fn a_report_is_one_page_that_is_the_same_for_every_number_of_threads() {
    let files = Files::new("report");
    let capture = files.write("mixture.pcap", &mixture(300).pcap());
    let written = |name: &str, threads: &str| {
        let target = files.path(name);
        let (code, out, err) =
            run(&["read", "--format", "html", "--threads", threads, "-o", &target, &capture]);
        assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
        fs::read_to_string(&target).unwrap()
    };
    let page = written("one.html", "0");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
    for heading in ["Quality of the capture", "Findings", "Protocols", "Verdicts", "Conversations", "Flows"] {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}");
    }
    assert_eq!(page, written("three.html", "3"));
    // To a pipe it goes without being named a file.
    assert_eq!(run(&["read", "--format", "html", &capture]).1, page);
}

#[test]
fn a_report_has_the_chosen_flows_the_findings_of_all_and_what_went_wrong() {
    let files = Files::new("report-chosen");
    let mut bytes = small().pcap();
    bytes.truncate(bytes.len() - 3);
    let capture = files.write("small.pcap", &bytes);
    let (code, page, err) = run(&["read", "--format", "html", "--where", "app_proto == dns", &capture]);
    assert_eq!(code, 3, "{err}");
    let (_, data) = page.split_once("id=\"flow-data\">").unwrap();
    let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(data["rows"].as_array().unwrap().len(), 1);
    assert!(page.contains("Only flows with <code>app_proto == dns</code>"), "{page}");
    assert!(page.contains("port-contradicted") && page.contains("1 input problem"), "{page}");
}
