//! What is said of a flow to each of the ports that the project is made for: by what comes there, from text to the
//! right protocol, whole and cut by the capture.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use support::{Capture, SECOND};
use wiretell::attributes::Value;
use wiretell::verdict::Verdict;

/// The label and the verdict of the only flow.
fn said(capture: &Capture) -> (Option<&'static str>, Verdict) {
    let flow = capture.only_flow();
    (flow.app, flow.verdict)
}

const HTTP: &[u8] = b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n";
/// First letters that are first bytes of TURN's channels and of QUIC's short headers, and one that is neither.
const TEXTS: [&[u8]; 3] = [
    b"Good morning, is anybody there?\r\n",
    b"Hello, is anybody there?\r\n",
    b"hello, is anybody there?\r\n",
];

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

/// A flow to a port; what comes is sent `times` times, a second apart, and not answered.
fn datagrams(port: u16, payload: &[u8], times: i64) -> Capture {
    let mut capture = Capture::default();
    for time in 0..times {
        // The cluster's nodes use its port at both ends.
        let from = if port == 3343 { 3343 } else { 50_000 };
        capture.udp(time * SECOND, ([1, 1], from), ([1, 2], port), payload);
    }
    capture
}

fn stream(port: u16, payload: &[u8]) -> Capture {
    let mut capture = Capture::default();
    capture.connection(0, ([1, 1], 50_000), ([1, 2], port), &[(true, payload)]);
    capture
}

fn heartbeat() -> Vec<u8> {
    let mut bytes = vec![0x55, 0x55, 0x55, 0x55, 1, 0, 0, 0, 1, 0, 32, 0, 7, 0, 0, 0];
    bytes.extend([0, 0, 16, 0, 0, 0, 0, 0, 10, 0, 1, 1, 10, 0, 1, 2]);
    bytes
}

/// A ClientHello of DTLS 1.2 with one suite, and RD Gateway's trailer behind it.
fn gateway_hello() -> Vec<u8> {
    let mut bytes = vec![0x16, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x36];
    bytes.extend([1, 0, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 0x2a, 0xfe, 0xfd]);
    bytes.extend(noise(3, 32));
    bytes.extend([0, 0, 0, 2, 0xc0, 0x2f, 1, 0]);
    bytes.extend([0, 0, 0, 0, 0xaa, 0x1d]);
    bytes.extend(noise(4, 16));
    bytes.extend([0x1d, 0xaa, 0x1a, 0]);
    bytes
}

fn rdp_udp_syn() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xff, 0xff, 0xff, 0, 0x40, 0, 1, 1, 2, 3, 4, 4, 0xd0, 4, 0xd0];
    bytes.resize(1232, 0);
    bytes
}

/// An Initial packet of version 1 whose lengths fit: nobody need be able to decrypt it.
fn quic_initial() -> Vec<u8> {
    let mut bytes = vec![0xc3, 0, 0, 0, 1, 8];
    bytes.extend(noise(5, 8));
    bytes.extend([0, 0, 0x44, 0xd0 - 0x20]);
    bytes.extend(noise(6, 1200));
    bytes
}

#[test]
fn on_the_special_udp_ports_what_is_not_theirs_contradicts_them_and_what_is_confirms_them() {
    let ports = [
        (3343, "netft", heartbeat()),
        (3391, "rdg-udp", gateway_hello()),
        (3389, "rdp-udp", rdp_udp_syn()),
        (443, "quic", quic_initial()),
    ];
    for (port, name, right) in ports {
        for times in [1, 3, 20] {
            let verdict = |payload: &[u8]| said(&datagrams(port, payload, times)).1;
            for text in TEXTS {
                assert_eq!(verdict(text), Verdict::Contradicted, "{:?} to {port}", text.escape_ascii());
            }
            for zeros in [&[0; 4][..], &[0; 40], &[0; 1232]] {
                assert_eq!(verdict(zeros), Verdict::Contradicted, "{} zeros to {port}", zeros.len());
            }
            assert_eq!(verdict(HTTP), Verdict::Contradicted, "HTTP to {port}");
            assert_eq!(said(&datagrams(port, &right, times)), (Some(name), Verdict::Confirmed), "{port}");
        }
    }
}

#[test]
fn noise_contradicts_a_port_whose_protocol_never_looks_like_noise() {
    for seed in 0..200 {
        let noise = noise(seed, 64);
        for port in [3343, 3391] {
            assert_eq!(said(&datagrams(port, &noise, 3)).1, Verdict::Contradicted, "seed {seed} to {port}");
        }
        // Both have packets of which little is fixed; only QUIC's short header has less than a byte.
        let rdp_udp = said(&datagrams(3389, &noise, 3));
        assert!(matches!(rdp_udp.1, Verdict::Contradicted | Verdict::Plausible), "seed {seed}");
        let quic = said(&datagrams(443, &noise, 3)).1;
        let short_header = noise[0] >> 6 == 1;
        // Google's versions have flags of their own in the first byte.
        let possible = noise[0] >= 0x40 || noise[0] & 0xcb == 0x08;
        assert!(quic == Verdict::Contradicted || possible, "seed {seed}: {quic:?}");
        assert!(quic == Verdict::Plausible || !short_header, "seed {seed}: {quic:?}");
    }
}

