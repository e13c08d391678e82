//! Syslog: a priority in angle brackets, then text, over UDP and TCP.
//!
//! ```text
//! <165>1 2026-01-31T22:14:15.003Z host app 8710 ID47 - text        RFC 5424 section 6
//! <34>Oct 11 22:14:15 host su: text                                RFC 3164 section 4.1
//! <189>29: *Mar  1 00:12:07.123: %SYS-5-CONFIG_I: text             network equipment
//! ```
//!
//! Over TCP a message ends with LF or NUL, or its length stands before it (RFC 6587 section 3.4). Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::{in_datagrams, in_stream};

/// Syslog.
pub const INSPECTOR: Inspector = Inspector {
    name: "syslog",
    title: "Syslog",
    specification: "RFC 5424 section 6, RFC 3164 section 4.1, RFC 6587 section 3.4",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(b"<").or(ByteSet::range(b'1', b'9')),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("syslog.facility", "the first message's facility, as a number"),
        ("syslog.severity", "the first message's severity, as a number: 0 emergency to 7 debug"),
    ],
    confused_with: "remote shell, which has TCP port 514 too, but begins with a port number and a NUL",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[514, 601, 1514];
/// Highest priority: facility 23, severity 7 (RFC 5424 section 6.2.1).
const MAX_PRIORITY: u64 = 191;
/// Longest message over TCP, with room beyond what receivers must take (RFC 5424 section 6.1), in bytes.
const MAX_LINE: usize = 16 * 1024;
/// Within how many bytes after the priority the time of an older message is looked for: equipment puts a counter, a name or a
/// weekday first.
const TIME_WITHIN: usize = 80;
/// Shortest text, in bytes, that says something without a time.
const MIN_TEXT: usize = 8;
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut best = Confidence::Message;
    let mut note = |message: &[u8]| -> Result<(), Reject> {
        best = best.min(weigh(message)?);
        Ok(())
    };
    let said = opening.initiator;
    match opening.transport {
        Transport::Tcp => in_stream(said.stream(), |cursor| note(framed(cursor)?)),
        _ => in_datagrams(&said, |cursor| note(cursor.rest())),
    }?;
    let rule = "priority: a priority in angle brackets before text (RFC 5424 section 6, RFC 3164 section 4.1)";
    Ok(Evidence::new(best, rule))
}

/// The next message of a stream: behind its length, or to its line's end (RFC 6587 section 3.4).
fn framed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    if cursor.rest().first().is_some_and(u8::is_ascii_digit) {
        let len = decimal(cursor.until(b' ', 5)?)?;
        return cursor.take(usize::try_from(len).map_err(|_| Reject::Mismatch)?);
    }
    let rest = cursor.rest();
    let end = rest.iter().take(MAX_LINE).position(|byte| matches!(byte, b'\n' | 0));
    let line = cursor.take(end.unwrap_or(rest.len()))?;
    if end.is_some() {
        cursor.skip(1)?;
        return Ok(line);
    }
    // No end yet: what is here must look right so far.
    if priority(&mut Cursor::open(line)) == Err(Reject::Mismatch) { Err(Reject::Mismatch) } else { Err(Reject::Incomplete) }
}

/// Reads `<n>`, without leading zeros.
fn priority(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    cursor.tag(b"<")?;
    let digits = cursor.until(b'>', 3)?;
    let number = decimal(digits)?;
    require(number <= MAX_PRIORITY && (digits.len() == 1 || !digits.starts_with(b"0")))?;
    Ok(number)
}

fn weigh(message: &[u8]) -> Result<Confidence, Reject> {
    let mut cursor = Cursor::closed(message);
    priority(&mut cursor)?;
    let text = cursor.rest();
    let printable = |bytes: &[u8]| bytes.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\r' | b'\n' | 0 | 0x1b));
    require(printable(text))?;
    if is_versioned(text) || has_old_time(text) {
        return Ok(Confidence::Message);
    }
    // About one of 2^40 random datagrams gets here: five to seven bytes of the priority and its text.
    require(text.len() >= MIN_TEXT)?;
    Ok(Confidence::Signature)
}

/// Whether a text begins as RFC 5424 has it: version, then a time or a dash.
fn is_versioned(text: &[u8]) -> bool {
    let mut fields = text.split(|&byte| byte == b' ');
    let version = fields.next().is_some_and(|version| decimal(version).is_ok_and(|n| (1..=999).contains(&n)));
    let time = fields.next().is_some_and(|time| {
        time == b"-" || matches!(time, [y, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] if y.is_ascii_digit())
    });
    version && time
}

/// Whether `Mmm dd hh:mm:ss` stands near a text's beginning (RFC 3164 section 4.1.2).
fn has_old_time(text: &[u8]) -> bool {
    let near = text.get(..TIME_WITHIN).unwrap_or(text);
    near.windows(15).any(|time| {
        // The punctuation first: it is rarer than letters.
        let has = |at: usize, byte: u8| time.get(at) == Some(&byte);
        has(12, b':') && has(9, b':') && has(3, b' ') && MONTHS.iter().any(|month| time.starts_with(month))
    })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut cursor = opening.said(Side::Initiator).cursor(opening.transport);
    if cursor.rest().first() != Some(&b'<') && cursor.until(b' ', 5).is_err() {
        return;
    }
    if let Ok(priority) = priority(&mut cursor) {
        attributes.set("syslog.facility", priority / 8);
        attributes.set("syslog.severity", priority % 8);
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "RFC 5424", &[b"<165>1 2026-01-31T22:14:15.003Z host app 8710 ID47 - x"], &[]),
    Example::udp(Confidence::Message, "RFC 3164", &[b"<34>Oct 11 22:14:15 host su: failed"], &[]),
    Example::udp(Confidence::Message, "equipment", &[b"<189>29: *Mar  1 00:12:07.123: %SYS-5-CONFIG_I: x"], &[]),
    Example::udp(Confidence::Signature, "text without a time", &[b"<13>link is up"], &[]),
    Example::tcp(Confidence::Message, "lines", &[b"<34>Oct 11 22:14:15 host su: a\n<34>Oct 11 22:14:16 host su: b\n"], &[]),
    Example::tcp(Confidence::Message, "lengths", &[b"25 <165>1 - host app - - - x"], &[]),
    Example::not(Transport::Tcp, "a remote shell's error port", &[b"1021\0root\0root\0id\0"], &[]),
    Example::not(Transport::Udp, "a priority that is none", &[b"<192>Oct 11 22:14:15 host su: failed"], &[]),
    Example::not(Transport::Tcp, "a markup element", &[b"<stream:stream>\n"], &[]),
];
