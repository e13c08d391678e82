//! InfluxDB's line protocol, sent without HTTP over UDP or TCP.
//!
//! ```text
//! measurement[,tag=value ...] field=value[,field=value ...] [time in nanoseconds]␊
//! ```
//!
//! As InfluxData documents it. Nobody answers.

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, in_stream};

/// InfluxDB line protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "influx-line",
    title: "InfluxDB line protocol",
    specification: "InfluxData documentation: line protocol",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: LETTERS.or(ByteSet::of(b"_")),
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "nothing of the same form",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[8089, 8094];
/// Longest line in bytes that is believed.
const MAX_LINE: usize = 4096;
/// Digits of a time: seconds to nanoseconds.
const TIME_DIGITS: std::ops::RangeInclusive<usize> = 10..=19;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let said = opening.initiator;
    let line = |cursor: &mut Cursor<'_>| {
        let line = cursor.line(MAX_LINE)?;
        require(is_point(line))
    };
    let count = match opening.transport {
        Transport::Tcp => in_stream(said.stream(), line),
        _ => in_datagrams(&said, |cursor| in_stream(*cursor, line).map(drop)),
    }?;
    let rule = "points: lines of a measurement, fields and a time (InfluxDB line protocol)";
    Ok(if count >= 2 || opening.is_on(PORTS) { Evidence::message(rule) } else { Evidence::signature(rule) })
}

/// Whether a line is a point with a time. Spaces within names are escaped, and strings are rare: both end the claim.
fn is_point(line: &[u8]) -> bool {
    let mut parts = line.split(|&byte| byte == b' ');
    let series = parts.next().unwrap_or_default();
    let fields = parts.next().unwrap_or_default();
    let time = parts.next().unwrap_or_default();
    // A key begins with a letter or an underscore, as everybody names them.
    let pair = |pair: &[u8]| {
        let at = pair.iter().position(|&byte| byte == b'=').unwrap_or(0);
        pair.first().is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_') && at > 0 && at + 1 < pair.len()
    };
    let mut names = series.split(|&byte| byte == b',');
    let plain = names.next().is_some_and(|name| name.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(b)));
    let digits = TIME_DIGITS.contains(&time.len()) && time.iter().all(u8::is_ascii_digit);
    plain && names.all(pair) && fields.split(|&byte| byte == b',').all(pair) && digits && is_text(fields) && parts.next().is_none()
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "a point", &[b"cpu,host=web1 idle=97.2,user=1.5 1769900000000000000\n"], &[]),
    Example::tcp(Confidence::Message, "two points", &[b"cpu,host=a idle=97 1769900000000000000\ncpu,host=b idle=98 1769900000000000000\n"], &[]),
    Example::not(Transport::Udp, "a field without a value", &[b"cpu,host=web1 idle= 1769900000000000000\n"], &[]),
    Example::not(Transport::Tcp, "a request line", &[b"GET /?a=b 1769900000000000000\n"], &[]),
];
