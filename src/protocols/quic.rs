//! QUIC: [RFC 9000] and [RFC 9001] (version 1), RFC 9369 (version 2), the IETF's drafts, and Google's
//! versions before them.
//!
//! ```text
//! client  Initial: CRYPTO frames with a TLS ClientHello, filled up to 1200 bytes
//! server  Initial, Handshake: to the client's connection id        or Retry, or Version Negotiation
//! ```
//!
//! Initial packets are encrypted with keys that anyone can derive; one that decrypts is proof. A packet with
//! a long header of a known version whose length fits is telling. Packets with a short header, all that is
//! left once both sides have keys, are noise behind the connection id that the receiver chose: on QUIC's ports, in the
//! middle of a flow, that id in one packet after the other is telling.
//!
//! [RFC 9000]: https://www.rfc-editor.org/rfc/rfc9000
//! [RFC 9001]: https://www.rfc-editor.org/rfc/rfc9001

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::follow::Sizes;
use crate::formats::hello::{ClientHello, Kind as HelloKind, ServerHello};
use crate::formats::hello_attributes;
use crate::formats::noise::may_be_encrypted;
use crate::formats::tls_records::message;
use crate::inspect::{Attributes, Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use initial::Handshake;
use packet::{Kind, Packet, family, version_name};

pub(super) mod google;
mod initial;
mod packet;
mod short;

/// QUIC.
pub const INSPECTOR: Inspector = Inspector {
    name: "quic",
    title: "QUIC",
    specification: "RFC 9000, RFC 9001, RFC 9369",
    carriers: Carriers::UDP,
    ports: &[443, 80, 784, 853, 8853, 4433],
    // Long headers; short ones that overtook them; the public flags of Google's versions.
    initiator_first: ByteSet::range(0x40, 0xff).or(ByteSet::of(&[
        0x08, 0x0c, 0x18, 0x1c, 0x28, 0x2c, 0x38, 0x3c, 0x09, 0x0d, 0x19, 0x1d, 0x29, 0x2d, 0x39, 0x3d])),
    inspect,
    describe: Some(describe),
    follow: Some(|_| Box::new(Sizes::default())),
    attributes: &[
        ("quic.version", "the version of the client's first packet: 1, 2, draft-29, Q046 ..."),
        ("quic.versions_offered", "the versions that the server offers in a Version Negotiation"),
        ("quic.retry", "whether the server asked for a token"),
        ("quic.sni", "the server name that the client asks for"),
        ("quic.alpn", "the application protocols that the client offers"),
        ("quic.tls_version", "the TLS version inside"),
        ("quic.cipher", "the cipher suite that was chosen"),
        ("quic.ja4", "the client's JA4 fingerprint"),
        ("quic.user_agent", "Google's versions: the client's name"),
    ],
    headline: &["quic.sni", "quic.version"],
    confused_with: "nothing once an Initial packet decrypts; in the middle of a flow it looks like noise, and is named only where a connection id comes again on one of its ports",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HELLO: hello_attributes::Keys = hello_attributes::Keys {
    sni: "quic.sni",
    alpn: "quic.alpn",
    version: "quic.tls_version",
    cipher: "quic.cipher",
    ja3: None,
    ja4: "quic.ja4",
};

/// A client fills the datagram of an Initial packet up to this many bytes (RFC 9000 section 14.1).
const MIN_INITIAL: u32 = 1200;
/// Shortest connection id in bytes that is believed when it comes back.
const MIN_CID: usize = 4;
/// Most datagrams of a side in an opening that are waited for until the ClientHello is whole.
const ENOUGH: usize = 10;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if let Some(verdict) = google(opening) {
        return verdict;
    }
    let client = first_packet(opening, Side::Initiator);
    let server = first_packet(opening, Side::Responder);
    let initials = client_handshake(opening);
    let proven = initials.is_some();
    let whole = initials.is_some_and(|bytes| {
        let hello = handshake_message(&bytes, message::CLIENT_HELLO);
        hello.and_then(|body| ClientHello::parse(body, HelloKind::Quic)).is_ok_and(|hello| hello.is_whole())
    });
    let more = !whole && opening.initiator.pieces().len() < ENOUGH;
    match (client, server) {
        (Some(client), Some(server))
            if server.destination == client.source && (proven || client.is_sized(opening)) =>
        {
            let rule = "answered: a long header, and the server's to the same connection id (RFC 9000 section 7.2)";
            Ok(Evidence::dialogue(rule).wanting_more(more))
        }
        (Some(client), _) if proven || client.is_sized(opening) => {
            let (confidence, rule) = if proven {
                (Confidence::Message, "initial: an Initial packet that decrypts (RFC 9001 section 5.2)")
            } else {
                (Confidence::Signature, LONG_HEADER)
            };
            Ok(Evidence::new(confidence, rule).wanting_more(more))
        }
        (None, Some(server)) if server.kind != Kind::VersionNegotiation && opening.initiator.is_silent() => {
            Ok(Evidence::signature(LONG_HEADER).from(Side::Responder))
        }
        _ => unknown_version(opening),
    }
}

const LONG_HEADER: &str = "long-header: a long header of a known version, with lengths that fit (RFC 9000 section 17.2)";

/// Waits while long headers may still come, as packets overtake each other, and where there will be none because
/// the capture begins later: as long as all that the client says can be QUIC's.
fn patience(opening: &Opening<'_>) -> Verdict {
    let possible = opening.initiator.datagrams().all(|datagram| may_be_quic(&datagram));
    Err(if possible { Reject::Incomplete } else { Reject::Mismatch })
}

/// Whether a datagram can be QUIC's although nothing shows it: what no version changes is there, or what follows a short
/// header's fixed bit is encrypted.
fn may_be_quic(datagram: &Datagram<'_>) -> bool {
    match datagram.bytes.first() {
        None => true,
        Some(0x80..) => invariants(datagram.cursor()) != Err(Reject::Mismatch),
        Some(0x40..) => datagram.wire_len >= short::MIN && may_be_encrypted(datagram.bytes),
        // The public flags of Google's versions: no version, a connection id, and no bit beyond them.
        Some(flags) if flags & 0xcb == 0x08 => datagram.wire_len >= short::MIN && may_be_encrypted(datagram.bytes),
        Some(_) => google::client(datagram.cursor()).err() != Some(Reject::Mismatch),
    }
}

/// The first packet of a side with a long header of a known version that came with all its lengths fitting.
fn first_packet<'a>(opening: &Opening<'a>, side: Side) -> Option<Packet<'a>> {
    let packets = opening.said(side).datagrams().filter_map(|datagram| Packet::parse(&mut datagram.cursor()).ok());
    // Servers negotiate versions, clients never (RFC 9000 section 17.2.1).
    packets.into_iter().find(|packet| side == Side::Responder || packet.kind != Kind::VersionNegotiation)
}

