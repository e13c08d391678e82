//! OpenVPN: the packet format of its "OpenVPN wire protocol" draft (openvpn-rfc) and of the tls-auth, tls-crypt
//! documentation.
//!
//! ```text
//! opcode 5 bits, key id 3 bits, session id 8,                  over TCP each packet is behind its length u16
//!   [tls-auth: HMAC 16 to 64, packet id u32, time u32 | tls-crypt: packet id u32, time u32, HMAC 32, rest encrypted]
//!   acknowledged count u8, acknowledged ids u32 ..., [remote session id 8], packet id u32, TLS records
//! data   opcode and key id, [version 2: peer id u24], packet id u32, ...
//! ```
//!
//! A client begins with a hard reset that has an exact length. A server's reset gives back its session id
//! (64 bits) where that is in clear; where it is not, each side's own session id stays from packet to packet. Data
//! alone is told by a packet id that grows behind bytes that stay.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// OpenVPN.
pub const INSPECTOR: Inspector = Inspector {
    name: "openvpn",
    title: "OpenVPN",
    specification: "OpenVPN wire protocol (openvpn-rfc), sections on packet format",
    carriers: Carriers::TCP_UDP,
    ports: &[1194],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("openvpn.protection", "how control packets are protected: none, tls-auth, tls-crypt, tls-crypt-v2")],
    confused_with: "nothing after a reset and its answer; data alone is named only when its packet id grows",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Opcodes 1 to 11 with key ids 0 to 7; over TCP the length's first byte, below 10 kilobytes.
const FIRST: ByteSet = ByteSet::range(0x00, 0x5f);

/// Opcodes.
mod opcode {
    pub(super) const CLIENT_RESET_V1: u8 = 1;
    pub(super) const SERVER_RESET_V1: u8 = 2;
    pub(super) const SOFT_RESET: u8 = 3;
    pub(super) const CONTROL: u8 = 4;
    pub(super) const ACK: u8 = 5;
    pub(super) const DATA_V1: u8 = 6;
    pub(super) const CLIENT_RESET_V2: u8 = 7;
    pub(super) const SERVER_RESET_V2: u8 = 8;
    pub(super) const DATA_V2: u8 = 9;
    pub(super) const CLIENT_RESET_V3: u8 = 10;
    pub(super) const WRAPPED_KEY: u8 = 11;
}

/// Digest sizes of tls-auth: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 6] = [16, 20, 28, 32, 48, 64];
/// A hard reset's length in bytes without protection, and what tls-auth adds to its digest, and with tls-crypt.
const PLAIN_RESET: usize = 14;
const REPLAY: usize = 8;
const CRYPT_RESET: usize = 54;
/// Longest packet over TCP in bytes: tun-mtu and overhead, with room for large ones.
const MAX_PACKET: u16 = 10_000;
/// Fewest bytes that are not believed to be text by chance.
const SHORTEST_TEXT: usize = 9;
/// Furthest that a packet id jumps from one packet to the next.
const MAX_STEP: u32 = 1 << 12;

/// How the control channel is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    None,
    Auth,
    Crypt,
    CryptV2,
}

/// A packet of either channel.
#[derive(Clone, Copy, Debug)]
struct Packet<'a> {
    opcode: u8,
    session: [u8; 8],
    /// The whole packet.
    bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    fn parse(cursor: Cursor<'a>) -> Result<Self, Reject> {
        let mut rest = cursor;
        let opcode = rest.u8()? >> 3;
        require(matches!(opcode, 1..=11))?;
        // Packet ids, acknowledgements and what is encrypted are never text altogether.
        let is_text = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e) || *byte == 0 && is_data(opcode);
        require(cursor.is_open() || cursor.len() < SHORTEST_TEXT || !cursor.rest().iter().all(is_text))?;
        let session = if is_data(opcode) { [0; 8] } else { rest.array()? };
        Ok(Self { opcode, session, bytes: cursor.rest() })
    }

    /// Whether it is a client's hard reset, and how that is protected; resets have key id 0 and one of a few lengths.
    fn client_reset(&self) -> Option<Protection> {
        let first = self.bytes.first()? & 7;
        let resets = [opcode::CLIENT_RESET_V1, opcode::CLIENT_RESET_V2, opcode::CLIENT_RESET_V3];
        if first != 0 || !resets.contains(&self.opcode) || self.session == [0; 8] {
            return None;
        }
        // No acknowledgement, packet id 0.
        let nothing_before = self.bytes.ends_with(&[0; 5]);
        let len = self.bytes.len();
        // The first packet id of the replay protection is 1.
        let counts_at = |at: usize| self.bytes.get(at..at + 4) == Some(&[0, 0, 0, 1]);
        if self.opcode == opcode::CLIENT_RESET_V3 {
            // The client's wrapped key stands behind, its length last (tls-crypt-v2).
            let wrapped = self.bytes.last_chunk().map(|&len| usize::from(u16::from_be_bytes(len)))?;
            let fits = len > CRYPT_RESET && (len - CRYPT_RESET == wrapped || counts_at(9) && wrapped > 256 && wrapped < len);
            return fits.then_some(Protection::CryptV2);
        }
        if len == PLAIN_RESET && nothing_before {
            return Some(Protection::None);
        }
        if len == CRYPT_RESET && counts_at(9) {
            return Some(Protection::Crypt);
        }
        let digest = len.checked_sub(PLAIN_RESET + REPLAY).filter(|digest| DIGESTS.contains(digest))?;
        (nothing_before && counts_at(9 + digest)).then_some(Protection::Auth)
    }

    /// Whether its session id can be a random number: other headers have zeros in this place.
    fn is_random(&self) -> bool {
        let times = |byte: u8| self.session.iter().map(|&other| usize::from(other == byte)).sum::<usize>();
        // A fill, and a counter that is filled up, repeat one byte; of random ids one in 10^9 does so five times.
        !is_data(self.opcode) && times(0) <= 2 && self.session.iter().all(|&byte| times(byte) < 5)
    }

    /// Whether it gives back the other side's session id behind what it acknowledges, in clear or behind a digest.
    fn acknowledges(&self, other: [u8; 8]) -> bool {
        [0].iter().chain(&DIGESTS).any(|&digest| {
            let replay = if digest == 0 { 0 } else { REPLAY };
            let mut rest = Cursor::closed(self.bytes.get(9 + digest + replay..).unwrap_or_default());
            let remote = rest.u8().and_then(|count| {
                require((1..=8).contains(&count))?;
                rest.skip(4 * usize::from(count))?;
                rest.array::<8>()
            });
            remote == Ok(other)
        })
    }
}

