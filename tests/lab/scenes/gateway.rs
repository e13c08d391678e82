//! A gateway's stand-in: real TLS on 443, real DTLS on 3391, and the correlation trailer behind the client's hellos.

use crate::rdg;
use crate::stage::{Stage, pause};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::ChildStdin;

const GATEWAY: &str = "10.0.0.2";
const TRAILER_ID: &str = "6e535fa6cfe74a9aab9e9c3640e30000";

/// The main channel: TLS on 443 that goes on, a line a second each way.
pub(super) fn main_channel(stage: &Stage, gateway: &str, certificate: &str) {
    let certificate = stage.certificates.join(certificate).display().to_string();
    let key = stage.certificates.join("key.pem").display().to_string();
    // Answers each line with its reverse.
    let server = ["s_server", "-accept", "443", "-cert", &certificate, "-key", &key, "-rev", "-quiet"];
    let input = stage.start(gateway, "openssl", &server);
    stage.listening(gateway, 't', 443);
    std::mem::forget(input);
}

/// The client's side of it.
pub(super) fn main_client(stage: &Stage, address: &str) {
    let to = format!("{address}:443");
    let client = ["s_client", "-connect", &to, "-servername", "gateway.example", "-quiet", "-no_ign_eof"];
    let mut input = stage.start("client", "openssl", &client);
    std::thread::spawn(move || {
        for _ in 0..60 {
            if input.write_all(b"a line of the session\n").is_err() {
                return;
            }
            pause(1_000);
        }
    });
}

/// A session's main channel between client and server.
pub(super) fn session(stage: &Stage) {
    main_channel(stage, "server", "valid.pem");
    main_client(stage, GATEWAY);
    pause(500);
}

/// The gateway's DTLS; what is written into what is given back is said to the client.
fn dtls_server(stage: &Stage, certificate: &str, version: &str) -> ChildStdin {
    let certificate = stage.certificates.join(certificate).display().to_string();
    let key = stage.certificates.join("key.pem").display().to_string();
    let words = [
        "s_server",
        version,
        "-accept",
        "3391",
        "-cert",
        &certificate,
        "-key",
        &key,
        "-mtu",
        "1300",
        "-quiet",
        "-cipher",
        "DEFAULT@SECLEVEL=0",
    ];
    let input = stage.start("server", "openssl", &words);
    stage.listening("server", 'u', 3391);
    input
}

/// The client's DTLS through the relay that appends the trailer.
fn dtls_client(stage: &Stage, version: &str) -> ChildStdin {
    stage.beside("client", || rdg::relay("127.0.0.1:3391", "10.0.0.2:3391", TRAILER_ID));
    stage.listening("client", 'u', 3391);
    let words = [
        "s_client",
        version,
        "-connect",
        "127.0.0.1:3391",
        "-mtu",
        "1300",
        "-quiet",
        "-no_ign_eof",
        "-cipher",
        "DEFAULT@SECLEVEL=0",
    ];
    stage.start("client", "openssl", &words)
}

/// Says so many bytes, as one record.
fn say(input: &mut ChildStdin, bytes: usize) {
    let _ = input.write_all(&vec![0; bytes]).and_then(|()| input.flush());
}

/// The connection request in two records, its answer, and some of the session's own.
fn talk(client: &mut ChildStdin, server: &mut ChildStdin) {
    // What is said before the handshake is done would go in one piece.
    pause(2_500);
    say(client, 1132);
    pause(150);
    say(client, 640);
    pause(300);
    say(server, 20);
    for _ in 0..4 {
        pause(250);
        say(client, 150);
        pause(150);
        say(server, 1000);
    }
}

fn with(stage: &Stage, certificate: &str, version: &str) {
    session(stage);
    let mut server = dtls_server(stage, certificate, version);
    let mut client = dtls_client(stage, version);
    talk(&mut client, &mut server);
    pause(1_500);
}

pub(super) fn healthy(stage: &Stage) {
    with(stage, "valid.pem", "-dtls1_2");
}

pub(super) fn expired(stage: &Stage) {
    with(stage, "expired.pem", "-dtls1_2");
}

pub(super) fn early(stage: &Stage) {
    with(stage, "early.pem", "-dtls1_2");
}

pub(super) fn old(stage: &Stage) {
    with(stage, "valid.pem", "-dtls1");
}

/// A client that nobody lets in: hellos for a while, the session beside them.
fn tried(stage: &Stage) {
    session(stage);
    let _client = dtls_client(stage, "-dtls1_2");
    pause(6_000);
}

pub(super) fn dropped(stage: &Stage) {
    stage.drop_in("server", "udp dport 3391");
    tried(stage);
}

pub(super) fn nobody(stage: &Stage) {
    tried(stage);
}

