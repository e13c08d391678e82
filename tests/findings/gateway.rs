//! RD Gateway: its side channel beside its main channel.

use super::clusters::Fate;
use super::clusters::beats;
use super::quality::{evidence, one};
use super::*;
use wiretell::findings::Severity::Warning;

pub(crate) const CLIENT: [u8; 2] = [1, 1];
pub(crate) const SERVER: [u8; 2] = [2, 2];

pub(crate) const HELLO: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
    \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
    \x00\x00\x00\x02\xc0\x2f\x01\x00\
    \x00\x00\x00\x00\xaa\x1d\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\x00\x00\x1d\xaa\x1a\x00";
const VERIFY: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\
    \x03\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x07\xfe\xff\x04abcd";
const ALERT: &[u8] = b"\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02\x02\x28";

/// A session over TCP 443 that lasts for half a minute.
pub(crate) fn main_channel(capture: &mut Capture) {
    let (client, server) = ((CLIENT, 50_443), (SERVER, 443));
    let (mut ours, mut theirs) = (1_001, 9_001);
    capture.tcp(NOON, client, server, 0x02, 1_000, b"");
    capture.tcp(NOON + MILLISECOND, server, client, 0x12, 9_000, b"");
    capture.tcp(NOON + 2 * MILLISECOND, client, server, 0x10, 1_001, b"");
    for i in 1..31 {
        let at = NOON + i * SECOND;
        capture.tcp(at, client, server, 0x18, ours, b"\x17\x03\x03\x00\x04abcd");
        capture.tcp(at + MILLISECOND, server, client, 0x18, theirs, b"\x17\x03\x03\x00\x04abcd");
        ours += 9;
        theirs += 9;
    }
}

pub(crate) fn hellos(capture: &mut Capture, answer: Option<&[u8]>) {
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3391));
    for (i, after) in [0, 1, 3, 7].into_iter().enumerate() {
        let at = NOON + (2 + after) * SECOND;
        capture.udp(at, client, server, HELLO);
        if let (Some(answer), true) = (answer, i < 2) {
            capture.udp(at + MILLISECOND, server, client, answer);
        }
    }
}

#[test]
fn a_side_channel_without_answer_is_told_beside_the_main_channel_that_works() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, None);
    assert_found(&capture, &[("rdg-udp-unanswered", Warning)]);
}

#[test]
fn without_any_packet_of_the_gateway_the_same_is_told_with_less_certainty() {
    let mut capture = Capture::default();
    hellos(&mut capture, None);
    // Something else goes on for long enough.
    capture.udp(NOON + 30 * SECOND, ([7, 7], 40_000), ([8, 8], 53), &support::dns(1, "a.example", false));
    assert!(found(&capture, Warning).is_empty());
}

#[test]
fn a_capture_that_ends_at_once_proves_no_silence() {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3391));
    capture.udp(NOON, client, server, HELLO);
    capture.udp(NOON + SECOND, client, server, HELLO);
    assert_eq!(found(&capture, Notice), []);
}

#[test]
fn a_capture_of_one_direction_accuses_nobody() {
    let mut capture = Capture::default();
    let (client, server) = ((CLIENT, 50_443), (SERVER, 443));
    for i in 0..30 {
        let sequence = 1_000 + 9 * i;
        capture.tcp(
            NOON + i64::from(i) * SECOND,
            client,
            server,
            0x18,
            sequence,
            b"\x17\x03\x03\x00\x04abcd",
        );
    }
    hellos(&mut capture, None);
    beats(&mut capture, ([1, 1], 3343), ([2, 2], 3343), 30, |_| Fate::Unanswered);
    assert_found(&capture, &[("capture-one-direction", Warning)]);
}

#[test]
fn a_cookie_that_never_arrives_and_an_alert_are_told() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, Some(VERIFY));
    assert_found(&capture, &[("rdg-udp-cookie-lost", Warning)]);
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, Some(ALERT));
    assert_found(&capture, &[("rdg-udp-alert", Warning)]);
}

/// A certificate of `CN=gw.example` made for tests, signed by itself, valid for a year from 2026-11-20T14:11:03Z on.
const CERTIFICATE: &[u8] = include_bytes!("gw.example.der");

