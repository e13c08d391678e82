//! Steam: discovery for in-home streaming, and the client's connections to Valve's servers over UDP and TCP.
//!
//! ```text
//! discovery   FF FF FF FF 21 4C 5F A0   length:32 header   length:32 body      little-endian, both Protocol Buffers
//! UDP         "VS01"  payload length:16  type 1..7  00  source:32 destination:32 …  header of 36 bytes, little-endian
//! TCP         length:32  "VT01"  payload
//! relays      01  flag and version   "sdping"  time:32  cookie:32 ...      filled to 100 or 1300 bytes (Steam Datagram Relay)
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Verdict};
use crate::key::Transport;

/// Steam.
pub const INSPECTOR: Inspector = Inspector {
    name: "steam",
    title: "Steam discovery and client protocol",
    specification: "the headers as SteamKit and the streaming discovery's Protocol Buffers describe them",
    carriers: Carriers::TCP_UDP,
    ports: &[27015, 27016, 27017, 27018, 27019, 27020, 27036],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(8, &[(1, ByteSet::of(&[1, 2, 3, 0x81, 0x82, 0x83, b'S', 0xff]))]),
    inspect,
    describe: Some(describe),
    attributes: &[("steam.part", "discovery, client or relay")],
    confused_with: "the Source engine's queries, which begin FF FF FF FF too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const DISCOVERY: &[u8] = b"\xff\xff\xff\xff\x21\x4c\x5f\xa0";

/// Length of the header over UDP in bytes.
const HEADER: usize = 36;

/// Largest packet over TCP in bytes that is believed.
const MAX_PACKET: u32 = 1 << 24;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let part = |cursor: Cursor<'_>| {
        let read = if opening.transport == Transport::Udp { datagram(cursor) } else { stream(cursor) };
        read.map(|()| Confidence::Message)
    };
    if opening.transport == Transport::Udp && opening.initiator.bytes().first() == Some(&1) {
        relay_ping(opening.request())?;
        let rule = "relay-ping: a ping of a relay, of its length (Steam Datagram Relay)";
        return match opening.responder.bytes().first() {
            None => Ok(Evidence::message(rule)),
            Some(2) => Ok(Evidence::dialogue(rule)),
            Some(_) => Err(Reject::Mismatch),
        };
    }
    Evidence::of(part(opening.request()), part(opening.reply()), "header: Steam's header, whose lengths agree")
}

fn datagram(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    if cursor.rest().first() == Some(&0xff) {
        cursor.tag(DISCOVERY)?;
        let len = cursor.u32_le()?;
        cursor.skip(len as usize)?;
        let len = cursor.u32_le()?;
        cursor.skip(len as usize)?;
        return cursor.end();
    }
    let mut header = cursor;
    header.tag(b"VS01")?;
    let len = header.u16_le()?;
    // Challenge request, challenge, connect, accept, disconnect, data, datagram.
    require((1..=7).contains(&header.u8()?))?;
    cursor.skip(HEADER + usize::from(len))?;
    cursor.end()
}

/// Reads a client's ping of a relay, which measures the way to it before a game is joined.
fn relay_ping(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    require(matches!(cursor.total(), None | Some(100 | 1300)))?;
    cursor.tag(&[1])?;
    require((1..=3).contains(&(cursor.u8()? & 0x7f)))?;
    cursor.tag(b"sdping")
}

fn stream(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let len = cursor.u32_le()?;
    require((1..=MAX_PACKET).contains(&len))?;
    cursor.tag(b"VT01")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = if opening.initiator.is_silent() { opening.responder } else { opening.initiator };
    let part = match first.bytes().first() {
        Some(0xff) => "discovery",
        Some(1) if opening.transport == Transport::Udp => "relay",
        _ => "client",
    };
    attributes.set("steam.part", part);
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a discovery", &[b"\xff\xff\xff\xff\x21\x4c\x5f\xa0\x02\0\0\0\x08\x01\x02\0\0\0\x08\x01"], &[]),
    Example::udp(
        Confidence::Dialogue,
        "a challenge",
        &[b"VS01\0\0\x01\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"],
        &[b"VS01\x02\0\x02\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0ab"],
    ),
    Example::tcp(Confidence::Message, "the client over TCP", &[], &[b"\x1c\0\0\0VT01\x17\x05\0\0"]),
    Example::udp(
        Confidence::Message,
        "a relay is pinged",
        &[b"\x01\x81sdping0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\0"],
        &[],
    ),
    Example::not(Transport::Udp, "a ping that is too short", &[b"\x01\x81sdping0123"], &[]),
    Example::not(Transport::Udp, "a query of the Source engine", &[b"\xff\xff\xff\xffTSource Engine Query\0"], &[]),
    Example::not(Transport::Udp, "a length that does not agree", &[b"VS01\x09\0\x01\0\0\x06\0\0"], &[]),
];