impl Packet<'_> {
    /// Whether a client's packet comes as the first ones do: padded, or exactly filling its datagram.
    fn is_sized(&self, opening: &Opening<'_>) -> bool {
        opening.initiator.datagrams().any(|datagram| {
            let mut cursor = datagram.cursor();
            let parsed = Packet::parse(&mut cursor);
            let long = parsed.is_ok_and(|packet| packet.version == self.version);
            long && (datagram.wire_len >= MIN_INITIAL || cursor.is_empty())
        })
    }
}

/// Version and connection ids, destination first: what no version changes (RFC 8999 section 5.1).
fn invariants(mut datagram: Cursor<'_>) -> Result<(u32, &[u8], &[u8]), Reject> {
    require(datagram.u8()? & 0x80 != 0)?;
    let version = datagram.u32()?;
    let len = datagram.u8()?;
    let destination = datagram.take(len.into())?;
    let len = datagram.u8()?;
    Ok((version, destination, datagram.take(len.into())?))
}

/// Judges versions that are not known here by what no version changes: the server offers others, or
/// answers in the same one, to the client's connection id.
fn unknown_version(opening: &Opening<'_>) -> Verdict {
    let of = |side| opening.said(side).datagrams().filter_map(|datagram| invariants(datagram.cursor()).ok());
    let fits = |(asked, to_server, client): (u32, &[u8], &[u8])| {
        of(Side::Responder).any(|(version, destination, server)| {
            // Two empty ids would be equal by chance.
            let offered = version == 0 && server == to_server && !server.is_empty();
            // Ids are drawn at random: those of two sides that are alike are a pattern.
            let distinct = server != destination && to_server != client;
            asked != 0 && distinct && destination == client && (offered || version == asked && client.len() >= MIN_CID)
        })
    };
    if of(Side::Initiator).any(fits) {
        let rule = "version-negotiation: the server answers in the client's version, or offers others, to its connection id (RFC 8999)";
        return Ok(Evidence::dialogue(rule));
    }
    if opening.is_on(INSPECTOR.ports) && (short::same_connection(opening, Side::Initiator) || short::same_connection(opening, Side::Responder)) {
        return Ok(Evidence::signature("connection-id: short headers to one connection id, on QUIC's port (RFC 9000 section 17.3.1)"));
    }
    patience(opening)
}

