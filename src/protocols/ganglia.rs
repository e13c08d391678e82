//! Ganglia, a monitoring system of clusters: metrics between daemons over UDP, a report in XML over TCP.
//!
//! ```text
//! UDP   message (4): 128 metadata, 129 to 135 values, 136 request   host: length (4), text   metric: length (4), text   spoofed (4)
//! TCP   <?xml ...> <!DOCTYPE GANGLIA_XML [ ...
//! ```
//!
//! Ganglia's gm_protocol.x in XDR (RFC 4506). The server speaks first over TCP.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Ganglia.
pub const INSPECTOR: Inspector = Inspector {
    name: "ganglia",
    title: "Ganglia",
    specification: "Ganglia gm_protocol.x, RFC 4506",
    carriers: Carriers::TCP_UDP,
    ports: &[8649, 8651],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(b"<"),
    inspect,
    confused_with: "nothing of two names behind such a number",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest name in bytes.
const MAX_NAME: u32 = 255;
/// How far from the beginning the document type is looked for, in bytes.
const SEARCHED: usize = 256;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        let text = opening.responder.bytes();
        let near = text.get(..SEARCHED).unwrap_or(text);
        let mut cursor = opening.reply();
        cursor.tag(b"<")?;
        let named = [&b"<!DOCTYPE GANGLIA_XML"[..], b"<GANGLIA_XML "].iter().any(|word| near.windows(word.len()).any(|part| part == *word));
        if named {
            return Ok(Evidence::message("report: Ganglia's document type (Ganglia)").from(Side::Responder));
        }
        return Err(if near.len() < SEARCHED { Reject::Incomplete } else { Reject::Mismatch });
    }
    in_datagrams(&opening.initiator, |cursor| metric(*cursor))?;
    Ok(Evidence::message("metric: a message's number, a host's and a metric's name (gm_protocol.x)"))
}

fn metric(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    require((128..=136).contains(&cursor.u32()?))?;
    for _ in 0..2 {
        let len = cursor.u32()?;
        require((1..=MAX_NAME).contains(&len))?;
        let name = cursor.take(len as usize)?;
        require(is_text(name))?;
        // Filled up to four bytes (RFC 4506 section 4.11).
        let padding = (len.next_multiple_of(4) - len) as usize;
        require(cursor.take(padding)?.iter().all(|&byte| byte == 0))?;
    }
    require(cursor.u32()? <= 1)
}

const VALUE: &[u8] = b"\0\0\0\x86\0\0\0\x04web1\0\0\0\x08load_one\0\0\0\0\0\0\0\x04%.2f\x3f\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a value", &[VALUE], &[]),
    Example::tcp(Confidence::Message, "a report", &[], &[b"<?xml version=\"1.0\"?>\n<!DOCTYPE GANGLIA_XML ["]),
    Example::not(Transport::Udp, "a name that is none", &[b"\0\0\0\x86\0\0\0\x04\0\0\0\0\0\0\0\x08load_one\0\0\0\0"], &[]),
    Example::not(Transport::Tcp, "another document", &[], &[b"<?xml version=\"1.0\"?>\n<html>"]),
];
