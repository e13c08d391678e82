//! Transaction coordinators: each finds the other through the endpoint mapper, and connects back.

use crate::coordinator::{
    COORDINATOR, IDENTITY, MAPPER, OTHER, PORT, bind, bind_ack, mapping, mapping_wanted, pdu, request,
    response, set_up,
};
use crate::stage::{Stage, pause};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const CLIENT: &str = "10.0.0.1";
const SERVER: &str = "10.0.0.2";

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
    ask(stage, host, to, 135, vec![bind(MAPPER), mapping_wanted()], 100);
    pause(400);
}

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