/// Judges Google's versions, if the client's first packet is of one.
fn google(opening: &Opening<'_>) -> Option<Verdict> {
    let client = opening.initiator.datagrams().find_map(|datagram| google::client(datagram.cursor()).ok())?;
    let answered = opening.responder.datagrams().any(|datagram| google::is_of(datagram.cursor(), client.cid) == Ok(true));
    let hello = client.message.is_some_and(google::is_message);
    let rule = "google: a packet of Google's QUIC with its version (QUIC Wire Layout Specification)";
    let confidence = match (answered, hello) {
        (true, _) => Confidence::Dialogue,
        (false, true) => Confidence::Message,
        (false, false) => Confidence::Signature,
    };
    Some(Ok(Evidence::new(confidence, rule)))
}

/// The initial packets of a side, decrypted, and put together; `None` when none decrypts.
fn handshake(opening: &Opening<'_>, side: Side, cids: &[&[u8]]) -> Option<Vec<u8>> {
    let mut handshake = Handshake::default();
    let mut decrypted = false;
    for datagram in opening.said(side).datagrams() {
        let mut cursor = datagram.cursor();
        while let Ok(packet) = Packet::parse(&mut cursor) {
            if packet.kind != Kind::Initial {
                continue;
            }
            // The client's own id is the right one until the server has chosen another.
            let own = (side == Side::Initiator).then_some(packet.destination);
            let payload = own.iter().chain(cids).find_map(|cid| initial::decrypt(&packet, cid, side));
            let google = family(packet.version).is_some_and(|family| family.google);
            decrypted |= payload.is_some_and(|payload| handshake.add(&payload, google).is_ok());
        }
    }
    decrypted.then(|| handshake.bytes())
}

/// The connection ids from which keys may have been made: those of the client's first Initials.
fn client_cids<'a>(opening: &Opening<'a>) -> Vec<&'a [u8]> {
    let mut cids = Vec::new();
    for datagram in opening.initiator.datagrams() {
        let Ok(packet) = Packet::parse(&mut datagram.cursor()) else { continue };
        if packet.kind == Kind::Initial && !cids.contains(&packet.destination) {
            cids.push(packet.destination);
        }
    }
    // Retry makes a second one, and the server's choice a third.
    cids.truncate(3);
    cids
}

fn client_handshake(opening: &Opening<'_>) -> Option<Vec<u8>> {
    handshake(opening, Side::Initiator, &client_cids(opening))
}