/// A handshake message in a DTLS 1.2 record of its own.
fn handshake(record: u8, kind: u8, sequence: u8, body: &[u8]) -> Vec<u8> {
    let len = (body.len() as u32).to_be_bytes();
    let mut message = vec![kind];
    message.extend(&len[1..]);
    message.extend([0, sequence, 0, 0, 0]);
    message.extend(&len[1..]);
    message.extend(body);
    let mut bytes = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, record];
    bytes.extend((message.len() as u16).to_be_bytes());
    bytes.extend(message);
    bytes
}

/// A hello, and the server's flight with the certificate, its dates replaced.
fn shown(dates: [&[u8; 13]; 2], version: u8) -> Capture {
    let mut certificate = CERTIFICATE.to_vec();
    for (old, new) in [b"261120141103Z", b"271120141103Z"].into_iter().zip(dates) {
        let place = certificate.windows(13).position(|window| window == old).unwrap();
        certificate[place..place + 13].copy_from_slice(new);
    }
    let mut list = (certificate.len() as u32 + 3).to_be_bytes()[1..].to_vec();
    list.extend(&(certificate.len() as u32).to_be_bytes()[1..]);
    list.extend(certificate);
    let mut hello = vec![0xfe, version];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let mut capture = Capture::default();
    main_channel(&mut capture);
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3391));
    capture.udp(NOON + 2 * SECOND, client, server, HELLO);
    capture.udp(NOON + 2 * SECOND + MILLISECOND, server, client, &handshake(0, 2, 0, &hello));
    capture.udp(NOON + 2 * SECOND + 2 * MILLISECOND, server, client, &handshake(1, 11, 1, &list));
    capture
}

/// A record of the second epoch, whose content is encrypted.
fn encrypted(kind: u8, record: u8) -> Vec<u8> {
    let mut bytes = vec![kind, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, record, 0, 40];
    bytes.extend([0x5a; 40]);
    bytes
}

/// The hello of a client that was asked for a cookie.
fn with_cookie() -> Vec<u8> {
    [
        &HELLO[..12],
        b"\x3a\x01\x00\x00\x2e\x00\x01\x00\x00\x00\x00\x00\x2e",
        &HELLO[25..60],
        b"\x04abcd",
        &HELLO[61..67],
    ]
    .concat()
}

/// DTLS to a port that comes up; then the client sends each second, and the server answers for so many seconds.
pub(crate) fn dtls(capture: &mut Capture, port: u16, answered: i64) {
    let (client, server) = ((CLIENT, 50_000), (SERVER, port));
    let mut hello = vec![0xfe, 0xfd];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let with_cookie = with_cookie();
    let at = |milliseconds: i64| NOON + 2 * SECOND + milliseconds * MILLISECOND;
    capture.udp(at(0), client, server, &HELLO[..67]);
    capture.udp(at(1), server, client, VERIFY);
    capture.udp(at(2), client, server, &with_cookie);
    capture.udp(at(3), server, client, &handshake(1, 2, 1, &hello));
    capture.udp(at(4), client, server, &encrypted(22, 0));
    capture.udp(at(5), server, client, &encrypted(22, 0));
    for i in 0..25 {
        capture.udp(at(100 + 1000 * i), client, server, &encrypted(23, 1 + i as u8));
        if i < answered {
            capture.udp(at(110 + 1000 * i), server, client, &encrypted(23, 1 + i as u8));
        }
    }
}

#[test]
fn a_side_channel_that_works_is_good_to_know_and_one_that_died_is_not() {
    for (port, works, died) in
        [(3391, "rdg-udp-works", "rdg-udp-died"), (443, "dtls-gateway-works", "dtls-gateway-died")]
    {
        let mut capture = Capture::default();
        dtls(&mut capture, port, 25);
        if port == 443 {
            assert!(lacks(&capture, works), "without TCP 443 it may be anybody's");
        }
        main_channel(&mut capture);
        assert_found(&capture, &[]);
        assert!(has(&capture, works, Info), "{:?}", found(&capture, Info));
        let mut capture = Capture::default();
        dtls(&mut capture, port, 6);
        main_channel(&mut capture);
        assert_found(&capture, &[(died, Warning)]);
        assert!(evidence(&capture, died).contains("the client's 19 s later"), "{}", evidence(&capture, died));
    }
}

