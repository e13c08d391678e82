//! Precision Time Protocol (PTP), versions 1 and 2, on its two ports.
//!
//! ```text
//! version 2   domain id (4 bits), type (4 bits), minor version (4 bits), 2, length (2), domain, 0, flags (2), correction (8),
//!             4 bytes, clock and port (10), sequence (2), control, interval, by type
//! version 1   0 1 0 1, subdomain (16: "_DFLT", zeros), message type ...
//! ```
//!
//! IEEE 1588-2019 section 13.3; over IPv6 two bytes follow the message (annex D). IEEE 1588-2002 section 6.2.4.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::in_datagrams;

/// PTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ptp",
    title: "Precision Time Protocol",
    specification: "IEEE 1588-2019 section 13.3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(34, &[(1, ByteSet::range(0, 1).or(ByteSet::of(&[0x02, 0x12])))]),
    inspect,
    describe: Some(describe),
    attributes: &[("ptp.domain", "the first message's domain number"), ("ptp.clock", "the sender's clock identity, hexadecimal")],
    confused_with: "nothing on its ports; elsewhere several messages of one clock are asked for",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Event and general messages (IEEE 1588-2019 annex C.2).
const PORTS: &[u16] = &[319, 320];
/// Messages of one clock that are asked for on another port: each has 36 constant bits.
const ENOUGH: u32 = 2;

struct Message {
    domain: u8,
    /// The sender's clock identity.
    clock: u64,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let said = opening.said(side);
        let first = said.cursor(Transport::Udp);
        let clock = message(first).map(|message| message.clock);
        let mut same = true;
        let count = in_datagrams(&said, |cursor| {
            same &= message(*cursor)?.clock == clock?;
            Ok(())
        })?;
        match (opening.is_on(PORTS), same && count >= ENOUGH) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "clock-message: version, type, length and clock (IEEE 1588-2019 section 13.3)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

fn message(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    let whole = cursor.len();
    let open = cursor.is_open();
    let (kind, version) = (cursor.u8()?, cursor.u8()?);
    if (kind, version) == (0, 1) {
        return version_1(cursor);
    }
    require(version & 0xf == 2 && version >> 4 <= 1)?;
    let len = usize::from(cursor.u16()?);
    // Shortest message by type (sections 13.5 to 13.12), in bytes.
    let shortest = match kind & 0xf {
        0 | 1 | 8 | 0xc => 44,
        2 | 3 | 9 | 0xa => 54,
        0xb => 64,
        0xd => 48,
        _ => return Err(Reject::Mismatch),
    };
    require(len >= shortest && (open || len == whole || len + 2 == whole))?;
    let domain = cursor.u8()?;
    cursor.skip(15)?;
    let clock = cursor.u64()?;
    let port = cursor.u16()?;
    // Ports of a clock are counted from 1 on (section 7.5.2.3).
    require(clock != 0 && port != 0)?;
    cursor.skip(2)?;
    // The control field repeats the type as version 1 had it, or is zero (section 13.3.2.13).
    require(cursor.u8()? <= 5)?;
    Ok(Message { domain, clock })
}

fn version_1(mut cursor: Cursor<'_>) -> Result<Message, Reject> {
    cursor.tag(&[0, 1])?;
    let subdomain = cursor.take(16)?;
    require(subdomain.starts_with(b"_"))?;
    // Message type (event or general), technology, then the clock's identity.
    require(matches!(cursor.u8()?, 1 | 2))?;
    cursor.skip(1)?;
    Ok(Message { domain: 0, clock: u64::from(cursor.u16()?) << 32 | u64::from(cursor.u32()?) })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = message(opening.request()).or_else(|_| message(opening.reply()));
    if let Ok(message) = first {
        attributes.set("ptp.domain", message.domain);
        attributes.set("ptp.clock", format!("{:016x}", message.clock));
    }
}

const SYNC: &[u8] = &laid_out::<44>(&[(0, &[0, 2, 0, 44, 0, 0, 2, 0]), (20, &[2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0, 1, 0, 7])]);
const ANNOUNCE: &[u8] =
    &laid_out::<64>(&[(0, &[0x0b, 2, 0, 64]), (20, &[2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0, 1, 0, 8, 5, 1])]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a clock's time", &[SYNC], &[]).on(319),
    Example::udp(Confidence::Signature, "one clock's messages on another port", &[SYNC, ANNOUNCE], &[]),
    Example::not(Transport::Udp, "one message on another port", &[SYNC], &[]),
    Example::not(Transport::Udp, "a length that is not the datagram's", &[&laid_out::<44>(&[(0, &[0, 2, 0, 43])])], &[]).on(319),
];
