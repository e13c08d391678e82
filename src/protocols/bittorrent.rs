//! BitTorrent: the peer protocol, the distributed hash table, trackers over UDP, uTP and local discovery.
//!
//! ```text
//! peers (TCP, uTP)  13 "BitTorrent protocol" 8 bytes of options, info hash 20, peer id 20         BEP 3
//! DHT (UDP)         d1:ad2:id20:…e1:q4:ping1:t2:aa1:y1:qe     answered with the same t            BEP 5
//! tracker (UDP)     00 00 04 17 27 10 19 80  action 0  transaction    answered: 0, transaction    BEP 15
//! uTP (UDP)         type:4 version:4 = 1  extension  connection  time  difference  window  sequence  acknowledged  BEP 29
//! discovery (UDP)   BT-SEARCH * HTTP/1.1␍␊ Host: 239.192.152.143:6771␍␊ Infohash: …                BEP 14
//! ```
//!
//! Encrypted peer connections look random from their first byte, and are not recognised.

mod utp;

use super::http::Head;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::bencode;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;

/// BitTorrent.
pub const INSPECTOR: Inspector = Inspector {
    name: "bittorrent",
    title: "BitTorrent: peers, hash table, trackers, uTP and local discovery",
    specification: "BEP 3, 5, 14, 15 and 29",
    carriers: Carriers::TCP_UDP,
    ports: &[6771, 6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 51413],
    initiator_first: FIRST,
    // Mid-stream the responder may be past its handshake.
    responder_first: ByteSet::ANY,
    datagram: Shape::of(16, &[(1, ByteSet::range(0, 3).or(ByteSet::range(b'0', b'9')).or(ByteSet::of(b"T")))]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("bittorrent.part", "peer, dht, tracker, utp or local-discovery"),
        ("bittorrent.info_hash", "the torrent's hash, in hexadecimal"),
        ("bittorrent.client", "the first eight characters of the initiator's peer id, which name the program"),
    ],
    headline: &["bittorrent.client", "bittorrent.part"],
    confused_with: "GLBP, RTP and WireGuard, whose datagrams begin like uTP's; SSDP, which local discovery resembles",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = ByteSet::of(&[0x13, b'd', b'B', 0, 0x01, 0x11, 0x21, 0x31, 0x41]);

/// BEP 3: the length of the name, and the name.
const HANDSHAKE: &[u8] = b"\x13BitTorrent protocol";

/// BEP 15: the number that every connection to a tracker begins with.
const TRACKER_MAGIC: [u8; 8] = 0x0000_0417_2710_1980_u64.to_be_bytes();

/// A datagram's kind, as far as one alone can tell.
enum Kind<'a> {
    /// With its transaction, for pairing.
    Dht(&'a [u8]),
    Tracker([u8; 4]),
    Discovery,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        let judged = [opening.request(), opening.reply()].map(handshake);
        let [asked, answered] = judged;
        return match (asked, answered) {
            (Ok(_), Ok(_)) => Ok(Evidence::dialogue("handshake: BitTorrent's handshake (BEP 3)")),
            // Whoever begins to speak mid-stream may be past the handshake; the other's is enough.
            (Ok(confidence), _) => Ok(Evidence::new(confidence, "handshake: BitTorrent's handshake (BEP 3)")),
            (Err(_), Ok(confidence)) if opening.initiator.is_silent() || !opening.from_start => {
                Ok(Evidence::new(confidence, "handshake: BitTorrent's handshake (BEP 3)").from(Side::Responder))
            }
            (Err(reject), _) => Err(reject),
        };
    }
    for side in [Side::Initiator, Side::Responder] {
        if let Some(evidence) = datagrams(opening, side) {
            return Ok(evidence.from(side));
        }
    }
    utp::judge(opening)
}

/// BEP 3 "handshake": 68 bytes.
fn handshake(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(HANDSHAKE)?;
    // Two hashes and eight bytes of options may be cut off; the name is enough.
    Ok(if cursor.skip(48).is_ok() { Confidence::Message } else { Confidence::Signature })
}

