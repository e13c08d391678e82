//! Citrix: EDT, Framehawk and gateways beside ICA; and QUIC, the other UDP beside TCP 443.

use super::gateway::{CLIENT, HELLO, SERVER, main_channel};
use super::*;
use wiretell::findings::Severity::Warning;

const ICA: &[u8] = b"\x7f\x7fICA\0";
const CGP: &[u8] = b"\x1aCGP/01\x01\0\0\0\0Citrix.TcpProxyService";
const HANDSHAKE: &[u8] =
    b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x64\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";

/// A session over TCP for half a minute: CGP on 2598, or ICA on 1494.
fn session(capture: &mut Capture, port: u16) {
    let (first, greeting) = if port == 2598 { (true, CGP) } else { (false, ICA) };
    let mut said: Vec<Said<'_>> = vec![(100, first, greeting), (110, !first, greeting)];
    for second in 1..30 {
        said.push((second * 1000, true, b"from the client"));
        said.push((second * 1000 + 20, false, b"from the desktop"));
    }
    tcp(capture, 0, (CLIENT, 51_000), (SERVER, port), &said, None);
}

fn tries(capture: &mut Capture, begin: i64, port: u16, seconds: &[i64]) {
    for second in seconds {
        capture.udp(
            NOON + (begin + second) * SECOND,
            (CLIENT, 52_000 + begin as u16),
            (SERVER, port),
            HANDSHAKE,
        );
    }
}

#[test]
fn a_session_over_tcp_alone_gives_nothing_above_info() {
    for port in [1494, 2598] {
        let mut capture = Capture::default();
        session(&mut capture, port);
        assert_found(&capture, &[]);
    }
    let mut capture = Capture::default();
    session(&mut capture, 1494);
    assert!(has(&capture, "ica-without-session-reliability", Info));
    let mut capture = Capture::default();
    session(&mut capture, 2598);
    assert!(has(&capture, "ica-in-clear", Info));
}

#[test]
fn edt_without_answer_beside_a_session_is_told() {
    let mut capture = Capture::default();
    session(&mut capture, 2598);
    tries(&mut capture, 1, 2598, &[0, 1, 2, 4]);
    assert_found(&capture, &[("edt-unanswered", Warning)]);
    let mut short = Capture::default();
    session(&mut short, 2598);
    tries(&mut short, 1, 2598, &[0, 1]);
    assert_found(&short, &[]);
    let mut alone = Capture::default();
    tries(&mut alone, 1, 2598, &[0, 1, 2, 4]);
    goes_on(&mut alone, 30);
    assert_found(&alone, &[]);
}

#[test]
fn edt_tried_again_says_how_often() {
    let mut capture = Capture::default();
    session(&mut capture, 2598);
    for begin in [1, 9, 17] {
        tries(&mut capture, begin, 2598, &[0, 1, 2, 4]);
    }
    let examined = examine(&capture, 0);
    let finding = examined.findings.iter().find(|finding| finding.diagnosis.id == "edt-unanswered").unwrap();
    assert!(
        finding.evidence.iter().any(|sentence| sentence.contains("3 times in all")),
        "{:?}",
        finding.evidence
    );
}

#[test]
fn edt_that_icmp_refuses_or_finds_too_big_is_told_apart() {
    for (code, expected) in [(3, ("edt-refused", Warning)), (4, ("edt-too-big", Info))] {
        let mut capture = Capture::default();
        session(&mut capture, 2598);
        tries(&mut capture, 1, 2598, &[0]);
        let (client, server) = ((CLIENT, 52_001), (SERVER, 2598));
        capture.icmp_error(NOON + SECOND + MILLISECOND, SERVER, (3, code), client, server, HANDSHAKE);
        assert!(has(&capture, expected.0, expected.1), "{expected:?}");
    }
}

/// EDT that comes up with small packets; then the client's large ones, and those of the desktop if it has any.
fn with_large(capture: &mut Capture, desktops: bool) {
    let (client, server) = ((CLIENT, 52_000), (SERVER, 2598));
    let at = |milliseconds: i64| NOON + milliseconds * MILLISECOND;
    for i in 0..4 {
        capture.udp(at(500 + 20 * i), client, server, HANDSHAKE);
        capture.udp(at(510 + 20 * i), server, client, HANDSHAKE);
    }
    for i in 0..6 {
        capture.udp(at(1_000 + 700 * i), client, server, &[0x5a; 1_300]);
        if desktops {
            capture.udp(at(1_010 + 700 * i), server, client, &[0x5a; 1_300]);
        }
    }
}