const fn is_data(opcode: u8) -> bool {
    matches!(opcode, opcode::DATA_V1 | opcode::DATA_V2)
}

/// A side's packets.
fn packets<'a>(opening: &Opening<'a>, side: Side) -> Result<Vec<Packet<'a>>, Reject> {
    let said = opening.said(side);
    if opening.transport == Transport::Udp {
        return said.datagrams().filter(|datagram| !datagram.bytes.is_empty()).map(|datagram| Packet::parse(datagram.cursor())).collect();
    }
    let mut stream = said.stream();
    let mut packets = Vec::new();
    while !stream.is_empty() && packets.len() < 16 {
        let len = match stream.u16() {
            Err(Reject::Incomplete) => break,
            len => len?,
        };
        require((9..=MAX_PACKET).contains(&len))?;
        let packet = stream.within(len.into())?;
        match Packet::parse(packet) {
            Err(Reject::Incomplete) => break,
            Ok(_) if packet.is_open() => break,
            parsed => packets.push(parsed?),
        }
    }
    Ok(packets)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (requests, replies) = (packets(opening, Side::Initiator)?, packets(opening, Side::Responder)?);
    let reset = requests.first().and_then(Packet::client_reset);
    if let (Some(first), Some(protection)) = (requests.first(), reset) {
        let servers = [opcode::SERVER_RESET_V1, opcode::SERVER_RESET_V2];
        let answer = replies.iter().find(|reply| servers.contains(&reply.opcode) || reply.opcode == opcode::CONTROL);
        let Some(answer) = answer else {
            require(replies.is_empty())?;
            // 48 bits without protection, more with it; a reset that comes again keeps its session id.
            let strong = protection != Protection::None || keeps_session(&requests);
            let confidence = if strong { Confidence::Message } else { Confidence::Signature };
            return Ok(Evidence::new(confidence, "hard-reset: a client's reset of one of the exact lengths"));
        };
        let in_clear = answer.acknowledges(first.session);
        let kept = keeps_session(&requests) && keeps_session(&replies) && answer.session != first.session;
        if in_clear || kept {
            return Ok(Evidence::dialogue("resets: the server answers the client's reset, and session ids stay"));
        }
        return Ok(Evidence::message("hard-reset: a client's reset of one of the exact lengths"));
    }
    let acknowledged = |packets: &[Packet<'_>], others: &[Packet<'_>]| {
        others.iter().any(|other| other.is_random() && packets.iter().any(|packet| packet.acknowledges(other.session)))
    };
    if acknowledged(&requests, &replies) || acknowledged(&replies, &requests) || counts(&requests) && counts(&replies) {
        return Ok(Evidence::signature(SESSION));
    }
    let runs = [&requests, &replies].map(|packets| data_runs(packets));
    match runs {
        [Some(true), Some(true)] => Ok(Evidence::message(DATA)),
        [Some(true), None] => Ok(Evidence::signature(DATA)),
        [None, Some(true)] => Ok(Evidence::signature(DATA).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

const SESSION: &str = "session: control packets that acknowledge the other's session id, or count behind their own";
const DATA: &str = "data: packet ids grow behind bytes that stay";

/// Whether control packets of one session carry a replay protection that counts: packet id and time, behind
/// the session id or behind a digest. A session id, two steps and two times: more than 100 bits agree.
fn counts(packets: &[Packet<'_>]) -> bool {
    let control: Vec<&Packet<'_>> = packets.iter().filter(|packet| !is_data(packet.opcode)).collect();
    let replay = |packet: &Packet<'_>, digest: usize| {
        let mut cursor = Cursor::closed(packet.bytes.get(9 + digest..).unwrap_or_default());
        Some((cursor.u32().ok()?, cursor.u32().ok()?))
    };
    let steps = |pair: &[&Packet<'_>]| match *pair {
        [before, after] if before.session == after.session && before.is_random() => {
            [0].iter().chain(&DIGESTS).any(|&digest| match (replay(before, digest), replay(after, digest)) {
                (Some((id, time)), Some((next, later))) => {
                    (1..=64).contains(&next.wrapping_sub(id)) && time != 0 && later.wrapping_sub(time) <= 3600
                }
                _ => false,
            })
        }
        _ => false,
    };
    control.len() >= 2 && control.windows(2).all(steps)
}

/// Whether at least two control packets have one session id, and none another; keys are renegotiated under the same.
fn keeps_session(packets: &[Packet<'_>]) -> bool {
    let mut control = packets.iter().filter(|packet| !is_data(packet.opcode));
    let Some(first) = control.next() else { return false };
    let mut count = 1;
    for packet in control {
        let known = matches!(packet.opcode, opcode::SOFT_RESET..=opcode::ACK | opcode::WRAPPED_KEY) || packet.opcode == first.opcode;
        if !known || packet.session != first.session {
            return false;
        }
        count += 1;
    }
    count >= 2
}

/// Whether data packets' ids grow; `None` where there are too few to say.
fn data_runs(packets: &[Packet<'_>]) -> Option<bool> {
    let ids = |packet: &Packet<'_>| {
        let mut cursor = Cursor::closed(packet.bytes);
        let head = if packet.opcode == opcode::DATA_V2 { cursor.u32() } else { cursor.u8().map(u32::from) };
        head.and_then(|head| Ok((head, cursor.u32()?))).ok()
    };
    let data: Vec<(u32, u32)> = packets.iter().filter(|packet| is_data(packet.opcode)).filter_map(ids).collect();
    let runs = data.windows(2).all(|pair| match *pair {
        [(head, before), (same, after)] => head == same && (1..=MAX_STEP).contains(&after.wrapping_sub(before)),
        _ => false,
    });
    (data.len() >= 4 && data.len() == packets.len()).then_some(runs)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = packets(opening, Side::Initiator).ok().and_then(|packets| packets.first()?.client_reset());
    attributes.set_some(
        "openvpn.protection",
        first.map(|protection| match protection {
            Protection::None => "none",
            Protection::Auth => "tls-auth",
            Protection::Crypt => "tls-crypt",
            Protection::CryptV2 => "tls-crypt-v2",
        }),
    );
}

const RESET: &[u8] = b"\x38clientid\x00\x00\x00\x00\x00";
/// The server's reset: acknowledges packet 0 of the client's session.
const REPLY: &[u8] = b"\x40serverid\x01\x00\x00\x00\x00clientid\x00\x00\x00\x00";
const AUTH: &[u8] = b"\x38clientidsha1sha1sha1sha1sha1\x00\x00\x00\x01time\x00\x00\x00\x00\x00";
const CRYPT: &[u8] = b"\x38clientid\x00\x00\x00\x01timehmachmachmachmachmachmachmachmac.....";

const EXAMPLES: &[Example] = &[
    Example::not(Transport::Udp, "a fill of eights", &[&[8; 60]], &[&[8; 60]]),
    Example::udp(Confidence::Dialogue, "the server acknowledges the client's reset", &[RESET], &[REPLY]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[b"\x00\x0e", RESET], &[b"\x00\x1a", REPLY]),
    Example::udp(Confidence::Signature, "nobody answers", &[RESET], &[]),
    Example::udp(Confidence::Message, "nobody answers, and the reset comes again", &[RESET, RESET], &[]),
    Example::udp(Confidence::Message, "tls-auth", &[AUTH], &[]),
    Example::udp(Confidence::Message, "tls-crypt", &[CRYPT], &[]),
    Example::udp(
        Confidence::Dialogue,
        "tls-crypt: session ids stay",
        &[CRYPT, b"\x28clientid\x00\x00\x00\x02timehmac"],
        &[b"\x40serverid\x00\x00\x00\x01timehmac", b"\x20serverid\x00\x00\x00\x02timehmac"],
    ),
    Example::udp(
        Confidence::Signature,
        "data of one side",
        &[
            b"\x48\x00\x00\x01\x00\x00\x01\x01data",
            b"\x48\x00\x00\x01\x00\x00\x01\x02data",
            b"\x48\x00\x00\x01\x00\x00\x01\x03data",
            b"\x48\x00\x00\x01\x00\x00\x01\x05data",
        ],
        &[],
    ),
    Example::not(Transport::Udp, "text that begins with an opcode", &[b"8clientid, said the server"], &[]),
    Example::not(Transport::Udp, "a reset, answered by something else", &[RESET], &[b"HTTP/1.1 400"]),
    Example::not(
        Transport::Udp,
        "data whose ids do not grow",
        &[b"\x48\x00\x00\x01abcd", b"\x48\x00\x00\x01zyxw", b"\x48\x00\x00\x01bcde", b"\x48\x00\x00\x01aaaa"],
        &[],
    ),
];