#[test]
fn what_the_capture_cut_contradicts_nothing_that_it_could_still_be() {
    let ports = [(3343, heartbeat()), (3391, gateway_hello()), (3389, rdp_udp_syn()), (443, quic_initial())];
    for (port, right) in ports {
        for snap_len in [43, 50, 64, 96, 128] {
            let (label, verdict) = said(&datagrams(port, &right, 3).cut(snap_len));
            let kept = matches!(verdict, Verdict::Confirmed | Verdict::Plausible | Verdict::Unverifiable);
            assert!(kept, "{port} cut at {snap_len}: {label:?} {verdict:?}");
        }
        let (_, verdict) = said(&datagrams(port, TEXTS[0], 3).cut(50));
        assert_ne!(verdict, Verdict::Confirmed, "text to {port}, cut");
    }
}

#[test]
fn ports_of_which_no_bytes_are_known_are_neither_confirmed_nor_contradicted_by_noise() {
    for (port, name) in [(3353, "fatpipe"), (3243, "timelot"), (3230, "framehawk")] {
        for payload in [noise(1, 64), vec![0; 40], TEXTS[1].to_vec()] {
            let (label, verdict) = said(&datagrams(port, &payload, 3));
            assert_eq!(verdict, Verdict::Plausible, "{label:?} on {port}");
            assert!(label == Some(name) || port == 3230, "{label:?} on {port}");
        }
    }
}

#[test]
fn on_the_special_tcp_ports_other_protocols_and_other_bytes_contradict_them() {
    for (port, name, right) in [
        (3372, "tip", &b"IDENTIFY 3 3 tip.example:3372/ -\n"[..]),
        (3389, "rdp", b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"),
        (1494, "ica", b"\x7f\x7fICA\0"),
        (2598, "cgp", b"\x1aCGP/01\0\0\0\0"),
        (443, "tls", b"\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03abcdefghijklmnopqrstuvwxyz012345\0\0\x02\xc0\x2f\x01\0\0\0"),
    ] {
        assert_eq!(said(&stream(port, right)), (Some(name), Verdict::Confirmed), "{port}");
        for (what, payload) in [("HTTP", HTTP.to_vec()), ("zeros", vec![0; 40]), ("text", TEXTS[1].to_vec())] {
            let (label, verdict) = said(&stream(port, &payload));
            assert_eq!(verdict, Verdict::Contradicted, "{what} to {port}: {label:?}");
        }
        for seed in 0..50 {
            let (label, verdict) = said(&stream(port, &noise(seed, 64)));
            assert_eq!((label, verdict), (None, Verdict::Contradicted), "noise {seed} to {port}");
        }
    }
}

#[test]
fn of_the_join_so_little_is_published_that_only_another_protocol_contradicts_it() {
    for payload in [vec![0; 40], TEXTS[1].to_vec(), noise(7, 64)] {
        assert_eq!(said(&stream(3343, &payload)), (Some("netft"), Verdict::Plausible));
    }
    assert_eq!(said(&stream(3343, HTTP)), (Some("http"), Verdict::Contradicted));
}

#[test]
fn a_protocol_of_streams_in_datagrams_contradicts_ports_of_which_no_bytes_are_known() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for port in [3353, 3243, 3230] {
        let mut capture = datagrams(port, HTTP, 1);
        assert_eq!(said(&capture), (None, Verdict::Contradicted), "asked on {port}");
        capture.udp(SECOND / 2, ([1, 2], port), ([1, 1], 50_000), ANSWER);
        assert_eq!(said(&capture), (None, Verdict::Contradicted), "asked and answered on {port}");
    }
}

#[test]
fn a_range_around_a_port_does_not_excuse_what_the_ports_own_protocol_never_sends() {
    for port in [389, 3268, 3283] {
        for payload in [TEXTS[1].to_vec(), vec![1; 40]] {
            let mut capture = datagrams(port, &payload, 3);
            capture.udp(4 * SECOND, ([1, 2], port), ([1, 1], 50_000), &payload);
            assert_eq!(said(&capture), (None, Verdict::Contradicted), "{port}");
        }
    }
}

/// What the reasons say of a flow.
fn reasons(capture: &Capture) -> Vec<String> {
    capture.only_flow().why.iter().map(|reason| reason.detail.to_string()).collect()
}

#[test]
fn where_a_port_promises_several_protocols_the_reasons_name_those_that_are_meant() {
    let refuted = reasons(&datagrams(443, TEXTS[2], 3));
    assert!(refuted[0].contains("neither quic nor dtls sends"), "{refuted:?}");
    let confirmed = reasons(&datagrams(443, &gateway_hello()[..67], 1));
    assert_eq!(confirmed.last().map(String::as_str), Some("port 443 is known in practice as dtls"));
    let usual = reasons(&datagrams(4433, &gateway_hello()[..67], 1));
    assert_eq!(usual.last().map(String::as_str), Some("port 4433 is usual for dtls"));
}

#[test]
fn a_version_that_the_capture_cut_off_is_not_taken_for_the_first() {
    let mut syn = rdp_udp_syn();
    // A correlation id and its zeros, then the version.
    syn[6] = 0x18;
    syn[16..32].copy_from_slice(&[9; 16]);
    syn[50..52].copy_from_slice(&[0, 2]);
    let offered = |capture: &Capture| capture.only_flow().attributes.value("rdp-udp.offered").cloned();
    assert_eq!(offered(&datagrams(3389, &syn, 1)), Some(Value::Number(2)));
    assert_eq!(offered(&datagrams(3389, &syn, 1).cut(90)), None);
    assert_eq!(offered(&datagrams(3389, &rdp_udp_syn(), 1).cut(90)), Some(Value::Number(1)));
}
