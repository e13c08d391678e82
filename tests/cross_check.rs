//! What tshark says of the shipped captures, and what wiretell says: two programs that share no code.
//!
//! Frames are joined to flows by Community ID, which both work out; where tshark is not installed, or is too old to
//! know something, that is said loudly and not checked.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Labels that tshark has another name for.
const ALIASES: &[(&str, &str)] =
    &[("netft", "msrcp"), ("postgresql", "pgsql"), ("rdp-udp", "rdpudp"), ("redis", "resp")];
/// Where tshark is known to see less than wiretell, by label, what tshark sees at most, and why.
const BEYOND_TSHARK: &[(&str, &str, &str)] = &[
    ("rdg-udp", "dtls", "it knows DTLS but not what makes it a gateway's"),
    (
        "rdg-udp",
        "data",
        "it guesses DTLS only where records fill the packet, and the trailer of a first hello is none",
    ),
    ("ica", "data", "it has no dissector for it"),
    ("tip", "data", "it has no dissector for it"),
    ("framehawk", "data", "nobody knows its bytes"),
    ("syslog", "rsh", "it goes by port 514/tcp, which is also the remote shell's"),
    ("ftp-data", "data", "it does not follow EPRT"),
    ("ssh", "tls", "it goes by port 443"),
];

fn captures() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng");
    let mut captures: Vec<PathBuf> = files.filter(is_capture).collect();
    captures.sort();
    captures
}

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// The flows that wiretell finds, by Community ID.
fn flows(capture: &Path) -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_wiretell"))
        .args(["read", "--format", "jsonl", "--no-progress"])
        .arg(capture)
        .output()
        .unwrap();
    let records = String::from_utf8(output.stdout).unwrap();
    let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records
        .filter(|record| record["type"] == "flow")
        .map(|record| (record["community_id"].as_str().unwrap_or_default().to_owned(), record))
        .collect()
}

/// A line to standard error, also where the output of tests that pass is not shown.
fn skip(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

/// One row per frame: its Community IDs and protocols, then these fields. None where there is no tshark.
fn tshark(test: &str, capture: &Path, fields: &[&str]) -> Option<Vec<Row>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["--enable-protocol", "communityid", "-T", "fields"]);
    for field in ["communityid", "frame.protocols"].iter().chain(fields) {
        command.args(["-e", field]);
    }
    let Ok(output) = command.output() else {
        skip(test, "tshark is not installed");
        return None;
    };
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        skip(test, &format!("this tshark cannot tell: {}", complaint.lines().last().unwrap_or_default()));
        return None;
    }
    let rows = String::from_utf8(output.stdout).unwrap();
    Some(rows.lines().map(Row::new).collect())
}

/// What tshark says of a frame.
struct Row {
    flows: Vec<String>,
    protocols: Vec<String>,
    fields: Vec<String>,
}

impl Row {
    fn new(line: &str) -> Self {
        let mut cells = line.split('\t');
        let list = |cell: Option<&str>, separator: char| -> Vec<String> {
            cell.unwrap_or_default()
                .split(separator)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let flows = list(cells.next(), ',');
        let protocols = list(cells.next(), ':');
        Self { flows, protocols, fields: cells.map(str::to_owned).collect() }
    }

    fn has(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|name| name == protocol)
    }
}

#[test]
fn community_ids_are_the_same() {
    for capture in captures() {
        let name = capture.file_name().unwrap().to_string_lossy().into_owned();
        let Some(rows) = tshark("community_ids_are_the_same", &capture, &[]) else { return };
        let ours: BTreeSet<String> = flows(&capture).into_keys().collect();
        // Two things have an id of their own for tshark: a fragment before the last, and a connection inside a
        // cluster's tunnel, which wiretell tells as an attribute of the outer flow.
        let is_fragment =
            |row: &Row| !["tcp", "udp", "icmp", "icmpv6"].iter().any(|transport| row.has(transport));
        let is_tunnelled = |row: &Row| row.has("msrcp") && row.has("tcp");
        let theirs: BTreeSet<String> = rows
            .iter()
            .filter(|row| !is_fragment(row) && !is_tunnelled(row))
            .flat_map(|row| row.flows.iter().cloned())
            .collect();
        let more: BTreeSet<String> = rows.iter().flat_map(|row| row.flows.iter().cloned()).collect();
        assert!(theirs.is_subset(&ours), "{name}: only tshark has {:?}", theirs.difference(&ours));
        assert!(ours.is_subset(&more), "{name}: only we have {:?}", ours.difference(&more));
        assert!(!ours.is_empty(), "{name} has flows");
    }
}

