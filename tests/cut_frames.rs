//! What is still said where the capture cut every frame: the right name or none, and never another protocol's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use support::{Capture, SECOND, dns};
use wiretell::inspect::Confidence;

/// The label of the only flow, and how sure it is.
fn said(capture: &Capture) -> (Option<&'static str>, Option<Confidence>) {
    let flow = capture.only_flow();
    (flow.app, flow.confidence)
}

fn exchange(port: u16, request: &[u8], reply: Option<&[u8]>) -> Capture {
    let (client, server) = (([1, 1], if port == 68 { 67 } else { 50_000 }), ([1, 2], port));
    let mut capture = Capture::default();
    capture.udp(SECOND, client, server, request);
    if let Some(reply) = reply {
        capture.udp(2 * SECOND, server, client, reply);
    }
    capture
}

fn dhcp() -> Vec<u8> {
    let mut bytes = vec![1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef];
    bytes.resize(28, 0);
    bytes.extend([2, 0, 0, 0, 0, 1]);
    bytes.resize(236, 0);
    bytes.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]);
    bytes.resize(300, 0);
    bytes
}

fn ntp() -> Vec<u8> {
    let mut bytes = vec![0x23, 0, 6, 0xec];
    bytes.resize(40, 0);
    bytes.extend([0xe8, 1, 2, 3, 4, 5, 6, 7]);
    bytes
}

#[test]
fn datagrams_are_known_by_what_the_cut_left_of_them() {
    let (query, answer) =
        (dns(7, "a-long-name.host.example", false), dns(7, "a-long-name.host.example", true));
    for (port, name, request, reply) in [
        (53, "dns", query.clone(), Some(&answer[..])),
        (53, "dns", query.clone(), None),
        (123, "ntp", ntp(), None),
        (67, "dhcp", dhcp(), None),
    ] {
        for snap_len in [64, 80, 96, 128, 400] {
            let (label, confidence) = said(&exchange(port, &request, reply).cut(snap_len));
            assert_eq!(label, Some(name), "port {port} cut at {snap_len}");
            assert!(confidence >= Some(Confidence::Signature), "{name} cut at {snap_len}: {confidence:?}");
        }
    }
}

#[test]
fn what_is_left_of_an_answer_is_weighed_with_the_question() {
    let (query, answer) =
        (dns(7, "a-long-name.host.example", false), dns(7, "a-long-name.host.example", true));
    let off_port = exchange(49_876, &query, Some(&answer)).cut(64);
    assert_eq!(said(&off_port), (Some("dns"), Some(Confidence::Dialogue)));
    // Another id, or another name: nothing says that they belong together.
    for other in [dns(8, "a-long-name.host.example", true), dns(7, "other.example", true)] {
        assert_eq!(said(&exchange(49_876, &query, Some(&other)).cut(64)).0, None);
    }
}

#[test]
fn a_length_that_does_not_fit_what_was_sent_is_no_message_although_the_capture_cut_it() {
    // A compound of RTCP whose packets are longer than the datagram was.
    let mut bytes = vec![0x81, 0xc9, 0x00, 0x60];
    bytes.resize(100, 0x11);
    assert_eq!(said(&exchange(49_877, &bytes, None).cut(64)).0, None);
}

#[test]
fn a_hello_of_tls_is_known_by_ten_bytes() {
    let mut hello = vec![0x16, 3, 1, 1, 0x2c, 1, 0, 1, 0x28, 3, 3];
    hello.resize(0x131, 0x42);
    let mut capture = Capture::default();
    capture.connection(0, ([1, 1], 50_000), ([1, 2], 443), &[(true, &hello)]);
    assert_eq!(said(&capture.cut(64)), (Some("tls"), Some(Confidence::Signature)));
}

#[test]
fn a_host_that_the_capture_cut_is_told_as_cut_and_one_that_it_did_not_is_told_as_it_is() {
    let request = b"GET / HTTP/1.1\r\nHost: www.a-long-name.example\r\nAccept: */*\r\n\r\n";
    let host = |snap_len| {
        let mut capture = Capture::default();
        capture.connection(0, ([1, 1], 50_000), ([1, 2], 80), &[(true, request)]);
        let flow = capture.cut(snap_len).only_flow();
        flow.attributes.value("http.host").map(ToString::to_string)
    };
    let whole = Some("www.a-long-name.example".to_owned());
    // Ethernet, IP and TCP come to 54 bytes; the host ends behind 45 of the payload, and its line behind 47.
    let told: Vec<_> = [80, 99, 101, 200].map(host).into();
    assert_eq!(
        told,
        [Some("www.…".to_owned()), Some("www.a-long-name.example…".to_owned()), whole.clone(), whole]
    );
}
