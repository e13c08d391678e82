//! DICOM, by which scanners, archives and workstations of hospitals exchange images: PS3.8.
//!
//! ```text
//! type | 00 | length | ...
//! initiator   01 associate request: 0001 | 0000 | called, 16 letters | calling, 16 letters | 32 bytes | items from 10 on
//! responder   02 accept: the same;   03 reject, 4 bytes;   07 abort
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// DICOM.
pub const INSPECTOR: Inspector = Inspector {
    name: "dicom",
    title: "Digital Imaging and Communications in Medicine",
    specification: "DICOM PS3.8 section 9.3",
    ports: &[104, 11112, 4242],
    initiator_first: ByteSet::of(&[0x01]),
    responder_first: ByteSet::of(&[0x02, 0x03, 0x07]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dicom.called", "application entity that is called"),
        ("dicom.calling", "application entity that calls"),
        ("dicom.accepted", "whether the association was accepted"),
    ],
    confused_with: "nothing: version, two names of 16 letters and the application context",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest association request believed, in bytes.
const MAX_LENGTH: u32 = 1 << 18;

/// Reads an association request or acceptance: called and calling name.
fn association<'a>(cursor: &mut Cursor<'a>, kind: u8) -> Result<(&'a [u8], &'a [u8]), Reject> {
    cursor.tag(&[kind, 0])?;
    let len = cursor.u32()?;
    require((68..MAX_LENGTH).contains(&len))?;
    let mut body = cursor.within(len as usize)?;
    // The version's lowest bit; reserved.
    body.tag(&[0, 1, 0, 0])?;
    let (called, calling) = (body.take(16)?, body.take(16)?);
    require(kind == 2 || is_text(called) && is_text(calling))?;
    body.skip(32)?;
    // The application context item is first.
    require(body.is_empty() && !body.is_open() || body.tag(&[0x10, 0]) != Err(Reject::Mismatch))?;
    Ok((called.trim_ascii(), calling.trim_ascii()))
}

/// Whether the called side accepted.
fn answer(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let mut ahead = cursor;
    match ahead.u8()? {
        2 => association(&mut cursor, 2).map(|_| true),
        3 | 7 => {
            ahead.tag(&[0, 0, 0, 0, 4])?;
            ahead.skip(4)?;
            Ok(false)
        }
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    association(&mut opening.request(), 1)?;
    Evidence::of(
        Ok(Confidence::Message),
        answer(opening.reply()).map(|_| Confidence::Message),
        "association: version, two application entities and the context (DICOM PS3.8 section 9.3.2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((called, calling)) = association(&mut opening.request(), 1) {
        attributes.set("dicom.called", called);
        attributes.set("dicom.calling", calling);
    }
    attributes.set_some("dicom.accepted", answer(opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "an association is rejected",
        &[b"\x01\x00\x00\x00\x00\x4c\x00\x01\x00\x00ARCHIVE         SCANNER         \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x00\x00\x041.2."],
        &[b"\x03\x00\x00\x00\x00\x04\x00\x01\x01\x07"],
    ),
    Example::not(
        Transport::Tcp,
        "another version",
        &[b"\x01\x00\x00\x00\x00\x4c\x00\x02\x00\x00ARCHIVE         SCANNER         \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x00\x00\x041.2."],
        &[],
    ),
];
