//! RDP over UDP: MS-RDPEUDP (versions 1 and 2) and MS-RDPEUDP2 (after a version 3 handshake).
//!
//! A client that has an RDP session over TCP opens one or two UDP flows to the same port. Both begin with
//! a datagram that is padded with zeros to exactly 1232 bytes and answered by one of the same size;
//! numbers are big-endian:
//!
//! ```text
//!  0 snSourceAck (4)   FFFFFFFF in a SYN, the SYN's number in a SYN+ACK   4 uReceiveWindowSize (2)
//!  6 uFlags (2)        8 initial sequence number (4)  12 upstream MTU (2)  14 downstream MTU (2)
//! 16 correlation id (16) and 16 zeros, if uFlags has 0800
//!    uSynExFlags (2), version (2), cookie hash (32, often zeros), if uFlags has 1000; zeros to the end
//! ```
//!
//! Data of versions 1 and 2: the first 8 bytes as above, a vector of acknowledgements (count, elements,
//! padding of any value to 4 bytes), 4 bytes more if uFlags has 0100, then two numbers of 4 bytes that are
//! equal unless the data was sent again, and TLS or DTLS. Version 3 has another layout altogether
//! (MS-RDPEUDP2 section 2.2), little-endian, with bytes 0 and 7 exchanged on the wire.

mod watch;
mod wire;

use crate::byteset::ByteSet;
use crate::formats::guid;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;
use wire::{Data, Syn};

/// RDP-UDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rdp-udp",
    title: "Remote Desktop Protocol: UDP transport",
    specification: "MS-RDPEUDP section 2.2, MS-RDPEUDP2 section 2.2",
    carriers: Carriers::UDP,
    ports: &[3389],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(8, &[(7, wire::LOW_FLAGS)]),
    inspect,
    describe: Some(describe),
    follow: Some(watch::follow),
    attributes: &[
        ("rdp-udp.mode", "reliable or lossy, as the client asked (or as TLS or DTLS inside shows)"),
        ("rdp-udp.correlation_id", "the session's id, as RDP over TCP and RD Gateway send it too"),
        ("rdp-udp.offered", "version that the client offered: 1, 2 or 3"),
        ("rdp-udp.version", "version that was agreed: 1, 2 or 3"),
        ("rdp-udp.up_mtu", "the client's proposed upstream MTU, in bytes"),
        ("rdp-udp.down_mtu", "the client's proposed downstream MTU, in bytes"),
        ("rdp-udp.syns", "SYN datagrams of the client"),
        ("rdp-udp.synacks", "SYN+ACK datagrams of the server"),
        ("rdp-udp.data_fwd", "data packets of the initiator"),
        ("rdp-udp.data_rev", "data packets of the responder"),
        ("rdp-udp.resent_fwd", "data that the initiator sent again"),
        ("rdp-udp.resent_rev", "data that the responder sent again"),
        ("rdp-udp.reported_lost_fwd", "acknowledgements of the initiator that report a missing datagram"),
        ("rdp-udp.reported_lost_rev", "acknowledgements of the responder that report a missing datagram"),
        ("rdp-udp.congestion_fwd", "packets of the initiator that report congestion"),
        ("rdp-udp.congestion_rev", "packets of the responder that report congestion"),
    ],
    headline: &["rdp-udp.version", "rdp-udp.mode"],
    confused_with: "games whose connectionless packets begin with FFFFFFFF: theirs are text and not 1232 bytes \
                    of zeros with two sizes of 1132 to 1232 in them",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let syn = first_syn(opening.initiator);
    let answer = first_syn(opening.responder);
    match (syn, answer) {
        (Some(syn), Some(answer)) if !syn.is_answer() && answer.is_answer() => {
            return if answer.acknowledged == syn.initial {
                Ok(Evidence::dialogue("syn-synack: a SYN and the SYN+ACK for its number (MS-RDPEUDP 2.2.2.1)"))
            } else {
                Ok(Evidence::message("syn: a SYN of 1232 bytes (MS-RDPEUDP 3.1.5.1.1)"))
            };
        }
        (Some(syn), _) if !syn.is_answer() => {
            let rule = "syn: a SYN of 1232 bytes (MS-RDPEUDP 3.1.5.1.1)";
            let confidence = if syn.whole { Confidence::Message } else { Confidence::Signature };
            return Ok(Evidence::new(confidence, rule));
        }
        (_, Some(answer)) if answer.is_answer() => {
            let rule = "synack: a SYN+ACK of 1232 bytes (MS-RDPEUDP 3.1.5.1.3)";
            let confidence = if answer.whole { Confidence::Message } else { Confidence::Signature };
            return Ok(Evidence::new(confidence, rule).from(Side::Responder));
        }
        _ => {}
    }
    midway(opening)
}

fn first_syn(said: Said<'_>) -> Option<Syn> {
    said.datagrams().find_map(|datagram| wire::syn(&datagram).ok())
}

/// Fewest data packets of versions 1 and 2 without their handshake. Each has two equal 32-bit numbers, and the
/// second is the first's successor: 2^-96 of random pairs.
const MIN_DATA: usize = 2;
/// Fewest packets of version 3 without its handshake. Each fits in 2^-13 of random cases, and data numbers rise.
const MIN_DATA2: usize = 4;

