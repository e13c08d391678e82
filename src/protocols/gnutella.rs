//! Gnutella: its handshake over TCP and its messages over UDP, the protocol's drafts 0.4 and 0.6.
//!
//! ```text
//! initiator   GNUTELLA CONNECT/0.6␍␊ User-Agent: …␍␊␍␊
//! responder   GNUTELLA/0.6 200 OK␍␊ …                     (0.4: GNUTELLA OK␊␊)
//! message     id 16 bytes  type  time to live  hops  length:32 little-endian  payload
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict};
use crate::key::Transport;

use super::http::Head;

/// Gnutella.
pub const INSPECTOR: Inspector = Inspector {
    name: "gnutella",
    title: "Gnutella",
    specification: "Gnutella 0.6 draft, sections 2.1 and 2.2",
    carriers: Carriers::TCP_UDP,
    ports: &[6346, 6347],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(23, &[]),
    inspect,
    describe: Some(describe),
    attributes: &[("gnutella.user_agent", "the initiator's program")],
    confused_with: "HTTP, by which Gnutella's files are fetched",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages may travel no further than this many hops altogether.
const MAX_HOPS: u8 = 16;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Udp {
        let counts = [opening.initiator, opening.responder].map(messages);
        return match counts {
            [Some(0), _] | [_, Some(0)] => Err(Reject::Mismatch),
            [Some(_), Some(_)] => Ok(Evidence::message("messages: Gnutella's messages from both sides (Gnutella 0.6, 2.2)")),
            [Some(count), None] if count > 1 || opening.is_on(INSPECTOR.ports) => {
                Ok(Evidence::signature("message: Gnutella's message, whose length agrees (Gnutella 0.6, 2.2)"))
            }
            [None, Some(count)] if count > 1 || opening.is_on(INSPECTOR.ports) => {
                Ok(Evidence::signature("message: Gnutella's message, whose length agrees (Gnutella 0.6, 2.2)").from(Side::Responder))
            }
            _ => Err(Reject::Incomplete),
        };
    }
    let connect = |mut cursor: Cursor<'_>| cursor.tag(b"GNUTELLA CONNECT/0.").map(|()| Confidence::Message);
    let answer = |mut cursor: Cursor<'_>| cursor.one_of(&[b"GNUTELLA/0.", b"GNUTELLA OK"]).map(|_| Confidence::Message);
    Evidence::of(connect(opening.request()), answer(opening.reply()), "handshake: Gnutella's handshake (Gnutella 0.6, 2.1)")
}

/// How many datagrams are messages, if all are; 0 if one is not, nothing of a silent side.
fn messages(said: Said<'_>) -> Option<usize> {
    let mut count = 0;
    for datagram in said.datagrams() {
        if message(datagram.cursor()).is_err() {
            return Some(0);
        }
        count += 1;
    }
    (count > 0).then_some(count)
}

/// Some 45 of the header's bits are bound: the type, the hops and the exact length.
fn message(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let id = cursor.take(16)?;
    require(id.iter().any(|&byte| byte != 0))?;
    // Ping, pong, bye, query route table, vendor messages, push, query, answer.
    let kind = cursor.u8()?;
    require(matches!(kind, 0 | 1 | 2 | 0x30..=0x32 | 0x40 | 0x80 | 0x81))?;
    let (time_to_live, hops) = (cursor.u8()?, cursor.u8()?);
    require(time_to_live <= MAX_HOPS && hops <= MAX_HOPS && time_to_live + hops > 0)?;
    let len = cursor.u32_le()? as usize;
    cursor.skip(len)?;
    cursor.end()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if opening.transport == Transport::Tcp {
        let head = Head::parse(opening.request()).ok();
        attributes.set_some("gnutella.user_agent", head.and_then(|head| head.field("user-agent")));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a handshake", &[b"GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\n\r\n"], &[b"GNUTELLA/0.6 200 OK\r\n\r\n"]),
    Example::tcp(Confidence::Message, "only the initiator was captured", &[b"GNUTELLA CONNECT/0.4\n\n"], &[]),
    Example::udp(
        Confidence::Message,
        "a ping and a pong",
        &[b"0123456789abcdef\0\x01\0\0\0\0\0"],
        &[b"0123456789abcdef\x01\x01\0\x0e\0\0\0\xca\x18\xc0\0\x02\x01\0\0\0\0\0\0\0\0"],
    ),
    Example::not(Transport::Udp, "a length that does not agree", &[b"0123456789abcdef\0\x01\0\x05\0\0\0"], &[]),
    Example::not(Transport::Tcp, "HTTP", &[b"GET /uri-res/N2R?urn:sha1:X HTTP/1.1\r\n\r\n"], &[]),
];
