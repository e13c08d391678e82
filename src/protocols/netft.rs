//! Windows failover clustering's network driver (NetFT): route control packets and tunnelled frames.
//!
//! The nodes of a cluster test every route between them by heartbeats, and send what they have to say to
//! each other through a virtual adapter, whose Ethernet frames travel in UDP. Both use port 3343 at both
//! ends, and nothing else is sent there. No specification is published; the layout of the route control
//! packet (RCP) is known from free dissectors, its numbers are little-endian:
//!
//! ```text
//!  0  identifier 55 55 55 55      4  version (1)     5  reserved
//!  6  type: 0 request, 1 response
//!  8  next header: 0 none, 1 IPv4 pair, 2 IPv6 pair, 3 signature
//! 10  total length               12  sequence: +1 per request, repeated by the response
//! 16  extension: next header (2), length with this header (2), reserved (4),
//!     source and destination address (4 + 4, or 16 + 16)
//! ```
//!
//! A tunnelled frame is Ethernet without its check sequence, between locally administered addresses:
//! IPv6 between link-local addresses (or IPv4 between 169.254.0.0/16), TCP port 3343 inside.
//!
//! Over TCP 3343 nodes join. Only the first bytes of its messages are known, a header that begins with
//! 0x11E6C4EB, whose byte order nobody has published: it counts on that port only.

mod node;
mod watch;
mod wire;

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::noise::may_be_encrypted;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;
use crate::rhythm::Conduct;
use std::net::IpAddr;
use wire::{Fit, rcp, tunnelled};

/// NetFT.
pub const INSPECTOR: Inspector = Inspector {
    name: "netft",
    title: "Windows failover cluster network driver",
    specification: "no public document; field layout as known from dissectors (MSRCP)",
    carriers: crate::inspect::Carriers::TCP_UDP,
    ports: PORTS,
    // An encrypted frame may come first, on the registered port; what else may come is known.
    self_contained: true,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(16, &[(0, ByteSet::of(&[0x55]).or(LOCAL)), (6, ByteSet::range(0, 1).or(LOCAL))]),
    inspect,
    behave: Some(behave),
    describe: Some(describe),
    follow: Some(watch::follow),
    attributes: &[
        ("netft.version", "version byte of the route control packets"),
        ("netft.packet_len", "length of a route control packet, in bytes"),
        ("netft.signed", "whether route control packets carry a signature extension"),
        ("netft.route", "the address pair inside the first request, source > destination"),
        ("netft.address_mismatch", "the address pair inside a packet where it is not the packet's own: NAT"),
        ("netft.requests_fwd", "requests by the initiator"),
        ("netft.requests_rev", "requests by the responder"),
        ("netft.responses_fwd", "responses by the initiator"),
        ("netft.responses_rev", "responses by the responder"),
        ("netft.missed_fwd", "requests by the initiator that nobody answered"),
        ("netft.missed_rev", "requests by the responder that nobody answered"),
        ("netft.missed_run_fwd", "longest run of the initiator's requests without an answer"),
        ("netft.missed_run_rev", "longest run of the responder's requests without an answer"),
        ("netft.interval_ms", "median time between a node's requests, in milliseconds"),
        ("netft.round_trip_ms", "median time from a request to its response, in milliseconds"),
        ("netft.silence_ms_fwd", "longest time between two packets of the initiator, in milliseconds"),
        ("netft.silence_ms_rev", "longest time between two packets of the responder, in milliseconds"),
        ("netft.counter_restarts", "how often a node's sequence began anew: its driver restarted"),
        ("netft.tunnelled_frames", "Ethernet frames of the virtual adapter"),
        ("netft.tunnelled_bytes", "their bytes"),
        ("netft.tunnelled_flow", "between whom the first of them with ports went"),
    ],
    headline: &["netft.missed_run_fwd", "netft.missed_run_rev"],
    confused_with: "0x55 as a fill pattern (serial lines over UDP, radio frames, memory tests), which has no \
                    type 0 or 1 behind it; other Ethernet-in-UDP tunnels, whose inner addresses are not \
                    link-local; cameras that use UDP 3343; other heartbeats of equal size and rhythm",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// IANA: ms-cluster-net, TCP and UDP.
/// The first byte of a locally administered address, with which the virtual adapter's frames begin.
const LOCAL: ByteSet = ByteSet::masked(2, 2);
const PORTS: &[u16] = &[3343];

/// Datagrams of a flow on the registered port that may be neither of the two known kinds before one is: what the
/// driver encrypts (SecurityLevel 2) has no known form but that of noise, and a heartbeat comes every second.
const PATIENCE: usize = 8;

/// What the datagrams of one side are.
#[derive(Clone, Copy, Debug, Default)]
struct Heartbeats {
    rcps: usize,
    fitting: usize,
    exact: usize,
    tunnelled: usize,
    others: usize,
    /// Those of the others that no cipher put out.
    clear: usize,
    matches_route: bool,
}

fn survey(said: Said<'_>, own: IpAddr, peer: IpAddr) -> Heartbeats {
    let mut found = Heartbeats::default();
    for datagram in said.datagrams() {
        match rcp(datagram.cursor(), datagram.wire_len) {
            Ok(packet) => {
                found.rcps += 1;
                found.fitting += usize::from(packet.fit >= Fit::Room);
                found.exact += usize::from(packet.fit == Fit::Exact && !datagram.is_cut());
                found.matches_route |= packet.pair == Some((own, peer));
            }
            Err(_) if tunnelled(datagram.cursor(), datagram.wire_len).is_ok() => found.tunnelled += 1,
            Err(_) => {
                found.others += 1;
                found.clear += usize::from(!may_be_encrypted(datagram.bytes));
            }
        }
    }
    found
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        return join(opening);
    }
    let [initiator, responder] = opening.endpoints.map(|end| end.address);
    let sides = [
        survey(opening.initiator, initiator, responder),
        survey(opening.responder, responder, initiator),
    ];
    let [ahead, back] = sides;
    let speaker = if ahead.rcps + ahead.tunnelled > 0 { Side::Initiator } else { Side::Responder };
    if ahead.rcps + back.rcps > 0 {
        if is_answered(opening.initiator, opening.responder) || is_answered(opening.responder, opening.initiator)
        {
            return Ok(Evidence::dialogue("rcp-pair: a route control request and the response to it, one sequence"));
        }
        let evidence = if ahead.matches_route || back.matches_route {
            Evidence::message("rcp-route: a route control packet that names the flow's own addresses")
        } else if ahead.exact + back.exact > 0 {
            Evidence::message("rcp: a whole route control packet")
        } else {
            // A total length of another meaning than is believed counts on the registered port.
            require(ahead.fitting + back.fitting > 0 || opening.is_on(PORTS))?;
            Evidence::signature("rcp-header: the header of a route control packet")
        };
        return Ok(evidence.from(speaker));
    }
    if ahead.tunnelled + back.tunnelled > 0 && ahead.others + back.others == 0 {
        let rule = "tunnelled-frame: an Ethernet frame between link-local addresses of virtual adapters";
        // Both ways it is a conversation between two such adapters.
        let both = ahead.tunnelled > 0 && back.tunnelled > 0;
        let confidence = if both { Confidence::Message } else { Confidence::Signature };
        return Ok(Evidence::new(confidence, rule).from(speaker));
    }
    let others = ahead.others + back.others;
    let patient = opening.is_on(PORTS) && ahead.clear + back.clear == 0 && !poses(opening);
    let patience = if patient { PATIENCE } else { 0 };
    Err(if others > patience { Reject::Mismatch } else { Reject::Incomplete })
}

