//! Citrix: EDT, Framehawk and gateways beside ICA; and QUIC, the other UDP beside TCP 443.

use super::gateway::{CLIENT, HELLO, SERVER, main_channel};
use super::quality::{evidence, one};
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
    let said = evidence(&capture, "edt-unanswered");
    assert!(said.contains("3 flows of 1 client to 10.0.2.2:2598 in all"), "{said}");
    assert!(said.contains("8 s apart"), "{said}");
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

/// Framehawk beside a session over TCP that lasts: pictures until `pictures`, feedback until `feedback`, in tenths of a second.
fn framehawk(pictures: i64, feedback: i64) -> Capture {
    let mut capture = Capture::default();
    session(&mut capture, 1494);
    for tenth in 0..pictures.max(feedback) {
        let at = NOON + SECOND + tenth * 100 * MILLISECOND;
        if tenth < pictures {
            capture.udp(at, (SERVER, 3230), (CLIENT, 52_000), &[0x5a; 1_100]);
            capture.udp(at + 20 * MILLISECOND, (SERVER, 3230), (CLIENT, 52_000), &[0x5b; 1_100]);
        }
        if tenth < feedback {
            capture.udp(at - 30 * MILLISECOND, (CLIENT, 52_000), (SERVER, 3230), &[0x3c; 44]);
        }
    }
    capture
}

