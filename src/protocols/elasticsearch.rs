//! Elasticsearch's transport protocol between nodes: its TCP header, as `TcpHeader` in the server describes it.
//!
//! ```text
//!  'E' 'S'   length:32 of what follows   request id:64   status:8   version:32   …
//! ```
//!
//! The status has bits for response, error, compression and handshake; a response repeats the request's id. A
//! keep-alive is the mark and a length of -1. What clients speak to port 9200 is HTTP.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Elasticsearch's transport protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "elasticsearch",
    title: "Elasticsearch transport protocol",
    specification: "Elasticsearch, TcpHeader: mark, length, request id, status, version",
    ports: &[9300],
    initiator_first: ByteSet::of(b"E"),
    responder_first: ByteSet::of(b"E"),
    inspect,
    describe: Some(describe),
    attributes: &[("elasticsearch.version", "the version id that the initiator sent, as major * 1000000 + minor * 10000 + patch * 100 + build")],
    confused_with: "Elasticsearch's HTTP interface, which is HTTP",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Status bits: response, error, compressed, handshake.
const RESPONSE: u8 = 1;
const STATUS_BITS: u8 = 0x0f;

/// Request id, status and version take this many of the counted bytes.
const MIN_LEN: u32 = 13;

/// Largest message in bytes: nodes refuse more than nine tenths of their heap, and that is less than this.
const MAX_LEN: u32 = 1 << 30;

#[derive(Clone, Copy)]
struct Header {
    id: u64,
    is_response: bool,
    version: u32,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "header: the transport's header (Elasticsearch, TcpHeader)";
    match (header(opening.request()), header(opening.reply())) {
        (Ok(asked), Ok(answered)) => {
            let pair = asked.id == answered.id && asked.is_response != answered.is_response;
            Ok(if pair { Evidence::dialogue(rule) } else { Evidence::message(rule) })
        }
        (Ok(_), Err(Reject::Incomplete)) => Ok(Evidence::message(rule)),
        (Err(Reject::Incomplete), Ok(_)) => Ok(Evidence::message(rule).from(Side::Responder)),
        (Err(reject), _) | (_, Err(reject)) => Err(reject),
    }
}

fn header(mut cursor: Cursor<'_>) -> Result<Header, Reject> {
    cursor.tag(b"ES")?;
    // Keep-alives may come before the first message.
    while cursor.rest().starts_with(&[0xff; 4]) {
        cursor.skip(4)?;
        cursor.tag(b"ES")?;
    }
    let len = cursor.u32()?;
    require((MIN_LEN..MAX_LEN).contains(&len))?;
    let (id, status, version) = (cursor.u64()?, cursor.u8()?, cursor.u32()?);
    // OpenSearch sets a high bit of the version; Elasticsearch 8.8 and later count on from 8,500,000.
    let plain = version & 0x07ff_ffff;
    require(status & !STATUS_BITS == 0 && (1_000_000..20_000_000).contains(&plain))?;
    Ok(Header { id, is_response: status & RESPONSE != 0, version })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("elasticsearch.version", header(opening.request()).ok().map(|header| header.version));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a handshake",
        &[b"ES\0\0\0\x0d\0\0\0\0\0\0\0\x01\x08\0\x6b\xbb\x4b"],
        &[b"ES\0\0\0\x0d\0\0\0\0\0\0\0\x01\x09\0\x6b\xbb\x4b"],
    ),
    Example::tcp(Confidence::Message, "only one side was captured", &[b"ES\0\0\0\x20\0\0\0\0\0\0\0\x02\0\0\x6b\xbb\x4b"], &[]),
    Example::not(Transport::Tcp, "text", &[b"ESMTP server ready at your service"], &[]),
];
