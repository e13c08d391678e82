//! Ports that carry something else, scans, and captures that lack a direction; and dialogues for all scenes.

use super::remote;
use crate::dialogue::{self, Part};
use crate::stage::{Stage, pause};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Plays a dialogue of the lab between client and server.
pub(super) fn dialogue(stage: &Stage, file: &str, transport: &'static str, address: &'static str) {
    let path = format!("{}/tests/lab/dialogues/{file}", env!("CARGO_MANIFEST_DIR"));
    run(stage, path, transport, address);
}

/// Plays these lines.
pub(super) fn said(stage: &Stage, transport: &'static str, address: &'static str, lines: &str) {
    let path = stage.place.join("dialogue.txt");
    std::fs::write(&path, lines).unwrap();
    run(stage, path.display().to_string(), transport, address);
}

fn run(stage: &Stage, path: String, transport: &'static str, address: &'static str) {
    let copy = path.clone();
    stage.beside("server", move || dialogue::play(transport, Part::Server, address, &copy));
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    stage.listening("server", transport.chars().next().unwrap(), port);
    stage.beside("client", move || dialogue::play(transport, Part::Client, address, &path));
}

pub(super) fn http(stage: &Stage) {
    let lines = "C \"GET / HTTP/1.1\\r\\nHost: www.example\\r\\n\\r\\n\"\n\
        S \"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok\"\n";
    said(stage, "tcp", "10.0.0.2:3353", lines);
    pause(2_500);
}

pub(super) fn rdp_elsewhere(stage: &Stage) {
    remote::elsewhere(stage);
}

pub(super) fn scan(stage: &Stage) {
    stage.drop_in("server", "tcp dport 3372");
    stage.on("client", || {
        for target in 11..=20 {
            let address = SocketAddr::from((Ipv4Addr::new(10, 0, 0, target), 3372));
            let _ = TcpStream::connect_timeout(&address, Duration::from_millis(100));
        }
    });
    pause(2_500);
}

pub(super) fn one_direction(stage: &Stage) {
    remote::tcp_only(stage);
    pause(12_000);
}
