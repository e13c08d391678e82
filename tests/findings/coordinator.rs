//! MSDTC: two connections, one in each direction, each found through the endpoint mapper.

use super::quality::{evidence, one};
use super::*;
use crate::support::coordinator::{
    COORDINATOR, IDENTITY, MAPPER, OTHER, PORT, bind, bind_ack, mapping, mapping_wanted, pdu, request,
    response, set_up,
};
use wiretell::findings::Severity::Warning;

const A: [u8; 2] = [1, 1];
const B: [u8; 2] = [2, 2];

/// The endpoint mapper is asked for the coordinator, and names its port or knows nothing.
fn mapped(capture: &mut Capture, begin: i64, client: End, server: [u8; 2], known: bool) {
    let said: &[Said<'_>] = &[
        (begin + 10, true, &bind(MAPPER)),
        (begin + 20, false, &bind_ack()),
        (begin + 30, true, &mapping_wanted()),
        (begin + 40, false, &mapping(known)),
    ];
    tcp(capture, begin, client, (server, 135), said, Some(begin + 60));
}

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
    let asked = request(7, &set_up(identity));
    let (bind, ack) = (bind(COORDINATOR), bind_ack());
    let mut said: Vec<Said<'_>> =
        vec![(begin + 10, true, &bind), (begin + 20, false, &ack), (begin + 30, true, &asked)];
    said.extend(answer.map(|answer| (begin + 40, false, answer)));
    tcp(capture, begin, client, (server, PORT), &said, closed);
}

fn answered() -> Vec<u8> {
    response(&[0; 8])
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
    // Known before, and not any more: nothing milder about that.
    let mut gone = Capture::default();
    mapped(&mut gone, 0, (A, 50_000), B, true);
    mapped(&mut gone, 5_000, (A, 50_001), B, false);
    assert_found(&gone, &[("msdtc-not-registered", Warning)]);
    mapped(&mut capture, 10_000, (A, 50_001), B, true);
    session(&mut capture, 10_100, (A, 50_002), B, Some(&answered()), None);
    assert_found(&capture, &[("msdtc-not-registered", Notice)]);
    let said = evidence(&capture, "msdtc-not-registered");
    assert!(
        said.contains(&format!("It named port {PORT} for IXnRemote at 2026-11-20T12:00:10.040Z")),
        "{said}"
    );
    assert!(said.contains("10 s later; 10.0.1.1 bound it at 2026-11-20T12:00:10.110Z"), "{said}");
}

#[test]
fn a_port_that_the_endpoint_mapper_names_and_nobody_reaches_is_told() {
    let mut capture = Capture::default();
    mapped(&mut capture, 0, (A, 50_000), B, true);
    unanswered_syns(&mut capture, 100, (A, 50_001), (B, PORT));
    goes_on(&mut capture, 30);
    assert_found(&capture, &[("msdtc-port-blocked", Warning)]);
    tcp(&mut capture, 12_100, (A, 50_002), (B, PORT), &[], None);
    assert_found(&capture, &[("msdtc-port-blocked", Notice)]);
    let said = evidence(&capture, "msdtc-port-blocked");
    assert!(said.contains("12:00:12.100Z (frame 14) on, 12 s after the first try"), "{said}");
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
        let told = one(&capture, "msdtc-callback-blocked");
        let advice = told.advice.join(" ");
        assert!(advice.contains(&format!("Let 10.0.2.2 reach TCP {port} of 10.0.1.1")), "{advice}");
        let is_reached = told.evidence.iter().any(|sentence| sentence.contains("on TCP 135, is reached"));
        assert_eq!(is_reached, port == PORT, "{told:?}");
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

#[test]
fn a_port_that_is_tried_again_is_told_once_with_the_answer_that_named_it() {
    let mut capture = Capture::default();
    for (try_, begin) in [0_i64, 20_000, 40_000].into_iter().enumerate() {
        mapped(&mut capture, begin, (A, 50_000 + 2 * try_ as u16), B, true);
        unanswered_syns(&mut capture, begin + 100, (A, 50_001 + 2 * try_ as u16), (B, PORT));
    }
    goes_on(&mut capture, 90);
    let finding = one(&capture, "msdtc-port-blocked");
    let said = finding.evidence.join(" ");
    assert!(said.contains("3 flows of 1 client") && said.contains("20 s apart"), "{said}");
    assert!(finding.filter.contains("tcp.port == 135"), "{}", finding.filter);
    let mut second = Capture::default();
    mapped(&mut second, 0, (A, 50_000), B, true);
    mapped(&mut second, 20_000, (A, 50_002), B, true);
    unanswered_syns(&mut second, 20_100, (A, 50_003), (B, PORT));
    goes_on(&mut second, 60);
    let said = one(&second, "msdtc-port-blocked").evidence.join(" ");
    assert!(said.contains("for IXnRemote at 2026-11-20T12:00:20"), "{said}");
}

#[test]
fn a_connection_that_icmp_refuses_is_told_with_the_error_and_who_sent_it() {
    let mut capture = Capture::default();
    mapped(&mut capture, 0, (A, 50_000), B, true);
    let (client, server) = ((A, 50_001), (B, PORT));
    unanswered_syns(&mut capture, 100, client, server);
    let mut quoted = client.1.to_be_bytes().to_vec();
    quoted.extend(server.1.to_be_bytes());
    quoted.extend([0, 0, 0, 1]);
    capture.icmp_quote(NOON + 101 * MILLISECOND, [9, 9], (3, 13), (client, server, 6), &quoted);
    goes_on(&mut capture, 30);
    let finding = one(&capture, "msdtc-port-blocked");
    let said = finding.evidence.join(" ");
    assert!(finding.title.ends_with("ICMP says \"administratively prohibited\""), "{}", finding.title);
    assert!(said.contains("nothing back but ICMP errors"), "{said}");
    assert!(said.contains("10.0.9.9 said \"administratively prohibited\" by ICMP"), "{said}");
    assert!(finding.advice[0].starts_with("On 10.0.9.9: the rule that rejects TCP"), "{:?}", finding.advice);
}