#[test]
fn tshark_sees_the_protocols_that_we_recognise() {
    for capture in captures() {
        let name = capture.file_name().unwrap().to_string_lossy().into_owned();
        let Some(rows) = tshark("tshark_sees_the_protocols_that_we_recognise", &capture, &[]) else { return };
        for (id, flow) in flows(&capture) {
            let Some(label) = flow["app_proto"].as_str().filter(|_| flow["confidence"] != "port") else {
                continue;
            };
            let theirs = ALIASES.iter().find(|(ours, _)| *ours == label).map_or(label, |(_, theirs)| theirs);
            let layers: BTreeSet<&str> = rows
                .iter()
                .filter(|row| row.flows.contains(&id))
                .flat_map(|row| row.protocols.iter().map(String::as_str))
                .collect();
            let excused = BEYOND_TSHARK.iter().any(|(ours, sees, _)| *ours == label && layers.contains(sees));
            assert!(
                layers.contains(theirs) || excused,
                "{name}: {label}, but tshark sees {layers:?} in {flow}"
            );
        }
    }
}

#[test]
fn fingerprints_of_tls_clients_are_the_same() {
    let test = "fingerprints_of_tls_clients_are_the_same";
    for (field, attribute) in [("tls.handshake.ja3", "tls.ja3"), ("tls.handshake.ja4", "tls.ja4")] {
        let mut compared = 0;
        for name in ["tls.pcap", "contradicted.pcap", "tour.pcapng"] {
            let Some(rows) = tshark(test, &capture(name), &[field]) else { break };
            let flows = flows(&capture(name));
            for row in rows.iter().filter(|row| !row.fields[0].is_empty()) {
                let Some(flow) = row.flows.first().and_then(|id| flows.get(id)) else { continue };
                if flow["app_proto"] == "tls" {
                    assert_eq!(flow["attributes"][attribute], row.fields[0], "{name}: {flow}");
                    compared += 1;
                }
            }
            assert!(compared > 0, "{name} has no TLS");
        }
    }
}

#[test]
fn fingerprints_of_dtls_clients_are_the_same() {
    let (test, name) = ("fingerprints_of_dtls_clients_are_the_same", capture("dtls.pcap"));
    let Some(rows) = tshark(test, &name, &["dtls.handshake.ja3"]) else { return };
    let flows = flows(&name);
    let mut compared = 0;
    for row in rows.iter().filter(|row| !row.fields[0].is_empty()) {
        let Some(flow) = row.flows.first().and_then(|id| flows.get(id)) else { continue };
        // An ICMP error quotes a hello as well.
        if flow["app_proto"] == "dtls" {
            assert_eq!(flow["attributes"]["dtls.ja3"], row.fields[0], "{flow}");
            compared += 1;
        }
    }
    assert!(compared > 0, "no DTLS");
}