pub(super) fn prohibited(stage: &Stage) {
    stage.nft("server", "add rule inet lab in udp dport 3391 reject with icmpx type admin-prohibited\n");
    tried(stage);
}

pub(super) fn wrong_version(stage: &Stage) {
    session(stage);
    let _server = dtls_server(stage, "valid.pem", "-dtls1");
    let _client = dtls_client(stage, "-dtls1_2");
    pause(4_000);
}

pub(super) fn cookie(stage: &Stage) {
    session(stage);
    stage.beside("server", || {
        // HelloVerifyRequest with a cookie of four bytes, to whatever comes (RFC 6347 section 4.2.1).
        let verify = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\
            \x03\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x07\xfe\xff\x04abcd";
        let socket = UdpSocket::bind("0.0.0.0:3391").unwrap();
        let mut datagram = [0; 2_048];
        let (_, client) = socket.recv_from(&mut datagram).unwrap();
        socket.send_to(verify, client).unwrap();
        // What comes with the cookie might as well not have come.
        while socket.recv_from(&mut datagram).is_ok() {}
    });
    stage.listening("server", 'u', 3391);
    let _client = dtls_client(stage, "-dtls1_2");
    pause(8_000);
}

pub(super) fn flight(stage: &Stage) {
    session(stage);
    let _server = dtls_server(stage, "valid.pem", "-dtls1_2");
    stage.drop_in("client", "udp sport 3391 udp length > 200");
    let _client = dtls_client(stage, "-dtls1_2");
    pause(8_000);
}

pub(super) fn connect_refused(stage: &Stage) {
    session(stage);
    let mut server = dtls_server(stage, "valid.pem", "-dtls1_2");
    let mut client = dtls_client(stage, "-dtls1_2");
    pause(2_500);
    say(&mut client, 1132);
    pause(200);
    say(&mut client, 640);
    pause(200);
    say(&mut server, 20);
    pause(13_000);
}

pub(super) fn connect_unanswered(stage: &Stage) {
    session(stage);
    let _server = dtls_server(stage, "valid.pem", "-dtls1_2");
    let mut client = dtls_client(stage, "-dtls1_2");
    pause(2_500);
    for _ in 0..3 {
        say(&mut client, 1132);
        pause(2_000);
    }
    pause(2_000);
}

pub(super) fn died(stage: &Stage) {
    session(stage);
    let mut server = dtls_server(stage, "valid.pem", "-dtls1_2");
    let mut client = dtls_client(stage, "-dtls1_2");
    talk(&mut client, &mut server);
    stage.drop_out("server", "udp sport 3391");
    for _ in 0..12 {
        pause(1_600);
        say(&mut client, 150);
    }
}

pub(super) fn balancer(stage: &Stage) {
    stage.drop_in("server", "udp dport 3391");
    for backend in ["b1", "b2"] {
        main_channel(stage, backend, "valid.pem");
    }
    stage.beside("server", || {
        let listener = TcpListener::bind("0.0.0.0:443").unwrap();
        for (number, client) in listener.incoming().enumerate() {
            let backend =
                TcpStream::connect(if number % 2 == 0 { "10.0.0.3:443" } else { "10.0.0.4:443" }).unwrap();
            relay(client.unwrap(), backend);
        }
    });
    stage.listening("server", 't', 443);
    main_client(stage, GATEWAY);
    main_client(stage, GATEWAY);
    pause(500);
    let _client = dtls_client(stage, "-dtls1_2");
    pause(6_000);
}

fn relay(client: TcpStream, backend: TcpStream) {
    for (mut from, mut to) in [(client.try_clone().unwrap(), backend.try_clone().unwrap()), (backend, client)]
    {
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(len @ 1..) = from.read(&mut some) {
                if to.write_all(&some[..len]).is_err() {
                    return;
                }
            }
        });
    }
}

/// A plain DTLS ClientHello without trailer: version 1.2, one suite.
const HELLO: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
    \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
    \x00\x00\x00\x02\xc0\x2f\x01\x00";

pub(super) fn probed(stage: &Stage) {
    stage.drop_in("server", "udp dport 3391");
    for target in 11..=20 {
        stage.on("client", || {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            for _ in 0..2 {
                socket.send_to(HELLO, (std::net::Ipv4Addr::new(10, 0, 0, target), 3391)).unwrap();
                pause(100);
            }
        });
    }
    pause(4_000);
}

/// Sends hellos to UDP 443, where a Citrix gateway would be.
pub(super) fn hellos_to_443(stage: &Stage) {
    stage.on("client", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for wait in [1_000, 2_000, 2_000] {
            socket.send_to(HELLO, (GATEWAY, 443)).unwrap();
            pause(wait);
        }
    });
}
