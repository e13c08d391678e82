//! TIP between two transaction managers.

use super::ports::{dialogue, said};
use crate::stage::{Stage, pause};

const ADDRESS: &str = "10.0.0.2:3372";

pub(super) fn healthy(stage: &Stage) {
    dialogue(stage, "tip-windows.txt", "tcp", ADDRESS);
    pause(3_000);
}

pub(super) fn in_doubt(stage: &Stage) {
    dialogue(stage, "tip-in-doubt.txt", "tcp", ADDRESS);
    // A connection that was closed is remembered for five seconds.
    pause(9_000);
}

pub(super) fn tls(stage: &Stage) {
    dialogue(stage, "tip-needtls.txt", "tcp", ADDRESS);
    pause(8_000);
}

pub(super) fn version(stage: &Stage) {
    said(stage, "tcp", ADDRESS, "C \"IDENTIFY 4 5 tm1.example:3372/TipTM/ -\\n\"\nS \"ERROR\\n\"\n");
    pause(8_000);
}

pub(super) fn source_port(stage: &Stage) {
    use std::io::{Read, Write};
    stage.beside("server", || {
        let listener = std::net::TcpListener::bind("0.0.0.0:3372").unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 256]);
    });
    stage.listening("server", 't', 3372);
    stage.on("client", || {
        let mut stream = std::net::TcpStream::connect(ADDRESS).unwrap();
        stream.write_all(b"IDENTIFY 3 3 tm1.example:3372/TipTM/ -\n").unwrap();
        let _ = stream.read(&mut [0; 256]);
    });
    pause(8_000);
}

pub(super) fn refused(stage: &Stage) {
    let lines = "C \"IDENTIFY 3 3 tm1.example:3372/TipTM/ -\\n\"\nS \"IDENTIFIED 3\\n\"\n\
        C \"PULL OleTx-1b9e6f70-0d3c-4a52-b7c8-5e41d0a9f386 one\\n\"\nS \"NOTPULLED\\n\"\n";
    said(stage, "tcp", ADDRESS, lines);
    pause(8_000);
}
