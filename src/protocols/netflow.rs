//! NetFlow (versions 1, 5, 7, 8, 9) and its successor IPFIX, whose messages are version 10.
//!
//! ```text
//! 1, 5, 7, 8   version (2), record count (2), uptime, seconds ... and that many records of one size
//! 9            version, count, uptime (4), seconds (4), sequence (4), source (4), sets             RFC 3954 section 5
//! 10           version, length of all (2), seconds (4), sequence (4), domain (4), sets             RFC 7011 section 3.1
//! set          id (2): 0 or 2 templates, 1 or 3 options, from 256 on data; length with header (2)
//! ```
//!
//! Records or sets must fill the datagram (or, over TCP, the message). Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::of_side;

/// NetFlow and IPFIX.
pub const INSPECTOR: Inspector = Inspector {
    name: "netflow",
    title: "NetFlow and IPFIX",
    specification: "RFC 3954 section 5, RFC 7011 section 3; versions 1 to 8 as Cisco documents them",
    carriers: Carriers::TCP_UDP,
    ports: &[2055, 9995, 9996, 4739],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("netflow.version", "1, 5, 7, 8, 9, or 10 for IPFIX"), ("netflow.source", "the exporter's source or domain number")],
    confused_with: "MPLS echo and other datagrams that begin with 0 and a small number: records must fill them",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most records in a datagram of the fixed versions, so that it fits a frame.
const MAX_RECORDS: usize = 30;
/// Sets of a message that are read.
const MAX_SETS: usize = 64;
/// From here on a set's id names a template (RFC 3954 section 5.3).
const FIRST_TEMPLATE: u16 = 256;
/// A time in seconds since 1970 is later than NetFlow itself (1996), or counts from a clock that was never set.
const FIRST_RELEASE: u32 = 820_454_400;
const EARLIEST_UPTIME: u32 = 365 * 86_400;
/// Sizes of version 8's aggregated records in bytes, of which the method says which.
const AGGREGATES: [usize; 8] = [28, 32, 40, 44, 52, 16, 36, 24];

struct Header {
    version: u16,
    source: Option<u32>,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let complete = of_side(opening, Side::Initiator, |cursor| message(cursor).map(drop));
    let rule = "records: a version, and records or sets that fill the message (RFC 3954 section 5, RFC 7011 section 3.1)";
    match complete {
        Ok(_) => Ok(Evidence::message(rule)),
        // The capture cut every datagram, perhaps within the first set.
        Err(Reject::Incomplete) if opening.transport == Transport::Udp => {
            let mut first = opening.request();
            require(first.is_open())?;
            cut(&mut first)?;
            Ok(Evidence::new(Confidence::Signature, rule))
        }
        Err(reject) => Err(reject),
    }
}

fn message(cursor: &mut Cursor<'_>) -> Result<Header, Reject> {
    let version = cursor.u16()?;
    let count = usize::from(cursor.u16()?);
    let records = |cursor: &mut Cursor<'_>, header: usize, size: usize| {
        require((1..=MAX_RECORDS).contains(&count))?;
        plausible_time(&mut cursor.clone())?;
        cursor.skip(header - 4 + count * size)?;
        // These versions exist over UDP only, so that nothing may follow.
        cursor.end()?;
        Ok(Header { version, source: None })
    };
    match version {
        1 => records(cursor, 16, 52),
        5 => records(cursor, 24, 48),
        7 => records(cursor, 24, 52),
        8 => {
            let method = cursor.rest().get(18).copied();
            let size = method.and_then(|n| AGGREGATES.get(usize::from(n).wrapping_sub(1)));
            records(cursor, 28, *size.unwrap_or(&28))
        }
        9 => {
            require(count > 0)?;
            plausible_time(cursor)?;
            let _sequence = cursor.u32()?;
            let source = cursor.u32()?;
            let mut sets = 0;
            while sets < MAX_SETS && !cursor.is_empty() {
                set(cursor, [0, 1])?;
                sets += 1;
            }
            require(sets > 0)?;
            Ok(Header { version, source: Some(source) })
        }
        10 => {
            require(count > 16)?;
            let mut body = cursor.sub(count - 4)?;
            let _seconds = body.u32()?;
            let _sequence = body.u32()?;
            let source = body.u32()?;
            while !body.is_empty() {
                set(&mut body, [2, 3])?;
            }
            Ok(Header { version, source: Some(source) })
        }
        _ => Err(Reject::Mismatch),
    }
}

/// Uptime in milliseconds, and seconds since 1970.
fn plausible_time(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.skip(4)?;
    let seconds = cursor.u32()?;
    require(!(EARLIEST_UPTIME..FIRST_RELEASE).contains(&seconds))
}

fn set(cursor: &mut Cursor<'_>, templates: [u16; 2]) -> Result<(), Reject> {
    let (id, len) = (cursor.u16()?, cursor.u16()?);
    require((templates.contains(&id) || id >= FIRST_TEMPLATE) && len >= 4)?;
    cursor.skip(usize::from(len) - 4)
}

/// Reads the header and the first set's of a datagram that was cut.
fn cut(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let (version, count) = (cursor.u16()?, cursor.u16()?);
    match version {
        5 => {
            require((1..=30).contains(&count))?;
            plausible_time(cursor)?;
            // Nanoseconds, sequence, engine, sampling (two bits and fourteen).
            require(cursor.u32()? < 1_000_000_000)?;
            cursor.skip(8)
        }
        9 => {
            plausible_time(cursor)?;
            cursor.skip(8)?;
            let (id, len) = (cursor.u16()?, cursor.u16()?);
            require(id <= 1 || id >= FIRST_TEMPLATE)?;
            require(len >= 4)
        }
        10 => {
            cursor.skip(12)?;
            let (id, len) = (cursor.u16()?, cursor.u16()?);
            require(matches!(id, 2 | 3) || id >= FIRST_TEMPLATE)?;
            require(len >= 4 && len + 16 <= count)
        }
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(header) = message(&mut opening.request()) {
        attributes.set("netflow.version", header.version);
        attributes.set_some("netflow.source", header.source);
    }
}

const FIVE: &[u8] = &laid_out::<72>(&[(0, &[0, 5, 0, 1, 0, 0, 0x10, 0, 0x69, 0x55, 0, 0])]);
const NINE: &[u8] = b"\0\x09\0\x01\0\0\x10\0\x69\x55\0\0\0\0\0\x01\0\0\0\x07\0\0\0\x10\x01\0\0\x02\0\x08\0\x04\0\x0c\0\x04";
const TEN: &[u8] = b"\0\x0a\0\x20\x69\x55\0\0\0\0\0\x01\0\0\0\x07\0\x02\0\x10\x01\0\0\x02\0\x08\0\x04\0\x0c\0\x04";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "version 5 with one record", &[FIVE], &[]),
    Example::udp(Confidence::Message, "version 9 with a template", &[NINE], &[]),
    Example::udp(Confidence::Message, "IPFIX with a template", &[TEN], &[]),
    Example::tcp(Confidence::Message, "IPFIX over TCP", &[TEN, TEN], &[]),
    Example::not(Transport::Udp, "a record too few", &[&laid_out::<72>(&[(0, &[0, 5, 0, 2, 0, 0, 0x10, 0, 0x69, 0x55])])], &[]),
    Example::not(Transport::Udp, "an MPLS echo request", &[&laid_out::<40>(&[(0, &[0, 1, 0, 0, 1, 2, 0, 0])])], &[]),
];