/// Whether something begins as route control packets do, among datagrams of which none is one.
fn poses(opening: &Opening<'_>) -> bool {
    let mut datagrams = opening.initiator.datagrams().chain(opening.responder.datagrams());
    datagrams.any(|datagram| datagram.cursor().tag(&[0x55; 4]).is_ok())
}

/// Whether `answerer` repeats the sequence of one of `asker`'s requests.
fn is_answered(asker: Said<'_>, answerer: Said<'_>) -> bool {
    let sequences = |said: Said<'_>, responses: bool| {
        said.datagrams()
            .filter_map(|datagram| rcp(datagram.cursor(), datagram.wire_len).ok())
            .filter(move |packet| packet.is_response == responses)
            .map(|packet| packet.sequence)
            .collect::<Vec<u32>>()
    };
    let requests = sequences(asker, false);
    sequences(answerer, true).iter().any(|sequence| requests.contains(sequence))
}

/// The number that the cluster service's message header begins with.
const SECURITY_HEADER: u32 = 0x11e6_c4eb;

/// TCP 3343: a 32-bit number at the very start. One in 2^31 random streams begins so, and only the
/// registered port lets it count at all.
fn join(opening: &Opening<'_>) -> Verdict {
    let begins = |mut cursor: Cursor<'_>| {
        let four = cursor.array::<4>()?;
        let found = u32::from_be_bytes(four) == SECURITY_HEADER || u32::from_le_bytes(four) == SECURITY_HEADER;
        require(found).map(|()| Confidence::Signature)
    };
    require(opening.is_on(PORTS))?;
    // What else is said there nobody has published: nothing speaks against it but another protocol.
    let evidence = Evidence::of(
        begins(opening.request()),
        begins(opening.reply()),
        "security-header: the cluster service's message header on its port",
    )
    .map_err(|_| Reject::Incomplete)?;
    Ok(Evidence { confidence: Confidence::Signature, ..evidence })
}

/// Fewest packets of each side to judge a rhythm by.
const MIN_BEATS: u64 = 10;
/// Heartbeat delays that can be set: 250 ms to 4 s, in nanoseconds.
const PERIODS: std::ops::RangeInclusive<u64> = 250_000_000..=4_000_000_000;

