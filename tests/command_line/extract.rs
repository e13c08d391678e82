//! What `wiretell extract` writes: the packets of the flows that fit, and no others.

use super::{Files, ended, records, run, small, wiretell};
use crate::support::{Capture, SECOND, dns};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use wiretell::capture::{Block, FileReader};

const SHIPPED: [&str; 3] = ["tour.pcapng", "fragments.pcap", "tunnels.pcap"];

/// The frames of a capture: time, length on the wire, bytes.
fn frames(path: impl AsRef<Path>) -> Vec<(i64, u32, Vec<u8>)> {
    let mut reader = FileReader::open(path.as_ref()).unwrap();
    let (mut block, mut frames) = (Block::default(), Vec::new());
    while reader.read_block(&mut block).unwrap() {
        frames.extend(
            block.frames.iter().map(|frame| (frame.time.0, frame.wire, block.bytes_of(frame).to_vec())),
        );
    }
    frames
}

fn extract(arguments: &[&str]) -> Vec<(i64, u32, Vec<u8>)> {
    let (code, _, err) = run(&[&["extract", "-q"], arguments].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
    let target = arguments[arguments.iter().position(|argument| *argument == "-w").unwrap() + 1];
    frames(target)
}

/// Packets of each flow, and of all.
fn counted(arguments: &[&str]) -> (BTreeMap<String, u64>, u64) {
    let (_, out, _) = run(&[&["read", "-q", "--format", "jsonl"], arguments].concat());
    let records = records(&out);
    let flows = records.iter().filter(|record| record["type"] == "flow");
    let count = |name: &str, record: &serde_json::Value| record[name].as_u64().unwrap();
    let flows: BTreeMap<_, _> = flows
        .map(|flow| {
            let id = flow["flow_id"].as_str().unwrap().to_owned();
            (id, count("packets_fwd", flow) + count("packets_rev", flow))
        })
        .collect();
    let stats = records.last().unwrap();
    (flows, stats["packets_in_flows"].as_u64().unwrap())
}

/// Fragments in and out of order, a flow after another between the same ends, and what is in no flow.
fn mixed() -> Vec<u8> {
    let mut capture = small();
    let noon = 1_795_176_000 * SECOND;
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    // After the time-out: another flow with the same key.
    capture.udp(noon + 100 * SECOND, client, server, &dns(8, "other.example", false));
    capture.frame(noon + 3, [&[0xff; 12][..], &[0x08, 0x06], &[0; 28]].concat());
    let datagram = |id: u8, offset: u16, more: bool, bytes: &[u8]| {
        let mut ip = vec![
            0x45,
            0,
            0,
            20 + u8::try_from(bytes.len()).unwrap(),
            0,
            id,
            0,
            0,
            64,
            17,
            0,
            0,
            10,
            0,
            1,
            1,
            10,
            0,
            2,
            2,
        ];
        ip[6..8].copy_from_slice(&((offset / 8) | (u16::from(more) << 13)).to_be_bytes());
        [&[2; 12][..], &[8, 0], &ip, bytes].concat()
    };
    let mut udp = vec![0x9c, 0x43, 0, 53, 0, 40, 0, 0];
    udp.extend([7; 32]);
    for (at, id, parts) in [(5, 1, [0, 16, 32]), (10, 2, [32, 0, 16])] {
        for (step, part) in (0..).zip(parts) {
            let end = (usize::from(part) + 16).min(udp.len());
            let bytes = &udp[usize::from(part)..end];
            capture.frame(noon + at * SECOND + step, datagram(id, part, part < 32, bytes));
        }
    }
    capture.pcap()
}

#[test]
fn expressions_that_exclude_each_other_share_the_packets_of_the_flows_out() {
    let files = Files::new("partition");
    let mut captures = vec![files.write("mixed.pcap", &mixed())];
    captures.extend(SHIPPED.map(|path| format!("{}/captures/{path}", env!("CARGO_MANIFEST_DIR"))));
    for capture in &captures {
        let all = extract(&["-w", &files.path("all.pcapng"), capture]);
        let (_, packets) = counted(&[capture]);
        assert_eq!(all.len() as u64, packets, "{capture}");
        assert!(packets > 0 && is_part(&all, &frames(capture)), "{capture}");
        for expression in ["app_proto", "packets > 3", "verdict == confirmed and confidence >= message"] {
            for more in [&[][..], &["--active-timeout", "1s"], &["--idle-timeout", "100ms", "--threads", "0"]]
            {
                let opposite = format!("not ({expression})");
                let of = |expression: &str, to: &str| {
                    extract(&[&["--where", expression, "-w", &files.path(to), capture], more].concat())
                };
                let (mut wanted, mut got) = (all.clone(), of(expression, "fit.pcapng"));
                got.extend(of(&opposite, "others.pcapng"));
                wanted.sort();
                got.sort();
                assert!(wanted == got, "{capture} {expression} {more:?}: {} {}", wanted.len(), got.len());
            }
        }
    }
}

/// Whether all of `part` is in `whole`, in the same order.
fn is_part<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| one == other))
}

