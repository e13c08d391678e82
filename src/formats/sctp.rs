//! Messages in SCTP's DATA chunks (RFC 9260 section 3.3.1), and what protocols above it have in common: signalling adaptation
//! layers and application parts.
//!
//! ```text
//! type u8 (0), flags u8 (01 ends, 02 begins a message), length u16 with the header of 16, TSN u32,
//! stream u16, sequence u16, payload protocol u32, data; chunks are filled up to four bytes
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Opening, Reject, Side, Verdict};

/// The types of chunk with which a packet can begin (IANA "SCTP Chunk Types").
pub const FIRST: ByteSet =
    ByteSet::range(0, 15).or(ByteSet::of(&[0x40, 0x80, 0x81, 0x82, 0x84, 0xc0, 0xc1, 0xc2]));

/// DATA's type, and its flags of a message that is not fragmented.
const DATA: u8 = 0;
const WHOLE: u8 = 3;
/// DATA's header in bytes, of which four are every chunk's.
const DATA_HEADER: usize = 16;
const CHUNK_HEADER: usize = 4;

/// The messages in a packet's chunks, each with its payload protocol identifier (IANA "SCTP Payload Protocol Identifiers").
/// Only the first fragment of a fragmented message is given.
pub fn messages(mut packet: Cursor<'_>) -> impl Iterator<Item = (u32, Cursor<'_>)> {
    std::iter::from_fn(move || {
        loop {
            let (kind, flags) = (packet.u8().ok()?, packet.u8().ok()?);
            let len = usize::from(packet.u16().ok()?);
            let mut chunk = packet.within(len.checked_sub(CHUNK_HEADER)?).ok()?;
            // The last chunk may lack its filling.
            let _ = packet.skip(len.wrapping_neg() % 4);
            if kind == DATA && flags & 2 != 0 && len > DATA_HEADER {
                chunk.skip(8).ok()?;
                let protocol = chunk.u32().ok()?;
                let open = flags & WHOLE != WHOLE || chunk.is_open();
                return Some((protocol, Cursor::new(chunk.rest(), open)));
            }
        }
    })
}

/// Weighs a flow of which every message with payload protocol `protocol` must satisfy `message`; where senders leave the
/// payload protocol 0, it must be satisfied on one of `ports`.
///
/// # Errors
/// [`Reject::Mismatch`] when the first user data is something else, [`Reject::Incomplete`] before any.
pub fn judge(
    opening: &Opening<'_>,
    protocol: u32,
    ports: &[u16],
    rule: &'static str,
    message: impl Fn(Cursor<'_>) -> Result<(), Reject>,
) -> Verdict {
    let [initiator, responder] = opening.endpoints;
    let on_port = ports.contains(&initiator.port) || ports.contains(&responder.port);
    let side = |side: Side| -> Result<Confidence, Reject> {
        let first = opening.said(side).datagrams().flat_map(|datagram| messages(datagram.cursor())).next();
        let (named, payload) = first.ok_or(Reject::Incomplete)?;
        let spoken = named == protocol && protocol != 0;
        require(spoken || named == 0 && on_port)?;
        match message(payload) {
            Ok(()) => Ok(Confidence::Message),
            // A part of a message, or one that is damaged: the sender still says what it is.
            Err(_) if spoken => Ok(Confidence::Signature),
            Err(reject) => Err(reject),
        }
    };
    match (side(Side::Initiator), side(Side::Responder)) {
        (Ok(Confidence::Message), Ok(Confidence::Message)) => Ok(Evidence::dialogue(rule)),
        (Ok(a), Ok(b)) => Ok(Evidence::new(a.max(b), rule)),
        (asked, answered) => Evidence::of(asked, answered, rule),
    }
}

/// A message of a signalling adaptation layer: version 1, 0, class, type, length of all of it (4), then parameters
/// (RFC 4666 section 3.1, and so in its relatives).
///
/// # Errors
/// [`Reject::Mismatch`] when version, class or length are something else.
pub fn adaptation(mut payload: Cursor<'_>, classes: &[u8]) -> Result<(), Reject> {
    let whole = payload;
    payload.tag(&[1, 0])?;
    require(classes.contains(&payload.u8()?))?;
    let _kind = payload.u8()?;
    let len = payload.u32()? as usize;
    require(len >= 8 && if whole.is_open() { len >= whole.len() } else { len == whole.len() })
}

/// A message of an application part in aligned packed encoding rules: which of three choices, the procedure, how critical it
/// is, and the length of what follows (3GPP TS 36.413 section 9.3, ITU-T X.691 section 11.9).
///
/// # Errors
/// [`Reject::Mismatch`] when one of them is something else.
pub fn application_part(mut payload: Cursor<'_>) -> Result<(), Reject> {
    let [choice, _procedure, criticality] = payload.array()?;
    require(choice & 0x9f == 0 && criticality & 0x3f == 0 && criticality != 0xc0)?;
    let short = payload.u8()?;
    let len = match short {
        0..=0x7f => usize::from(short),
        0x80..=0xbf => usize::from(short & 0x3f) << 8 | usize::from(payload.u8()?),
        // Longer values come in parts.
        _ => {
            return if payload.len() >= 16_384 || payload.is_open() { Ok(()) } else { Err(Reject::Mismatch) };
        }
    };
    require(if payload.is_open() { len >= payload.len() } else { len == payload.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_chunks_and_filling_are_passed_over() {
        let packet = b"\x03\x00\x00\x05a\0\0\0\x00\x03\x00\x12\0\0\0\x01\0\0\0\0\0\0\0\x2ehi\0\0\x00\x03\x00\x11\0\0\0\x02\0\0\0\0\0\0\0\x03x";
        let found: Vec<_> = messages(Cursor::closed(packet)).map(|(id, data)| (id, data.rest())).collect();
        assert_eq!(found, [(46, &b"hi"[..]), (3, &b"x"[..])]);
    }

    #[test]
    fn a_chunk_shorter_than_its_header_ends_the_packet() {
        assert_eq!(messages(Cursor::closed(&[0, 3, 0, 3, 0, 0, 0, 0])).count(), 0);
    }

    #[test]
    fn lengths_of_adaptation_layers_and_application_parts_must_fit() {
        assert_eq!(adaptation(Cursor::closed(b"\x01\0\x03\x01\0\0\0\x08"), &[3]), Ok(()));
        assert_eq!(adaptation(Cursor::closed(b"\x01\0\x03\x01\0\0\0\x09"), &[3]), Err(Reject::Mismatch));
        assert_eq!(application_part(Cursor::closed(b"\0\x0c\x40\x02ab")), Ok(()));
        assert_eq!(application_part(Cursor::closed(b"\0\x0c\x40\x03ab")), Err(Reject::Mismatch));
    }
}
