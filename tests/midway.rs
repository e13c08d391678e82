//! What is said of flows whose beginning, or one side, the capture does not have: by whom they are served, and whether
//! the label is the one that the whole flow would have.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use support::{Capture, SECOND};
use wiretell::summary::Summary;
use wiretell::verdict::Verdict;

/// The port of the side that is taken for the server.
fn served_from(flow: &Summary) -> u16 {
    let [_, server] = flow.endpoints;
    server.port
}

const CLIENT: u16 = 44_304;

/// A datagram, and whether the client sent it.
type Said = (bool, Vec<u8>);

fn datagrams(port: u16, said: &[Said]) -> Capture {
    let mut capture = Capture::default();
    let (client, server) = (([1, 1], CLIENT), ([1, 2], port));
    for (time, (by_client, payload)) in (0..).zip(said) {
        let (from, to) = if *by_client { (client, server) } else { (server, client) };
        capture.udp(time * SECOND / 10, from, to, payload);
    }
    capture
}

/// A connection of which the handshake was not captured.
fn stream(client_port: u16, server_port: u16, said: &[(bool, &[u8])]) -> Capture {
    let mut capture = Capture::default();
    let (client, server) = (([1, 1], client_port), ([1, 2], server_port));
    let mut next = [1_000_u32, 9_000];
    for (time, (by_client, payload)) in (0..).zip(said) {
        let (from, to, side) = if *by_client { (client, server, 0) } else { (server, client, 1) };
        capture.tcp(time * SECOND / 10, from, to, 0x18, next[side], payload);
        next[side] += u32::try_from(payload.len()).unwrap();
    }
    capture
}

fn record(kind: u8, epoch: u8, sequence: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, sequence];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn message(kind: u8, sequence: u8, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).unwrap();
    let mut bytes = vec![kind, 0, 0, len, 0, sequence, 0, 0, 0, 0, 0, len];
    bytes.extend(body);
    record(22, 0, sequence, &bytes)
}

fn hello(sequence: u8, behind: &[u8]) -> Vec<u8> {
    message(1, sequence, &[&[0xfe, 0xfd][..], &[7; 32], &[0], behind, &[0, 2, 0xc0, 0x2f, 1, 0]].concat())
}

fn data(sequence: u8) -> Vec<u8> {
    record(23, 1, sequence, &[0x9d; 120])
}

/// A DTLS session from its first datagram.
fn session() -> Vec<Said> {
    vec![
        (true, hello(0, &[0])),
        (false, message(3, 0, &[0xfe, 0xff, 4, 1, 2, 3, 4])),
        (true, hello(1, &[4, 1, 2, 3, 4])),
        (false, message(2, 1, &[&[0xfe, 0xfd][..], &[8; 32], &[0, 0xc0, 0x2f, 0]].concat())),
        (true, data(1)),
        (false, data(1)),
    ]
}

/// The part of the session that a capture has, by name.
fn parts() -> Vec<(&'static str, Vec<Said>)> {
    let only = |by_client: bool| (0..4).map(|number| (by_client, data(number))).collect::<Vec<Said>>();
    let both = |first: bool| (0..4).map(|number| ((number % 2 == 0) == first, data(number))).collect();
    let heard = |by_client: bool| session().into_iter().filter(|said| said.0 == by_client).collect();
    vec![
        ("handshake", session()),
        ("handshake, client only", heard(true)),
        ("handshake, server only", heard(false)),
        ("midway, client first", both(true)),
        ("midway, server first", both(false)),
        ("midway, client only", only(true)),
        ("midway, server only", only(false)),
    ]
}

/// Frame bytes up to a datagram's payload, and a DTLS record's header.
const HEADERS: usize = 14 + 20 + 8 + 13;