#[test]
fn every_flow_gets_a_file_with_as_many_packets_as_its_record_says() {
    let files = Files::new("per-flow");
    let capture = files.write("mixed.pcap", &mixed());
    for more in [&[][..], &["--active-timeout", "1ms"]] {
        let directory = files.path(&format!("flows{}", more.len()));
        let (code, _, err) = run(&[&["extract", "--per-flow", &directory, &capture], more].concat());
        assert_eq!(code, 0, "{err}");
        let (flows, packets) = counted(&[&[capture.as_str()], more].concat());
        assert!(err.contains(&format!("{packets} packets of {} flows written", flows.len())), "{err}");
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let (id, label) = name.strip_suffix(".pcapng").unwrap().split_once('-').unwrap();
            // Of a connection's first packet alone the port speaks.
            assert!(["dns", "http", "ssh", "no-label"].contains(&label), "{name}");
            found.insert(id.to_owned(), frames(&path).len() as u64);
        }
        assert_eq!(found, flows);
    }
}

#[test]
fn rotated_files_are_one_timeline_and_with_each_every_one_its_own() {
    let files = Files::new("extract-each");
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    let mut paths = Vec::new();
    for (name, at) in [("a.pcap", 0), ("b.pcap", SECOND)] {
        let mut capture = Capture::default();
        capture.udp(1_795_176_000 * SECOND + at, client, server, &dns(7, "host.example", at > 0));
        paths.push(files.write(name, &capture.pcap()));
    }
    let out = files.path("out.pcapng");
    let of = |more: &[&str]| {
        extract(&[&["--where", "packets == 2", "-w", &out, &paths[0], &paths[1]], more].concat()).len()
    };
    assert_eq!((of(&[]), of(&["--each"]), of(&["-c", "1"])), (2, 0, 0));
}

#[test]
fn packets_are_commented_in_pcapng_and_a_name_asks_for_pcap() {
    let files = Files::new("comments");
    let capture = files.write("small.pcap", &small().pcap());
    let (flows, _) = counted(&["--where", "app_proto == dns", &capture]);
    let comment = format!("dns, confirmed, flow {}", flows.keys().next().unwrap());
    let (pcapng, pcap) = (files.path("dns.pcapng"), files.path("dns.pcap"));
    for path in [&pcapng, &pcap] {
        assert_eq!(extract(&["--where", "app_proto == dns", "-w", path, &capture]).len(), 2);
    }
    let bytes = fs::read(&pcapng).unwrap();
    assert_eq!(bytes.windows(comment.len()).filter(|part| *part == comment.as_bytes()).count(), 2);
    // Nanoseconds, as the capture has.
    assert_eq!(fs::read(&pcap).unwrap()[..4], 0xa1b2_3c4d_u32.to_le_bytes());
    let out = wiretell(&["extract", "--where", "app_proto == dns", "-w", "-", &capture]).output().unwrap();
    assert_eq!((out.stdout, out.status.code()), (bytes, Some(0)));
}

#[test]
fn wireshark_reads_what_is_written_and_shows_the_same_packets() {
    let tshark = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("tshark").args(arguments).output().ok()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let complaints = said.lines().filter(|line| !line.contains("Running as user")).count();
        assert!(output.status.success() && complaints == 0, "{said}");
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let files = Files::new("tshark");
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/tour.pcapng");
    let out = files.path("netft.pcapng");
    assert!(extract(&["--where", "app_proto == netft", "-w", &out, capture]).len() > 10);
    let fields =
        "-T fields -e frame.time_epoch -e frame.len -e frame.cap_len -e frame.interface_name -e _ws.col.info";
    let fields: Vec<&str> = fields.split(' ').collect();
    let Some(after) = tshark(&[&["-r", &out], &fields[..]].concat()) else { return };
    let before = tshark(&[&["-r", capture, "-Y", "udp.port == 3343"], &fields[..]].concat()).unwrap();
    assert!(before == after, "{before}\n{after}");
    let comments = tshark(&["-r", &out, "-T", "fields", "-e", "frame.comment"]).unwrap();
    assert!(comments.lines().all(|line| line.starts_with("netft, confirmed, flow ")), "{comments}");
}

