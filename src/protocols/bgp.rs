//! Border Gateway Protocol (BGP-4) over TCP.
//!
//! ```text
//! marker: 16 bytes ff   length (2)   type (1): 1 OPEN  2 UPDATE  3 NOTIFICATION  4 KEEPALIVE  5 ROUTE-REFRESH
//! ```
//!
//! [RFC 4271] section 4. Both sides begin with OPEN: version 4, AS, hold time, identifier, parameters. The marker
//! alone is 128 bits; the length must fit the type.
//!
//! [RFC 4271]: https://www.rfc-editor.org/rfc/rfc4271

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// BGP.
pub const INSPECTOR: Inspector = Inspector {
    name: "bgp",
    title: "Border Gateway Protocol",
    specification: "RFC 4271 section 4, RFC 2918, RFC 8654",
    ports: &[179],
    initiator_first: ByteSet::of(&[0xff]),
    responder_first: ByteSet::of(&[0xff]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("bgp.as", "the initiator's autonomous system number, as its OPEN's two bytes have it"),
        ("bgp.peer_as", "the responder's autonomous system number, as its OPEN's two bytes have it"),
        ("bgp.hold_time_secs", "the hold time that the initiator proposes, in seconds"),
    ],
    confused_with: "nothing: no other protocol begins with sixteen bytes of ff and a length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const MARKER: [u8; 16] = [0xff; 16];
const OPEN: u8 = 1;
/// Header in bytes.
const HEADER: u16 = 19;
/// Longest message in bytes, unless both sides agreed on more (section 4.1, RFC 8654).
const MAX_LENGTH: u16 = 4096;
/// Shortest message in bytes by type, from OPEN on (RFC 4271 section 4).
const SHORTEST: [u16; 5] = [29, 23, 21, 19, 23];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        // What follows the first message may be damaged, or not have been captured.
        match message(&mut opening.said(side).stream()) {
            Ok(_) => Ok(Confidence::Message),
            Err(_) => marker(&mut opening.said(side).stream()).map(|()| Confidence::Signature),
        }
    };
    let (initiator, responder) = (judge(Side::Initiator), judge(Side::Responder));
    let rule = "marker: sixteen bytes of ones, and lengths that fit the types (RFC 4271 section 4.1)";
    Evidence::of(initiator, responder, rule)
}

/// Reads marker, length and type.
fn header(cursor: &mut Cursor<'_>) -> Result<(u8, u16), Reject> {
    cursor.tag(&MARKER)?;
    let (len, kind) = (cursor.u16()?, cursor.u8()?);
    let shortest = SHORTEST.get(usize::from(kind).wrapping_sub(1)).ok_or(Reject::Mismatch)?;
    // A KEEPALIVE is a header and nothing else (section 4.4).
    require(len >= *shortest && (kind != 4 || len == HEADER))?;
    Ok((kind, len))
}

/// Reads a header whose length and type need not fit each other: the marker is telling enough.
fn marker(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&MARKER)?;
    let (len, kind) = (cursor.u16()?, cursor.u8()?);
    require((HEADER..=MAX_LENGTH).contains(&len) && (1..=5).contains(&kind))
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, Cursor<'a>), Reject> {
    let (kind, len) = header(cursor)?;
    Ok((kind, cursor.sub((len - HEADER).into())?))
}

/// Reads the OPEN with which a side begins: its AS and hold time.
fn open(opening: &Opening<'_>, side: Side) -> Result<(u16, u16), Reject> {
    let (kind, mut body) = message(&mut opening.said(side).stream())?;
    require(kind == OPEN && body.u8()? == 4)?;
    Ok((body.u16()?, body.u16()?))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((number, hold)) = open(opening, Side::Initiator) {
        attributes.set("bgp.as", number);
        attributes.set("bgp.hold_time_secs", hold);
    }
    attributes.set_some("bgp.peer_as", open(opening, Side::Responder).ok().map(|(number, _)| number));
}

const FIRST: &[u8] = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x1d\x01\x04\xfd\xe8\0\xb4\xc0\0\x02\x01\0";
const KEEPALIVE: &[u8] = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x13\x04";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides open", &[FIRST, KEEPALIVE], &[FIRST, KEEPALIVE]),
    Example::tcp(Confidence::Message, "one side keeps a session alive that was opened before", &[KEEPALIVE], &[]),
    Example::tcp(
        Confidence::Signature,
        "an UPDATE that is too short to be one",
        &[b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x13\x02"],
        &[],
    ),
    Example::not(Transport::Tcp, "a marker without a message", &[b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"], &[]),
];
