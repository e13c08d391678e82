//! NetBIOS datagram service (RFC 1002 section 4.4), UDP 138: mailslot messages of Windows' browsers and logons.
//!
//! ```text
//!  0 type 10 to 16   1 flags    2 datagram id (2)   4 source address (4)   8 source port (2)
//! 10 length behind this header (2)   12 offset in the packet (2)   14 source name, destination name, data
//! ```

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::formats::netbios::{self, Name};
use crate::inspect::{
    Attributes, Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// The NetBIOS datagram service.
pub const INSPECTOR: Inspector = Inspector {
    name: "netbios-dgm",
    title: "NetBIOS datagram service",
    specification: "RFC 1002 section 4.4",
    carriers: Carriers::UDP,
    ports: &[138],
    initiator_first: ByteSet::range(0x10, 0x16),
    responder_first: ByteSet::range(0x10, 0x16),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("netbios-dgm.source", "the sender's name, with its suffix"),
        ("netbios-dgm.destination", "the name that is addressed, with its suffix"),
        ("netbios-dgm.mailslot", "the mailslot that is written to"),
    ],
    confused_with: "nothing: a name of 32 letters from A to P and two lengths agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header up to its length field's reach.
const HEADER: u32 = 14;

/// Source and destination of a datagram to a name, or the destination of a query.
fn names(datagram: &Datagram<'_>) -> Result<(Option<Name>, Option<Name>), Reject> {
    let mut cursor = datagram.cursor();
    let kind = cursor.u8()?;
    // The upper half of the flags is reserved and zero (section 4.4.1).
    require((0x10..=0x16).contains(&kind) && cursor.u8()? & 0xf0 == 0)?;
    cursor.skip(2 + 4 + 2)?;
    match kind {
        0x10..=0x12 => {
            require(u32::from(cursor.u16()?) + HEADER == datagram.wire_len)?;
            cursor.skip(2)?;
            Ok((Some(netbios::name(&mut cursor)?), netbios::name(&mut cursor).ok()))
        }
        0x13 => {
            // An error: one code of three behind the header, and nothing else.
            require((0x82..=0x84).contains(&cursor.u8()?) && cursor.is_empty())?;
            Err(Reject::Incomplete)
        }
        _ => Ok((None, Some(netbios::name(&mut cursor)?))),
    }
}

/// Letters of a name that have to fit where it is damaged, and where the capture cut it.
const ENOUGH: [usize; 2] = [24, 8];

/// Whether a datagram's length agrees, and what is left of its first name looks like one.
fn resembles(datagram: &Datagram<'_>) -> bool {
    let mut cursor = datagram.cursor();
    let mut head = || {
        require((0x10..=0x12).contains(&cursor.u8()?) && cursor.u8()? & 0xf0 == 0)?;
        cursor.skip(2 + 4 + 2)?;
        require(u32::from(cursor.u16()?) + HEADER == datagram.wire_len)?;
        cursor.skip(2)
    };
    let [damaged, cut] = ENOUGH;
    let whole = datagram.bytes.len() > HEADER as usize + 32;
    head().is_ok() && netbios::resembles(cursor.rest(), if whole { damaged } else { cut })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let side = |said: Said<'_>| {
        let first = said.datagrams().next().ok_or(Reject::Incomplete)?;
        // One that is damaged does not speak against those that come after it.
        let sound = said.datagrams().any(|datagram| names(&datagram).is_ok());
        match names(&first) {
            Ok(_) => Ok(Confidence::Message),
            Err(_) if sound => Ok(Confidence::Message),
            Err(_) if resembles(&first) => Ok(Confidence::Signature),
            Err(reject) => Err(reject),
        }
    };
    Evidence::of(
        side(opening.initiator),
        side(opening.responder),
        "datagram: a datagram to a NetBIOS name (RFC 1002 section 4.4)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for side in [Side::Initiator, Side::Responder] {
        let Some(datagram) = opening.said(side).datagrams().next() else { continue };
        let Ok((source, destination)) = names(&datagram) else { continue };
        attributes.set_some("netbios-dgm.source", source.map(|name| name.text()));
        attributes.set_some("netbios-dgm.destination", destination.map(|name| name.text()));
        attributes.set_some("netbios-dgm.mailslot", mailslot(datagram.bytes));
        return;
    }
}

fn mailslot(bytes: &[u8]) -> Option<&[u8]> {
    const START: &[u8] = b"\\MAILSLOT\\";
    let at = bytes.windows(START.len()).position(|window| window.eq_ignore_ascii_case(START))?;
    bytes.get(at..)?.split(|&byte| byte == 0).next()
}

const DATAGRAM: &[u8] = b"\x11\x02\0\x01\x0a\0\0\x01\0\x8a\0\x4b\0\0\
    \x20EGFCEFEEDBDACACACACACACACACACACA\0\x20EGFCEFEEDBDACACACACACACACACACABO\0\xffSMB%\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a datagram to a group", &[DATAGRAM], &[]),
    Example::udp(Confidence::Dialogue, "datagrams both ways", &[DATAGRAM], &[DATAGRAM]),
    Example::udp(
        Confidence::Signature,
        "a datagram of which three letters are damaged",
        &[b"\x11\x02\0\x01\x0a\0\0\x01\0\x8a\0\x22\0\0\x20EG\xff\xff\xffFEEDBDACACACACACACACACACACA\0"],
        &[],
    ),
    Example::not(Transport::Udp, "another length", &[DATAGRAM.split_at(80).0], &[]).on(138),
];
