//! Connection-oriented PDUs (C706 section 12.6, MS-RPCE section 2.2.2).
//!
//! ```text
//!  0 version 5    1 minor 0 or 1    2 type    3 flags    4 data representation (4)
//!  8 fragment length (2)   10 authentication length (2)   12 call identifier (4)
//! ```

use crate::cursor::{Cursor, require};
use crate::formats::guid;
use crate::inspect::Reject;

/// Bytes of the header that all types share.
pub(crate) const HEADER: usize = 16;
/// Bytes of the authentication trailer without its value (MS-RPCE section 2.2.2.11).
const TRAILER: usize = 8;

/// PDU types (C706 section 12.6.4, MS-RPCE section 2.2.2).
pub(crate) mod kind {
    pub(crate) const REQUEST: u8 = 0;
    pub(crate) const RESPONSE: u8 = 2;
    pub(crate) const FAULT: u8 = 3;
    pub(crate) const BIND: u8 = 11;
    pub(crate) const BIND_ACK: u8 = 12;
    pub(crate) const BIND_NAK: u8 = 13;
    pub(crate) const ALTER_CONTEXT: u8 = 14;
    pub(crate) const ALTER_CONTEXT_RESP: u8 = 15;
    pub(crate) const AUTH3: u8 = 16;
    pub(crate) const SHUTDOWN: u8 = 17;
    pub(crate) const CO_CANCEL: u8 = 18;
    pub(crate) const ORPHANED: u8 = 19;
}

/// A fragment: its header, and its body as far as it is here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pdu<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) little_endian: bool,
    /// Length of the whole fragment in bytes.
    pub(crate) len: usize,
    auth_len: usize,
    /// The call's number, where it is here.
    pub(crate) call: Option<u32>,
    /// What follows the header, authentication trailer included.
    pub(crate) body: Cursor<'a>,
}

/// PFC_OBJECT_UUID: a request names an object (C706 section 12.6.3.1).
const OBJECT: u8 = 0x80;
/// The one flag that is reserved.
const RESERVED_FLAG: u8 = 0x08;

/// Reads the next fragment's header, and as much of its body as is here.
///
/// Version, type, flags, data representation and lengths leave room for one in 2^55 random headers.
pub(crate) fn pdu<'a>(cursor: &mut Cursor<'a>) -> Result<Pdu<'a>, Reject> {
    require(cursor.u8()? == 5)?;
    require(cursor.u8()? <= 1)?;
    let kind = cursor.u8()?;
    let shortest = match kind {
        kind::REQUEST | kind::RESPONSE | kind::BIND_ACK | kind::ALTER_CONTEXT_RESP => 24,
        kind::FAULT | kind::BIND | kind::ALTER_CONTEXT => 28,
        kind::BIND_NAK => 18,
        kind::AUTH3 => 20,
        kind::SHUTDOWN | kind::CO_CANCEL | kind::ORPHANED => HEADER,
        _ => return Err(Reject::Mismatch),
    };
    let flags = cursor.u8()?;
    require(flags & RESERVED_FLAG == 0)?;
    let little_endian = representation(cursor)?;
    require(cursor.u8()? == 0)?;
    let u16 = if little_endian { Cursor::u16_le } else { Cursor::u16 };
    let u32 = if little_endian { Cursor::u32_le } else { Cursor::u32 };
    let len = usize::from(u16(cursor)?);
    let auth_len = usize::from(u16(cursor)?);
    let trailer = if auth_len > 0 { auth_len + TRAILER } else { 0 };
    require(len >= shortest && HEADER + trailer <= len)?;
    // Cut by the capture between the lengths and the call: what was seen is telling all the same.
    let call = match u32(cursor) {
        Err(Reject::Incomplete) => {
            let body = Cursor::open(&[]);
            return Ok(Pdu { kind, flags, little_endian, len, auth_len, call: None, body });
        }
        call => Some(call?),
    };
    let body = cursor.within(len - HEADER)?;
    Ok(Pdu { kind, flags, little_endian, len, auth_len, call, body })
}

/// Reads integer, character and floating-point representation and one reserved byte (C706 section 14.1), and says
/// whether integers are little-endian.
pub(crate) fn representation(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    let integers = cursor.u8()?;
    let (order, characters) = (integers >> 4, integers & 0x0f);
    // EBCDIC is allowed for, and nobody's.
    require(order <= 1 && characters == 0)?;
    require(cursor.u8()? <= 3)?;
    require(cursor.u8()? == 0)?;
    Ok(order == 1)
}

/// Whether a client sends PDUs of this type; the others are a server's.
pub(crate) const fn is_from_client(kind: u8) -> bool {
    matches!(
        kind,
        kind::REQUEST | kind::BIND | kind::ALTER_CONTEXT | kind::AUTH3 | kind::CO_CANCEL | kind::ORPHANED
    )
}

/// What a client proposes for one context: an interface and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) id: u16,
    pub(crate) interface: u128,
    pub(crate) major: u16,
    pub(crate) minor: u16,
}

