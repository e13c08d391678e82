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
