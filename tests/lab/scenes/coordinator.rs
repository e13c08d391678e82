//! Transaction coordinators: each finds the other through the endpoint mapper, and connects back.

use crate::stage::{Stage, pause};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Where the coordinators listen, as the endpoint mapper says.
const PORT: u16 = 0xc003;
const CLIENT: &str = "10.0.0.1";
const SERVER: &str = "10.0.0.2";

/// A PDU of DCE/RPC (C706 section 12.6): type, call, body.
fn pdu(kind: u8, call: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    bytes.extend((16 + body.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(call.to_le_bytes());
    bytes.extend(body);
    bytes
}

const SYNTAX: &[u8] = b"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";
const COORDINATOR: &[u8] = b"\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\0\0";
const MAPPER: &[u8] = b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0";

fn bind(interface: &[u8]) -> Vec<u8> {
    pdu(11, 1, &[b"\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\0\0\x01\0", interface, SYNTAX].concat())
}

fn bind_ack() -> Vec<u8> {
    pdu(
        12,
        1,
        &[b"\xd0\x16\xd0\x16\x01\0\0\0\x04\x00135\0\0\0\x01\0\0\0\0\0\0\0".as_slice(), SYNTAX].concat(),
    )
}

fn request(operation: u8, arguments: &[u8]) -> Vec<u8> {
    pdu(0, 2, &[&[0, 0, 0, 0, 0, 0, operation, 0], arguments].concat())
}

fn response(results: &[u8]) -> Vec<u8> {
    pdu(2, 2, &[&[0; 8], results].concat())
}

/// Where the coordinator listens, or that nobody serves it.
fn mapping(known: bool) -> Vec<u8> {
    if !known {
        return response(&[[0; 28].as_slice(), &0x16c9_a0d6_u32.to_le_bytes()].concat());
    }
    let mut stub = b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".to_vec();
    stub.extend(&COORDINATOR[..16]);
    stub.extend(b"\x01\0\x02\0\0\0\x13\0\x0d");
    stub.extend(&SYNTAX[..16]);
    stub.extend(b"\x02\0\x02\0\0\0\x01\0\x0b\x02\0\0\0\x01\0\x07\x02\0\xc0\x03\x01\0\x09\x04\0\x0a\0\0\x02");
    response(&stub)
}

/// The arguments of BuildContextW (MS-CMPO section 3.3.4): who is wanted, the caller's host, who the caller is.
fn set_up(identity: &str) -> Vec<u8> {
    let mut bytes = [1, 0, 0, 0].repeat(7);
    for text in ["00112233-4455-6677-8899-aabbccddeeff", "NODE7", identity] {
        for number in [text.len() as u32 + 1, 0, text.len() as u32 + 1] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(text.bytes().chain([0]).flat_map(|byte| [byte, 0]));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// Serves one connection after another: an answer to each request in turn, and then nothing.
fn serve(stage: &Stage, host: &str, port: u16, answers: Vec<Vec<u8>>) {
    stage.beside(host, move || {
        let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
        for stream in listener.incoming() {
            let (mut stream, answers) = (stream.unwrap(), answers.clone());
            std::thread::spawn(move || {
                let mut some = [0; 2048];
                for answer in answers {
                    if !stream.read(&mut some).is_ok_and(|len| len > 0) || stream.write_all(&answer).is_err()
                    {
                        return;
                    }
                }
                while stream.read(&mut some).is_ok_and(|len| len > 0) {}
            });
        }
    });
    stage.listening(host, 't', port);
}

/// Asks: each of these in turn, with an answer in between; hangs up after so many milliseconds.
fn ask(stage: &Stage, host: &str, to: &'static str, port: u16, said: Vec<Vec<u8>>, stays: u64) {
    stage.beside(host, move || {
        let Ok(mut stream) =
            TcpStream::connect_timeout(&format!("{to}:{port}").parse().unwrap(), Duration::from_secs(8))
        else {
            return;
        };
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut some = [0; 2048];
        for message in said {
            stream.write_all(&message).unwrap();
            let _ = stream.read(&mut some);
        }
        pause(stays);
    });
}

/// The mapper is asked on a host.
fn mapper(stage: &Stage, host: &str, known: bool) {
    serve(stage, host, 135, vec![bind_ack(), mapping(known)]);
}

fn ask_mapper(stage: &Stage, host: &str, to: &'static str) {
    let wanted =
        [b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".as_slice(), &COORDINATOR[..16], b"\x01\0\x02\0\0\0"].concat();
    ask(stage, host, to, 135, vec![bind(MAPPER), request(3, &wanted)], 100);
    pause(400);
}

const IDENTITY: &str = "ffeeddcc-bbaa-9988-7766-554433221100";
const OTHER: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn ask_coordinator(stage: &Stage, host: &str, to: &'static str, identity: &str, stays: u64) {
    ask(stage, host, to, PORT, vec![bind(COORDINATOR), request(7, &set_up(identity))], stays);
    pause(400);
}

/// The server's mapper and coordinator, and a session with it.
fn forth(stage: &Stage) {
    mapper(stage, "server", true);
    serve(stage, "server", PORT, vec![bind_ack(), response(&[0; 8])]);
    ask_mapper(stage, "client", SERVER);
    ask_coordinator(stage, "client", SERVER, IDENTITY, 30_000);
}

pub(super) fn healthy(stage: &Stage) {
    forth(stage);
    mapper(stage, "client", true);
    serve(stage, "client", PORT, vec![bind_ack(), response(&[0; 8])]);
    ask_mapper(stage, "server", CLIENT);
    ask_coordinator(stage, "server", CLIENT, OTHER, 30_000);
    pause(4_000);
}

pub(super) fn callback_dropped(stage: &Stage) {
    stage.drop_in("client", "tcp dport 135");
    forth(stage);
    ask_mapper(stage, "server", CLIENT);
    pause(7_000);
}

pub(super) fn callback_refused(stage: &Stage) {
    forth(stage);
    mapper(stage, "client", true);
    ask_mapper(stage, "server", CLIENT);
    ask_coordinator(stage, "server", CLIENT, OTHER, 1_000);
    pause(7_000);
}

pub(super) fn port_dropped(stage: &Stage) {
    mapper(stage, "server", true);
    stage.drop_in("server", &format!("tcp dport {PORT}"));
    ask_mapper(stage, "client", SERVER);
    ask_coordinator(stage, "client", SERVER, IDENTITY, 1_000);
    pause(7_000);
}

pub(super) fn not_registered(stage: &Stage) {
    mapper(stage, "server", false);
    ask_mapper(stage, "client", SERVER);
    pause(2_500);
}

pub(super) fn denied(stage: &Stage) {
    let fault = pdu(3, 2, &[&[0; 8][..], &5_u32.to_le_bytes(), &[0; 4]].concat());
    serve(stage, "server", PORT, vec![bind_ack(), fault]);
    ask_coordinator(stage, "client", SERVER, IDENTITY, 20_000);
    pause(2_500);
}

pub(super) fn timeout(stage: &Stage) {
    serve(stage, "server", PORT, vec![bind_ack()]);
    ask_coordinator(stage, "client", SERVER, IDENTITY, 6_000);
    pause(9_000);
}

pub(super) fn cloned(stage: &Stage) {
    serve(stage, "server", PORT, vec![bind_ack(), response(&[0; 8])]);
    ask_coordinator(stage, "client", SERVER, IDENTITY, 20_000);
    ask_coordinator(stage, "third", SERVER, IDENTITY, 20_000);
    pause(2_500);
}