impl Context {
    /// The interface's name, or its identifier.
    pub(crate) fn label(&self) -> String {
        match super::interfaces::name(self.interface) {
            Some(name) => format!("{name} v{}.{}", self.major, self.minor),
            None => format!("{} v{}.{}", guid::in_order(self.interface.to_be_bytes()), self.major, self.minor),
        }
    }
}

impl<'a> Pdu<'a> {
    /// Whether all of it is here.
    pub(crate) fn is_whole(&self) -> bool {
        !self.body.is_open()
    }

    fn u16(&self, cursor: &mut Cursor<'a>) -> Result<u16, Reject> {
        if self.little_endian { cursor.u16_le() } else { cursor.u16() }
    }

    fn u32(&self, cursor: &mut Cursor<'a>) -> Result<u32, Reject> {
        if self.little_endian { cursor.u32_le() } else { cursor.u32() }
    }

    /// Reads an identifier as this PDU's integers lie.
    fn uuid(&self, cursor: &mut Cursor<'a>) -> Result<u128, Reject> {
        uuid(cursor, self.little_endian)
    }

    /// The contexts of a bind or alter_context (C706 section 12.6.4.3), as far as they are here.
    pub(crate) fn contexts(&self) -> Result<Vec<Context>, Reject> {
        let mut cursor = self.body;
        // Fragment sizes and association group; a count and three reserved bytes.
        cursor.skip(8)?;
        let count = cursor.u8()?;
        cursor.skip(3)?;
        require(count > 0)?;
        let mut contexts = Vec::new();
        for _ in 0..count {
            match self.context(&mut cursor) {
                Ok(context) => contexts.push(context),
                Err(Reject::Incomplete) if !contexts.is_empty() => break,
                Err(reject) => return Err(reject),
            }
        }
        Ok(contexts)
    }

    fn context(&self, cursor: &mut Cursor<'a>) -> Result<Context, Reject> {
        let id = self.u16(cursor)?;
        let transfers = cursor.u8()?;
        cursor.skip(1)?;
        require(transfers > 0)?;
        let interface = self.uuid(cursor)?;
        let version = self.u32(cursor)?;
        // Low half major, high half minor.
        let [major, minor] = [version & 0xffff, version >> 16].map(|half| u16::try_from(half).unwrap_or_default());
        // Transfer syntaxes: an identifier and a version each.
        cursor.skip(usize::from(transfers) * 20)?;
        Ok(Context { id, interface, major, minor })
    }

    /// A request's context and operation number, and what comes behind them: object and arguments.
    pub(crate) fn request(&self) -> Result<(u16, u16, Cursor<'a>), Reject> {
        let mut cursor = self.body;
        cursor.skip(4)?;
        let (context, operation) = (self.u16(&mut cursor)?, self.u16(&mut cursor)?);
        if self.flags & OBJECT != 0 {
            cursor.skip(16)?;
        }
        Ok((context, operation, cursor))
    }

    /// A response's results, behind the allocation hint, the context and the cancel count.
    pub(crate) fn results(&self) -> Result<&'a [u8], Reject> {
        let mut cursor = self.body;
        cursor.skip(8)?;
        Ok(cursor.rest())
    }

    /// A fault's status.
    pub(crate) fn fault(&self) -> Result<u32, Reject> {
        let mut cursor = self.body;
        cursor.skip(8)?;
        self.u32(&mut cursor)
    }

    /// A bind_nak's reason.
    pub(crate) fn refusal(&self) -> Result<u16, Reject> {
        let mut cursor = self.body;
        self.u16(&mut cursor)
    }

    /// Type and level of the authentication trailer, where there is one and it is here.
    pub(crate) fn authentication(&self) -> Option<(u8, u8)> {
        (self.auth_len > 0 && self.is_whole()).then_some(())?;
        let body = self.body.rest();
        let trailer = body.len().checked_sub(self.auth_len + TRAILER)?;
        Some((*body.get(trailer)?, *body.get(trailer + 1)?))
    }
}

/// Reads an identifier in text order.
pub(crate) fn uuid(cursor: &mut Cursor<'_>, little_endian: bool) -> Result<u128, Reject> {
    let bytes = cursor.array::<16>()?;
    Ok(u128::from_be_bytes(if little_endian { guid::swapped(bytes) } else { bytes }))
}

/// An authentication service by its number (MS-RPCE section 2.2.1.1.7).
pub(crate) const fn authentication_service(number: u8) -> Option<&'static str> {
    Some(match number {
        9 => "spnego",
        10 => "ntlm",
        14 => "schannel",
        16 => "kerberos",
        68 => "netlogon",
        _ => return None,
    })
}

/// An authentication level by its number (MS-RPCE section 2.2.1.1.8).
pub(crate) const fn authentication_level(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "none",
        2 => "connect",
        3 => "call",
        4 => "packet",
        5 => "integrity",
        6 => "privacy",
        _ => return None,
    })
}
