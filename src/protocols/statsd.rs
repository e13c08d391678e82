//! StatsD: counters and times as lines of text, over UDP.
//!
//! ```text
//! name:value|c|g|ms|h|s|d[|@rate][|#tag:value,...]
//! ```
//!
//! As Etsy's daemon and its successors document it. All lines of a datagram must have this form. Nobody answers.

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{is_text, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// StatsD.
pub const INSPECTOR: Inspector = Inspector {
    name: "statsd",
    title: "StatsD",
    specification: "StatsD metric types, as documented by its project",
    carriers: Carriers::UDP,
    ports: &[8125],
    initiator_first: LETTERS.or(ByteSet::range(b'0', b'9')).or(ByteSet::of(b"_")),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "nothing of the same form",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest line in bytes that is believed.
const MAX_LINE: usize = 1024;

fn inspect(opening: &Opening<'_>) -> Verdict {
    in_datagrams(&opening.initiator, |cursor| {
        let mut metrics = 0;
        while !cursor.is_empty() {
            let rest = cursor.rest();
            let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let metric = cursor.take(end)?;
            require(cursor.is_empty() || cursor.u8()? == b'\n')?;
            // The capture may have cut the last one.
            if cursor.is_open() && cursor.is_empty() {
                break;
            }
            require(metric.len() <= MAX_LINE && is_metric(metric))?;
            metrics += 1;
        }
        if metrics > 0 { Ok(()) } else { Err(Reject::Incomplete) }
    })?;
    Ok(Evidence::message("metrics: every line is a name, a value and a type (StatsD)"))
}

/// Whether a line is `name:value|type` with what may follow.
fn is_metric(line: &[u8]) -> bool {
    let mut parts = line.split(|&byte| byte == b'|');
    let (Some(named), Some(kind)) = (parts.next(), parts.next()) else { return false };
    let Some(colon) = named.iter().position(|&byte| byte == b':') else { return false };
    let (name, values) = named.split_at(colon);
    let name_fits = !name.is_empty() && name.iter().all(|&b| b.is_ascii_alphanumeric() || b"._-/ []".contains(&b));
    let number = |b: &u8| b.is_ascii_digit() || b"+-.eE:".contains(b);
    let set = kind == b"s" && is_text(values);
    let known: [&[u8]; 6] = [b"c", b"g", b"ms", b"h", b"s", b"d"];
    let value_fits = values.len() > 1 && (set || values.iter().all(number) && values.iter().any(u8::is_ascii_digit));
    name_fits && value_fits && known.contains(&kind) && parts.all(|part| matches!(part.first(), Some(b'@' | b'#' | b'c' | b'T' | b'e')))
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a counter", &[b"web.requests:1|c"], &[]),
    Example::udp(Confidence::Message, "several, with rate and tags", &[b"web.time:320|ms|@0.1\nusers:17|g|#region:eu\n"], &[]),
    Example::not(Transport::Udp, "a type that is none", &[b"web.requests:1|x"], &[]),
    Example::not(Transport::Udp, "no value", &[b"web.requests:|c"], &[]),
];
