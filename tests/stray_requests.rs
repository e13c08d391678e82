//! A client that speaks something else than the server: what listens is what answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use support::{Capture, End, SECOND};
use wiretell::inspect::{Confidence, Side};
use wiretell::summary::Summary;

const CLIENT: End = ([1, 1], 40_000);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

fn flow(port: u16, said: &[(bool, &[u8])]) -> Summary {
    let mut capture = Capture::default();
    capture.connection(SECOND, CLIENT, ([1, 2], port), said);
    capture.flows().remove(0)
}

/// Servers that speak first, each with its greeting.
const GREETINGS: &[(&str, &[u8])] = &[
    ("ssh", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ("smtp", b"220 mail.example ESMTP Postfix\r\n"),
    ("ftp", b"220 (vsFTPd 3.0.5)\r\n"),
    ("imap", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
    ("vnc", b"RFB 003.008\n"),
];

#[test]
fn a_greeting_names_the_flow_whichever_side_came_first() {
    for &(name, greeting) in GREETINGS {
        let port = wiretell::protocols::INSPECTORS.iter().find(|by| by.name == name).unwrap().ports[0];
        for said in [[(true, REQUEST), (false, greeting)], [(false, greeting), (true, REQUEST)]] {
            let flow = flow(port, &said);
            assert_eq!(flow.app, Some(name), "{:?}", flow.why);
            assert_eq!(flow.why[0].side, Some(Side::Responder), "{:?}", flow.why);
        }
    }
}

#[test]
fn a_greeting_that_nothing_else_begins_with_names_the_flow_on_any_port() {
    let flow = flow(80, &[(true, REQUEST), (false, b"SSH-2.0-OpenSSH_9.6\r\nbye\r\n")]);
    assert_eq!(flow.app, Some("ssh"));
    let words = flow.attributes.value("ssh.server").map(ToString::to_string);
    assert_eq!(words.as_deref(), Some("2.0-OpenSSH_9.6"));
}

#[test]
fn a_refusal_in_words_that_many_have_is_no_dialogue_of_redis() {
    let vague = flow(6379, &[(true, REQUEST), (false, b"-ERR unknown\r\n")]);
    assert_ne!((vague.app, vague.confidence.map(Confidence::name)), (Some("redis"), Some("dialogue")));
    let telling =
        flow(6379, &[(true, REQUEST), (false, b"-ERR wrong number of arguments for 'get' command\r\n")]);
    assert_eq!((telling.app, telling.confidence.map(Confidence::name)), (Some("redis"), Some("signature")));
}

#[test]
fn answers_of_the_protocol_that_was_asked_for_stay_its_own() {
    let flow = flow(22, &[(true, REQUEST), (false, b"HTTP/1.1 400 Bad Request\r\n\r\nSSH-2.0-x\r\n")]);
    assert_eq!(flow.app, Some("http"));
}
