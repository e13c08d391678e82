//! CORBA's General Inter-ORB Protocol, over TCP (IIOP) and, wrapped, over UDP multicast (MIOP): the OMG's CORBA 3.3, part 2,
//! sections 9.4 and 11.2.
//!
//! ```text
//!  "GIOP"  major 1  minor 0..4  flags (bit 0: little-endian)  type 0..7  length:32  body
//!  "MIOP"  10  flags  packet length:16  packet number:32  packets:32  id length:32 id … GIOP
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// GIOP.
pub const INSPECTOR: Inspector = Inspector {
    name: "giop",
    title: "CORBA General Inter-ORB Protocol",
    specification: "CORBA 3.3 part 2, sections 9.4 and 11.2",
    carriers: Carriers::TCP_UDP,
    ports: &[683, 684, 2809],
    initiator_first: ByteSet::of(b"GM"),
    responder_first: ByteSet::of(b"GM"),
    inspect,
    describe: Some(describe),
    attributes: &[("giop.version", "of the first message")],
    confused_with: "nothing: the mark, a version and a type are 56 bound bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Highest message type: Fragment.
const MAX_TYPE: u8 = 7;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |message: Result<u8, Reject>| message.map(|_| Confidence::Message);
    Evidence::of(
        confidence(header(opening.request())),
        confidence(header(opening.reply())),
        "header: a GIOP message header (CORBA 3.3 part 2, 9.4.1)",
    )
}

/// Reads a header and gives the minor version.
fn header(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    if cursor.rest().first() == Some(&b'M') {
        cursor.tag(b"MIOP")?;
        require(cursor.u8()? == 0x10)?;
        let is_little = cursor.u8()? & 1 == 1;
        let number = |bytes: [u8; 4]| if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        cursor.u16()?;
        let place = number(cursor.array()?);
        let count = number(cursor.array()?);
        require(place < count.max(1))?;
        return Ok(0);
    }
    cursor.tag(b"GIOP\x01")?;
    let minor = cursor.u8()?;
    require(minor <= 4)?;
    let flags = cursor.u8()?;
    require(flags <= 7 && cursor.u8()? <= MAX_TYPE)?;
    let len = if flags & 1 == 1 { cursor.u32_le()? } else { cursor.u32()? };
    require(len < 1 << 30)?;
    Ok(minor)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = header(opening.request()).or_else(|_| header(opening.reply()));
    attributes.set_some("giop.version", first.ok().map(|minor| format!("1.{minor}")));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a request and a reply",
        &[b"GIOP\x01\x02\0\0\0\0\0\x04\0\0\0\x01"],
        &[b"GIOP\x01\x02\x01\x01\x04\0\0\0\x01\0\0\0"],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"GIOP\x01\0\0\x01\0\0\0\0"]),
    Example::udp(Confidence::Message, "multicast", &[b"MIOP\x10\x03\x04\0\0\0\0\0\x01\0\0\0\x04\0\0\0abcdGIOP"], &[]),
    Example::not(Transport::Tcp, "a type that does not exist", &[b"GIOP\x01\x02\0\x09\0\0\0\x04"], &[]),
];
