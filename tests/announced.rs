//! What is said of flows that another flow named: the name holds for a file of any form, and not against their bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use support::{Capture, End, SECOND};
use wiretell::inspect::Confidence;
use wiretell::summary::Summary;

const CLIENT: [u8; 2] = [1, 1];
const SERVER: [u8; 2] = [1, 2];
/// 50000, which the server names as 195,80.
const DATA: End = (SERVER, 50_000);

/// A session of FTP that names a port, and what is said on it.
fn transferred(said: &[(bool, &[u8])]) -> Summary {
    let mut capture = Capture::default();
    let control: &[(bool, &[u8])] = &[
        (false, b"220 ready\r\n"),
        (true, b"USER a\r\n"),
        (false, b"331 password\r\n"),
        (true, b"PASS b\r\n"),
        (false, b"230 in\r\n"),
        (true, b"PASV\r\n"),
        (false, b"227 Entering Passive Mode (10,0,1,2,195,80)\r\n"),
        (true, b"RETR it\r\n"),
        (false, b"150 here it comes\r\n"),
    ];
    capture.connection(0, (CLIENT, 40_000), (SERVER, 21), control);
    capture.connection(10 * SECOND, (CLIENT, 40_001), DATA, said);
    let flows = capture.flows();
    flows.into_iter().find(|flow| flow.endpoints.iter().any(|end| end.port == DATA.1)).unwrap()
}

#[test]
fn a_file_is_not_named_by_what_is_in_it() {
    let files: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
        b"RFB 003.008\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"nothing of note",
    ];
    for file in files {
        let flow = transferred(&[(false, file)]);
        assert_eq!((flow.app, flow.confidence), (Some("ftp-data"), Some(Confidence::Behaviour)), "{file:?}");
        assert!(flow.attributes.is_empty(), "{:?}", flow.attributes);
        assert!(flow.why.iter().any(|reason| reason.rule == "announced"));
    }
}

#[test]
fn two_sides_that_talk_are_no_file() {
    let said: &[(bool, &[u8])] = &[(true, b"SSH-2.0-a\r\n"), (false, b"SSH-2.0-b\r\n")];
    assert_eq!(transferred(said).app, Some("ssh"));
}

/// A call that asks the port mapper for a program's port over TCP (RFC 1833 section 3), and its answer.
fn mapped(port: u16) -> [Vec<u8>; 2] {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let record = |body: Vec<u8>| {
        let len = u32::try_from(body.len()).unwrap() | 0x8000_0000;
        [len.to_be_bytes().to_vec(), body].concat()
    };
    let call = words(&[7, 0, 2, 100_000, 2, 3, 0, 0, 0, 0, 100_003, 3, 6, 0]);
    let answer = words(&[7, 1, 0, 0, 0, 0, port.into()]);
    [record(call), record(answer)]
}

#[test]
fn bytes_that_are_not_what_was_named_are_not_called_so() {
    let [call, answer] = mapped(DATA.1);
    let named = |said: &[u8]| {
        let mut capture = Capture::default();
        capture.connection(0, (CLIENT, 40_000), (SERVER, 111), &[(true, &call), (false, &answer)]);
        capture.connection(10 * SECOND, (CLIENT, 40_001), DATA, &[(true, said)]);
        let flows = capture.flows();
        flows.into_iter().find(|flow| flow.endpoints.iter().any(|end| end.port == DATA.1)).unwrap()
    };
    let other = named(b"hello, this is no call at all, whatever");
    assert_eq!(other.app, None);
    let reason = other.why.iter().find(|reason| reason.rule == "announced").unwrap();
    assert!(reason.detail.ends_with("for nfs, but its bytes are not that"), "{}", &*reason.detail);
    // The same connection, used for what was said.
    assert!(named(&call).app.is_some());
}
