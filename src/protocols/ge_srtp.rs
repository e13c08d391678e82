//! GE-SRTP, the Service Request Transport Protocol of GE's (Emerson's) controllers: Denton et al., "Leveraging the SRTP
//! protocol for over-the-network memory acquisition of a GE Fanuc Series 90-30", DFRWS 2017.
//!
//! ```text
//! every message begins with 56 bytes      type  0  sequence:16  length of what follows:16    ...  little-endian
//! initiation   all zeros, answered by 01
//! request      02 ... at 30 the sequence's low byte again, at 31 the message type C0 or 80, at 36 slot×16, 0E, 00 00
//! response     03 ... at 31 94, D4 or D1
//! ```
//!
//! The initiation alone is 56 zeros: it counts on the protocol's port, or with a request behind it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// GE-SRTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ge-srtp",
    title: "GE Service Request Transport Protocol",
    specification: "Denton et al., DFRWS 2017, section 3",
    ports: &[18245, 18246],
    initiator_first: ByteSet::of(&[0, 2]),
    responder_first: ByteSet::of(&[1, 3]),
    inspect,
    confused_with: "anything that begins with zeros; a request has its sequence twice and a mailbox",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a message's first part.
const HEADER: usize = 56;

/// What a message's first part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Initiation,
    Accepted,
    Request,
    Response,
}

fn message(cursor: &mut Cursor<'_>) -> Result<Kind, Reject> {
    let zeros = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    let mut header = cursor.within(HEADER)?;
    let kind = header.u8()?;
    header.tag(&[0])?;
    let sequence = header.u16_le()?;
    let length = header.u16_le()?;
    let [low, _] = sequence.to_le_bytes();
    match kind {
        0 => {
            require(sequence == 0 && length == 0 && zeros(header.rest()))?;
            header.skip(HEADER - 6)?;
            Ok(Kind::Initiation)
        }
        1 => {
            header.skip(HEADER - 6)?;
            Ok(Kind::Accepted)
        }
        2 | 3 => {
            header.skip(24)?;
            require(header.u8()? == low)?;
            let message = header.u8()?;
            let (source, destination): ([u8; 4], [u8; 4]) = (header.array()?, header.array()?);
            header.skip(16)?;
            cursor.skip(length.into())?;
            if kind == 2 {
                require(matches!(message, 0xc0 | 0x80) && matches!(destination, [slot, 0x0e, 0, 0] if slot & 0x0f == 0))?;
                return Ok(Kind::Request);
            }
            require(matches!(message, 0x94 | 0xd4 | 0xd1) && matches!(source, [slot, 0x0e, _, _] if slot & 0x0f == 0))?;
            Ok(Kind::Response)
        }
        _ => Err(Reject::Mismatch),
    }
}

/// The first message of a stream that is no part of the initiation, which both sides may say twice.
fn first(mut cursor: Cursor<'_>, initiation: Kind) -> Result<(Kind, bool), Reject> {
    let mut initiated = false;
    for _ in 0..3 {
        match message(&mut cursor) {
            Ok(kind) if kind == initiation => initiated = true,
            Ok(kind) => return Ok((kind, initiated)),
            Err(Reject::Incomplete) if initiated => return Ok((initiation, true)),
            Err(reject) => return Err(reject),
        }
    }
    Ok((initiation, true))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(INSPECTOR.ports);
    let weak = "initiation: 56 zeros and their answer, on the protocol's port (DFRWS 2017)";
    let strong = "request: a header with its sequence twice and a mailbox (DFRWS 2017)";
    let asked = first(opening.request(), Kind::Initiation);
    let answered = first(opening.reply(), Kind::Accepted);
    match (asked, answered) {
        (Err(Reject::Mismatch) | Ok((Kind::Response | Kind::Accepted, _)), _)
        | (_, Err(Reject::Mismatch) | Ok((Kind::Request | Kind::Initiation, _))) => Err(Reject::Mismatch),
        (Ok((Kind::Request, _)), Ok(_)) | (Ok(_), Ok((Kind::Response, _))) => Ok(Evidence::dialogue(strong)),
        (Ok((Kind::Request, _)), Err(_)) => Ok(Evidence::message(strong)),
        (Err(_), Ok((Kind::Response, _))) => Ok(Evidence::message(strong).from(crate::inspect::Side::Responder)),
        (Ok((Kind::Initiation, _)), Ok((Kind::Accepted, _))) if on_port => Ok(Evidence::new(Confidence::Signature, weak)),
        _ => Err(Reject::Incomplete),
    }
}

const INITIATION: &[u8] = &[0; HEADER];
const ACCEPTED: &[u8] = b"\x01\0\0\0\0\0\0\0\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const REQUEST: &[u8] = b"\x02\0\x05\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x05\xc0\0\0\0\0\x10\x0e\0\0\x01\x01\x04\x08\0\0\x04\0\0\0\0\0\0\0\0\0";
const RESPONSE: &[u8] = b"\x03\0\x05\0\x02\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x05\x94\x10\x0e\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0ab";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "an initiation and a request", &[INITIATION, REQUEST], &[ACCEPTED, RESPONSE]),
    Example::tcp(Confidence::Message, "a request in the middle", &[REQUEST], &[]),
    Example::tcp(Confidence::Signature, "an initiation on the port", &[INITIATION], &[ACCEPTED]).on(18245),
    Example::not(Transport::Tcp, "an initiation elsewhere", &[INITIATION], &[ACCEPTED]),
    Example::not(
        Transport::Tcp,
        "a sequence that comes again differently",
        &[b"\x02\0\x05\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x06\xc0\0\0\0\0\x10\x0e\0\0\x01\x01\x04\x08\0\0\x04\0\0\0\0\0\0\0\0\0"],
        &[],
    ),
];
