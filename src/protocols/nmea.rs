//! NMEA 0183 over IP: positions of ships and receivers, with AIS and the sentences that gpsd passes on.
//!
//! ```text
//! "$" or "!" | talker and sentence, 5 letters | "," fields | "*" exclusive-or of all between, 2 digits | CR LF
//! "UdPbC" 00 "\s:...\" sentence                                    as IEC 61162-450 wraps it
//! ```
//!
//! A sentence's check is eight bits, and its first letters and lengths are some 20 more.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// NMEA 0183.
pub const INSPECTOR: Inspector = Inspector {
    name: "nmea",
    title: "NMEA 0183 sentences",
    specification: "NMEA 0183 version 4.11 section 5.3; IEC 61162-450 section 7",
    carriers: Carriers::TCP_UDP,
    ports: &[10110, 2947, 60001],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("nmea.sentence", "talker and sentence that came first (GPGGA, AIVDM ...)")],
    confused_with: "text that begins with a dollar sign: it has no check that fits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = ByteSet::of(b"$!U\\");
/// Longest sentence in bytes: 82 by the standard, more by habit.
const MAX_SENTENCE: usize = 160;

/// Reads a sentence whose check fits, and gives its name.
fn sentence<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    if cursor.rest().first() == Some(&b'U') {
        cursor.tag(b"UdPbC\0")?;
    }
    if cursor.rest().first() == Some(&b'\\') {
        cursor.skip(1)?;
        cursor.until(b'\\', MAX_SENTENCE)?;
    }
    require(matches!(cursor.u8()?, b'$' | b'!'))?;
    let body = cursor.until(b'*', MAX_SENTENCE)?;
    let name = body.split(|&byte| byte == b',').next().unwrap_or_default();
    require((4..=8).contains(&name.len()) && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))?;
    require(body.iter().all(|&byte| (0x20..0x7f).contains(&byte)))?;
    let digits: [u8; 2] = cursor.array()?;
    let check = std::str::from_utf8(&digits).ok().and_then(|text| u8::from_str_radix(text, 16).ok());
    require(check == Some(body.iter().fold(0, |all, byte| all ^ byte)))?;
    // The line's end; datagrams at times go without.
    if !cursor.is_empty() || cursor.is_open() {
        cursor.tag(b"\r\n")?;
    }
    Ok(name)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| sentence(cursor).map(drop))
            .map(|count| if count > 1 { Confidence::Message } else { Confidence::Signature })
    };
    Evidence::of(judged(opening.initiator), judged(opening.responder), "sentence: a name and a check that fits (NMEA 0183 section 5.3)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let name = sentence(&mut opening.request()).or_else(|_| sentence(&mut opening.reply())).ok();
    attributes.set_some("nmea.sentence", name);
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "a heading", &[b"$HEHDT,123.4,T*2B\r\n"], &[]),
    Example::tcp(Confidence::Message, "two sentences of a server", &[], &[b"$HEHDT,123.4,T*2B\r\n$HEHDT,123.5,T*2A\r\n"]),
    Example::not(Transport::Udp, "a check that does not fit", &[b"$HEHDT,123.4,T*FF\r\n"], &[]),
];
