//! SMB's messages of all versions, read as far as recognising and naming them needs.

use crate::cursor::{Cursor, require};
use crate::formats::ntlm;
use crate::inspect::Reject;

/// The forms of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Version1,
    Version2,
    Encrypted,
    Compressed,
}

/// A message behind its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: Kind,
    pub(super) command: u16,
    /// Whether a server sent it, where that is readable.
    pub(super) is_response: Option<bool>,
    /// What comes behind the header.
    pub(super) body: Cursor<'a>,
}

/// Bytes of the headers.
const HEADER_1: usize = 32;
const HEADER_2: usize = 64;
const HEADER_ENCRYPTED: usize = 52;
const HEADER_COMPRESSED: usize = 16;
/// The last command of version 2: OPLOCK_BREAK is 0x12 (MS-SMB2 section 2.2.1.2).
const LAST_COMMAND_2: u16 = 0x12;

/// Stands for the command of a header that the capture cut before it.
const NO_COMMAND: u16 = u16::MAX;
/// Command numbers.
const NEGOTIATE_1: u16 = 0x72;
const NEGOTIATE_2: u16 = 0;
const TREE_CONNECT_1: u16 = 0x75;
const TREE_CONNECT_2: u16 = 3;

/// Reads the next message. Four bytes of mark, the length and a version's fixed fields leave no room for chance.
pub(super) fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    require(cursor.u8()? == 0)?;
    let len = cursor.u24()? as usize;
    require(len >= HEADER_COMPRESSED)?;
    let mut whole = cursor.within(len)?;
    let mark = whole.u8()?;
    whole.tag(b"SMB")?;
    match mark {
        0xff => {
            require(len > HEADER_1)?;
            let command = u16::from(whole.u8()?);
            whole.skip(4)?;
            let flags = whole.u8()?;
            pass(&mut whole, HEADER_1 - 10)?;
            Ok(Message { kind: Kind::Version1, command, is_response: Some(flags & 0x80 != 0), body: whole })
        }
        0xfe => {
            require(len >= HEADER_2 && whole.u16_le()? == 64)?;
            let mut rest = whole;
            let named = rest.skip(2 + 4).and_then(|()| rest.u16_le());
            let flags = rest.skip(2).and_then(|()| rest.u32_le());
            pass(&mut whole, HEADER_2 - 6)?;
            let command = named.unwrap_or(NO_COMMAND);
            require(command <= LAST_COMMAND_2 || command == NO_COMMAND)?;
            let is_response = flags.ok().map(|flags| flags & 1 != 0);
            Ok(Message { kind: Kind::Version2, command, is_response, body: whole })
        }
        0xfd => {
            require(len > HEADER_ENCRYPTED)?;
            pass(&mut whole, HEADER_ENCRYPTED - 4)?;
            Ok(Message { kind: Kind::Encrypted, command: 0, is_response: None, body: whole })
        }
        0xfc => {
            pass(&mut whole, HEADER_COMPRESSED - 4)?;
            Ok(Message { kind: Kind::Compressed, command: 0, is_response: None, body: whole })
        }
        _ => Err(Reject::Mismatch),
    }
}

/// Passes over the rest of a header, of which the capture may have cut a part.
fn pass(cursor: &mut Cursor<'_>, n: usize) -> Result<(), Reject> {
    cursor.within(n).map(drop)
}

/// What a server answers a negotiation with.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) dialect: String,
    pub(super) server: Option<[u8; 16]>,
    pub(super) signing_required: bool,
}

