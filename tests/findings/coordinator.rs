//! MSDTC: two connections, one in each direction, each found through the endpoint mapper.

use super::*;
use wiretell::findings::Severity::Warning;

const A: [u8; 2] = [1, 1];
const B: [u8; 2] = [2, 2];
/// Where the coordinator listens, as the endpoint mapper says.
const PORT: u16 = 0xc003;

/// A PDU of DCE/RPC with this type, call and body.
fn pdu(kind: u8, call: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    bytes.extend((16 + body.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(call.to_le_bytes());
    bytes.extend(body);
    bytes
}

const SYNTAX: &[u8] = b"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";
const COORDINATOR: &[u8] = b"\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\0\0";
const MAPPER: &[u8] = b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0";

fn bind(interface: &[u8]) -> Vec<u8> {
    let head = b"\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\0\0\x01\0";
    pdu(11, 1, &[head, interface, SYNTAX].concat())
}

fn bind_ack() -> Vec<u8> {
    let body = b"\xd0\x16\xd0\x16\x01\0\0\0\x04\x00135\0\0\0\x01\0\0\0\0\0\0\0";
    pdu(12, 1, &[body.as_slice(), SYNTAX].concat())
}

fn request(call: u32, operation: u8, arguments: &[u8]) -> Vec<u8> {
    pdu(0, call, &[&[0, 0, 0, 0, 0, 0, operation, 0], arguments].concat())
}

fn response(call: u32, results: &[u8]) -> Vec<u8> {
    pdu(2, call, &[&[0; 8], results].concat())
}

/// The endpoint mapper is asked for the coordinator, and names its port or knows nothing.
fn mapped(capture: &mut Capture, begin: i64, client: End, server: [u8; 2], known: bool) {
    let asked =
        [b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".as_slice(), &COORDINATOR[..16], b"\x01\0\x02\0\0\0"].concat();
    let results = if known {
        let mut stub = b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".to_vec();
        stub.extend(&COORDINATOR[..16]);
        stub.extend(b"\x01\0\x02\0\0\0\x13\0\x0d");
        stub.extend(&SYNTAX[..16]);
        stub.extend(
            b"\x02\0\x02\0\0\0\x01\0\x0b\x02\0\0\0\x01\0\x07\x02\0\xc0\x03\x01\0\x09\x04\0\x0a\0\0\x02",
        );
        stub
    } else {
        // No entries, and EPT_S_NOT_REGISTERED.
        [[0; 28].as_slice(), &0x16c9_a0d6_u32.to_le_bytes()].concat()
    };
    let said: &[Said<'_>] = &[
        (begin + 10, true, &bind(MAPPER)),
        (begin + 20, false, &bind_ack()),
        (begin + 30, true, &request(2, 3, &asked)),
        (begin + 40, false, &response(2, &results)),
    ];
    tcp(capture, begin, client, (server, 135), said, Some(begin + 60));
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    for number in [text.len() as u32 + 1, 0, text.len() as u32 + 1] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(text.bytes().chain([0]).flat_map(|byte| [byte, 0]));
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// The arguments of BuildContextW: who is wanted, the caller's host and who the caller is.
fn set_up(host: &str, identity: &str) -> Vec<u8> {
    let mut bytes = [1, 0, 0, 0].repeat(7);
    for said in ["00112233-4455-6677-8899-aabbccddeeff", host, identity] {
        text(&mut bytes, said);
    }
    bytes
}

const IDENTITY: &str = "ffeeddcc-bbaa-9988-7766-554433221100";

const OTHER: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A connection to the coordinator that sets a session up; the answer comes if `answered`.
fn session(
    capture: &mut Capture,
    begin: i64,
    client: End,
    server: [u8; 2],
    answer: Option<&[u8]>,
    closed: Option<i64>,
) {
    let identity = if client.0 == B { OTHER } else { IDENTITY };
    let asked = request(2, 7, &set_up("NODE7", identity));
    let (bind, ack) = (bind(COORDINATOR), bind_ack());
    let mut said: Vec<Said<'_>> =
        vec![(begin + 10, true, &bind), (begin + 20, false, &ack), (begin + 30, true, &asked)];
    said.extend(answer.map(|answer| (begin + 40, false, answer)));
    tcp(capture, begin, client, (server, PORT), &said, closed);
}

fn answered() -> Vec<u8> {
    response(2, &[0; 8])
}

#[test]
fn sessions_in_both_directions_give_nothing_above_info() {
    let mut capture = Capture::default();
    mapped(&mut capture, 0, (A, 50_000), B, true);
    session(&mut capture, 100, (A, 50_001), B, Some(&answered()), None);
    mapped(&mut capture, 200, (B, 50_000), A, true);
    session(&mut capture, 300, (B, 50_001), A, Some(&answered()), None);
    goes_on(&mut capture, 30);
    assert_found(&capture, &[]);
}

#[test]
fn a_coordinator_that_the_endpoint_mapper_does_not_know_is_told() {
    let mut capture = Capture::default();
    mapped(&mut capture, 0, (A, 50_000), B, false);
    assert_found(&capture, &[("msdtc-not-registered", Warning)]);
}

#[test]
fn a_port_that_the_endpoint_mapper_names_and_nobody_reaches_is_told() {
    let mut capture = Capture::default();
    mapped(&mut capture, 0, (A, 50_000), B, true);
    unanswered_syns(&mut capture, 100, (A, 50_001), (B, PORT));
    goes_on(&mut capture, 30);
    assert_found(&capture, &[("msdtc-port-blocked", Warning)]);
    let mut unrelated = Capture::default();
    mapped(&mut unrelated, 0, (A, 50_000), B, true);
    unanswered_syns(&mut unrelated, 100, (A, 50_001), (B, PORT + 1));
    goes_on(&mut unrelated, 30);
    assert_found(&unrelated, &[]);
}

#[test]
fn a_callback_that_gets_nowhere_is_told() {
    for port in [135, PORT] {
        let mut capture = Capture::default();
        session(&mut capture, 100, (A, 50_001), B, Some(&answered()), None);
        if port == PORT {
            mapped(&mut capture, 200, (B, 50_000), A, true);
        }
        unanswered_syns(&mut capture, 1_000, (B, 50_001), (A, port));
        goes_on(&mut capture, 40);
        assert_found(&capture, &[("msdtc-callback-blocked", Warning)]);
    }
    let mut other = Capture::default();
    session(&mut other, 100, (A, 50_001), B, Some(&answered()), None);
    unanswered_syns(&mut other, 1_000, (B, 50_001), (A, 445));
    goes_on(&mut other, 40);
    assert_found(&other, &[]);
}

#[test]
fn a_caller_that_is_refused_is_told() {
    let mut capture = Capture::default();
    let fault = pdu(3, 2, &[&[0; 8][..], &5_u32.to_le_bytes(), &[0; 4]].concat());
    session(&mut capture, 100, (A, 50_001), B, Some(&fault), None);
    assert_found(&capture, &[("msdtc-access-denied", Warning)]);
    let mut capture = Capture::default();
    let fault = pdu(3, 2, &[&[0; 8][..], &0x1c01_0003_u32.to_le_bytes(), &[0; 4]].concat());
    session(&mut capture, 100, (A, 50_001), B, Some(&fault), None);
    assert_found(&capture, &[]);
}

#[test]
fn two_hosts_with_one_identity_are_told_and_one_host_twice_is_not() {
    let mut capture = Capture::default();
    session(&mut capture, 100, (A, 50_001), B, Some(&answered()), None);
    session(&mut capture, 900, ([1, 9], 50_001), B, Some(&answered()), None);
    assert_found(&capture, &[("msdtc-duplicate-identity", Warning)]);
    let mut same = Capture::default();
    session(&mut same, 100, (A, 50_001), B, Some(&answered()), Some(200));
    session(&mut same, 900, (A, 50_002), B, Some(&answered()), None);
    assert_found(&same, &[]);
}

#[test]
fn a_name_that_the_called_host_cannot_find_is_told() {
    let lookup = |capture: &mut Capture, name: &str| {
        let mut answer = support::dns(9, name, true);
        answer[3] = 0x83;
        capture.udp(NOON + 2 * SECOND, (B, 40_000), ([8, 8], 53), &support::dns(9, name, false));
        capture.udp(NOON + 2 * SECOND + MILLISECOND, ([8, 8], 53), (B, 40_000), &answer);
    };
    let mut capture = Capture::default();
    session(&mut capture, 100, (A, 50_001), B, Some(&answered()), None);
    lookup(&mut capture, "node7.corp.example");
    goes_on(&mut capture, 30);
    assert_found(&capture, &[("msdtc-name-unresolved", Warning)]);
    let mut other = Capture::default();
    session(&mut other, 100, (A, 50_001), B, Some(&answered()), None);
    lookup(&mut other, "wpad.corp.example");
    goes_on(&mut other, 30);
    assert_found(&other, &[]);
    let mut found = Capture::default();
    session(&mut found, 100, (A, 50_001), B, Some(&answered()), None);
    lookup(&mut found, "node7.corp.example");
    mapped(&mut found, 3_000, (B, 50_000), A, true);
    goes_on(&mut found, 30);
    assert!(lacks(&found, "msdtc-name-unresolved"), "it came back all the same");
}

#[test]
fn a_set_up_that_is_given_up_after_a_while_is_told() {
    let mut capture = Capture::default();
    session(&mut capture, 100, (A, 50_001), B, None, Some(6_200));
    assert_found(&capture, &[("msdtc-setup-timeout", Warning)]);
    let mut at_once = Capture::default();
    session(&mut at_once, 100, (A, 50_001), B, None, Some(300));
    assert_found(&at_once, &[]);
    let mut answered_late = Capture::default();
    session(&mut answered_late, 100, (A, 50_001), B, Some(&answered()), Some(6_200));
    assert_found(&answered_late, &[]);
}