#[test]
fn large_packets_that_vanish_are_told_where_the_session_fell_back() {
    let mut capture = Capture::default();
    session(&mut capture, 2598);
    with_large(&mut capture, false);
    assert_found(&capture, &[("edt-large-lost", Notice)]);
    let mut healthy = Capture::default();
    session(&mut healthy, 2598);
    with_large(&mut healthy, true);
    assert_found(&healthy, &[]);
}

#[test]
fn framehawk_that_nobody_answers_is_noticed_beside_a_session_only() {
    let mut capture = Capture::default();
    session(&mut capture, 1494);
    for second in [1, 2, 3, 5] {
        capture.udp(NOON + second * SECOND, (CLIENT, 52_000), (SERVER, 3230), &[0x3c; 44]);
    }
    assert_found(&capture, &[("framehawk-unanswered", Notice)]);
    let mut alone = Capture::default();
    for second in [1, 2, 3, 5] {
        alone.udp(NOON + second * SECOND, (CLIENT, 52_000), (SERVER, 3230), &[0x3c; 44]);
    }
    goes_on(&mut alone, 30);
    assert_found(&alone, &[]);
}

#[test]
fn timelots_port_beside_a_session_is_probably_framehawks() {
    let speak = |capture: &mut Capture| {
        for i in 0..6 {
            capture.udp(NOON + (1 + i) * SECOND, (CLIENT, 52_000), (SERVER, 3243), b"some bytes of a client");
            capture.udp(
                NOON + (1 + i) * SECOND + MILLISECOND,
                (SERVER, 3243),
                (CLIENT, 52_000),
                b"of a server",
            );
        }
    };
    let mut capture = Capture::default();
    session(&mut capture, 1494);
    speak(&mut capture);
    assert!(has(&capture, "timelot-framehawk", Info) && lacks(&capture, "port-half-forgotten"));
    let mut alone = Capture::default();
    speak(&mut alone);
    assert!(lacks(&alone, "timelot-framehawk") && has(&alone, "port-half-forgotten", Info));
}

/// A DTLS ClientHello without anything behind it, or the demand for a cookie.
fn dtls(capture: &mut Capture, answer: Option<&[u8]>) {
    let (client, server) = ((CLIENT, 50_000), (SERVER, 443));
    let plain = &HELLO[..HELLO.len() - 26];
    for after in [0, 1, 3] {
        capture.udp(NOON + (2 + after) * SECOND, client, server, plain);
        if let Some(answer) = answer {
            capture.udp(NOON + (2 + after) * SECOND + MILLISECOND, server, client, answer);
        }
    }
}

#[test]
fn dtls_to_a_gateway_without_answer_is_told_beside_tls() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    dtls(&mut capture, None);
    assert_found(&capture, &[("dtls-gateway-unanswered", Warning)]);
    let mut alone = Capture::default();
    dtls(&mut alone, None);
    goes_on(&mut alone, 30);
    assert_found(&alone, &[]);
}

/// A QUIC Initial packet of version 1 as a client sends it, its content opaque.
fn initial() -> Vec<u8> {
    let mut bytes = vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e];
    bytes.extend((1..=1182_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes
}

#[test]
fn quic_without_answer_is_noticed_where_tcp_works_and_refused_quic_is_info() {
    let ask = |capture: &mut Capture| {
        for after in [0, 1, 3] {
            capture.udp(NOON + (2 + after) * SECOND, (CLIENT, 50_000), (SERVER, 443), &initial());
        }
    };
    let mut capture = Capture::default();
    main_channel(&mut capture);
    ask(&mut capture);
    assert_found(&capture, &[("quic-unanswered", Notice)]);
    let mut alone = Capture::default();
    ask(&mut alone);
    goes_on(&mut alone, 30);
    assert_found(&alone, &[]);
    let mut refused = Capture::default();
    main_channel(&mut refused);
    ask(&mut refused);
    let (client, server) = ((CLIENT, 50_000), (SERVER, 443));
    refused.icmp_error(NOON + 2 * SECOND + MILLISECOND, SERVER, (3, 3), client, server, &initial());
    assert_found(&refused, &[]);
    assert!(has(&refused, "quic-refused", Info));
}