/// The body of the first handshake message, if it is of type `kind`.
fn handshake_message(bytes: &[u8], kind: u8) -> Result<Cursor<'_>, Reject> {
    let mut cursor = Cursor::open(bytes);
    cursor.tag(&[kind])?;
    let len = cursor.u24()?;
    cursor.within(len as usize)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some(client) = opening.initiator.datagrams().find_map(|datagram| google::client(datagram.cursor()).ok()) {
        attributes.set("quic.version", version_name(client.version));
        describe_google(client.message.unwrap_or_default(), attributes);
        return;
    }
    let first = first_packet(opening, Side::Initiator).or_else(|| first_packet(opening, Side::Responder));
    if let Some(packet) = first.filter(|packet| packet.version != 0) {
        attributes.set("quic.version", version_name(packet.version));
    }
    let packets = || opening.responder.datagrams().filter_map(|datagram| Packet::parse(&mut datagram.cursor()).ok());
    if packets().any(|packet| packet.kind == Kind::Retry) {
        attributes.set("quic.retry", true);
    }
    let negotiation = opening.responder.datagrams().find(|datagram| {
        Packet::parse(&mut datagram.cursor()).is_ok_and(|packet| packet.kind == Kind::VersionNegotiation)
    });
    if let Some(datagram) = negotiation {
        attributes.set("quic.versions_offered", offered(datagram.bytes));
    }
    if let Some(bytes) = client_handshake(opening) {
        let hello = handshake_message(&bytes, message::CLIENT_HELLO);
        if let Ok(hello) = hello.and_then(|body| ClientHello::parse(body, HelloKind::Quic)) {
            HELLO.describe_client(&hello, attributes);
        }
        describe_google(&bytes, attributes);
    }
    let answer = handshake(opening, Side::Responder, &client_cids(opening)).unwrap_or_default();
    let hello = handshake_message(&answer, message::SERVER_HELLO);
    if let Ok(hello) = hello.and_then(|body| ServerHello::parse(body, HelloKind::Quic)) {
        HELLO.describe_server(&hello, attributes);
    }
}

fn describe_google(message: &[u8], attributes: &mut Attributes) {
    if google::is_message(message) && message.starts_with(b"CHLO") {
        attributes.set_some("quic.sni", google::value(message, *b"SNI\0"));
        attributes.set_some("quic.user_agent", google::value(message, *b"UAID"));
    }
}

/// The versions that a Version Negotiation offers.
fn offered(datagram: &[u8]) -> Vec<String> {
    let mut cursor = Cursor::closed(datagram);
    let mut read = || {
        cursor.skip(5)?;
        for _ in 0..2 {
            let len = cursor.u8()?;
            cursor.skip(len.into())?;
        }
        Ok::<_, Reject>(())
    };
    if read().is_err() {
        return Vec::new();
    }
    cursor.rest().as_chunks().0.iter().map(|&version| version_name(u32::from_be_bytes(version))).collect()
}