#[test]
fn heartbeats_are_counted_alike() {
    let name = capture("netft.pcap");
    let fields = ["msrcp.type", "msrcp.seq", "ip.src", "ipv6.src"];
    let Some(rows) = tshark("heartbeats_are_counted_alike", &name, &fields) else { return };
    let mut checked = 0;
    for (id, flow) in flows(&name).iter().filter(|(_, flow)| flow["app_proto"] == "netft") {
        let initiator = flow["src_ip"].as_str().unwrap();
        let mut requests: [BTreeSet<&str>; 2] = Default::default();
        let mut responses: [BTreeSet<&str>; 2] = Default::default();
        // ICMP errors quote heartbeats.
        let of_flow = |row: &&Row| row.flows.contains(id) && !row.has("icmp") && !row.fields[0].is_empty();
        for row in rows.iter().filter(of_flow) {
            let side = usize::from(row.fields[2] != initiator && row.fields[3] != initiator);
            let seen = if row.fields[0] == "0" { &mut requests } else { &mut responses };
            seen[side].insert(&row.fields[1]);
        }
        for (side, name) in [(0, "fwd"), (1, "rev")] {
            let count = |what: &str| flow["attributes"][format!("netft.{what}_{name}")].as_u64().unwrap();
            assert_eq!(count("requests"), requests[side].len() as u64, "{flow}");
            assert_eq!(count("responses"), responses[side].len() as u64, "{flow}");
            // A request near the end may be answered behind it: ours to wait for, tshark's not.
            let unanswered = requests[side].difference(&responses[1 - side]).count() as u64;
            let missed = count("missed");
            assert!(missed <= unanswered && unanswered <= missed + 2, "{missed} of {unanswered}: {flow}");
            checked += 1;
        }
    }
    assert_eq!(checked, 14, "seven routes, both ways");
}

#[test]
fn dtls_handshakes_are_read_alike() {
    let name = capture("dtls.pcap");
    let fields = ["dtls.handshake.type", "dtls.handshake.version"];
    let Some(rows) = tshark("dtls_handshakes_are_read_alike", &name, &fields) else { return };
    let mut checked = 0;
    for (id, flow) in flows(&name) {
        if flow["attributes"]["dtls.state"].is_null() {
            continue;
        }
        let handshakes: Vec<(Vec<&str>, &str)> = rows
            .iter()
            .filter(|row| row.flows.contains(&id) && !row.has("icmp"))
            .map(|row| (row.fields[0].split(',').collect(), row.fields[1].as_str()))
            .collect();
        let count = |kind: &str| handshakes.iter().filter(|(kinds, _)| kinds.contains(&kind)).count();
        assert_eq!(flow["attributes"]["dtls.client_hellos"], count("1"), "{flow}");
        assert_eq!(flow["attributes"]["dtls.hello_verifies"], count("3"), "{flow}");
        if let Some((_, version)) = handshakes.iter().find(|(kinds, _)| kinds.contains(&"2")) {
            let version = if version.starts_with("0xfeff") { "1.0" } else { "1.2" };
            assert_eq!(flow["attributes"]["dtls.version"], version, "{flow}");
        }
        checked += 1;
    }
    assert_eq!(checked, 4);
}

#[test]
fn rdp_over_udp_is_read_alike() {
    let name = capture("rdp-udp.pcap");
    let fields = [
        "rdpudp.flags.syn",
        "rdpudp.flags.ack",
        "rdpudp.flags.synlossy",
        "rdpudp.correlationid",
        "rdpudp.synex.version",
    ];
    let Some(rows) = tshark("rdp_over_udp_is_read_alike", &name, &fields) else { return };
    let is_set = |cell: &str| cell == "1" || cell == "True";
    let flows = flows(&name);
    let mut checked = 0;
    for row in rows.iter().filter(|row| is_set(&row.fields[0])) {
        let attributes = &flows[&row.flows[0]]["attributes"];
        let version = match row.fields[4].as_str() {
            "0x0101" => 3,
            "0x0002" => 2,
            other => panic!("version {other}"),
        };
        if is_set(&row.fields[1]) {
            assert_eq!(attributes["rdp-udp.version"], version, "{attributes}");
        } else {
            assert_eq!(attributes["rdp-udp.offered"], version, "{attributes}");
            let mode = if is_set(&row.fields[2]) { "lossy" } else { "reliable" };
            assert_eq!(attributes["rdp-udp.mode"], mode, "{attributes}");
            let ours = attributes["rdp-udp.correlation_id"].as_str().unwrap().replace('-', "");
            assert_eq!(ours, row.fields[3].replace(':', ""), "{attributes}");
        }
        checked += 1;
    }
    assert_eq!(checked, 6, "three connections, a SYN and its answer each");
}