/// Two interleaved trains of packets of one size each way, from 3343 to 3343.
fn behave(conduct: &Conduct<'_>) -> Verdict {
    let [initiator, responder] = conduct.rhythm;
    require(conduct.transport == Transport::Udp)?;
    require(conduct.endpoints.iter().all(|end| PORTS.contains(&end.port)))?;
    if initiator.packets < MIN_BEATS || responder.packets < MIN_BEATS {
        return Err(Reject::Incomplete);
    }
    let (size, _) = initiator.usual_size();
    for side in [initiator, responder] {
        let (own, count) = side.usual_size();
        // A request's size is its response's, and four packets in five are one or the other.
        require(own == size && count * 5 >= side.packets * 4)?;
        let (low, period, high) = side.double_gap_quartiles().ok_or(Reject::Incomplete)?;
        // A kernel timer: half of the periods lie within a tenth of the median.
        require(PERIODS.contains(&period) && high.saturating_sub(low) <= period / 10)?;
    }
    Ok(Evidence::new(
        Confidence::Behaviour,
        "heartbeat: equal packets both ways from 3343 to 3343, in the steady rhythm of a heartbeat",
    ))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let request = [opening.initiator, opening.responder].into_iter().flat_map(|said| said.datagrams()).find_map(
        |datagram| Some((rcp(datagram.cursor(), datagram.wire_len).ok()?, datagram.wire_len)),
    );
    if let (Transport::Udp, Some((packet, wire_len))) = (opening.transport, request) {
        attributes.set("netft.version", packet.version);
        attributes.set("netft.packet_len", wire_len);
        attributes.set("netft.signed", packet.signed);
        attributes.set_some("netft.route", packet.pair.map(|(from, to)| format!("{from} > {to}")));
    }
}

const REQUEST: &[u8] = b"\x55\x55\x55\x55\x01\0\0\0\x01\0\x20\0\x07\0\0\0\0\0\x10\0\0\0\0\0\x0a\0\0\x01\x0a\0\0\x02";
const RESPONSE: &[u8] =
    b"\x55\x55\x55\x55\x01\0\x01\0\x01\0\x20\0\x07\0\0\0\0\0\x10\0\0\0\0\0\x0a\0\0\x02\x0a\0\0\x01";
/// A frame between fe80::1 and fe80::2 with the first bytes of a TCP header.
const FRAME: &[u8] = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0\0\x08\x06\x40\
    \xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\xc0\x1d\x0d\x0f\0\0\0\x01";
const FRAME_BACK: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x86\xdd\x60\0\0\0\0\x08\x06\x40\
    \xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x0d\x0f\xc0\x1d\0\0\0\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its response, on any port", &[REQUEST], &[RESPONSE]),
    Example::udp(Confidence::Message, "a request that names the addresses it goes between", &[REQUEST], &[]).on(3343),
    Example::udp(
        Confidence::Message,
        "both sides ask and neither answers",
        &[b"\x55\x55\x55\x55\x01\0\0\0\0\0\x10\0\x07\0\0\0"],
        &[b"\x55\x55\x55\x55\x01\0\0\0\0\0\x10\0\x99\0\0\0"],
    ),
    Example::udp(
        Confidence::Signature,
        "a packet with bytes behind its total length",
        &[b"\x55\x55\x55\x55\x01\0\0\0\0\0\x10\0\x07\0\0\0\xaa\xbb"],
        &[],
    ),
    Example::udp(Confidence::Signature, "a frame of the virtual adapter", &[FRAME], &[]),
    Example::udp(Confidence::Message, "frames of the virtual adapters both ways", &[FRAME], &[FRAME_BACK]),
    Example::udp(
        Confidence::Dialogue,
        "a heartbeat behind something encrypted",
        &[b"\x90\x91\x92\x93\x94\x95\x96\x97", REQUEST],
        &[RESPONSE],
    )
    .on(3343),
    Example::tcp(
        Confidence::Signature,
        "the join's message header on its own port",
        &[b"\xeb\xc4\xe6\x11\x01\0\0\0\x40\0\0\0"],
        &[],
    )
    .on(3343),
    Example::not(Transport::Tcp, "the same elsewhere", &[b"\xeb\xc4\xe6\x11\x01\0\0\0\x40\0\0\0"], &[]),
    Example::not(Transport::Udp, "text on its port", &[b"Hello, is anybody there?"], &[]).on(3343),
    Example::not(Transport::Udp, "a fill pattern", &[&[0x55; 64]], &[]).on(3343),
    Example::udp(
        Confidence::Signature,
        "an extension of an unknown form",
        &[b"\x55\x55\x55\x55\x01\0\0\0\x03\0\x18\0\x07\0\0\0\x99\x99\x99\x99\x99\x99\x99\x99"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a total length beyond the datagram, on any port",
        &[b"\x55\x55\x55\x55\x01\0\0\0\0\0\x40\0\x07\0\0\0"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "Ethernet between global addresses, of another tunnel",
        &[b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0\0\x08\x06\x40\
            \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xc0\x1d\x0d\x0f\0\0\0\x01"],
        &[],
    )
    .on(3343),
];