#[test]
fn a_certificate_out_of_its_time_is_told() {
    assert_found(&shown([b"250101000000Z", b"260101000000Z"], 0xfd), &[("rdg-udp-certificate", Warning)]);
    assert_found(&shown([b"270101000000Z", b"280101000000Z"], 0xfd), &[("rdg-udp-certificate", Warning)]);
    let valid = shown([b"260101000000Z", b"280101000000Z"], 0xfd);
    assert_found(&valid, &[]);
    assert!(has(&valid, "rdg-udp-self-signed", Info));
    let expired = shown([b"250101000000Z", b"260101000000Z"], 0xfd);
    let examined = examine(&expired, 0);
    let finding =
        examined.findings.iter().find(|finding| finding.diagnosis.id == "rdg-udp-certificate").unwrap();
    assert!(
        finding.evidence[0].contains("CN=gw.example") && finding.evidence[0].contains("2026-01-01T00:00:00Z")
    );
}

#[test]
fn an_old_version_is_told_by_the_server_hello_alone() {
    let old = shown([b"260101000000Z", b"280101000000Z"], 0xff);
    assert_found(&old, &[("rdg-udp-old-version", Notice)]);
}

/// A main channel in clear behind a proxy that ends TLS, for so many seconds.
fn in_clear(capture: &mut Capture, request: &[u8], seconds: i64) {
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n";
    let mut said: Vec<Said<'_>> = vec![(10, true, request), (20, false, answer)];
    said.extend((1..seconds).map(|second| (second * 1000, false, b"opaque".as_slice())));
    tcp(capture, 0, (CLIENT, 50_080), (SERVER, 80), &said, None);
}

const MAIN: &[u8] = b"RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\nHost: gw.example\r\nUser-Agent: MS-RDGateway/1.0\r\n\r\n";

#[test]
fn a_main_channel_without_any_side_channel_is_told() {
    let mut capture = Capture::default();
    in_clear(&mut capture, MAIN, 40);
    assert_found(&capture, &[("rdg-udp-missing", Notice)]);
    let mut short = Capture::default();
    in_clear(&mut short, MAIN, 10);
    assert_found(&short, &[]);
    let mut rpc = Capture::default();
    in_clear(
        &mut rpc,
        b"RPC_OUT_DATA /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1\r\nHost: gw.example\r\n\r\n",
        40,
    );
    assert_found(&rpc, &[]);
    assert!(has(&rpc, "rdg-udp-missing", Info));
    let mut web = Capture::default();
    in_clear(&mut web, b"GET /RDWeb/ HTTP/1.1\r\nHost: gw.example\r\n\r\n", 40);
    assert_found(&web, &[]);
    let mut tried = Capture::default();
    in_clear(&mut tried, MAIN, 40);
    hellos(&mut tried, Some(VERIFY));
    assert!(lacks(&tried, "rdg-udp-missing"));
}

