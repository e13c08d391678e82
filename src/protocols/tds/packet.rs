//! TDS packets (MS-TDS section 2.2.3), and what the first ones hold.

use crate::cursor::{Cursor, require};
use crate::formats::ntlm;
use crate::inspect::{Confidence, Reject, Said, Side};

/// Packet types (section 2.2.3.1.1).
pub(super) mod kind {
    pub(crate) const BATCH: u8 = 0x01;
    pub(crate) const LOGIN: u8 = 0x02;
    pub(crate) const PROCEDURE: u8 = 0x03;
    pub(crate) const ANSWER: u8 = 0x04;
    pub(crate) const CANCEL: u8 = 0x06;
    pub(crate) const BULK: u8 = 0x07;
    pub(crate) const TOKEN: u8 = 0x08;
    pub(crate) const TRANSACTION: u8 = 0x0e;
    pub(crate) const LOGIN7: u8 = 0x10;
    pub(crate) const SECURITY: u8 = 0x11;
    pub(crate) const PRELOGIN: u8 = 0x12;
}

/// Bytes of a packet's header.
const HEADER: usize = 8;
/// End of message, ignore, event, reset (twice): the bits of status that exist.
const STATUS: u8 = 0x1f;
const LAST: u8 = 1;
/// Packets of a side that are read.
const MAX_PACKETS: usize = 6;
/// Options of a prelogin that exist (section 2.2.6.5); the list ends with FF.
const MAX_OPTION: u8 = 7;
const TERMINATOR: u8 = 0xff;
/// Bytes of a login before version 7: fields of fixed size (TDS 5.0 functional specification).
const LOGIN_LEN: usize = 512;

/// A packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) kind: u8,
    status: u8,
    /// Whether all of it is here.
    pub(super) whole: bool,
    contents: &'a [u8],
}

fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Reject> {
    let kind = cursor.u8()?;
    require(matches!(kind, 0x01..=0x04 | 0x06..=0x08 | 0x0e | 0x10..=0x12))?;
    let status = cursor.u8()?;
    require(status & !STATUS == 0)?;
    let len = usize::from(cursor.u16()?);
    require(len >= HEADER)?;
    cursor.skip(3)?;
    // The window is not used (section 2.2.3.1.6).
    require(cursor.u8()? == 0)?;
    let contents = cursor.within(len - HEADER)?;
    Ok(Packet { kind, status, whole: !contents.is_open(), contents: contents.rest() })
}

