//! Transactions by TIP.

use super::gateway::{CLIENT, SERVER};
use super::quality::evidence;
use super::*;
use wiretell::findings::Severity::Warning;

fn tip(said: &[(bool, &[u8])], source_port: u16) -> Capture {
    let mut capture = Capture::default();
    capture.connection(NOON, (CLIENT, source_port), (SERVER, 3372), said);
    // The capture goes on.
    capture.udp(NOON + 60 * SECOND, ([7, 7], 40_000), ([8, 8], 53), &support::dns(1, "a.example", false));
    capture
}

const IDENTIFY: (bool, &[u8]) = (true, b"IDENTIFY 3 3 a.example:3372/ b.example:3372/\n");
const IDENTIFIED: (bool, &[u8]) = (false, b"IDENTIFIED 3\n");

#[test]
fn a_settled_transaction_gives_nothing_above_info() {
    let capture = tip(
        &[
            IDENTIFY,
            IDENTIFIED,
            (true, b"PUSH one\n"),
            (false, b"PUSHED two\n"),
            (true, b"PREPARE\n"),
            (false, b"PREPARED\n"),
            (true, b"COMMIT\n"),
            (false, b"COMMITTED\n"),
        ],
        3372,
    );
    assert_found(&capture, &[]);
    assert!(found(&capture, Info).contains(&("tip-in-clear", Info)));
}

#[test]
fn a_prepared_transaction_whose_connection_ends_is_in_doubt() {
    let capture = tip(
        &[
            IDENTIFY,
            IDENTIFIED,
            (true, b"PUSH one\n"),
            (false, b"PUSHED two\n"),
            (true, b"PREPARE\n"),
            (false, b"PREPARED\n"),
        ],
        3372,
    );
    assert_found(&capture, &[("tip-in-doubt", Warning)]);
}

/// A connection that begins after so many milliseconds.
fn says(capture: &mut Capture, begin: i64, said: &[(bool, &[u8])]) {
    let timed: Vec<Said<'_>> = (1..).zip(said).map(|(i, (by, line))| (begin + 5 * i, *by, *line)).collect();
    let closed = Some(begin + 2_000);
    tcp(capture, begin, (CLIENT, 3372), (SERVER, 3372), &timed, closed);
}

const PUSHED: [(bool, &[u8]); 6] = [
    IDENTIFY,
    IDENTIFIED,
    (true, b"PUSH one\n"),
    (false, b"PUSHED two\n"),
    (true, b"PREPARE\n"),
    (false, b"PREPARED\n"),
];

#[test]
fn a_transaction_that_another_connection_settles_is_good_to_know_only() {
    for (id, settled) in [("two", true), ("three", false)] {
        let mut capture = Capture::default();
        says(&mut capture, 0, &PUSHED);
        let again = format!("RECONNECT {id}\n");
        let taken_up: [(bool, &[u8]); 6] = [
            IDENTIFY,
            IDENTIFIED,
            (true, again.as_bytes()),
            (false, b"RECONNECTED\n"),
            (true, b"COMMIT\n"),
            (false, b"COMMITTED\n"),
        ];
        says(&mut capture, 20_000, &taken_up);
        goes_on(&mut capture, 60);
        assert!(
            has(&capture, "tip-in-doubt", if settled { Info } else { Warning }),
            "{:?}",
            found(&capture, Info)
        );
        let said = evidence(&capture, "tip-in-doubt");
        assert!(said.contains("The transaction is one, of the other one two."), "{said}");
        assert_eq!(said.contains("COMMITTED came at 2026-11-20T12:00:20.030Z"), settled, "{said}");
        let clear = found(&capture, Info).into_iter().filter(|(id, _)| *id == "tip-in-clear").count();
        assert_eq!(clear, 1, "of two connections");
    }
}

#[test]
fn a_decision_that_nobody_answers_leaves_the_transaction_in_doubt() {
    let mut said = PUSHED.to_vec();
    said.push((true, b"COMMIT\n"));
    let mut capture = Capture::default();
    let timed: Vec<Said<'_>> = (1..).zip(&said).map(|(i, (by, line))| (5 * i, *by, *line)).collect();
    tcp(&mut capture, 0, (CLIENT, 3372), (SERVER, 3372), &timed, None);
    let mut short = capture.clone();
    goes_on(&mut short, 5);
    assert!(lacks(&short, "tip-in-doubt"));
    goes_on(&mut capture, 40);
    assert_found(&capture, &[("tip-in-doubt", Warning)]);
    let said = evidence(&capture, "tip-in-doubt");
    assert!(said.contains("COMMIT was sent at 2026-11-20T12:00:00.035Z"), "{said}");
}

#[test]
fn versions_that_do_not_meet_refusals_and_dropped_source_ports_are_told() {
    let version =
        tip(&[(true, b"IDENTIFY 4 5 a.example:3372/ b.example:3372/\n"), (false, b"ERROR\n")], 3372);
    assert_found(&version, &[("tip-version-mismatch", Warning)]);
    let said = evidence(&version, "tip-version-mismatch");
    assert!(said.contains("(frame 4) and got ERROR at") && said.ends_with("(frame 5)."), "{said}");
    let refused = tip(&[IDENTIFY, IDENTIFIED, (true, b"PULL one two\n"), (false, b"NOTPULLED\n")], 3372);
    assert_found(&refused, &[("tip-transactions-refused", Notice)]);
    assert_found(&tip(&[IDENTIFY], 50_000), &[]);
    let mut dropped = Capture::default();
    let (client, server) = ((CLIENT, 50_000), (SERVER, 3372));
    tcp(&mut dropped, 0, client, server, &[(3, true, IDENTIFY.1)], None);
    dropped.tcp(NOON + 5 * MILLISECOND, server, client, 0x11, 9_001, b"");
    dropped.tcp(NOON + 6 * MILLISECOND, client, server, 0x11, 1_001 + IDENTIFY.1.len() as u32, b"");
    goes_on(&mut dropped, 60);
    assert_found(&dropped, &[("tip-dropped", Warning)]);
    let said = evidence(&dropped, "tip-dropped");
    assert!(
        said.starts_with("10.0.1.1:50000 sent IDENTIFY at 2026-11-20T12:00:00.003Z (frame 4); "),
        "{said}"
    );
    assert!(
        said.ends_with(
            "closed the connection without a line 2 ms later, at 2026-11-20T12:00:00.005Z (frame 5)."
        ),
        "{said}"
    );
}
