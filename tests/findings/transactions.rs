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
    let dropped = tip(&[IDENTIFY], 50_000);
    assert_found(&dropped, &[("tip-dropped", Warning)]);
    let said = evidence(&dropped, "tip-dropped");
    assert!(
        said.contains(
            "10.0.2.2:3372 closed the connection without a line: it was over 2 ms after the IDENTIFY"
        ),
        "{said}"
    );
}