/// A client's Initial with a ClientHello for `a.example`, made with the keys of RFC 9001 appendix A.1; not filled up.
const INITIAL: &[u8] = &[
    0xcc, 0x00, 0x00, 0x00, 0x01, 0x08, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0x02, 0x11, 0x22, 0x00,
    0x40, 0x66, 0x77, 0x46, 0xb4, 0x51, 0x8b, 0x9b, 0x7c, 0xa3, 0x6a, 0xc0, 0xa5, 0x2e, 0xf7, 0xa5, 0xec, 0x12,
    0xa5, 0x45, 0x78, 0x79, 0x94, 0xc0, 0x3c, 0x7a, 0x75, 0xde, 0x06, 0xce, 0x1c, 0xe9, 0x52, 0x75, 0xc2, 0x7b,
    0x0d, 0x9d, 0x14, 0x74, 0x3a, 0x45, 0x6a, 0x48, 0x22, 0x27, 0xfb, 0x13, 0xe5, 0xe5, 0x74, 0xe9, 0x02, 0x4a,
    0xd7, 0x31, 0xe3, 0xb4, 0x76, 0xa8, 0xdd, 0xd0, 0x82, 0x50, 0x47, 0x71, 0x4b, 0xcb, 0x3d, 0x2b, 0x94, 0x9c,
    0x03, 0x9e, 0xbd, 0x6b, 0x41, 0x8e, 0x7e, 0xb2, 0x0f, 0xbe, 0x6a, 0xac, 0xb7, 0x30, 0xed, 0x99, 0xb8, 0x0a,
    0x3d, 0x9b, 0x01, 0xd1, 0xb6, 0x46, 0x13, 0xe5, 0x33, 0xa4, 0x7c, 0xb8, 0x53, 0xad,
];
/// The second half of that ClientHello, in a packet of its own.
const SECOND_HALF: &[u8] = &[
    0xca, 0x00, 0x00, 0x00, 0x01, 0x08, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0x02, 0x11, 0x22, 0x00,
    0x40, 0x3e, 0xe5, 0x6c, 0x12, 0xeb, 0x95, 0x05, 0x94, 0xc3, 0xcf, 0xe1, 0xdd, 0xbe, 0xa4, 0x32, 0x7c, 0xe8,
    0x25, 0x6f, 0x67, 0x8a, 0x82, 0xc2, 0xd9, 0x05, 0x70, 0xe5, 0x8d, 0x54, 0x39, 0x80, 0x5e, 0x14, 0xf2, 0x3c,
    0xdb, 0xc7, 0xf9, 0x27, 0x67, 0xb7, 0xac, 0x81, 0x3e, 0x26, 0x37, 0x55, 0xce, 0x5d, 0x2a, 0x10, 0xd3, 0xd9,
    0xce, 0x38, 0x7f, 0xce, 0x2c, 0x0a, 0x39, 0xb2, 0x34, 0x21,
];
/// The first half.
const FIRST_HALF: &[u8] = &[
    0xc8, 0x00, 0x00, 0x00, 0x01, 0x08, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0x02, 0x11, 0x22, 0x00,
    0x40, 0x3d, 0x8e, 0x46, 0xb4, 0x51, 0xf2, 0x9b, 0x7c, 0xa3, 0x6a, 0xc0, 0xa5, 0x2e, 0xf7, 0xa5, 0xec, 0x12,
    0xa5, 0x45, 0x78, 0x79, 0x94, 0xc0, 0x3c, 0x7a, 0x75, 0xde, 0x06, 0xce, 0x1c, 0xe9, 0x52, 0x75, 0xc2, 0x7b,
    0x0d, 0x9d, 0x14, 0x74, 0x3a, 0x45, 0x6a, 0x48, 0x22, 0x27, 0xfb, 0x52, 0xb6, 0x8b, 0xbd, 0x53, 0x85, 0x48,
    0xca, 0x66, 0xcd, 0xd4, 0xc5, 0x07, 0x9c, 0x9d, 0x88,
];

