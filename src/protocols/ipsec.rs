//! IPsec's key exchange, and ESP inside UDP: IKEv2 ([RFC 7296]), ISAKMP and IKEv1 (RFC 2408, 2409), NAT
//! traversal (RFC 3948), IKE over TCP (RFC 9329).
//!
//! ```text
//! IKE    initiator SPI 8, responder SPI 8, next payload u8, version u8 (10, 20), exchange u8, flags u8,
//!        message id u32, length u32 of all, payloads: next u8, critical bit, length u16, ...
//! 4500   00000000 before IKE; else ESP: SPI u32, sequence u32, encrypted; FF alone keeps a NAT open
//! ```
//!
//! An IKE message's length fills its datagram, and its version, exchange and flags fit each other: more than
//! 60 bits. ESP is told by an SPI that stays while the sequence grows: two packets have 50 bits that agree.
//!
//! [RFC 7296]: https://www.rfc-editor.org/rfc/rfc7296

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// IPsec.
pub const INSPECTOR: Inspector = Inspector {
    name: "ipsec",
    title: "IPsec: IKE and ESP in UDP",
    specification: "RFC 7296, RFC 2408, RFC 3948, RFC 9329",
    carriers: Carriers::TCP_UDP,
    ports: &[500, 4500, 848],
    // SPIs are random numbers.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ipsec.version", "the key exchange's version, 1 or 2"),
        ("ipsec.exchange", "the first message's exchange type"),
        ("ipsec.initiator_spi", "the initiator's SPI (cookie in version 1)"),
        ("ipsec.nat_traversal", "whether messages came behind the non-ESP marker"),
    ],
    confused_with: "nothing as long as IKE's header is seen; ESP alone is told by its sequence only",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HEADER: u32 = 28;
const NAT_PORT: u16 = 4500;
/// Before IKE on port 4500, where ESP's SPI would stand, which is never zero (RFC 3948 section 2.2).
const NON_ESP_MARKER: [u8; 4] = [0; 4];
/// What an IKE stream over TCP begins with (RFC 9329 section 3).
const TCP_PREFIX: &[u8] = b"IKETCP";
/// Shortest packet of ESP, in bytes.
const MIN_ESP: usize = 24;
/// SPIs below are reserved (RFC 4303 section 2.1).
const MIN_SPI: u32 = 256;
/// Furthest that ESP's sequence jumps from one packet to the next.
const MAX_STEP: u32 = 1 << 14;


/// An IKE message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ike {
    spi: [u8; 8],
    version: u8,
    exchange: u8,
    flags: u8,
}

impl Ike {
    /// Reads a message of `wire_len` bytes; more may be missing at the cursor's end.
    fn parse(mut message: Cursor<'_>, wire_len: u32) -> Result<Self, Reject> {
        let spi = message.array()?;
        message.skip(8)?;
        let next = message.u8()?;
        let version = message.u8()?;
        let exchange = message.u8()?;
        let flags = message.u8()?;
        message.skip(4)?;
        require(spi != [0; 8] && message.u32()? == wire_len && wire_len >= HEADER)?;
        let encrypted = match version >> 4 {
            // Exchanges 0 to 5 (RFC 2408 section 3.1), quick mode, new group, and the group domain's (RFC 2409, 6407).
            1 => {
                require(matches!(exchange, 1..=6 | 32..=34) && flags < 8)?;
                flags & 1 != 0
            }
            // From IKE_SA_INIT on (IANA "IKEv2 Exchange Types"); only three flags exist, two of which tell who speaks.
            2 => {
                require(matches!(exchange, 34..=44) && flags & !0x38 == 0)?;
                exchange != 34
            }
            _ => return Err(Reject::Mismatch),
        };
        require(matches!(version, 0x10 | 0x11 | 0x20))?;
        if !encrypted {
            payloads(message, next)?;
        } else if version >> 4 == 2 {
            // Version 2 numbers its payloads from 33 on; mostly it is one that encrypts the others (section 3.14).
            require(next >= 33)?;
        }
        Ok(Self { spi, version: version >> 4, exchange, flags })
    }