impl Message<'_> {
    /// The dialects that a negotiation offers.
    pub(super) fn offered(&self) -> Option<Vec<String>> {
        let mut body = self.body;
        match (self.kind, self.command, self.is_response) {
            (Kind::Version1, NEGOTIATE_1, Some(false)) => {
                // No parameter words; a byte count; each dialect is 2 and a string (MS-CIFS section 2.2.4.52.1).
                (body.u8().ok()? == 0).then_some(())?;
                let len = body.u16_le().ok()?;
                let dialects = body.within(len.into()).ok()?.rest().split(|&byte| byte == 0);
                let names = dialects.filter_map(|dialect| dialect.strip_prefix(&[2]));
                Some(names.map(|name| String::from_utf8_lossy(name).into_owned()).take(16).collect())
            }
            (Kind::Version2, NEGOTIATE_2, Some(false)) => {
                // Structure size 36, count, security, capabilities, client's identifier (MS-SMB2 section 2.2.3).
                (body.u16_le().ok()? == 36).then_some(())?;
                let count = body.u16_le().ok()?.min(16);
                body.skip(32).ok()?;
                Some((0..count).map_while(|_| body.u16_le().ok().map(dialect_name)).collect())
            }
            _ => None,
        }
    }

    /// Whether a negotiation goes on behind what is here, so that it may offer more dialects.
    pub(super) fn offers_more(&self) -> bool {
        self.body.is_open() && self.is_response == Some(false) && self.offered().is_some()
    }

    /// The client's identifier in a negotiation of version 2.
    pub(super) fn client(&self) -> Option<[u8; 16]> {
        let mut body = self.body;
        let asks = (self.kind, self.command, self.is_response) == (Kind::Version2, NEGOTIATE_2, Some(false));
        asks.then_some(())?;
        body.skip(12).ok()?;
        body.array().ok().filter(|id| *id != [0; 16])
    }

    /// What a server chose of what was `offered`.
    pub(super) fn negotiated(&self, offered: Option<&[String]>) -> Option<Choice> {
        let mut body = self.body;
        match (self.kind, self.command, self.is_response) {
            (Kind::Version1, NEGOTIATE_1, Some(true)) => {
                // Parameter words, the first of which is the dialect's place in the list (MS-CIFS section 2.2.4.52.2).
                (body.u8().ok()? > 0).then_some(())?;
                let place = body.u16_le().ok()?;
                let security = body.u8().unwrap_or_default();
                let dialect = offered?.get(usize::from(place))?.clone();
                Some(Choice { dialect, server: None, signing_required: security & 8 != 0 })
            }
            (Kind::Version2, NEGOTIATE_2, Some(true)) => {
                // Structure size 65, security mode, dialect, contexts, server's identifier (MS-SMB2 section 2.2.4).
                (body.u16_le().ok()? == 65).then_some(())?;
                let security = body.u16_le().ok()?;
                let dialect = dialect_name(body.u16_le().ok()?);
                body.skip(2).ok()?;
                Some(Choice { dialect, server: body.array().ok(), signing_required: security & 2 != 0 })
            }
            _ => None,
        }
    }

    /// The path of a tree connect: `\\server\share`.
    pub(super) fn share(&self) -> Option<String> {
        let mut body = self.body;
        match (self.kind, self.command, self.is_response) {
            (Kind::Version2, TREE_CONNECT_2, Some(false)) => {
                // Structure size 9, flags, path's offset from the header's start and length (MS-SMB2 section 2.2.9).
                (body.u16_le().ok()? == 9).then_some(())?;
                body.skip(2).ok()?;
                let (offset, len) = (usize::from(body.u16_le().ok()?), usize::from(body.u16_le().ok()?));
                let at = offset.checked_sub(HEADER_2)?;
                let path = self.body.rest().get(at..at.checked_add(len)?)?;
                Some(ntlm::utf16_le(path))
            }
            (Kind::Version1, TREE_CONNECT_1, Some(false)) => {
                // The path is the first `\\` that stands behind the password (MS-CIFS section 2.2.4.55.1).
                let bytes = body.rest();
                let wide = bytes.windows(4).position(|window| window == b"\\\0\\\0");
                let narrow = bytes.windows(2).position(|window| window == b"\\\\");
                match (wide, narrow) {
                    (Some(at), _) => {
                        let (units, _) = bytes.get(at..)?.as_chunks::<2>();
                        let end = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
                        Some(ntlm::utf16_le(units.get(..end)?.as_flattened()))
                    }
                    (None, Some(at)) => {
                        let path = bytes.get(at..)?.split(|&byte| byte == 0).next()?;
                        Some(String::from_utf8_lossy(path).into_owned())
                    }
                    (None, None) => None,
                }
            }
            _ => None,
        }
    }

    /// The command's name, where it is one of the usual ones.
    pub(super) fn command_name(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Version2 => COMMANDS_2.get(usize::from(self.command)).copied(),
            Kind::Version1 => COMMANDS_1.iter().find(|&&(number, _)| number == self.command).map(|&(_, name)| name),
            Kind::Encrypted | Kind::Compressed => None,
        }
    }
}

fn dialect_name(dialect: u16) -> String {
    match dialect {
        0x0202 => "2.0.2".to_owned(),
        0x0210 => "2.1".to_owned(),
        0x0300 => "3.0".to_owned(),
        0x0302 => "3.0.2".to_owned(),
        0x0311 => "3.1.1".to_owned(),
        0x02ff => "2.???".to_owned(),
        other => format!("{other:04x}"),
    }
}

/// MS-SMB2 section 2.2.1.2, by number.
const COMMANDS_2: [&str; 19] = [
    "negotiate", "session-setup", "logoff", "tree-connect", "tree-disconnect", "create", "close", "flush", "read",
    "write", "lock", "ioctl", "cancel", "echo", "query-directory", "change-notify", "query-info", "set-info",
    "oplock-break",
];

/// MS-CIFS section 2.2.2.1: those that are still seen.
const COMMANDS_1: [(u16, &str); 16] = [
    (0x04, "close"),
    (0x06, "delete"),
    (0x08, "query-information"),
    (0x24, "locking"),
    (0x25, "transaction"),
    (0x2b, "echo"),
    (0x2d, "open"),
    (0x2e, "read"),
    (0x2f, "write"),
    (0x32, "transaction2"),
    (0x71, "tree-disconnect"),
    (0x72, "negotiate"),
    (0x73, "session-setup"),
    (0x74, "logoff"),
    (0x75, "tree-connect"),
    (0xa2, "nt-create"),
];
