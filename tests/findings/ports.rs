//! Ports and what is behind them.

use super::gateway::{CLIENT, SERVER};
use super::*;

#[test]
fn remote_desktop_on_another_port_is_noticed_and_http_is_not() {
    let mut capture = Capture::default();
    let http: &[(bool, &[u8])] = &[
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    capture.connection(NOON, (CLIENT, 50_000), (SERVER, 5432), http);
    assert_found(&capture, &[]);
    assert!(found(&capture, Info).contains(&("port-contradicted", Info)));
    let request = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
    let confirm = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00";
    let mut capture = Capture::default();
    capture.connection(NOON, (CLIENT, 50_000), (SERVER, 8443), &[(true, request), (false, confirm)]);
    assert_found(&capture, &[("port-guarded-protocol-elsewhere", Notice)]);
}

#[test]
fn a_host_that_tries_a_special_port_on_many_others_is_noticed() {
    let mut capture = Capture::default();
    for target in 0..20 {
        capture.tcp(
            NOON + i64::from(target) * MILLISECOND,
            (CLIENT, 50_000),
            ([3, target], 3372),
            0x02,
            1_000,
            b"",
        );
    }
    assert_found(&capture, &[("port-scanned", Notice)]);
}

#[test]
fn what_a_port_promises_has_the_name_that_labels_have_and_the_registered_one_behind_it() {
    let http: &[(bool, &[u8])] = &[
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    for (port, promised) in [(3372, "tip (registered as tip2)"), (3353, "fatpipe"), (2598, "cgp")] {
        let mut capture = Capture::default();
        capture.connection(NOON, (CLIENT, 50_000), (SERVER, port), http);
        let findings = examine(&capture, 0).findings;
        let titles: Vec<&str> = findings.iter().map(|finding| finding.title.as_ref()).collect();
        let expected = format!("http on port {port}/tcp, where {promised} is expected");
        assert!(titles.contains(&expected.as_str()), "{titles:?}");
    }
}