    const fn exchange_name(self) -> Option<&'static str> {
        Some(match (self.version, self.exchange) {
            (1, 1) => "base",
            (1, 2) => "main-mode",
            (1, 4) => "aggressive",
            (1, 5) | (2, 37) => "informational",
            (1, 32) => "quick-mode",
            (2, 34) => "ike-sa-init",
            (2, 35) => "ike-auth",
            (2, 36) => "create-child-sa",
            (2, 43) => "ike-intermediate",
            _ => return None,
        })
    }
}

/// That payloads chain by their lengths to the end of the message.
fn payloads(mut rest: Cursor<'_>, mut next: u8) -> Result<(), Reject> {
    while next != 0 && !rest.is_empty() {
        next = rest.u8()?;
        // Only the critical bit of version 2 is ever set.
        require(matches!(rest.u8()?, 0 | 0x80))?;
        let len = usize::from(rest.u16()?);
        require(len >= 4)?;
        if rest.within(len - 4)?.is_open() {
            return Ok(());
        }
    }
    // Some fill the message up to four bytes.
    require(next == 0 && rest.len() < 4)
}

/// What a side's datagrams are.
#[derive(Debug, Default)]
struct Traffic {
    first: Option<Ike>,
    ike: usize,
    marked: bool,
    esp_pairs: usize,
    esp: usize,
}

fn datagrams(said: Said<'_>) -> Result<Traffic, Reject> {
    let mut side = Traffic::default();
    let mut last: Option<(u32, u32)> = None;
    for datagram in said.datagrams() {
        // NAT keepalive (RFC 3948 section 2.3), and empty datagrams.
        if matches!(datagram.bytes, [] | [0xff]) {
            continue;
        }
        let mut cursor = datagram.cursor();
        let mut marked = cursor;
        let with_marker = marked.tag(&NON_ESP_MARKER).is_ok();
        let ike = if with_marker {
            Ike::parse(marked, datagram.wire_len.saturating_sub(4))
        } else {
            Ike::parse(cursor, datagram.wire_len)
        };
        match ike {
            Ok(ike) => {
                side.ike += 1;
                side.marked |= with_marker;
                side.first.get_or_insert(ike);
            }
            Err(_) if with_marker => return Err(Reject::Mismatch),
            Err(_) => {
                let (Ok(spi), Ok(sequence)) = (cursor.u32(), cursor.u32()) else { return Err(Reject::Mismatch) };
                // What is encrypted is no text: the first 24 bytes are printable once in 10^10 times.
                let head = datagram.bytes.get(..MIN_ESP).unwrap_or_default();
                let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
                require(head.is_empty() || !head.iter().all(text))?;
                // Padding to four bytes and a tag: 16 bytes at the least behind the header (RFC 4303 section 2).
                require(spi >= MIN_SPI && sequence != 0 && datagram.wire_len as usize >= MIN_ESP)?;
                side.esp += 1;
                if let Some((same, before)) = last {
                    side.esp_pairs += usize::from(same == spi && (1..=MAX_STEP).contains(&sequence.wrapping_sub(before)));
                }
                last = Some((spi, sequence));
            }
        }
    }
    Ok(side)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        return tcp(opening);
    }
    let (request, reply) = (datagrams(opening.initiator)?, datagrams(opening.responder)?);
    match (request.first, reply.first) {
        (Some(first), Some(second)) if first.spi == second.spi && first.version == second.version => {
            return Ok(Evidence::dialogue("ike-exchange: both sides' headers tell the same initiator SPI (RFC 7296 section 3.1)"));
        }
        (Some(_), _) => return Ok(Evidence::message(IKE)),
        (None, Some(_)) => return Ok(Evidence::message(IKE).from(Side::Responder)),
        (None, None) => {}
    }
    let sides = [&request, &reply];
    let runs = sides.map(|side| side.esp_pairs > 0 && side.esp_pairs * 2 >= side.esp - 1);
    let [nat, other] = opening.endpoints.map(|end| end.port == NAT_PORT);
    // A constant and a counter begin many a game's packets: one end has to be the port of NAT traversal.
    if (nat || other) && runs.contains(&true) && sides.iter().zip(runs).all(|(side, runs)| runs || side.esp < 2) {
        let side = if request.esp_pairs > 0 { Side::Initiator } else { Side::Responder };
        return Ok(Evidence::signature("esp-in-udp: the SPI stays and the sequence grows (RFC 3948 section 2.1)").from(side));
    }
    Err(Reject::Incomplete)
}

