//! Any bytes in any order of speaking, with gaps and cuts, to every follower: heard to the end, concluded, reported.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use std::sync::LazyLock;
use wiretell::attributes::{Attributes, MAX_ATTRIBUTES};
use wiretell::follow::{Heard, MAX_ANNOUNCEMENTS, Told};
use wiretell::inspect::{Inspector, Opening, Said, Side};
use wiretell::key::{Endpoint, Transport};
use wiretell::packet::Timestamp;
use wiretell::protocols::INSPECTORS;

/// Those that follow.
static FOLLOWING: LazyLock<Vec<&'static Inspector>> =
    LazyLock::new(|| INSPECTORS.iter().filter(|inspector| inspector.follow.is_some()).collect());

fuzz_target!(|data: &[u8]| {
    let Some(([kind, port_high, port_low], mut rest)) = data.split_first_chunk() else { return };
    let inspector = FOLLOWING[usize::from(*kind) % FOLLOWING.len()];
    let transports = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    let carried = |transport: &&Transport| inspector.carriers.contains(**transport);
    let transport = *transports.iter().find(carried).expect("somebody carries it");
    let ends = [(1, 50_000), (2, u16::from_be_bytes([*port_high, *port_low]))]
        .map(|(last, port)| Endpoint { address: IpAddr::from([10, 0, 0, last]), port });
    let opening = Opening {
        transport,
        initiator: Said::default(),
        responder: Said::default(),
        endpoints: ends,
        responder_listens: true,
        from_start: true,
    };
    let mut follower = inspector.follow.expect("it follows")(&opening);
    let (mut told, mut time, mut frame) = (Told::default(), 0_i64, 0);
    // Direction, gap and pause; length; then the bytes.
    while let Some(([head, length], after)) = rest.split_first_chunk() {
        let (bytes, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        time += 1_i64 << (head >> 3);
        frame += 1;
        let is_tcp = transport == Transport::Tcp;
        let cut = u32::from(!is_tcp && head & 4 != 0);
        let heard = Heard {
            side: if head & 1 == 0 { Side::Initiator } else { Side::Responder },
            bytes,
            wire_len: u32::try_from(bytes.len()).unwrap_or(0) + cut,
            time: Timestamp(time),
            frame,
            gap: is_tcp && head & 2 != 0,
            fragmented: !is_tcp && head & 2 != 0,
        };
        follower.hear(&heard, &mut told);
        assert!(told.drain().count() <= MAX_ANNOUNCEMENTS);
        if follower.is_done() {
            break;
        }
    }
    let mut attributes = Attributes::default();
    follower.conclude(&mut attributes);
    assert!(attributes.iter().count() <= MAX_ATTRIBUTES);
    let _ = follower.report();
});
