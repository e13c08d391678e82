//! collectd's binary network protocol: chains of parts with a host's measurements.
//!
//! ```text
//! part   type (2), length with header (2), value: text that ends with NUL, or a number of 8 bytes, or values
//! ```
//!
//! As collectd documents its binary protocol. The parts fill the datagram; the first is mostly the host's name,
//! a signature or what encrypts the rest. Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// collectd.
pub const INSPECTOR: Inspector = Inspector {
    name: "collectd",
    title: "collectd network protocol",
    specification: "collectd's documentation of its binary protocol",
    carriers: Carriers::UDP,
    ports: &[25_826],
    initiator_first: ByteSet::of(&[0, 2]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("collectd.host", "the host whose measurements are sent")],
    confused_with: "nothing: several typed parts must fill the datagram",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

mod part {
    pub(super) const HOST: u16 = 0;
    pub(super) const TIME: u16 = 1;
    pub(super) const VALUES: u16 = 6;
    pub(super) const INTERVAL: u16 = 7;
    pub(super) const TIME_HIGH: u16 = 8;
    pub(super) const INTERVAL_HIGH: u16 = 9;
    pub(super) const MESSAGE: u16 = 0x100;
    pub(super) const SEVERITY: u16 = 0x101;
    pub(super) const SIGNATURE: u16 = 0x200;
    pub(super) const ENCRYPTION: u16 = 0x210;
}

/// Fewest parts of a datagram that is not encrypted.
const ENOUGH: usize = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    in_datagrams(&opening.initiator, |cursor| parts(*cursor, |_| ()))?;
    Ok(Evidence::message("parts: typed parts whose lengths fill the datagram (collectd's binary protocol)"))
}

fn parts<'a>(mut cursor: Cursor<'a>, mut host: impl FnMut(&'a [u8])) -> Result<(), Reject> {
    let mut count = 0;
    while !cursor.is_empty() {
        let (kind, len) = (cursor.u16()?, usize::from(cursor.u16()?));
        require(len >= 4)?;
        // The capture cut the datagram within this part, but those before it were whole.
        if cursor.is_open() && cursor.len() < len - 4 && count >= ENOUGH {
            return Ok(());
        }
        let value = cursor.take(len - 4)?;
        match kind {
            part::TIME | part::INTERVAL | part::TIME_HIGH | part::INTERVAL_HIGH | part::SEVERITY => {
                require(value.len() == 8)?;
            }
            part::VALUES => values(Cursor::closed(value))?,
            part::HOST..part::VALUES | part::MESSAGE => {
                let (&end, text) = value.split_last().ok_or(Reject::Mismatch)?;
                require(end == 0 && is_text(text))?;
                if kind == part::HOST {
                    host(text);
                }
            }
            // A digest of 32 bytes and a user's name; a user's name, a vector of 16 bytes and the rest.
            part::SIGNATURE if count == 0 => require(value.len() > 32)?,
            part::ENCRYPTION if count == 0 => {
                require(value.len() > 38)?;
                return cursor.end();
            }
            // Whoever does not know a part passes over it; the host's name comes before any.
            _ if count > 0 => continue,
            _ => return Err(Reject::Mismatch),
        }
        count += 1;
    }
    require(count >= ENOUGH)
}

/// How many, the kind of each (counter, gauge, derive, absolute), 8 bytes each.
fn values(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let count = usize::from(cursor.u16()?);
    require(cursor.take(count)?.iter().all(|&kind| kind <= 3))?;
    cursor.skip(count * 8)?;
    cursor.end()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let _ = parts(opening.request(), |host| attributes.set("collectd.host", host));
}

const LOAD: &[u8] = b"\0\0\0\x09host\0\0\x08\0\x0c\x15\x2a\0\0\0\0\0\0\0\x02\0\x08cpu\0\0\x06\0\x0f\0\x01\x01\0\0\0\0\0\0\xf0\x3f";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a gauge", &[LOAD], &[]),
    Example::not(Transport::Udp, "a name that does not end", &[b"\0\0\0\x08host\0\x02\0\x08cpu\0"], &[]),
    Example::not(Transport::Udp, "one part and nothing else", &[b"\0\0\0\x09host\0"], &[]),
];
