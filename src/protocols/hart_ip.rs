//! HART-IP, by which field instruments' HART commands travel over TCP and UDP: HCF SPEC-085.
//!
//! ```text
//! version 1 or 2 | type | id | status | sequence | length of the whole
//!                  0 request, 1 response, 2 publish, 15 not acknowledged
//! id 0 initiate    master type, inactivity time       13 bytes in all
//! id 1 close, 2 keep alive                            8 bytes in all
//! id 3 pass        a HART frame: delimiter, addresses, command, count, data, exclusive-or of all
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// HART-IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "hart-ip",
    title: "HART-IP",
    specification: "FieldComm Group, HCF_SPEC-085 (Network Management) section 10",
    carriers: Carriers::TCP_UDP,
    ports: &[5094, 5095],
    initiator_first: ByteSet::of(&[1, 2]),
    responder_first: ByteSet::of(&[1, 2]),
    inspect,
    describe: Some(describe),
    attributes: &[("hart-ip.inactivity_ms", "inactivity time that the client asks for, in milliseconds")],
    confused_with: "other binary headers that begin with 01: their seventh and eighth byte are not the message's length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header.
const HEADER: usize = 8;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    require(matches!(cursor.u8()?, 1 | 2))?;
    let kind = cursor.u8()? & 0x0f;
    require(matches!(kind, 0..=2 | 15))?;
    let id = cursor.u8()?;
    require(id <= 6 || id == 128)?;
    cursor.skip(3)?;
    let len = usize::from(cursor.u16()?);
    let body = cursor.sub(len.checked_sub(HEADER).ok_or(Reject::Mismatch)?)?.rest();
    match id {
        0 => require(body.len() == 5 && matches!(body, [0 | 1, ..]) || kind != 0 && body.is_empty()),
        1 | 2 => require(body.is_empty()),
        // The check byte of a HART frame is the exclusive-or of all before it, so of all it is 0.
        3 => require(body.len() >= 5 && body.iter().fold(0, |all, byte| all ^ byte) == 0),
        _ => Ok(()),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, message).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: header, length and HART's check byte fit (HCF SPEC-085 section 10)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some([_, 0, 0, _, _, _, 0, 13, _, time @ ..]) = opening.initiator.bytes().get(..13) {
        let time = <[u8; 4]>::try_from(time).map(u32::from_be_bytes);
        attributes.set_some("hart-ip.inactivity_ms", time.ok());
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a session is initiated",
        &[b"\x01\x00\x00\x00\x00\x02\x00\x0d\x01\x00\x00\x75\x30"],
        &[b"\x01\x01\x00\x00\x00\x02\x00\x0d\x01\x00\x00\xea\x60"],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: command 0 of a short frame",
        &[b"\x01\x00\x03\x00\x00\x05\x00\x0d\x02\x80\x00\x00\x82"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a HART frame whose check byte does not fit",
        &[b"\x01\x00\x03\x00\x00\x05\x00\x0d\x02\x80\x00\x00\x83"],
        &[],
    ),
    Example::not(Transport::Udp, "another length", &[b"\x01\x00\x00\x00\x00\x02\x00\x0e\x01\x00\x00\x75\x30"], &[]),
];