/// A flow whose handshake the capture missed.
fn midway(opening: &Opening<'_>) -> Verdict {
    for side in [Side::Initiator, Side::Responder] {
        let said = opening.said(side);
        if wire::consecutive_data(said) >= MIN_DATA {
            let rule = "data: consecutive source packets under equal numbers (MS-RDPEUDP 2.2.2.4)";
            return Ok(Evidence::signature(rule).from(side));
        }
        let (legal, rising) = wire::data2_run(said);
        if legal >= MIN_DATA2 && rising >= 2 {
            let rule = "data-v3: only legal packets whose data numbers rise (MS-RDPEUDP2 2.2)";
            return Ok(Evidence::signature(rule).from(side));
        }
    }
    // Where one side says what neither version sends, the other side need not be heard.
    let goes_on = [opening.initiator, opening.responder].into_iter().all(wire::may_go_on);
    Err(if goes_on { Reject::Incomplete } else { Reject::Mismatch })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let syn = first_syn(opening.initiator).filter(|syn| !syn.is_answer());
    let answer = first_syn(opening.responder).filter(Syn::is_answer);
    if let Some(syn) = syn {
        attributes.set_some("rdp-udp.offered", syn.version.map(wire::version_number));
        attributes.set("rdp-udp.up_mtu", syn.up_mtu);
        attributes.set("rdp-udp.down_mtu", syn.down_mtu);
        attributes.set_some("rdp-udp.correlation_id", syn.correlation.map(guid::in_order));
    }
    if let Some(answered) = answer.and_then(|answer| answer.version).map(wire::version_number) {
        // The server never answers with more than it was offered.
        let offered = syn.and_then(|syn| syn.version).map(wire::version_number);
        attributes.set("rdp-udp.version", offered.map_or(answered, |offered| answered.min(offered)));
    }
    let inside = |said: Said<'_>| {
        said.datagrams().find_map(|datagram| wire::data(datagram.cursor()).ok().and_then(Data::is_lossy))
    };
    // Only the client's SYN says it; the SYN+ACK does not repeat the flag.
    let lossy = syn
        .map(|syn| syn.is_lossy())
        .or_else(|| inside(opening.initiator))
        .or_else(|| inside(opening.responder));
    attributes.set_some("rdp-udp.mode", lossy.map(|lossy| if lossy { "lossy" } else { "reliable" }));
}

/// The beginning of a SYN captured by Microsoft (prot-od-netcaps, MS-RDSOD example 6, MIT licence), and zeros.
const SYN: &[u8] = &wire::padded(b"\xff\xff\xff\xff\x00\x40\x18\x01\x2e\xb8\x26\x47\x04\xd0\x04\xd0\
    \x5f\x2f\x80\x87\xcf\xe6\x42\x05\x9d\xf5\x1e\x43\x37\x1b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x03");
/// The SYN+ACK for it, from the same capture.
const SYN_ACK: &[u8] =
    &wire::padded(b"\x2e\xb8\x26\x47\x00\x40\x10\x05\x4e\xbd\x24\x2c\x04\xd0\x04\xd0\0\x01\0\x02");
const LOSSY: &[u8] = &wire::padded(b"\xff\xff\xff\xff\x00\x40\x02\x01\x01\x02\x03\x04\x04\xd0\x04\xd0");
const DATA: [&[u8]; 2] = [
    b"\x4e\xbd\x24\x2d\x04\0\0\x0c\0\x01\0\x99\x2e\xb8\x26\x48\x2e\xb8\x26\x48\x17\x03\x03\0\x02\xaa\xbb",
    b"\x4e\xbd\x24\x2d\x04\0\0\x0c\0\x01\0\x99\x2e\xb8\x26\x49\x2e\xb8\x26\x49\x17\x03\x03\0\x02\xaa\xbb",
];

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "SYN and SYN+ACK, on any port", &[SYN], &[SYN_ACK]),
    Example::udp(Confidence::Message, "a lossy SYN that nobody answers", &[LOSSY, LOSSY], &[]),
    Example::udp(Confidence::Message, "only the server was captured", &[], &[SYN_ACK]),
    Example::udp(Confidence::Signature, "data of version 2 without its handshake", &DATA, &[]),
    Example::udp(
        Confidence::Signature,
        "data of version 3 without its handshake",
        &[
            b"\x00\x04\xc0\x64\x00\x01\x00\xe0\x16\x03\x03",
            b"\x00\x04\xc0\x65\x00\x02\x00\xe0\x16\x03\x03",
            b"\x01\x05\xc0\x64\x00\x01\x02\xe0\x03\x00\x66\x00\x03\x00\x17",
            b"\x00\x04\xc0\x67\x00\x04\x00\xe0\x16\x03\x03",
        ],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a game's connectionless packet",
        &[b"\xff\xff\xff\xffTSource Engine Query\0"],
        &[b"\xff\xff\xff\xffI\x11Server\0"],
    )
    .on(3389),
    Example::not(Transport::Udp, "FFFFFFFF and zeros, but no MTU", &[&wire::padded(b"\xff\xff\xff\xff")], &[]),
    Example::not(Transport::Udp, "one datagram with two equal numbers", &[DATA[0]], &[]),
];
