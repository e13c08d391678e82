//! Plays one part of a written dialogue over TCP or UDP: sends its own lines, waits for the other's.
//!
//! ```text
//! # a comment
//! C "IDENTIFY 3 3 - -\n"      the client says text, with \r, \n, \0 and \\
//! S 7f7f49434100              the server says bytes, in hexadecimal
//! C ffffffff0040 *1232        bytes, and zeros up to a length of 1232
//! pause 250                   whoever speaks next waits so many milliseconds
//! ```

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Longest wait for the other side, so that nothing hangs when it is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose lines are ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The `C` lines: who opens.
    Client,
    /// The `S` lines: who listens.
    Server,
}

/// One thing said, after a pause.
struct Line {
    speaker: Part,
    pause: Duration,
    bytes: Vec<u8>,
}

/// Plays `part` of the dialogue in `file` once.
pub(crate) fn play(transport: &str, part: Part, address: &str, file: &str) {
    let lines = parse(&std::fs::read_to_string(file).expect("the dialogue can be read"));
    match (transport, part) {
        ("tcp", Part::Client) => {
            let stream = TcpStream::connect(address).expect("somebody listens");
            over_tcp(stream, part, &lines);
        }
        ("tcp", Part::Server) => {
            let listener = TcpListener::bind(address).expect("the port is free");
            let (stream, _) = listener.accept().expect("a client");
            over_tcp(stream, part, &lines);
        }
        ("udp", Part::Client) => {
            let any = if address.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
            over_udp(&UdpSocket::bind(any).expect("a port is free"), Some(address), part, &lines);
        }
        ("udp", Part::Server) => {
            over_udp(&UdpSocket::bind(address).expect("the port is free"), None, part, &lines);
        }
        _ => panic!("tcp or udp, not {transport}"),
    }
}

fn over_tcp(mut stream: TcpStream, part: Part, lines: &[Line]) {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for line in lines {
        if line.speaker == part {
            std::thread::sleep(line.pause);
            stream.write_all(&line.bytes).expect("the other side listens");
        } else {
            let mut said = vec![0; line.bytes.len()];
            stream.read_exact(&mut said).expect("the other side speaks");
        }
    }
    // The client hangs up first, so that its address is the one that waits.
    if part == Part::Server {
        let _ = stream.read(&mut [0]);
    }
}

fn over_udp(socket: &UdpSocket, peer: Option<&str>, part: Part, lines: &[Line]) {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    if let Some(peer) = peer {
        socket.connect(peer).expect("a route to the server");
    }
    let mut is_connected = peer.is_some();
    let mut datagram = [0; 2_048];
    for line in lines {
        if line.speaker == part {
            std::thread::sleep(line.pause);
            socket.send(&line.bytes).expect("the datagram can be sent");
        } else {
            let (_, from) = socket.recv_from(&mut datagram).expect("the other side speaks");
            if !is_connected {
                socket.connect(from).unwrap();
                is_connected = true;
            }
        }
    }
}

fn parse(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pause = Duration::ZERO;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').expect("a word and what it says");
        let speaker = match word {
            "pause" => {
                pause = Duration::from_millis(rest.trim().parse().expect("milliseconds"));
                continue;
            }
            "C" => Part::Client,
            "S" => Part::Server,
            _ => panic!("C, S or pause, not {word}"),
        };
        lines.push(Line { speaker, pause: std::mem::take(&mut pause), bytes: bytes(rest.trim()) });
    }
    lines
}

fn bytes(said: &str) -> Vec<u8> {
    if let Some(text) = said.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        let text = text.replace("\\r", "\r").replace("\\n", "\n");
        return text.replace("\\0", "\0").replace("\\\\", "\\").into_bytes();
    }
    let (digits, length) = said.split_once('*').unwrap_or((said, "0"));
    let mut bytes = hexadecimal(digits);
    let length: usize = length.trim().parse().expect("a length behind the asterisk");
    bytes.resize(bytes.len().max(length), 0);
    bytes
}

/// The bytes that hexadecimal digits stand for; spaces are skipped.
pub(crate) fn hexadecimal(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| u8::try_from(digit).unwrap())
        .collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