fn datagrams(opening: &Opening<'_>, side: Side) -> Option<Evidence> {
    let kind = opening.said(side).datagrams().find_map(|datagram| kind(datagram.bytes))?;
    let others = opening.said(side.other());
    Some(match kind {
        Kind::Dht(transaction) => {
            let answered = others.datagrams().any(|answer| bencode::value(answer.bytes, b"t") == Some(transaction));
            let confidence = if answered { Confidence::Dialogue } else { Confidence::Message };
            Evidence::new(confidence, "dht: a query or answer of the hash table (BEP 5)")
        }
        Kind::Tracker(transaction) => {
            // BEP 15: action 0 and the same transaction, 16 bytes in all.
            let answers = |answer: &[u8]| answer.len() >= 16 && answer.starts_with(&[0; 4]) && answer.get(4..8) == Some(&transaction[..]);
            let answered = others.datagrams().any(|answer| answers(answer.bytes));
            let confidence = if answered { Confidence::Dialogue } else { Confidence::Message };
            Evidence::new(confidence, "tracker: a tracker is connected to (BEP 15)")
        }
        Kind::Discovery => Evidence::message("local-discovery: BT-SEARCH (BEP 14)"),
    })
}

fn kind(bytes: &[u8]) -> Option<Kind<'_>> {
    if bytes.starts_with(b"BT-SEARCH * HTTP/1.") {
        return Some(Kind::Discovery);
    }
    if let Some((magic, rest)) = bytes.split_first_chunk::<8>()
        && *magic == TRACKER_MAGIC
        && rest.len() == 8
    {
        let (_, transaction) = rest.split_first_chunk::<4>().filter(|(action, _)| **action == [0; 4])?;
        return transaction.first_chunk().copied().map(Kind::Tracker);
    }
    // BEP 5: a dictionary with a transaction and a type, of query, response or error.
    let kind = bencode::value(bytes, b"y")?;
    let known = matches!(kind, b"1:q" | b"1:r" | b"1:e");
    bencode::value(bytes, b"t").filter(|_| known).map(Kind::Dht)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let said: [Said<'_>; 2] = [opening.initiator, opening.responder];
    if opening.transport == Transport::Tcp {
        attributes.set("bittorrent.part", "peer");
        let hash = said.iter().find_map(|said| info_hash(said.stream()).ok());
        attributes.set_some("bittorrent.info_hash", hash.map(hex));
        attributes.set_some("bittorrent.client", client(opening.request()).ok());
        return;
    }
    let first = said.iter().flat_map(Said::datagrams).find_map(|datagram| kind(datagram.bytes).map(|kind| (kind, datagram.bytes)));
    let part = match first {
        Some((Kind::Dht(_), _)) => "dht",
        Some((Kind::Tracker(_), _)) => "tracker",
        Some((Kind::Discovery, bytes)) => {
            let head = Head::parse(Cursor::closed(bytes)).ok();
            attributes.set_some("bittorrent.info_hash", head.and_then(|head| head.field("infohash")));
            "local-discovery"
        }
        None => "utp",
    };
    attributes.set("bittorrent.part", part);
}

fn info_hash(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(HANDSHAKE)?;
    cursor.skip(8)?;
    cursor.take(20)
}

/// BEP 20: `-UT3450-` and the like.
fn client(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    info_hash(cursor)?;
    cursor.skip(HANDSHAKE.len() + 28)?;
    let name = cursor.take(8)?;
    require(name.iter().all(u8::is_ascii_graphic))?;
    Ok(name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

const PEER: &[u8] = b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x0501234567890123456789-XX0100-abcdefghijkl";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "two handshakes", &[PEER], &[PEER]),
    Example::tcp(Confidence::Message, "one handshake", &[PEER], &[]),
    Example::tcp(Confidence::Signature, "a handshake that the capture cut", &[b"\x13BitTorrent protocol\0\0"], &[]),
    Example::udp(
        Confidence::Dialogue,
        "a query of the hash table and its answer",
        &[b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"],
        &[b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"],
    ),
    Example::udp(
        Confidence::Dialogue,
        "a tracker is connected to",
        &[b"\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0abcd"],
        &[b"\0\0\0\0abcd01234567"],
    ),
    Example::udp(Confidence::Message, "local discovery", &[b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n\r\n"], &[]),
    Example::udp(
        Confidence::Dialogue,
        "uTP: a connection is opened and acknowledged",
        &[b"\x41\0\x12\x34\0\0\x10\0\0\0\0\0\0\x10\0\0\0\x01\0\0"],
        &[b"\x21\0\x12\x34\0\0\x20\0\0\0\x01\0\0\x10\0\0\xab\xcd\0\x01"],
    ),
    Example::not(Transport::Udp, "WireGuard", &[b"\x01\0\0\0\x11\x22\x33\x44abcdefghijklmnopqrstuvwxyz"], &[]),
    Example::not(Transport::Udp, "a dictionary that is no query", &[b"d3:foo3:bare"], &[]),
    Example::not(Transport::Tcp, "a name of the same length", &[b"\x13BitTorrent procotol\0\0"], &[]),
];
