//! What the user expects: drafted, checked, and held against captures.

use super::{Files, all_records, run, small};
use std::path::Path;

fn shipped() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_capture = |path: &Path| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng");
    let captures: Vec<String> =
        paths.filter(|path| is_capture(path)).map(|path| path.to_str().unwrap().to_owned()).collect();
    assert!(captures.len() > 10);
    captures
}

/// The findings about a capture: exit code, ids and titles.
fn findings(expected: &str, capture: &str) -> (i32, Vec<(String, String)>) {
    let (code, out, _) =
        run(&["read", "--expect", expected, "--fail-on", "warning", "--format", "jsonl", capture]);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let found = all_records(&out).into_iter().filter(|record| record["type"] == "finding");
    (code, found.map(|record| (text(&record["id"]), text(&record["title"]))).collect())
}

#[test]
fn a_draft_is_broken_by_nothing_in_the_capture_that_it_was_drafted_from() {
    let files = Files::new("drafts");
    for capture in shipped() {
        let (code, draft, err) = run(&["expect", "init", &capture]);
        assert_eq!((code, err.as_str()), (0, ""), "{capture}");
        let file = files.write("draft.toml", draft.as_bytes());
        assert_eq!(run(&["-q", "expect", "check", &file]), (0, String::new(), String::new()), "{draft}");
        let (_, found) = findings(&file, &capture);
        let about: Vec<_> = found
            .iter()
            .filter(|(id, _)| {
                id == "expectation-broken"
                    || id == "port-contradicted"
                    || id == "port-guarded-protocol-elsewhere"
            })
            .collect();
        assert!(about.is_empty(), "{capture}: {about:?}\n{draft}");
    }
}

