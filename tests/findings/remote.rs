//! RDP over UDP beside RDP over TCP.

use super::gateway::main_channel;
use super::gateway::{CLIENT, SERVER};
use super::*;
use wiretell::findings::Severity::Warning;

fn syn(lossy: bool) -> Vec<u8> {
    let mut bytes =
        vec![0xff, 0xff, 0xff, 0xff, 0, 0x40, if lossy { 0x02 } else { 0 }, 1, 1, 2, 3, 4, 4, 0xd0, 4, 0xd0];
    bytes.resize(1232, 0);
    bytes
}

fn rdp(capture: &mut Capture) {
    let (client, server) = ((CLIENT, 50_389), (SERVER, 3389));
    let request = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
    let confirm = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00";
    let (mut ours, mut theirs) = (1_001_u32, 9_001_u32);
    capture.tcp(NOON, client, server, 0x02, 1_000, b"");
    capture.tcp(NOON + MILLISECOND, server, client, 0x12, 9_000, b"");
    capture.tcp(NOON + 2 * MILLISECOND, client, server, 0x10, 1_001, b"");
    for i in 1..31 {
        let at = NOON + i * SECOND;
        let (said, answer): (&[u8], &[u8]) =
            if i == 1 { (request, confirm) } else { (b"\x17\x03\x03\0\x02ab", b"\x17\x03\x03\0\x02ab") };
        capture.tcp(at, client, server, 0x18, ours, said);
        capture.tcp(at + MILLISECOND, server, client, 0x18, theirs, answer);
        ours += said.len() as u32;
        theirs += answer.len() as u32;
    }
}

#[test]
fn an_unanswered_syn_beside_a_session_is_told() {
    let mut capture = Capture::default();
    rdp(&mut capture);
    for after in [2, 3, 6] {
        capture.udp(NOON + after * SECOND, (CLIENT, 50_001), (SERVER, 3389), &syn(false));
    }
    assert_found(&capture, &[("rdp-udp-unanswered", Warning)]);
}

#[test]
fn a_session_without_udp_gives_nothing_above_info() {
    let mut capture = Capture::default();
    rdp(&mut capture);
    main_channel(&mut capture);
    assert_found(&capture, &[]);
}