#[test]
fn framehawk_whose_desktop_falls_silent_died_and_one_that_ends_on_both_sides_works() {
    assert_found(&framehawk(90, 240), &[("framehawk-died", Warning)]);
    let said = evidence(&framehawk(90, 240), "framehawk-died");
    assert!(said.contains("The last packet of 10.0.2.2:3230 came at 2026-11-20T12:00:09.920Z"), "{said}");
    assert!(said.contains("10.0.1.1:52000 sent 150 more, for 15 s"), "{said}");
    assert!(has(&framehawk(90, 92), "framehawk-works", Info));
    assert_found(&framehawk(90, 92), &[]);
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

/// EDT both ways twice a second; the desktop until `desktops`, the client until `clients`, in seconds.
fn edt(capture: &mut Capture, desktops: i64, clients: i64) {
    for half in 2..clients * 2 {
        let at = NOON + half * SECOND / 2;
        capture.udp(at, (CLIENT, 52_000), (SERVER, 2598), HANDSHAKE);
        if half < desktops * 2 {
            capture.udp(at + 3 * MILLISECOND, (SERVER, 2598), (CLIENT, 52_000), HANDSHAKE);
        }
    }
}

#[test]
fn edt_that_works_is_told_and_edt_that_died_with_when_tcp_took_over() {
    let mut works = Capture::default();
    edt(&mut works, 20, 20);
    assert!(has(&works, "edt-works", Info) && lacks(&works, "edt-died"));
    let mut again = Capture::default();
    for second in [-2, -1] {
        again.udp(NOON + second * SECOND, (CLIENT, 52_000), (SERVER, 2598), HANDSHAKE);
    }
    edt(&mut again, 20, 20);
    assert!(
        evidence(&again, "edt-works").contains("after 3 packets in 3 s"),
        "{}",
        evidence(&again, "edt-works")
    );
    let mut died = Capture::default();
    edt(&mut died, 5, 15);
    let greeting: &[Said<'_>] = &[(10_100, true, CGP), (10_110, false, CGP), (30_000, true, b"goes on")];
    tcp(&mut died, 10_000, (CLIENT, 51_000), (SERVER, 2598), greeting, None);
    assert_found(&died, &[("edt-died", Warning)]);
    let said = evidence(&died, "edt-died");
    assert!(said.contains("The last packet of 10.0.2.2:2598 came at 2026-11-20T12:00:04.503Z"), "{said}");
    assert!(said.contains("10.0.1.1:52000 sent 20 more, for 10 s"), "{said}");
    assert!(said.contains("TCP took over 5.5 s after the last answer over UDP"), "{said}");
    let mut closed = Capture::default();
    edt(&mut closed, 5, 15);
    assert!(lacks(&closed, "edt-died"), "nobody took over");
}

#[test]
fn edt_whose_second_step_is_not_answered_is_told_beside_the_session() {
    let tried = |last: i64| {
        let mut capture = Capture::default();
        session(&mut capture, 2598);
        let (client, server) = ((CLIENT, 52_000), (SERVER, 2598));
        capture.udp(NOON + SECOND, client, server, HANDSHAKE);
        capture.udp(NOON + SECOND + 3 * MILLISECOND, server, client, HANDSHAKE);
        for half in 2..=last {
            capture.udp(NOON + half * SECOND / 2 + 9 * MILLISECOND, client, server, HANDSHAKE);
        }
        capture
    };
    assert_found(&tried(8), &[("edt-stuck", Warning)]);
    assert!(
        evidence(&tried(8), "edt-stuck").contains("7 more of the client over 3.01 s had no answer"),
        "{}",
        evidence(&tried(8), "edt-stuck")
    );
    assert_found(&tried(4), &[]);
}

/// QUIC both ways; the server until `servers`, the client until `clients`, in seconds.
fn quic(capture: &mut Capture, servers: i64, clients: i64) {
    let mut answer = initial();
    answer[5..].rotate_left(9);
    capture.udp(NOON + SECOND, (CLIENT, 50_000), (SERVER, 443), &initial());
    for second in 1..clients {
        capture.udp(NOON + second * SECOND + MILLISECOND, (CLIENT, 50_000), (SERVER, 443), &[0x45; 60]);
        if second < servers {
            capture.udp(
                NOON + second * SECOND + 9 * MILLISECOND,
                (SERVER, 443),
                (CLIENT, 50_000),
                &[0x46; 90],
            );
        }
    }
}

#[test]
fn quic_that_works_beside_tcp_is_told_once_and_quic_that_died_is_noticed() {
    let mut works = Capture::default();
    main_channel(&mut works);
    quic(&mut works, 20, 20);
    assert!(has(&works, "quic-works", Info) && lacks(&works, "quic-died"));
    let mut alone = Capture::default();
    quic(&mut alone, 20, 20);
    assert!(lacks(&alone, "quic-works"));
    let mut died = Capture::default();
    main_channel(&mut died);
    quic(&mut died, 6, 25);
    assert_found(&died, &[("quic-died", Notice)]);
    let said = evidence(&died, "quic-died");
    assert!(said.contains("10.0.1.1:50000 sent 19 more"), "{said}");
    assert!(said.contains("TCP was there before and went on, for "), "{said}");
}

#[test]
fn a_new_connection_that_took_over_from_quic_is_told_apart_from_one_that_went_on() {
    const RECORD: &[u8] = b"\x17\x03\x03\x00\x04abcd";
    let mut died = Capture::default();
    tcp(&mut died, 100, (CLIENT, 50_443), (SERVER, 443), &[(200, true, RECORD), (210, false, RECORD)], None);
    quic(&mut died, 6, 25);
    let later: &[Said<'_>] =
        &[(8_100, true, RECORD), (8_200, false, RECORD), (40_000, true, RECORD), (40_010, false, RECORD)];
    tcp(&mut died, 8_000, (CLIENT, 50_444), (SERVER, 443), later, None);
    let said = evidence(&died, "quic-died");
    assert!(
        said.contains("a new connection, of 10.0.1.1:50444: it took over at 2026-11-20T12:00:08.000Z"),
        "{said}"
    );
    assert!(said.contains("2.99 s after the last answer over UDP"), "{said}");
}

#[test]
fn a_server_that_has_only_other_versions_of_quic_is_told() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    let (client, server) = ((CLIENT, 50_000), (SERVER, 443));
    capture.udp(NOON + SECOND, client, server, &initial());
    // Version 0, the client's connection ids exchanged, and version 2 (RFC 8999 section 6, RFC 9369).
    let offer = [&[0x80, 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8][..], &[0x6b, 0x33, 0x43, 0xcf]].concat();
    capture.udp(NOON + SECOND + MILLISECOND, server, client, &offer);
    let said = evidence(&capture, "quic-version-refused");
    assert!(said.contains("tried version 1 ") && said.contains("versions it has: 2."), "{said}");
}

#[test]
fn what_is_told_of_udp_says_when_tcp_took_over_and_its_filter_shows_both() {
    let mut capture = Capture::default();
    for after in [0, 1_000, 3_000] {
        capture.udp(NOON + after * MILLISECOND, (CLIENT, 50_000), (SERVER, 443), &initial());
    }
    let said: &[Said<'_>] =
        &[(310, true, b"\x17\x03\x03\x00\x04abcd"), (20_000, false, b"\x17\x03\x03\x00\x04abcd")];
    tcp(&mut capture, 300, (CLIENT, 50_443), (SERVER, 443), said, None);
    let finding = one(&capture, "quic-unanswered");
    let text = finding.evidence.join(" ");
    assert!(text.contains("3 packets of 10.0.1.1:50000"), "{text}");
    assert!(text.contains("TCP took over 300 ms after the first try"), "{text}");
    assert!(finding.filter.contains("udp.port == 50000") && finding.filter.contains("tcp.port == 443"));
    assert_eq!(finding.flows.len(), 2);
}

#[test]
fn quic_whose_handshake_is_only_repeated_does_not_work() {
    let mut answer = initial();
    answer[5..].rotate_left(9);
    let mut stuck = Capture::default();
    main_channel(&mut stuck);
    for after in [1_000, 1_300, 1_900, 3_100] {
        stuck.udp(NOON + after * MILLISECOND, (CLIENT, 50_000), (SERVER, 443), &initial());
        stuck.udp(NOON + (after + 9) * MILLISECOND, (SERVER, 443), (CLIENT, 50_000), &answer);
    }
    assert_found(&stuck, &[("quic-stuck", Notice)]);
    assert!(lacks(&stuck, "quic-works"));
    let said = evidence(&stuck, "quic-stuck");
    assert!(said.contains("4 packets of 10.0.1.1:50000 and 4 of 10.0.2.2:443"), "{said}");
}