#[test]
fn what_is_listed_is_silent_and_what_contradicts_it_fails_a_check() {
    let files = Files::new("held");
    let capture = files.write("small.pcap", &small().pcap());
    let named = |expected: &str| {
        let file = files.write("expected.toml", expected.as_bytes());
        let (code, found) = findings(&file, &capture);
        let ids: Vec<String> =
            found.into_iter().map(|(id, _)| id).filter(|id| !id.starts_with("capture-")).collect();
        (code, ids)
    };
    let found = |code: i32, ids: &[&str]| (code, ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
    let (broken, odd) = ("expectation-broken", "port-contradicted");
    let entry = |port: u16, protocol: &str, more: &str| {
        format!("[[expect]]\nport = {port}\nprotocol = \"{protocol}\"\n{more}\n")
    };
    // HTTP on port 22 of 10.0.2.2.
    assert_eq!(named(""), found(0, &[odd]));
    assert_eq!(named(&entry(22, "http", "")), found(0, &[]));
    assert_eq!(named(&entry(22, "http", "servers = \"10.0.2.2\"")), found(0, &[]));
    assert_eq!(named(&entry(22, "ssh", "")), found(1, &[broken]));
    assert_eq!(named(&(entry(22, "ssh", "") + &entry(22, "http", ""))), found(0, &[]));
    // It is said of other hosts, of other clients, of another transport.
    assert_eq!(named(&entry(22, "ssh", "servers = \"10.0.2.3\"")), found(0, &[odd]));
    assert_eq!(named(&entry(22, "ssh", "clients = \"10.0.9.0/24\"")), found(0, &[odd]));
    assert_eq!(named(&entry(22, "ssh", "between = \"10.0.2.0/24\"")), found(0, &[odd]));
    assert_eq!(named("[[expect]]\nport = \"22/udp\"\nprotocol = \"ssh\""), found(0, &[odd]));
    // It belongs elsewhere.
    assert_eq!(named(&entry(80, "http", "")), found(0, &[odd]));
    assert_eq!(named(&entry(80, "http", "only = true")), found(1, &[broken]));
    assert_eq!(
        named("[[expect]]\nprotocol = \"http\"\nservers = \"10.9.0.0/16\"\nonly = true"),
        found(1, &[broken])
    );
    assert_eq!(
        named("[[expect]]\nprotocol = \"http\"\nservers = \"10.0.0.0/16\"\nonly = true"),
        found(0, &[])
    );
}

#[test]
fn a_port_is_kept_to_its_hosts_whatever_is_spoken_there() {
    use super::{Capture, SECOND};
    let files = Files::new("kept");
    let mut capture = Capture::default();
    // From outside: bytes that nobody knows, a handshake alone, and one who only knocks; and one from inside.
    capture.connection(
        0,
        ([9, 1], 50_001),
        ([0, 9], 3389),
        &[(true, b"hello there\r\n"), (false, b"who\r\n")],
    );
    capture.connection(SECOND, ([9, 2], 50_002), ([0, 9], 3389), &[]);
    capture.udp(2 * SECOND, ([9, 3], 50_003), ([0, 9], 3389), b"hello there");
    capture.connection(3 * SECOND, ([0, 4], 50_004), ([0, 9], 3389), &[(true, b"hello there\r\n")]);
    capture.tcp(4 * SECOND, ([9, 5], 50_005), ([0, 9], 3389), 0x02, 1, b"");
    let trace = files.write("a.pcap", &capture.pcap());
    let broken = |expected: &str| {
        let file = files.write("expected.toml", expected.as_bytes());
        let (code, out, _) =
            run(&["read", "--expect", &file, "--fail-on", "warning", "--format", "jsonl", &trace]);
        let records = all_records(&out);
        let found = records.iter().filter(|record| record["id"] == "expectation-broken");
        let found: Vec<String> = found.map(ToString::to_string).collect();
        (code, found)
    };
    let inside = "between = \"10.0.0.0/24\"\n";
    for entry in [
        format!("[[expect]]\nport = 3389\n{inside}"),
        format!("[[expect]]\nport = 3389\nprotocol = [\"rdp\", \"rdp-udp\"]\nonly = true\n{inside}"),
        "[[expect]]\nport = 3389\nclients = \"10.0.0.0/24\"\n".to_owned(),
    ] {
        let (code, found) = broken(&entry);
        let all = found.join("\n");
        assert_eq!((code, found.len()), (1, 2), "{entry}{all}");
        for outside in ["10.0.9.1:50001", "10.0.9.2:50002", "10.0.9.3:50003"] {
            assert!(all.contains(outside), "{outside}: {all}");
        }
        assert!(
            !all.contains("50004") && !all.contains("50005") && all.contains("has this port only with "),
            "{all}"
        );
    }
    // Of hosts nothing is said, or another entry lets them.
    assert_eq!(broken(&format!("[[expect]]\nport = 3390\n{inside}")), (0, Vec::new()));
    assert_eq!(
        broken(&format!("[[expect]]\nport = 3389\nprotocol = [\"rdp\", \"rdp-udp\"]\n{inside}")),
        (0, Vec::new())
    );
    let both =
        format!("[[expect]]\nport = 3389\n{inside}[[expect]]\nport = 3389\nclients = \"10.0.9.0/24\"\n");
    assert_eq!(broken(&both), (0, Vec::new()));
}

#[test]
fn a_draft_asks_about_what_contradicts_its_port() {
    let files = Files::new("asked");
    let (code, draft, _) = run(&["expect", "init", &files.write("small.pcap", &small().pcap())]);
    let entry = "# Is that meant to be so? 22/tcp promises ssh.\n[[expect]]\nport = \"22/tcp\"\nprotocol = \"http\"\n";
    assert!(code == 0 && draft.contains(entry), "{draft}");
    assert_eq!(draft.matches("Is that meant").count(), 1, "{draft}");
}

#[test]
fn a_mistake_is_told_with_its_place_and_nothing_is_read() {
    let files = Files::new("mistaken");
    let capture = files.write("small.pcap", &small().pcap());
    let file = files.write("expected.toml", b"[[expect]]\nport = 22\nprotocol = \"sssh\"\n");
    for arguments in [&["expect", "check", &file][..], &["read", "--expect", &file, &capture]] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(&format!("{file}:3:12: ")) && err.contains("is `ssh` meant?"), "{err}");
    }
    let (code, _, err) = run(&["expect", "init", "-o", &capture, &capture]);
    assert!(code == 2 && err.contains("is read from"), "{err}");
}

#[test]
fn the_shipped_example_holds_for_the_shipped_tour_and_is_told_with_its_notes_where_it_does_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("docs/expectations.toml");
    let (example, tour) = (example.to_str().unwrap(), root.join("captures/tour.pcapng"));
    let (code, out, _) = run(&["expect", "check", example]);
    assert!(code == 0 && out.contains("6 entries"), "{out}");
    let ids = |file: &str| findings(file, tour.to_str().unwrap()).1;
    let found = ids(example);
    assert!(found.iter().all(|(id, _)| id != "expectation-broken" && id != "port-contradicted"), "{found:?}");
    let files = Files::new("example");
    let text = std::fs::read_to_string(example).unwrap();
    let other = files.write("other.toml", text.replace("\"http\"", "\"fatpipe\"").as_bytes());
    let found = ids(&other);
    let title = "http on 10.0.0.20:3353/tcp, against the expectations".to_owned();
    assert!(found.contains(&("expectation-broken".to_owned(), title)), "{found:?}");
}
