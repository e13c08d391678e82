//! RDP over TCP, and its UDP transport beside it.

use super::ports::dialogue;
use crate::dialogue::hexadecimal;
use crate::stage::{Stage, pause};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Connection request and confirm ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2): CredSSP is chosen.
const REQUEST: &str = "030000130ee000000000000100080003000000";
const CONFIRM: &str = "030000130ed00000123400021f080002000000";
/// The server refuses: network level authentication is demanded.
const FAILURE: &str = "030000130ed00000123400030008000500 0000";

/// RDP over TCP on a port, that goes on for a while: opaque records both ways.
pub(super) fn session(stage: &Stage, server: &str, address: &'static str, port: u16, confirm: &'static str) {
    stage.beside(server, move || {
        let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let mut some = [0; 1024];
        let _ = stream.read(&mut some);
        let mut answer = hexadecimal(confirm);
        while stream.write_all(&answer).is_ok() && stream.read(&mut some).is_ok_and(|len| len > 0) {
            answer = b"\x17\x03\x03\0\x08an answer".to_vec();
        }
    });
    stage.listening(server, 't', port);
    stage.beside("client", move || {
        let mut stream = TcpStream::connect((address, port)).unwrap();
        stream.write_all(&hexadecimal(REQUEST)).unwrap();
        let mut some = [0; 1024];
        while stream.read(&mut some).is_ok_and(|len| len > 0) {
            pause(500);
            if stream.write_all(b"\x17\x03\x03\0\x08a record").is_err() {
                return;
            }
        }
    });
    pause(1_200);
}

/// The client's SYN, reliable, of 1232 bytes ([MS-RDPEUDP] 2.2.2.1).
fn syn() -> Vec<u8> {
    let mut bytes = hexadecimal("ffffffff0040000101020304 04d004d0");
    bytes.resize(1232, 0);
    bytes
}

/// Sends the SYN again and again, as clients do, from a socket that hears nothing.
fn ask(stage: &Stage, address: &'static str) {
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for wait in [800, 800, 3_000] {
            let _ = socket.send_to(&syn(), (address, 3389));
            pause(wait);
        }
    });
}

pub(super) fn healthy(stage: &Stage) {
    dialogue(stage, "rdp.txt", "tcp", "10.0.0.2:3389");
    pause(500);
    dialogue(stage, "rdp-udp-reliable.txt", "udp", "10.0.0.2:3389");
    pause(6_000);
}

pub(super) fn tcp_only(stage: &Stage) {
    session(stage, "server", "10.0.0.2", 3389, CONFIRM);
    pause(5_000);
}

pub(super) fn dropped(stage: &Stage) {
    stage.drop_in("server", "udp dport 3389");
    session(stage, "server", "10.0.0.2", 3389, CONFIRM);
    ask(stage, "10.0.0.2");
    pause(1_000);
}

pub(super) fn refused(stage: &Stage) {
    session(stage, "server", "10.0.0.2", 3389, CONFIRM);
    ask(stage, "10.0.0.2");
}

pub(super) fn answer_lost(stage: &Stage) {
    stage.drop_in("client", "udp sport 3389");
    session(stage, "server", "10.0.0.2", 3389, CONFIRM);
    stage.beside("server", || {
        let socket = UdpSocket::bind("0.0.0.0:3389").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = hexadecimal("01020304 0040 1005 5f1bf132 04d004d0 0001 0002");
        answer.resize(1232, 0);
        let mut datagram = [0; 2_048];
        while let Ok((_, client)) = socket.recv_from(&mut datagram) {
            socket.send_to(&answer, client).unwrap();
        }
    });
    stage.listening("server", 'u', 3389);
    ask(stage, "10.0.0.2");
}

/// Puts the server at 10.3.0.1 behind the router and a link of this MTU.
pub(super) fn behind_router(stage: &Stage, mtu: &str) {
    let far = stage.namespace("server");
    stage.ip(
        "router",
        &["link", "add", "far0", "mtu", mtu, "type", "veth", "peer", "name", "far1", "netns", far],
    );
    stage.ip("router", &["address", "add", "10.3.0.254/24", "dev", "far0"]);
    stage.ip("router", &["link", "set", "far0", "up"]);
    stage.ip("server", &["address", "add", "10.3.0.1/24", "dev", "far1"]);
    stage.ip("server", &["link", "set", "far1", "up"]);
    stage.ip("server", &["route", "add", "10.0.0.0/24", "via", "10.3.0.254"]);
    stage.on("router", || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap());
    stage.ip("client", &["route", "add", "10.3.0.0/24", "via", "10.0.0.254"]);
}

pub(super) fn narrow(stage: &Stage) {
    behind_router(stage, "1200");
    session(stage, "server", "10.3.0.1", 3389, CONFIRM);
    // The target listens, and makes nothing of the fragments in which the later ones come.
    stage.beside("server", || {
        let _socket = UdpSocket::bind("0.0.0.0:3389").unwrap();
        pause(20_000);
    });
    stage.listening("server", 'u', 3389);
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for wait in [800, 800, 2_000] {
            let _ = socket.send_to(&syn(), ("10.3.0.1", 3389));
            pause(wait);
        }
    });
}

pub(super) fn negotiation(stage: &Stage) {
    session(stage, "server", "10.0.0.2", 3389, FAILURE);
    pause(2_000);
}

pub(super) fn elsewhere(stage: &Stage) {
    session(stage, "server", "10.0.0.2", 8443, CONFIRM);
    pause(2_000);
}
