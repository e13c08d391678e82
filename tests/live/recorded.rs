//! `wiretell live -w`: what is recorded is what was labelled.

use super::net::Pair;
use super::run::Running;
use super::{INTERFACE, ask};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use wiretell::capture::{Block, FileReader};

fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("wiretell-recorded-{}-{name}", std::process::id()))
}

/// How many frames a capture has, the last with what it holds.
fn frames(path: &Path) -> (u64, Vec<u8>) {
    let mut reader = FileReader::open(path).unwrap();
    let (mut block, mut last) = (Block::default(), (0, Vec::new()));
    while reader.read_block(&mut block).unwrap() {
        if let Some(frame) = block.frames.last() {
            assert_eq!((frame.link, frame.digits), (1, 9));
            last = (frame.number, block.bytes_of(frame).to_vec());
        }
    }
    last
}

#[test]
fn all_that_was_read_is_recorded_until_ctrl_c_and_belongs_to_who_called() {
    let Some(pair) = Pair::new("recorded") else { return };
    for name in ["all.pcapng", "all.pcap"] {
        let path = place(name);
        let sudo = [("SUDO_UID", "4321"), ("SUDO_GID", "4322")];
        let arguments = ["-f", "udp", "-w", path.to_str().unwrap()];
        let mut running = Running::start_as(&pair.client, &arguments, &sudo);
        let (client, server) = pair.udp(53);
        for id in 1..=20 {
            ask(&client, &server, id);
        }
        // While it goes on, too, and not only at its end.
        running.wait_for("the packets on the disk", |_| std::fs::metadata(&path).unwrap().len() > 40 * 60);
        let ended = running.interrupt();
        assert_eq!(ended.code, Some(130), "{}", ended.errors);
        let (count, last) = frames(&path);
        assert_eq!((ended.stats()["packets_read"].as_u64(), count), (Some(40), 40));
        assert!(last.ends_with(&super::dns(20, true)));
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), 4321);
        let bytes = std::fs::read(&path).unwrap();
        let named = bytes.windows(INTERFACE.len()).any(|part| part == INTERFACE.as_bytes());
        assert_eq!(named, name == "all.pcapng", "pcapng names the interface");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn what_fits_is_recorded_from_its_first_packet_on_and_nothing_else() {
    let Some(pair) = Pair::new("recorded-fitting") else { return };
    let path = place("fitting.pcapng");
    let arguments =
        ["-w", path.to_str().unwrap(), "--where", "app_proto in {\"dns\" \"http\"} or dst_port == 47002"];
    let mut running = Running::start(&pair.client, &arguments);
    let (other, nobody) = pair.udp(47_001);
    let (late, _late) = pair.udp(47_002);
    let (client, server) = pair.udp(53);
    let (mut web, mut host) = pair.tcp(8080);
    for id in 1..=5 {
        // Nobody knows these: whether they are wanted is known when they end.
        other.send(&[0xee; 40]).unwrap();
        late.send(&[0xee; 40]).unwrap();
        ask(&client, &server, id);
    }
    super::say(&mut web, &mut host, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    super::say(&mut host, &mut web, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    drop((web, host, nobody));
    running.wait_for("the label", |running| running.output().contains("\"http\""));
    let ended = running.interrupt();
    assert_eq!(ended.code, Some(130), "{}", ended.errors);
    let of = |port| {
        let flow = ended.flow_to(port);
        flow["packets_fwd"].as_u64().unwrap() + flow["packets_rev"].as_u64().unwrap()
    };
    assert!(of(8080) >= 6 && of(47_002) == 5 && of(53) == 10);
    assert_eq!(frames(&path).0, of(53) + of(8080) + of(47_002), "{}", ended.errors);
    let mut reader = FileReader::open(&path).unwrap();
    let (mut block, mut before) = (Block::default(), None);
    while reader.read_block(&mut block).unwrap() {
        for frame in &block.frames {
            assert!(before <= Some(frame.time), "in order");
            before = Some(frame.time);
        }
    }
    let bytes = std::fs::read(&path).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(
        has("http, recognised, flow ") || has("http, confirmed, flow ") || has("http, contradicted, flow ")
    );
    assert_eq!(ended.stats()["bounds_hit"]["recorder-held-drops"].as_u64(), None);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn no_more_frames_are_recorded_than_were_asked_for() {
    let Some(pair) = Pair::new("recorded-count") else { return };
    let path = place("count.pcapng");
    let running = Running::start(&pair.client, &["-f", "udp", "-c", "7", "-w", path.to_str().unwrap()]);
    let (client, server) = pair.udp(53);
    for id in 1..=10 {
        ask(&client, &server, id);
    }
    let ended = running.end();
    assert_eq!((ended.code, frames(&path).0), (Some(0), 7), "{}", ended.errors);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_full_disk_is_told_and_labelling_goes_on() {
    let Some(pair) = Pair::new("recorded-full") else { return };
    let mut running = Running::start(&pair.client, &["-f", "udp", "-w", "/dev/full"]);
    let (client, server) = pair.udp(53);
    ask(&client, &server, 1);
    running.wait_for("the failure", |running| running.errors().contains("nothing more is recorded"));
    ask(&client, &server, 2);
    std::thread::sleep(Duration::from_millis(500));
    let ended = running.interrupt();
    assert_eq!(ended.flow_to(53)["packets_fwd"], 2, "{}", ended.errors);
    assert_eq!(ended.errors.matches("nothing more is recorded").count(), 1, "{}", ended.errors);
    assert!(ended.errors.contains("No space left"), "{}", ended.errors);
}

#[test]
fn what_cannot_be_recorded_together_is_refused_before_anything_is_opened() {
    let path = place("refused.pcapng");
    let file = path.to_str().unwrap();
    for (arguments, says) in
        [(&["-w", "-"][..], "standard output"), (&["-w", file, "-o", file], "another file")]
    {
        let output =
            Command::new(env!("CARGO_BIN_EXE_wiretell")).arg("live").args(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(says), "{errors}");
    }
    assert!(!path.exists());
}
