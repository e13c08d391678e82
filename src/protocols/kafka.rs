//! Apache Kafka: [requests and responses] over TCP.
//!
//! ```text
//! initiator   length | API key | API version | correlation id | client id: length, text | ...
//! responder   length | correlation id | ...
//! ```
//!
//! A request alone is a length and two small numbers, so it takes a client id, the port, or the answer
//! with its correlation id.
//!
//! [requests and responses]: https://kafka.apache.org/protocol

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// Kafka.
pub const INSPECTOR: Inspector = Inspector {
    name: "kafka",
    title: "Apache Kafka",
    specification: "Kafka protocol guide: Request Header v1 and v2, Response Header v0",
    ports: &[9092, 9093, 9094],
    initiator_first: ByteSet::range(0x00, 0x06),
    responder_first: ByteSet::range(0x00, 0x06),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("kafka.client_id", "client id of the first request"),
        ("kafka.api_key", "API key of the first request (0 produce, 1 fetch, 3 metadata, 18 API versions ...)"),
        ("kafka.api_version", "version of the first request"),
    ],
    confused_with: "other protocols with four bytes of length in front: their answers do not repeat the correlation id",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages read of a side.
const MAX_MESSAGES: usize = 8;
/// Largest request that a broker accepts by default (socket.request.max.bytes), in bytes.
const MAX_LENGTH: u32 = 100 << 20;
/// Highest API key of Kafka 4.
const LAST_API: u16 = 92;
/// Highest version of any API.
const LAST_VERSION: u16 = 20;

/// A request's header.
#[derive(Clone, Copy)]
struct Request<'a> {
    api: u16,
    version: u16,
    correlation: u32,
    client: Option<&'a [u8]>,
    is_whole: bool,
}

fn request<'a>(cursor: &mut Cursor<'a>) -> Result<Request<'a>, Reject> {
    let len = cursor.u32()?;
    require((10..=MAX_LENGTH).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    let (api, version) = (body.u16()?, body.u16()?);
    require(api <= LAST_API && version <= LAST_VERSION)?;
    let correlation = body.u32()?;
    let client = match body.u16()? {
        u16::MAX => None,
        len => Some(body.take(usize::from(len))?),
    };
    require(client.is_none_or(is_text))?;
    // Zeros all along: how ZooKeeper asks for a session.
    require((api, version, correlation, client) != (0, 0, 0, Some(&[])))?;
    Ok(Request { api, version, correlation, client, is_whole: !body.is_open() })
}

/// Reads a response, and gives its correlation id.
fn response(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    let len = cursor.u32()?;
    require((4..=MAX_LENGTH).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    body.u32()
}

fn requests(said: Said<'_>) -> impl Iterator<Item = Request<'_>> {
    let mut stream = said.stream();
    (0..MAX_MESSAGES).map_while(move |_| request(&mut stream).ok())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = of_said(&opening.initiator, Transport::Tcp, |cursor| request(cursor).map(drop));
    let answered = of_said(&opening.responder, Transport::Tcp, |cursor| response(cursor).map(drop));
    let rule = "request: API key, version and client id (Kafka protocol guide, Request Header)";
    let first = requests(opening.initiator).next();
    match (asked, answered) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(_), Ok(_)) => {
            let correlation = response(&mut opening.reply())?;
            let request = requests(opening.initiator).find(|request| request.correlation == correlation);
            let request = request.ok_or(Reject::Mismatch)?;
            // Zeros answer zeros in many protocols: the client's name, or that it has none, must be there too.
            if request.client == Some(&[]) && correlation <= 0xffff && !opening.is_on(INSPECTOR.ports) {
                return Err(Reject::Incomplete);
            }
            Ok(Evidence::dialogue(
                "answered-request: the response has the request's correlation id (Kafka protocol guide, Response Header)",
            ))
        }
        (Ok(_), Err(Reject::Incomplete)) if opening.is_on(INSPECTOR.ports) => {
            let whole = first.is_some_and(|request| request.is_whole);
            Ok(if whole { Evidence::message(rule) } else { Evidence::signature(rule) })
        }
        // Eight letters of client id are as good as a magic number.
        (Ok(count), Err(Reject::Incomplete)) => {
            let named = first.and_then(|request| request.client).is_some_and(|client| client.len() >= 3);
            let whole = first.is_some_and(|request| request.is_whole);
            if named && (whole || count > 1) { Ok(Evidence::signature(rule)) } else { Err(Reject::Incomplete) }
        }
        (Err(Reject::Incomplete), Ok(3..)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(
            "responses: several whole ones, on Kafka's port (Kafka protocol guide, Response Header)",
        )
        .from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some(request) = requests(opening.initiator).next() {
        attributes.set_some("kafka.client_id", request.client);
        attributes.set("kafka.api_key", request.api);
        attributes.set("kafka.api_version", request.version);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client asks for the versions",
        &[b"\x00\x00\x00\x12\x00\x12\x00\x00\x00\x00\x00\x01\x00\x08consumer"],
        &[b"\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Signature,
        "only the client was captured",
        &[b"\x00\x00\x00\x12\x00\x12\x00\x00\x00\x00\x00\x01\x00\x08consumer"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "only the client was captured, without a client id, on the port",
        &[b"\x00\x00\x00\x0e\x00\x03\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00"],
        &[],
    )
    .on(9092),
    Example::not(
        Transport::Tcp,
        "an answer of another correlation id",
        &[b"\x00\x00\x00\x12\x00\x12\x00\x00\x00\x00\x00\x01\x00\x08consumer"],
        &[b"\x00\x00\x00\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "a request without a client id anywhere",
        &[b"\x00\x00\x00\x0e\x00\x03\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00"],
        &[],
    ),
];
