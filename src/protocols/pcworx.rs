//! PC Worx, by which Phoenix Contact's controllers are programmed.
//!
//! ```text
//! initiator   01 01 00 1A 00 00 00 00 78 80 00 03 00 0C "IBETH01N0_M" 00        opens a session
//! responder   81 01 00 14 ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// PC Worx.
pub const INSPECTOR: Inspector = Inspector {
    name: "pcworx",
    title: "Phoenix Contact PC Worx",
    specification: "PC Worx session set-up as published by security researchers",
    ports: &[1962],
    initiator_first: ByteSet::of(&[0x01]),
    responder_first: ByteSet::of(&[0x81]),
    inspect,
    confused_with: "nothing: the session's name",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn open(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[1])?;
    cursor.skip(1)?;
    let len = usize::from(cursor.u16()?);
    let mut body = cursor.within(len.checked_sub(4).ok_or(Reject::Mismatch)?)?;
    body.skip(10)?;
    body.tag(b"IBETH01N0_M")
}

fn answer(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(&[0x81])?;
    cursor.skip(1)?;
    require((4..512).contains(&cursor.u16()?))?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    open(opening.request())?;
    Evidence::of(
        Ok(Confidence::Message),
        answer(opening.reply()),
        "session: a length and the session's name IBETH01N0_M (PC Worx session set-up)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session is opened",
        &[b"\x01\x01\x00\x1a\x00\x00\x00\x00\x78\x80\x00\x03\x00\x0cIBETH01N0_M\x00"],
        &[b"\x81\x01\x00\x14\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02"],
    ),
    Example::not(
        Transport::Tcp,
        "another name",
        &[b"\x01\x01\x00\x1a\x00\x00\x00\x00\x78\x80\x00\x03\x00\x0cIBETH02N0_M\x00"],
        &[],
    ),
];
