//! Citrix sessions, and other UDP beside TCP 443.

use super::gateway;
use super::ports::dialogue;
use crate::framehawk;
use crate::stage::{Stage, pause};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

/// CGP's greeting, and what is known to follow it.
const CGP: &[u8] = b"\x1aCGP/01\x01\0\0\0\0Citrix.TcpProxyService";
/// A handshake as UDT has it, on which EDT is believed to stand.
const HANDSHAKE: &[u8] =
    b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x64\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";

/// CGP over TCP that goes on.
fn session(stage: &Stage) {
    stage.beside("server", || {
        let listener = TcpListener::bind("0.0.0.0:2598").unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let mut some = [0; 1024];
        while stream.read(&mut some).is_ok_and(|len| len > 0) && stream.write_all(CGP).is_ok() {}
    });
    stage.listening("server", 't', 2598);
    stage.beside("client", || {
        let mut stream = TcpStream::connect("10.0.0.2:2598").unwrap();
        let mut some = [0; 1024];
        while stream.write_all(CGP).is_ok() && stream.read(&mut some).is_ok_and(|len| len > 0) {
            pause(500);
        }
    });
    pause(700);
}

/// EDT is tried four times in four seconds.
fn tries(stage: &Stage) {
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for _ in 0..4 {
            let _ = socket.send_to(HANDSHAKE, "10.0.0.2:2598");
            pause(1_000);
        }
    });
    pause(1_000);
}

pub(super) fn edt_dropped(stage: &Stage) {
    stage.drop_in("server", "udp dport 2598");
    session(stage);
    tries(stage);
}

/// A server that answers each datagram with another one, as long as so many have come.
fn answering(stage: &Stage, port: u16, answers: usize, datagrams: &'static [Vec<u8>]) {
    stage.beside("server", move || {
        let socket = UdpSocket::bind(("0.0.0.0", port)).unwrap();
        let mut some = [0; 2048];
        for i in 0_usize.. {
            let (_, from) = socket.recv_from(&mut some).unwrap();
            if i < answers {
                let _ = socket.send_to(&datagrams[i.min(datagrams.len() - 1)], from);
            }
        }
    });
    stage.listening("server", 'u', port);
}

/// A client that sends datagrams now and then, the last of them again and again.
fn sending(stage: &Stage, to: &'static str, waits: &[u64], datagrams: &[Vec<u8>]) {
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect(to).unwrap();
        for (i, &wait) in waits.iter().enumerate() {
            let _ = socket.send(&datagrams[i.min(datagrams.len() - 1)]);
            pause(wait);
        }
    });
}

pub(super) fn edt_healthy(stage: &Stage) {
    answering(stage, 2598, usize::MAX, vec![HANDSHAKE.to_vec()].leak());
    session(stage);
    sending(stage, "10.0.0.2:2598", &[200; 25], &[HANDSHAKE.to_vec()]);
}

pub(super) fn edt_died(stage: &Stage) {
    answering(stage, 2598, 8, vec![HANDSHAKE.to_vec()].leak());
    sending(stage, "10.0.0.2:2598", &[[200; 8], [900; 8]].concat(), &[HANDSHAKE.to_vec()]);
    session(stage);
    pause(3_000);
}

pub(super) fn edt_refused(stage: &Stage) {
    session(stage);
    tries(stage);
}

pub(super) fn healthy(stage: &Stage) {
    dialogue(stage, "ica.txt", "tcp", "10.0.0.2:1494");
    stage.beside("server", || framehawk::desktop("10.0.0.2:3230", 120));
    stage.listening("server", 'u', 3230);
    stage.beside("client", || framehawk::client("10.0.0.2:3230", 4.0));
    pause(7_000);
}

pub(super) fn framehawk_dropped(stage: &Stage) {
    stage.drop_in("server", "udp dport 3230");
    dialogue(stage, "ica.txt", "tcp", "10.0.0.2:1494");
    pause(300);
    stage.beside("client", || framehawk::client("10.0.0.2:3230", 4.0));
    pause(7_500);
}

pub(super) fn gateway_dtls(stage: &Stage) {
    stage.drop_in("server", "udp dport 443");
    gateway::session(stage);
    gateway::hellos_to_443(stage);
}

/// A QUIC Initial packet of version 1 as a client sends it, its content opaque.
fn initial() -> Vec<u8> {
    let mut bytes = vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e];
    bytes.extend((1..=1182_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes
}

/// The packets of a side that gets through: its Initial, then short headers (RFC 9000 section 17.3.1).
fn connection() -> Vec<Vec<u8>> {
    let opaque = (1..=90_u32).map(|at| (at.wrapping_mul(2_246_822_519) >> 24) as u8);
    vec![initial(), std::iter::once(0x4d).chain(opaque).collect()]
}

pub(super) fn quic_dropped(stage: &Stage) {
    stage.drop_in("server", "udp dport 443");
    gateway::session(stage);
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for wait in [1_000, 2_000, 2_000] {
            socket.send_to(&initial(), "10.0.0.2:443").unwrap();
            pause(wait);
        }
    });
}

pub(super) fn quic_healthy(stage: &Stage) {
    answering(stage, 443, usize::MAX, connection().leak());
    gateway::session(stage);
    sending(stage, "10.0.0.2:443", &[300; 12], &connection());
}

pub(super) fn quic_died(stage: &Stage) {
    answering(stage, 443, 6, connection().leak());
    sending(stage, "10.0.0.2:443", &[&[200; 6][..], &[1_200; 10]].concat(), &connection());
    gateway::session(stage);
    pause(3_000);
}
