//! Graphite's plain text protocol: a metric, its value and its time a line, over TCP and UDP.
//!
//! ```text
//! servers.web1.load 0.42 1769900000␊
//! ```
//!
//! As Graphite documents feeding Carbon. Nobody answers.

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, in_stream};

/// Graphite plain text protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "graphite",
    title: "Graphite plain text protocol",
    specification: "Graphite documentation: feeding in your data",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: LETTERS.or(ByteSet::range(b'0', b'9')).or(ByteSet::of(b"_")),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "nothing of the same form",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[2003];
/// Longest line in bytes that is believed.
const MAX_LINE: usize = 1024;
/// Times that are believed, in seconds since 1970: 2001 to 2065, so that they have ten digits.
const TIMES: std::ops::Range<u64> = 1_000_000_000..3_000_000_000;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let said = opening.initiator;
    let line = |cursor: &mut Cursor<'_>| {
        let line = cursor.line(MAX_LINE)?;
        require(is_metric(line))
    };
    let count = match opening.transport {
        Transport::Tcp => in_stream(said.stream(), line),
        _ => in_datagrams(&said, |cursor| in_stream(*cursor, line).map(drop)),
    }?;
    let rule = "metrics: lines of a path, a value and a time (Graphite)";
    Ok(if count >= 2 || opening.is_on(PORTS) { Evidence::message(rule) } else { Evidence::signature(rule) })
}

fn is_metric(line: &[u8]) -> bool {
    let mut fields = line.split(|&byte| byte == b' ');
    let path = fields.next().unwrap_or_default();
    let value = fields.next().unwrap_or_default();
    let time = fields.next().unwrap_or_default();
    let path_fits = path.contains(&b'.') && path.iter().all(|&b| b.is_ascii_alphanumeric() || b"._-;=:/%".contains(&b));
    let value_fits = value.iter().all(|&b| b.is_ascii_digit() || b"+-.eE".contains(&b)) && value.iter().any(u8::is_ascii_digit);
    path_fits && value_fits && decimal(time).is_ok_and(|time| TIMES.contains(&time)) && fields.next().is_none()
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "two metrics", &[b"servers.web1.load 0.42 1769900000\nservers.web2.load 1 1769900000\n"], &[]),
    Example::udp(Confidence::Signature, "one", &[b"servers.web1.load 0.42 1769900000\n"], &[]),
    Example::not(Transport::Tcp, "a time that is none", &[b"servers.web1.load 0.42 17699\n"], &[]),
    Example::not(Transport::Tcp, "a path without a dot", &[b"GET / 1769900000\n"], &[]),
];
