//! Ports and what is behind them.

use super::gateway::{CLIENT, SERVER};
use super::quality::{evidence, one};
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
    let filter = one(&capture, "port-guarded-protocol-elsewhere").filter;
    assert_eq!(filter, "ip.addr == 10.0.2.2 && tcp.port == 8443");
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

#[test]
fn a_scan_tells_refusals_from_silence() {
    let mut capture = Capture::default();
    for target in 0..12_u8 {
        let at = NOON + i64::from(target) * MILLISECOND;
        capture.tcp(at, (CLIENT, 50_000), ([3, target], 3372), 0x02, 1_000, b"");
        if target < 7 {
            capture.tcp(at + 200_000, ([3, target], 3372), (CLIENT, 50_000), 0x14, 0, b"");
        }
    }
    let said = evidence(&capture, "port-scanned");
    assert!(said.contains("12 hosts: 5 without answer, 7 refused and 0 answered"), "{said}");
}

#[test]
fn http_on_ports_that_are_nobodys_is_told_once() {
    let http: &[(bool, &[u8])] = &[
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    let mut capture = Capture::default();
    for (place, port) in [8099, 28_099].into_iter().enumerate() {
        capture.connection(NOON, (CLIENT, 50_000 + place as u16), (SERVER, port), http);
    }
    let finding = one(&capture, "port-mobile-protocol");
    let said = finding.evidence.join(" ");
    assert!(said.contains("2 flows to 2 listening ends") && said.contains("10.0.2.2:28099"), "{said}");
    assert_eq!(finding.severity, Info);
    let mut usual = Capture::default();
    usual.connection(NOON, (CLIENT, 50_000), (SERVER, 80), http);
    assert!(lacks(&usual, "port-mobile-protocol"));
}

#[test]
fn ssh_on_a_port_that_only_custom_gives_it_is_good_to_know_and_on_its_own_it_is_not() {
    let hello: &[(bool, &[u8])] = &[(false, b"SSH-2.0-OpenSSH_9.2\r\n"), (true, b"SSH-2.0-OpenSSH_9.1\r\n")];
    let mut capture = Capture::default();
    capture.connection(NOON, (CLIENT, 50_000), (SERVER, 22), hello);
    assert!(lacks(&capture, "port-mobile-protocol"));
    capture.connection(NOON + SECOND, (CLIENT, 50_001), (SERVER, 2222), hello);
    let said = one(&capture, "port-mobile-protocol").evidence.join(" ");
    assert!(said.contains("1 flow to 1 listening end") && said.contains("10.0.2.2:2222"), "{said}");
}

#[test]
fn flows_whose_bytes_say_nothing_break_no_expectation_and_one_end_is_one_finding() {
    use wiretell::findings::expected::{Expectation, Expectations};
    let mut capture = Capture::default();
    capture.connection(
        NOON,
        (CLIENT, 50_000),
        (SERVER, 22),
        &[(true, b"\x01\x02\x03\x04"), (false, b"\x05\x06\x07\x08")],
    );
    let http: &[(bool, &[u8])] = &[
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    for (second, client) in [(1, 50_001), (2, 50_002), (3, 50_003)] {
        capture.connection(NOON + second * SECOND, (CLIENT, client), (SERVER, 8080), http);
    }
    let entry = |port: &str, protocol| Expectation {
        line: 7,
        ports: vec![port.parse().unwrap()],
        protocols: vec![protocol],
        note: Some("the shop".to_owned()),
        ..Expectation::default()
    };
    let expected = Expectations { entries: vec![entry("22", "netft"), entry("8080", "ssh")] };
    let examined = examine_expecting(&capture, 0, expected.clone());
    let broken: Vec<_> =
        examined.findings.iter().filter(|finding| finding.diagnosis.id == "expectation-broken").collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
    let finding = broken[0];
    assert_eq!((finding.severity, finding.flows.len()), (Severity::Warning, 3));
    assert!(finding.evidence[0].contains("line 7") && finding.evidence[0].contains("(the shop)"));
    assert!(finding.evidence.iter().any(|sentence| sentence.contains("3 flows of 1 host")), "{finding:?}");
    assert!(finding.filter.contains("tcp.port == 8080"));
    let threaded = examine_expecting(&capture, 3, expected);
    assert_eq!(format!("{:?}", examined.findings), format!("{:?}", threaded.findings));
}