#[test]
fn what_can_be_read_once_only_is_kept_until_it_was_read_twice() {
    let files = Files::new("spool");
    let out = files.path("out.pcapng");
    let arguments = ["extract", "--where", "app_proto == http", "-w", &out, "-"];
    let spooled = || fs::read_dir(&files.0).unwrap().count();
    let mut bytes = small().pcap();
    for cut in [false, true] {
        if cut {
            bytes.truncate(bytes.len() - 10);
        }
        let mut command = wiretell(&arguments);
        command.env("TMPDIR", &files.0).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let (code, _, err) = ended(&child.wait_with_output().unwrap());
        assert_eq!(code, if cut { 3 } else { 0 }, "{err}");
        assert_eq!(err.contains("standard input is cut short"), cut, "{err}");
        assert_eq!(frames(&out).len(), if cut { 6 } else { 7 });
        assert_eq!(spooled(), 1, "no temporary file is left");
    }
}

#[test]
fn nothing_that_is_read_is_written_over_and_no_frame_is_bent_to_fit() {
    let files = Files::new("refused");
    let capture = files.write("small.pcap", &small().pcap());
    let before = fs::read(&capture).unwrap();
    let link = files.path("link.pcapng");
    std::os::unix::fs::symlink(&capture, &link).unwrap();
    let mut raw = before.clone();
    raw[20] = 101;
    let raw = files.write("raw.pcap", &raw);
    let directory = files.path("flows");
    let (code, _, err) = run(&["extract", "--per-flow", &directory, "--where", "app_proto == dns", &capture]);
    assert_eq!(code, 0, "{err}");
    let one = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    let one = one.to_str().unwrap();
    for (arguments, says) in [
        (&["-w", &capture, &capture][..], "name another file after -w"),
        (&["-w", &link, &capture], "name another file after -w"),
        (&["--per-flow", &directory, one], "name another directory after --per-flow"),
        (&["--per-flow", &directory, &capture], "is not empty; name another directory after --per-flow"),
        (&["-w", "/nowhere/out.pcapng", &capture], "/nowhere/out.pcapng: cannot be written"),
        (&["-w", "out.pcap.gz", &capture], "compress"),
        (&[&capture], "--per-flow"),
        (&["-w", "x", "--per-flow", "y", &capture], "cannot be used with"),
        (&["-w", "x", "--where", "nosuch", &capture], "column 1"),
        (&["-w", "/dev/full", &capture], "writing failed"),
    ] {
        let (code, _, err) = run(&[&["extract"], arguments].concat());
        assert!(code == 2 && err.contains(says), "{arguments:?}: {err}");
        assert_eq!(fs::read(&capture).unwrap(), before);
    }
    // The frames of a capture of another link layer: Ethernet read as IP has flows of no use, if any.
    let mut other = Capture::default();
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    other.udp(1_795_176_001 * SECOND, client, server, &dns(7, "host.example", false));
    let mut ip = other.pcap();
    ip[20] = 101;
    let length = (u32::from_le_bytes(ip[32..36].try_into().unwrap()) - 14).to_le_bytes();
    ip[32..36].copy_from_slice(&length);
    ip[36..40].copy_from_slice(&length);
    ip.drain(40..54);
    fs::write(&raw, ip).unwrap();
    let out = files.path("out.pcap");
    let (code, _, err) = run(&["extract", "-w", &out, &capture, &raw]);
    assert!(code == 2 && err.contains("frame 1 of") && err.contains("raw.pcap"), "{err}");
    assert!(err.contains("link-layer type 101") && err.contains(".pcapng"), "{err}");
    let both = extract(&["-w", &files.path("both.pcapng"), &capture, &raw]);
    assert_eq!(both.len(), before_frames(&capture) + 1);
}

fn before_frames(path: &str) -> usize {
    frames(path).len()
}

#[test]
fn that_a_file_is_replaced_is_said() {
    let files = Files::new("replaced");
    let capture = files.write("small.pcap", &small().pcap());
    let out = files.path("out.pcapng");
    for is_there in [false, true] {
        let (code, _, err) = run(&["extract", "-w", &out, &capture]);
        assert_eq!((code, err.contains("in place of what was there")), (0, is_there), "{err}");
    }
}
