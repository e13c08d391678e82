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

/// A connect of H.225.0 that names a port for H.245, and an openLogicalChannelAck that names one for media and one for its
/// control (ITU-T H.225.0 annex H and H.245 annex A, in aligned PER).
const CONNECT: &[u8] =
    b"\x03\0\0\x1d\x08\x02\x80\x01\x07\x7e\0\x11\x05\x22\xc0\x06\0\x08\x91\x4a\0\x03\0\x0a\0\x01\x02\xc3\x50";
const OPENED: &[u8] =
    b"\x03\0\0\x1e\x22\xc0\x00\x3c\x02\x80\x13\x5c\0\0\x0a\0\x01\x02\xc3\x50\0\x0a\0\x01\x02\xc3\x51\x01\x01\x00";

#[test]
fn a_call_names_the_connection_of_its_media_control_and_that_the_media() {
    let mut capture = Capture::default();
    capture.connection(0, (CLIENT, 40_000), (SERVER, 1720), &[(false, CONNECT)]);
    let master: &[u8] = b"\x03\0\0\x0b\x01\0\x32\x80\xa1\xb2\xc3";
    capture.connection(10 * SECOND, (CLIENT, 40_001), DATA, &[(true, master), (false, OPENED)]);
    for (port, second) in [(50_000, 20), (50_001, 21)] {
        capture.udp(second * SECOND, (CLIENT, 6000), (SERVER, port), b"\x80\x08\0\x01");
    }
    let flows = capture.flows();
    let said = |name: &str, port: u16, by: &str, frame: u64| {
        let flow = flows.iter().find(|flow| flow.endpoints[1].port == port && flow.app == Some(name));
        let flow = flow.unwrap_or_else(|| panic!("no {name} on {port}: {flows:?}"));
        let reason = flow.why.iter().find(|reason| reason.rule == "announced").unwrap();
        assert!(reason.detail.starts_with(by), "{}", &*reason.detail);
        assert_eq!(reason.frame, Some(frame));
    };
    said("h323", 50_000, "an H.225.0 connect's h245Address", 4);
    said("rtp", 50_000, "an H.245 openLogicalChannelAck", 11);
    said("rtcp", 50_001, "an H.245 openLogicalChannelAck", 11);
}

#[test]
fn messages_that_do_not_tell_themselves_are_named_by_the_call() {
    let named = |said: &[u8]| {
        let mut capture = Capture::default();
        capture.connection(0, (CLIENT, 40_000), (SERVER, 1720), &[(false, CONNECT)]);
        capture.connection(10 * SECOND, (CLIENT, 40_001), DATA, &[(true, said)]);
        let flows = capture.flows();
        flows.into_iter().find(|flow| flow.endpoints.iter().any(|end| end.port == DATA.1)).unwrap()
    };
    let delay = named(b"\x03\0\0\x07\x09\0\x01");
    assert_eq!((delay.app, delay.confidence), (Some("h323"), Some(Confidence::Behaviour)));
    assert_eq!(named(b"hello, this is no TPKT").app, None);
}