/// A side's first packets.
pub(super) fn packets(said: Said<'_>) -> impl Iterator<Item = Packet<'_>> {
    let mut cursor = said.stream();
    std::iter::from_fn(move || packet(&mut cursor).ok()).take(MAX_PACKETS)
}

/// A side's first packet, and how much it is worth.
pub(super) fn first(said: Said<'_>, side: Side) -> Result<(Packet<'_>, Confidence), Reject> {
    let mut cursor = said.cursor(crate::key::Transport::Tcp);
    let packet = packet(&mut cursor)?;
    // A server's security token belongs into an answer, but travels by itself in some captures of NTLM logins.
    let token = packet.kind == kind::SECURITY && packet.contents.starts_with(b"NTLMSSP");
    let answers = packet.kind == kind::ANSWER || packet.kind == kind::PRELOGIN || token;
    require(if side == Side::Responder { answers } else { packet.kind != kind::ANSWER })?;
    let contents = Cursor::new(packet.contents, !packet.whole);
    let worth = match packet.kind {
        kind::PRELOGIN => prelogin(contents)?,
        kind::LOGIN7 => login7(contents)?,
        kind::LOGIN => login(contents)?,
        kind::ANSWER => match contents.rest().first() {
            Some(0) => prelogin(contents)?,
            _ => answer(contents)?,
        },
        kind::CANCEL => {
            require(contents.is_empty() && packet.status == LAST)?;
            Confidence::Signature
        }
        // A procedure call that is no last packet begins like TPKT.
        kind::PROCEDURE => {
            require(packet.status & LAST != 0)?;
            Confidence::Signature
        }
        kind::SECURITY if token => Confidence::Message,
        kind::BATCH | kind::BULK | kind::TOKEN | kind::TRANSACTION | kind::SECURITY => {
            require(!contents.is_empty() || contents.is_open())?;
            Confidence::Signature
        }
        _ => return Err(Reject::Mismatch),
    };
    if packet.whole { Ok((packet, worth)) } else { Ok((packet, worth.min(Confidence::Signature))) }
}

/// The options' table: the first is VERSION with six bytes right behind the table's end.
fn prelogin(contents: Cursor<'_>) -> Result<Confidence, Reject> {
    let mut cursor = contents;
    let mut table = 0_u16;
    let mut next = 0;
    for place in 0..=u16::from(MAX_OPTION) + 1 {
        let token = cursor.u8()?;
        if token == TERMINATOR {
            table = place * 5 + 1;
            break;
        }
        let (offset, len) = (cursor.u16()?, cursor.u16()?);
        if place == 0 {
            require(token == 0 && len == 6)?;
            next = offset;
        }
        // Options stand in order, each where the one before ends.
        require(token <= MAX_OPTION && offset == next)?;
        next = offset.checked_add(len).ok_or(Reject::Mismatch)?;
    }
    require(table > 0)?;
    let mut data = Cursor::new(contents.rest(), contents.is_open());
    data.skip(next.into())?;
    Ok(Confidence::Message)
}

/// Its own length and a version of 7.0 and later (section 2.2.6.4).
fn login7(mut contents: Cursor<'_>) -> Result<Confidence, Reject> {
    let available = contents.len();
    let len = contents.u32_le()? as usize;
    require(len >= 94 && (len == available || contents.is_open() || len > available))?;
    let version = contents.u32_le()?;
    require(matches!(version >> 24 & 0xff, 0x70..=0x74) || matches!(version & 0xff, 0x70..=0x74 | 0x07 | 0x08))?;
    Ok(Confidence::Message)
}

/// Host, user and password: 30 bytes each, what is not used is zero, then how many are.
fn login(mut contents: Cursor<'_>) -> Result<Confidence, Reject> {
    require(contents.is_open() || contents.len() >= LOGIN_LEN - HEADER)?;
    for _ in 0..3 {
        let field = contents.take(30)?;
        let used = usize::from(contents.u8()?);
        require(used <= 30 && field.iter().skip(used).all(|&byte| byte == 0))?;
    }
    Ok(Confidence::Message)
}

/// Tokens that an answer can begin with, and whose length follows (section 2.2.4.2.1).
fn answer(mut contents: Cursor<'_>) -> Result<Confidence, Reject> {
    let token = contents.u8()?;
    match token {
        // ERROR, INFO, LOGINACK, ENVCHANGE, SSPI: a length.
        0xaa | 0xab | 0xad | 0xe3 | 0xed => {
            let len = contents.u16_le()?;
            contents.skip(len.into())?;
            Ok(Confidence::Message)
        }
        // DONE, DONEPROC, DONEINPROC: eight or twelve bytes, of which three bits of status do not exist.
        0xfd..=0xff => {
            let status = contents.u16_le()?;
            require(status & !0x0137 == 0)?;
            contents.skip(6)?;
            Ok(Confidence::Message)
        }
        // RETURNSTATUS, COLMETADATA, rows and others: their length is not told by themselves.
        0x79 | 0x81 | 0xa4 | 0xa5 | 0xa9 | 0xac | 0xae | 0xd1 | 0xd2 | 0xd3 => Ok(Confidence::Signature),
        _ => Err(Reject::Mismatch),
    }
}

/// The names in a login; never the password, which is only disguised.
pub(super) struct Login {
    pub(super) version: &'static str,
    pub(super) host: String,
    pub(super) user: String,
    pub(super) application: String,
    pub(super) server: String,
    pub(super) database: String,
}

impl<'a> Packet<'a> {
    /// A prelogin's option.
    pub(super) fn option(&self, wanted: u8) -> Option<&'a [u8]> {
        let mut table = Cursor::closed(self.contents);
        for _ in 0..=MAX_OPTION {
            let token = table.u8().ok()?;
            (token != TERMINATOR).then_some(())?;
            let (offset, len) = (usize::from(table.u16().ok()?), usize::from(table.u16().ok()?));
            if token == wanted {
                return self.contents.get(offset..offset + len);
            }
        }
        None
    }

    /// The names in a login of version 7 and later (section 2.2.6.4).
    pub(super) fn login7(&self) -> Option<Login> {
        let field = |at: usize| {
            let mut place = Cursor::closed(self.contents.get(at..)?);
            // Offset in bytes, length in characters.
            let (offset, len) = (usize::from(place.u16_le().ok()?), usize::from(place.u16_le().ok()?));
            Some(ntlm::utf16_le(self.contents.get(offset..offset + len.min(128) * 2)?))
        };
        let version = match *self.contents.get(4..8)? {
            [_, _, _, 0x70] | [0x70, ..] => "7.0",
            [.., 0x71] | [0x07, ..] => "7.1",
            [.., 0x72] => "7.2",
            [.., 0x73] => "7.3",
            [.., 0x74] => "7.4",
            [0x08, ..] => "8.0",
            _ => "unknown",
        };
        Some(Login {
            version,
            host: field(36)?,
            user: field(40)?,
            application: field(48)?,
            server: field(52)?,
            database: field(68)?,
        })
    }
}
