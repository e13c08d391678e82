//! What it reads: files, directories, pipes, and what it says of those that it cannot read.

use super::{Files, ended, records, run, small, wiretell};
use crate::support::{Capture, SECOND, dns};
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
