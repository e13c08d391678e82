//! What it reads: files, directories, pipes, and what it says of those that it cannot read.

use super::{Files, all_records, ended, records, run, small, wiretell};
use crate::support::{Capture, SECOND, dns};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

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
        (&["explain", "65536"], "ports end at 65535"),
        (&["explain", "3391,3343"], "3391 3343"),
        (&["read", "-d", "udp.port==70000,dns", "x"], "ports end at 65535"),
    ] {
        let (code, _, err) = run(arguments);
        assert!(code == 2 && err.contains(says), "{arguments:?}: {err}");
    }
}

#[test]
fn what_is_left_out_is_told_once_unless_that_is_to_be_quiet() {
    let files = Files::new("left-out");
    let capture = files.write("small.pcap", &small().pcap());
    let (code, _, err) = run(&["read", "--format", "csv", "-f", "tcp port 1", &capture, &capture]);
    assert_eq!((code, err.lines().count()), (0, 1), "{err}");
    assert!(err.contains("named more than once"), "{err}");
    let found = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/netft.pcap");
    let (code, _, err) = run(&["read", "--format", "csv", found]);
    assert!(code == 0 && err.contains("and the sums are in the table"), "{err}");
    let (_, _, err) = run(&["read", "-q", "--format", "csv", found, found]);
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
fn what_is_named_as_a_capture_in_a_directory_and_is_none_is_told() {
    let files = Files::new("promised");
    files.write("small.pcap", &small().pcap());
    files.write("empty.pcapng", b"");
    files.write("zeros.cap", &[0; 100]);
    files.write("notes.txt", b"");
    let (code, out, err) = run(&["read", "--format", "jsonl", files.0.to_str().unwrap()]);
    assert_eq!((code, records(&out).len(), err.lines().count()), (2, 3, 2), "{err}");
    assert!(err.contains("empty.pcapng") && err.contains("zeros.cap"), "{err}");
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
fn a_frame_is_told_with_its_file_where_several_are_read() {
    let files = Files::new("places");
    let capture = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/captures/netft.pcap")).unwrap();
    // The same heartbeats in three files, as a rotating capture leaves them.
    let (header, mut rest) = capture.split_at(24);
    let mut parts = vec![header.to_vec(); 3];
    let mut number = 0;
    while let Some(length) = rest.get(8..12) {
        let length = 16 + u32::from_le_bytes(length.try_into().unwrap()) as usize;
        parts[(number / 130).min(2)].extend(&rest[..length]);
        rest = &rest[length..];
        number += 1;
    }
    let whole = files.write("whole.pcap", &capture);
    let names: Vec<String> =
        ["z", "m", "a"].iter().zip(&parts).map(|(name, part)| files.write(name, part)).collect();
    let of = |paths: &[&str]| all_records(&run(&[&["read", "--format", "jsonl"], paths].concat()).1);
    let (alone, split) = (of(&[&whole]), of(&[&names[0], &names[1], &names[2]]));
    assert_eq!(alone.len(), split.len());
    let place = |frame: &Value, file: &Value| {
        let part = names.iter().position(|name| *name == file.as_str().unwrap()).unwrap() as u64;
        frame.as_u64().unwrap() + 130 * part
    };
    let mut compared = 0;
    let key = |record: &Value| {
        (record["ts"].to_string(), record["src_ip"].to_string(), record["dst_ip"].to_string())
    };
    for kind in ["flow", "heartbeat"] {
        for one in alone.iter().filter(|record| record["type"] == kind) {
            let other = split.iter().find(|other| other["type"] == kind && key(other) == key(one)).unwrap();
            for list in ["why", "misses"] {
                for (one, other) in one[list]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .zip(other[list].as_array().into_iter().flatten())
                {
                    if let Some(frame) = one["frame"].as_u64() {
                        assert_eq!(place(&other["frame"], &other["file"]), frame);
                        assert!(one["file"].is_null());
                        compared += 1;
                    }
                }
            }
            if one["icmp_error"].is_object() {
                let error = &other["icmp_error"];
                assert_eq!(
                    place(&error["frame"], &error["file"]),
                    one["icmp_error"]["frame"].as_u64().unwrap()
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 5, "{compared}");
    let evidence = |records: &[Value]| -> Vec<String> {
        let findings = records.iter().filter(|record| record["type"] == "finding");
        findings.flat_map(|finding| finding["evidence"].as_array().unwrap()).map(Value::to_string).collect()
    };
    assert!(evidence(&alone).iter().all(|sentence| !sentence.contains(" of /")));
    let sentences = evidence(&split);
    assert!(
        sentences.iter().any(|sentence| sentence.contains(&format!(" of {}", names[1]))),
        "{sentences:#?}"
    );
    let (_, table, _) = run(&["read", &names[0], &names[1], &names[2]]);
    assert!(!table.contains("frame 1099") && !table.contains("frame 2199"), "{table}");
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