/// A server's Handshake packet to the client's connection id 1122; its content does not matter.
const HANDSHAKE: &[u8] = b"\xe0\x00\x00\x00\x01\x02\x11\x22\x01\x77\x14abcdefghijklmnopqrst";
/// A client's packet of a version that is kept for trying out negotiation, and the server's answer.
const UNKNOWN: &[u8] = b"\xc0\x1a\x2a\x3a\x4a\x04\x01\x02\x03\x04\x02\x05\x06whatever the version says";
const NEGOTIATION: &[u8] = b"\xd5\x00\x00\x00\x00\x02\x05\x06\x04\x01\x02\x03\x04\x00\x00\x00\x01\x6b\x33\x43\xcf";
/// A version still to be made, and its server's answer.
const LATER: &[u8] = b"\xc3\x0b\x1c\x2d\x3e\x04\x01\x02\x03\x04\x04\x05\x06\x07\x08whatever the version says";
const LATER_REPLY: &[u8] = b"\xe5\x0b\x1c\x2d\x3e\x04\x05\x06\x07\x08\x02\x09\x0awhatever";
/// Packets with short headers, three of them to one connection id.
const SHORT_1: &[u8] = b"\x46\xd1\x2e\x56\x4a\x36\xeb\x6c\x1e\x16\x51\xca\xb8\x44\x41\x2e\xd3\x9a\xf4\x84\xae\x2f\x94\x01";
const SHORT_2: &[u8] = b"\x4b\xd1\x2e\x56\x4a\x36\xeb\x6c\x1e\xdf\x15\x70\xeb\xef\xed\xb6\x94\x2c\xca\xd5\xb7\x57\x5d\xd4";
const SHORT_3: &[u8] = b"\x52\xd1\x2e\x56\x4a\x36\xeb\x6c\x1e\xf7\xdd\x69\x30\x7f\x08\x49\x8b\x9f\xf6\x5a\x7f\xe6\x09\x7d";
const SHORT_REPLY: &[u8] = b"\x59\x88\x2f\xd0\x60\x21\xef\x11\xc1\xec\xa1\x41\x25\x76\xed\x9c\x9f\xa1\x1d\xd2\xd9\x97\x95\xb7";
/// Google's Q043 with a ClientHello.
const GOOGLE: &[u8] = b"\x09\x01\x02\x03\x04\x05\x06\x07\x08Q043\x01hashhashhash\xa0\x01\x00\x04\
    CHLO\x01\x00\x00\x00SNI\0\x09\x00\x00\x00a.example";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "the server answers to the client's connection id", &[INITIAL], &[HANDSHAKE]),
    Example::udp(Confidence::Message, "nobody answers", &[INITIAL], &[]),
    Example::udp(Confidence::Message, "a hello in two packets, the second one first", &[SECOND_HALF, FIRST_HALF], &[]),
    Example::udp(Confidence::Signature, "only the server was captured", &[], &[HANDSHAKE]),
    Example::udp(Confidence::Dialogue, "the server offers versions", &[UNKNOWN], &[NEGOTIATION]),
    Example::udp(Confidence::Message, "a hello of Google's", &[GOOGLE], &[]),
    Example::udp(Confidence::Dialogue, "Google's server answers", &[GOOGLE], &[b"\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x01whatever"]),
    Example::udp(Confidence::Dialogue, "both speak a version that is not known", &[LATER], &[LATER_REPLY]),
    Example::udp(Confidence::Signature, "in the middle, to one connection id", &[SHORT_1, SHORT_2, SHORT_3], &[SHORT_REPLY]).on(443),
    Example::not(Transport::Udp, "the same on a port that is not QUIC's", &[SHORT_1, SHORT_2, SHORT_3], &[SHORT_REPLY]),
    Example::not(Transport::Udp, "to several connection ids", &[SHORT_1, SHORT_2, SHORT_REPLY], &[]).on(443),
    Example::not(Transport::Udp, "a version that is not known, and no answer", &[UNKNOWN], &[]),
    Example::not(Transport::Udp, "versions offered to another connection", &[UNKNOWN], &[b"\xd5\x00\x00\x00\x00\x02\x05\x07\x04\x01\x02\x03\x04\x00\x00\x00\x01"]),
    Example::not(Transport::Udp, "a length that leaves the datagram", &[b"\xe0\x00\x00\x00\x01\x02\x11\x22\x01\x77\x18abcdefghijklmnopqrst"], &[]),
    Example::not(Transport::Udp, "RTP", &[b"\x80\x00\x00\x01\x00\x00\x00\xa0\x01\x02\x03\x04abcdefgh"], &[]),
];