const IKE: &str = "ike-message: a header whose length fills the datagram, and payloads that chain (RFC 7296 section 3.1)";

fn tcp(opening: &Opening<'_>) -> Verdict {
    let mut stream = opening.request();
    stream.tag(TCP_PREFIX)?;
    let len = stream.u16()?;
    let mut frame = stream.within(usize::from(len.saturating_sub(2)))?;
    let rule = "ike-tcp: the stream's prefix, and a message in its frame (RFC 9329 section 3)";
    frame.tag(&NON_ESP_MARKER)?;
    match Ike::parse(frame, u32::from(len.saturating_sub(6))) {
        Ok(_) => Ok(Evidence::message(rule)),
        Err(_) => Ok(Evidence::signature(rule)),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let sides = [opening.initiator, opening.responder].map(|said| datagrams(said).unwrap_or_default());
    if let Some(ike) = sides.iter().find_map(|side| side.first) {
        attributes.set("ipsec.version", ike.version);
        attributes.set_some("ipsec.exchange", ike.exchange_name());
        attributes.set("ipsec.initiator_spi", format!("{:016x}", u64::from_be_bytes(ike.spi)));
        attributes.set("ipsec.nat_traversal", sides.iter().any(|side| side.marked));
    }
}

/// IKE_SA_INIT with a nonce only.
const INIT: &[u8] = b"SPIinit1\0\0\0\0\0\0\0\0\x28\x20\x22\x08\0\0\0\0\0\0\0\x30\x00\x00\x00\x14noncenoncenoncen";
const INIT_REPLY: &[u8] = b"SPIinit1SPIresp1\x28\x20\x22\x20\0\0\0\0\0\0\0\x30\x00\x00\x00\x14noncenoncenoncen";
/// The same behind the non-ESP marker.
const MARKED: &[u8] =
    b"\0\0\0\0SPIinit1\0\0\0\0\0\0\0\0\x28\x20\x22\x08\0\0\0\0\0\0\0\x30\x00\x00\x00\x14noncenoncenoncen";
/// Main mode of version 1: an empty vendor id.
const MAIN: &[u8] = b"cookie-1\0\0\0\0\0\0\0\0\x0d\x10\x02\x00\0\0\0\0\0\0\0\x20\x00\x00\x00\x04";
const ESP_1: &[u8] = b"\x12\x34\x56\x78\0\0\0\x01encrypted, and a tag";
const ESP_2: &[u8] = b"\x12\x34\x56\x78\0\0\0\x02encrypted, and a tag";

const EXAMPLES: &[Example] = &[
    Example::not(
        Transport::Udp,
        "text on the port of NAT traversal",
        &[b"valu\x20\x20\x20\x2010 1700000000 value1", b"valu\x20\x20\x20\x2111 1700000001 value1"],
        &[],
    )
    .on(NAT_PORT),
    Example::udp(Confidence::Dialogue, "IKE_SA_INIT and its answer", &[INIT], &[INIT_REPLY]),
    Example::udp(Confidence::Message, "nobody answers", &[INIT], &[]),
    Example::udp(Confidence::Message, "IKE behind the marker", &[b"\xff", MARKED], &[]),
    Example::udp(Confidence::Message, "main mode of version 1", &[MAIN], &[]),
    Example::udp(Confidence::Signature, "ESP on port 4500", &[ESP_1, ESP_2], &[]).on(4500),
    Example::tcp(
        Confidence::Message,
        "IKE over TCP",
        &[b"IKETCP\x00\x36", MARKED],
        &[],
    ),
    Example::not(Transport::Udp, "two packets like ESP, elsewhere", &[ESP_1, ESP_2], &[]),
    Example::not(Transport::Udp, "a length that does not fill the datagram", &[b"SPIinit1\0\0\0\0\0\0\0\0\x28\x20\x22\x08\0\0\0\0\0\0\0\x31\x00\x00\x00\x14noncenoncenoncen"], &[]).on(500),
    Example::not(Transport::Udp, "zeros before something else", &[b"\0\0\0\0something that is no IKE header at all"], &[]).on(4500),
];