/// The balancer's own connections to its backends.
fn backends(capture: &mut Capture, hosts: &[u8]) {
    for &host in hosts {
        let said: &[Said<'_>] =
            &[(10, true, b"\x17\x03\x03\x00\x04abcd"), (20, false, b"\x17\x03\x03\x00\x04abcd")];
        tcp(capture, 0, (SERVER, 40_000 + u16::from(host)), ([4, host], 443), said, None);
    }
}

#[test]
fn a_balancer_that_forwards_only_tcp_is_told_instead_of_the_silence() {
    let mut capture = Capture::default();
    main_channel(&mut capture);
    hellos(&mut capture, None);
    backends(&mut capture, &[1, 2]);
    assert_found(&capture, &[("rdg-udp-balancer", Warning)]);
    let mut one = Capture::default();
    main_channel(&mut one);
    hellos(&mut one, None);
    backends(&mut one, &[1]);
    assert_found(&one, &[("rdg-udp-unanswered", Warning)]);
    let mut forwarded = Capture::default();
    main_channel(&mut forwarded);
    hellos(&mut forwarded, None);
    backends(&mut forwarded, &[1, 2]);
    forwarded.udp(NOON + 2 * SECOND, (SERVER, 50_000), ([4, 1], 3391), HELLO);
    assert!(lacks(&forwarded, "rdg-udp-balancer"));
}

#[test]
fn flows_of_a_session_are_joined_once_and_never_with_themselves() {
    let joined = |capture: &Capture| {
        let findings = examine(capture, 0).findings;
        let of = |finding: &&wiretell::findings::Finding| finding.diagnosis.id == "remote-session-joined";
        findings.iter().filter(of).map(|finding| finding.filter.clone()).collect::<Vec<_>>()
    };
    let mut one = Capture::default();
    hellos(&mut one, Some(VERIFY));
    // Longer than the time-out: another record of the same flow, with the same id.
    one.udp(NOON + 300 * SECOND, (CLIENT, 50_000), (SERVER, 3391), HELLO);
    assert_eq!(joined(&one), Vec::<String>::new());
    one.udp(NOON + 301 * SECOND, (CLIENT, 50_001), (SERVER, 3391), HELLO);
    let [filter] = &joined(&one)[..] else { panic!("told {} times", joined(&one).len()) };
    assert_eq!(filter.matches("50000").count(), 1, "{filter}");
}

#[test]
fn a_gateway_that_does_not_answer_is_told_once_for_all_its_clients() {
    let mut capture = Capture::default();
    for client in 0..9_u8 {
        let said: &[Said<'_>] =
            &[(10, true, b"\x17\x03\x03\x00\x04abcd"), (29_000, false, b"\x17\x03\x03\x00\x04abcd")];
        tcp(&mut capture, 0, ([5, client], 50_443), (SERVER, 443), said, None);
        for after in [0, 1, 3] {
            let at = NOON + (2 + i64::from(client) + after) * SECOND;
            capture.udp(at, ([5, client], 50_000), (SERVER, 3391), HELLO);
        }
    }
    let finding = one(&capture, "rdg-udp-unanswered");
    let said = finding.evidence.join(" ");
    assert!(
        said.contains("9 flows of 9 clients to 10.0.2.2:3391 in all, the last of 10.0.5.8:50000"),
        "{said}"
    );
    assert!(said.contains("10.0.5.0, 10.0.5.1,") && said.contains("and 3 more"), "{said}");
    assert!(finding.filter.contains("ip.addr == 10.0.2.2 && udp.port == 3391"), "{}", finding.filter);
    assert!(finding.flows.len() > 9);
}

#[test]
fn a_certificate_for_another_name_than_is_asked_for_over_tcp_is_noticed() {
    let hello = |name: &str| {
        let mut extension = (name.len() as u16 + 3).to_be_bytes().to_vec();
        extension.push(0);
        extension.extend((name.len() as u16).to_be_bytes());
        extension.extend(name.as_bytes());
        let mut body = vec![3, 3];
        body.extend([9; 32]);
        body.extend([0, 0, 2, 0xc0, 0x2f, 1, 0]);
        body.extend((extension.len() as u16 + 4).to_be_bytes());
        body.extend([0, 0]);
        body.extend((extension.len() as u16).to_be_bytes());
        body.extend(extension);
        let mut record = vec![22, 3, 1];
        record.extend((body.len() as u16 + 4).to_be_bytes());
        record.extend([1, 0]);
        record.extend((body.len() as u16).to_be_bytes());
        record.extend(body);
        record
    };
    for (name, expected) in [("gw.example", false), ("rds.example", true)] {
        let mut capture = shown([b"260101000000Z", b"280101000000Z"], 0xfd);
        let said: &[Said<'_>] = &[(110, true, &hello(name)), (120, false, b"\x15\x03\x03\x00\x02\x02\x28")];
        tcp(&mut capture, 100, (CLIENT, 50_444), (SERVER, 443), said, None);
        assert_eq!(has(&capture, "rdg-udp-certificate-name", Notice), expected, "{name}");
        if expected {
            let said = evidence(&capture, "rdg-udp-certificate-name");
            assert!(
                said.contains("asks 10.0.2.2 for rds.example") && said.contains("is for gw.example"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_client_that_gives_up_after_one_hello_with_the_cookie_is_told() {
    let with_cookie = with_cookie();
    let tries = |begin: i64, port: u16| {
        let (client, server) = ((CLIENT, 50_000), (SERVER, port));
        let mut capture = Capture::default();
        main_channel(&mut capture);
        let at = |milliseconds: i64| NOON + begin * SECOND + milliseconds * MILLISECOND;
        capture.udp(at(0), client, server, &HELLO[..67]);
        capture.udp(at(1), server, client, VERIFY);
        capture.udp(at(2), client, server, &with_cookie);
        capture
    };
    for (port, id) in [(3391, "rdg-udp-cookie-lost"), (443, "dtls-gateway-cookie-lost")] {
        assert_found(&tries(2, port), &[(id, Warning)]);
        assert_found(&tries(28, port), &[]);
    }
}
