//! IEC 60870-5-104, by which control centres speak to substations: APDUs over TCP.
//!
//! ```text
//! 68 | length | control, 4 bytes | ASDU
//!      4 to 253
//! U     07 00 00 00 start, 0B confirmed, 13 23 stop, 43 83 test     no ASDU
//! S     01 00 N(R) * 2                                               no ASDU
//! I     N(S) * 2, N(R) * 2        type | count | cause | origin | common address | objects ...
//! ```
//!
//! The ASDU's length follows from its type and count (IEC 60870-5-101 section 7.3), which is checked for
//! the types of fixed size.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// IEC 60870-5-104.
pub const INSPECTOR: Inspector = Inspector {
    name: "iec104",
    title: "IEC 60870-5-104 telecontrol",
    specification: "IEC 60870-5-104:2006 section 5; IEC 60870-5-101:2003 section 7",
    ports: &[2404],
    initiator_first: ByteSet::of(&[0x68]),
    responder_first: ByteSet::of(&[0x68]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("iec104.common_address", "common address of the first ASDU: the station"),
        ("iec104.type", "type identification of the first ASDU (100 interrogation, 13 measured value ...)"),
    ],
    confused_with: "text that begins with the letter h; IEC 60870-5-103 and M-Bus, whose length comes twice",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// APDUs read of a side.
const MAX_APDUS: usize = 24;
/// Bytes of an ASDU before its objects: type, count, cause and origin, common address.
const ASDU_HEADER: usize = 6;
/// Bytes of an information object's address.
const OBJECT_ADDRESS: usize = 3;

/// What an APDU is, by how much it tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Apdu {
    /// An acknowledgement, or an ASDU whose length cannot be checked: some 30 bits fit.
    Plain,
    /// A function without data, of which there are six in 2^32, or an ASDU whose length fits.
    Telling,
}

fn apdu(cursor: &mut Cursor<'_>) -> Result<Apdu, Reject> {
    cursor.tag(&[0x68])?;
    let len = usize::from(cursor.u8()?);
    require((4..=253).contains(&len))?;
    let mut body = cursor.sub(len)?;
    let [c1, c2, c3, _] = body.array()?;
    match c1 & 3 {
        3 => {
            require(matches!(c1, 0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83) && c2 == 0 && len == 4)?;
            require(c3 == 0)?;
            Ok(Apdu::Telling)
        }
        1 => {
            require(c1 == 1 && c2 == 0 && c3 & 1 == 0 && len == 4)?;
            Ok(Apdu::Plain)
        }
        _ => {
            require(c3 & 1 == 0)?;
            asdu(body)
        }
    }
}

/// Judges the data of an I-format APDU, to its end.
fn asdu(mut body: Cursor<'_>) -> Result<Apdu, Reject> {
    let len = body.len();
    let [kind, count, cause] = body.array()?;
    require(kind != 0 && matches!(cause & 0x3f, 1..=47))?;
    let objects = usize::from(count & 0x7f);
    let is_sequence = count & 0x80 != 0;
    let Some(size) = element_size(kind) else {
        require(len > ASDU_HEADER + OBJECT_ADDRESS)?;
        return Ok(Apdu::Plain);
    };
    let expected = if is_sequence {
        OBJECT_ADDRESS + objects * size
    } else {
        objects * (OBJECT_ADDRESS + size)
    };
    require(objects > 0 && len == ASDU_HEADER + expected)?;
    Ok(Apdu::Telling)
}

/// Bytes of one information element of a type, for the types of fixed size (IEC 60870-5-101 section 7.3).
const fn element_size(kind: u8) -> Option<usize> {
    Some(match kind {
        102 => 0,
        1 | 3 | 45 | 46 | 47 | 70 | 100 | 101 | 105 | 113 => 1,
        5 | 21 | 104 | 106 => 2,
        9 | 11 | 48 | 49 | 110 | 111 => 3,
        51 => 4,
        7 | 13 | 15 | 20 | 50 | 112 => 5,
        103 => 7,
        30 | 31 | 58 | 59 | 60 => 8,
        32 | 107 => 9,
        34 | 35 | 38 | 61 | 62 => 10,
        39 | 40 | 64 => 11,
        33 | 36 | 37 | 63 => 12,
        _ => return None,
    })
}

fn judged(said: Said<'_>) -> Result<Confidence, Reject> {
    let mut best = Apdu::Plain;
    let count = of_said(&said, Transport::Tcp, |cursor| {
        best = best.max(apdu(cursor)?);
        Ok(())
    })?;
    Ok(if best == Apdu::Telling || count >= 2 { Confidence::Message } else { Confidence::Signature })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "apdu: start 68, control field and ASDU length fit (IEC 60870-5-104 section 5)",
    )
}

/// The type and the common address of a side's first ASDU.
fn first_asdu(said: Said<'_>) -> Option<(u8, u16)> {
    let mut stream = said.stream();
    for _ in 0..MAX_APDUS {
        let mut ahead = stream;
        apdu(&mut stream).ok()?;
        ahead.skip(2).ok()?;
        let [control, ..] = ahead.array::<4>().ok()?;
        if control & 1 == 0 {
            let kind = ahead.u8().ok()?;
            ahead.skip(3).ok()?;
            return Some((kind, ahead.u16_le().ok()?));
        }
    }
    None
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = first_asdu(opening.initiator).or_else(|| first_asdu(opening.responder));
    attributes.set_some("iec104.type", first.map(|(kind, _)| kind));
    attributes.set_some("iec104.common_address", first.map(|(_, address)| address));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "transfer is started and confirmed",
        &[b"\x68\x04\x07\x00\x00\x00"],
        &[b"\x68\x04\x0b\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: a general interrogation",
        &[b"\x68\x0e\x02\x00\x04\x00\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14"],
        &[],
    ),
    Example::tcp(Confidence::Signature, "in the middle: an acknowledgement", &[], &[b"\x68\x04\x01\x00\x42\xb8"]),
    Example::not(
        Transport::Tcp,
        "an ASDU longer than its objects",
        &[b"\x68\x0f\x02\x00\x04\x00\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14\x00"],
        &[],
    ),
    Example::not(Transport::Tcp, "text", &[b"hello there, how are you?\r\n"], &[]),
];
