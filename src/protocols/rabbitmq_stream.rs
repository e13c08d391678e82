//! RabbitMQ's stream protocol, on 5552.
//!
//! ```text
//! size | key | version 1 | correlation | ...
//! initiator   17 peer properties: a map of texts, "product" ...        responder   8011 with the same correlation
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// RabbitMQ streams.
pub const INSPECTOR: Inspector = Inspector {
    name: "rabbitmq-stream",
    title: "RabbitMQ stream protocol",
    specification: "RabbitMQ Stream Protocol Reference: frame structure, PeerProperties",
    ports: &[5552],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    confused_with: "Kafka, whose requests are alike: the first here is always peer properties, 17, with a map of texts",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The key that a client begins with.
const PEER_PROPERTIES: u16 = 17;
/// Set in the key of an answer.
const RESPONSE: u16 = 0x8000;

/// Reads a frame's header with this key, and gives the correlation and the rest.
fn frame(mut cursor: Cursor<'_>, key: u16) -> Result<(u32, Cursor<'_>), Reject> {
    let size = cursor.u32()?;
    require((12..1 << 20).contains(&size))?;
    let mut body = cursor.within(size as usize)?;
    require(body.u16()? == key)?;
    body.tag(&[0, 1])?;
    Ok((body.u32()?, body))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (correlation, mut properties) = frame(opening.request(), PEER_PROPERTIES)?;
    require((1..64).contains(&properties.u32()?))?;
    let len = usize::from(properties.u16()?);
    let name = properties.take(len)?;
    require(!name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_'))?;
    let reply = frame(opening.reply(), PEER_PROPERTIES | RESPONSE)
        .and_then(|(answered, _)| require(answered == correlation));
    Evidence::of(
        Ok(Confidence::Message),
        reply.map(|()| Confidence::Message),
        "peer-properties: key 17, version 1 and a map of texts (RabbitMQ Stream Protocol Reference)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "properties are exchanged",
        &[b"\x00\x00\x00\x1a\x00\x11\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x07product\x00\x03abc"],
        &[b"\x00\x00\x00\x0e\x80\x11\x00\x01\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "an answer to another question",
        &[b"\x00\x00\x00\x1a\x00\x11\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x07product\x00\x03abc"],
        &[b"\x00\x00\x00\x0e\x80\x11\x00\x01\x00\x00\x00\x02\x00\x01\x00\x00\x00\x00"],
    ),
];
