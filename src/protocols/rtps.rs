//! RTPS, the wire protocol of DDS, which ROS 2, ships and aircraft use: OMG DDSI-RTPS section 8.3 and 9.4.
//!
//! ```text
//! "RTPS" | version 1.x or 2.x | vendor | GUID prefix, 12 bytes | submessages: id, flags, length ...
//! ```
//!
//! A submessage's length is in the byte order of its flags' lowest bit; 0 means to the datagram's end.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// RTPS.
pub const INSPECTOR: Inspector = Inspector {
    name: "rtps",
    title: "Real-Time Publish-Subscribe (DDS)",
    specification: "OMG DDSI-RTPS 2.5 sections 8.3.3 and 9.4.1",
    carriers: Carriers::UDP,
    ports: &[7400, 7401, 7410, 7411],
    initiator_first: ByteSet::of(b"R"),
    responder_first: ByteSet::of(b"R"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("rtps.version", "protocol version of the first message"),
        ("rtps.vendor", "vendor id of the first message (0x0101 RTI, 0x010f eProsima, 0x0110 Cyclone ...)"),
    ],
    confused_with: "nothing: RTPS and a version are 40 bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a ping, which has a word where the rest of the prefix and the submessages are.
const PING_LEN: usize = 16;
const PAD: u8 = 0x01;
const INFO_TS: u8 = 0x09;
/// Submessages read of a datagram.
const MAX_SUBMESSAGES: usize = 32;

/// Reads the header, and gives version and vendor.
fn header(cursor: &mut Cursor<'_>) -> Result<([u8; 2], u16), Reject> {
    cursor.tag(b"RTPS")?;
    let version = cursor.array()?;
    require(matches!(version, [1 | 2, 0..=9]))?;
    let vendor = cursor.u16()?;
    cursor.skip(12)?;
    Ok((version, vendor))
}

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let all = cursor.rest();
    if all.len() == PING_LEN && all.ends_with(b"DDSPING") {
        cursor.skip(4 + 4)?;
        cursor.skip(8)?;
        return require(all.starts_with(b"RTPS"));
    }
    header(cursor)?;
    for _ in 0..MAX_SUBMESSAGES {
        if cursor.is_empty() {
            break;
        }
        let (id, flags) = (cursor.u8()?, cursor.u8()?);
        let len = usize::from(if flags & 1 == 1 { cursor.u16_le()? } else { cursor.u16()? });
        // Section 9.4.5.1.3: 0 is to the end, but for padding and for a time stamp that is invalidated.
        let reaches_end = len == 0 && !matches!(id, PAD | INFO_TS);
        cursor.skip(if reaches_end { cursor.len() } else { len })?;
    }
    cursor.skip(cursor.len())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut cursor = said.cursor(opening.transport);
        match of_said(&said, opening.transport, message) {
            Ok(_) => Ok(Confidence::Message),
            Err(_) => header(&mut cursor).map(|_| Confidence::Signature),
        }
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "rtps-header: RTPS, a version, and submessages to the end (DDSI-RTPS section 9.4)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = header(&mut opening.request()).or_else(|_| header(&mut opening.reply())).ok();
    attributes.set_some("rtps.version", first.map(|([major, minor], _)| format!("{major}.{minor}")));
    attributes.set_some("rtps.vendor", first.map(|(_, vendor)| format!("0x{vendor:04x}")));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "a time stamp and a heartbeat",
        &[b"RTPS\x02\x03\x01\x0f\x01\x0f\x22\x33\x44\x55\x66\x77\x88\x99\x00\x00\x09\x01\x08\x00\x00\x01\x02\x03\x04\x05\x06\x07\x07\x01\x04\x00\x00\x00\x00\x00"],
        &[],
    ),
    Example::udp(
        Confidence::Dialogue,
        "both sides",
        &[b"RTPS\x02\x01\x01\x10\x01\x0f\x22\x33\x44\x55\x66\x77\x88\x99\x00\x00\x0e\x01\x00\x00\x01\x02"],
        &[b"RTPS\x02\x01\x01\x10\x01\x0f\x22\x33\x44\x55\x66\x77\x88\x99\x00\x01\x0e\x01\x00\x00\x01\x02"],
    ),
    Example::not(Transport::Udp, "another version", &[b"RTPS\x07\x03\x01\x0f\x01\x0f\x22\x33\x44\x55\x66\x77\x88\x99\x00\x00"], &[]),
];