#[test]
fn dtls_is_labelled_alike_from_its_beginning_and_midway_whole_and_cut_by_one_side_or_both() {
    for (port, label) in [(3391, "rdg-udp"), (443, "dtls"), (4433, "dtls")] {
        for (part, said) in parts() {
            for snap_len in (45..=100).chain([65_535]) {
                let flow = datagrams(port, &said).cut(snap_len).only_flow();
                let what = format!("{part} on {port} cut at {snap_len}: {:?} {:?}", flow.app, flow.direction);
                if snap_len >= HEADERS {
                    assert_eq!((flow.app, flow.verdict), (Some(label), Verdict::Confirmed), "{what}");
                    assert_eq!(served_from(&flow), port, "{what}");
                } else {
                    let silent =
                        matches!(flow.verdict, Verdict::Unverifiable | Verdict::Plausible | Verdict::Unknown);
                    assert!(silent, "{what} {:?}", flow.verdict);
                }
            }
        }
    }
}

#[test]
fn a_client_that_happens_to_have_a_protocols_port_is_not_taken_for_its_server() {
    let mut capture = Capture::default();
    for time in 0..4 {
        capture.udp(time * SECOND, ([1, 1], 3391), ([1, 2], 8460), &data(1));
    }
    let flow = capture.only_flow();
    assert_eq!((flow.app, served_from(&flow)), (Some("dtls"), 8460));
}

const BANNER: &[u8] = b"SSH-2.0-OpenSSH_9.2p1\r\n";

#[test]
fn the_own_port_of_what_is_spoken_tells_the_server_whatever_number_the_client_has() {
    for client in [3389, 5000, 8080, 50_000] {
        for server_first in [false, true] {
            for both in [false, true] {
                let mut said = vec![(!server_first, BANNER)];
                if both {
                    said.push((server_first, BANNER));
                }
                let flow = stream(client, 22, &said).only_flow();
                let what = format!("client on {client}, server first: {server_first}, both: {both}");
                assert_eq!((flow.app, flow.verdict), (Some("ssh"), Verdict::Confirmed), "{what}");
                assert_eq!(served_from(&flow), 22, "{what}");
            }
        }
    }
}

#[test]
fn a_system_port_with_a_usual_protocol_listens_before_any_other_number() {
    let noise: Vec<u8> = (0..64_u8).map(|byte| byte.wrapping_mul(167).wrapping_add(91)).collect();
    for client in [3389, 5000, 8080] {
        for server_first in [false, true] {
            let flow = stream(client, 22, &[(!server_first, &noise), (server_first, &noise)]).only_flow();
            assert_eq!((flow.app, served_from(&flow)), (Some("ssh"), 22), "client on {client}");
        }
    }
}

#[test]
fn tip_is_known_by_its_commands_in_the_middle_of_a_connection_that_ends() {
    let said: &[(bool, &[u8])] = &[
        (true, b"PUSH OleTx-7d0c4b8e-52b1-4c0f-9a55-1f0e6a3c9d21\n"),
        (false, b"PUSHED OleTx-c41f9e07-3a6d-4b7e-8f11-90d2b5e6a774\n"),
        (true, b"PREPARE\n"),
        (false, b"PREPARED\n"),
        (true, b"COMMIT\n"),
        (false, b"COMMITTED\n"),
    ];
    for port in [3372, 40_000] {
        let mut capture = stream(3372, port, said);
        let sent = |by_client| {
            said.iter().filter(|said| said.0 == by_client).map(|said| said.1.len()).sum::<usize>()
        };
        let (client, server) = (([1, 1], 3372), ([1, 2], port));
        capture.tcp(SECOND, client, server, 0x11, 1_000 + u32::try_from(sent(true)).unwrap(), b"");
        capture.tcp(SECOND + 1, server, client, 0x11, 9_000 + u32::try_from(sent(false)).unwrap(), b"");
        let flow = capture.only_flow();
        assert_eq!(flow.app, Some("tip"), "on {port}");
        assert_eq!(flow.confidence.map(wiretell::inspect::Confidence::name), Some("message"), "on {port}");
    }
}
