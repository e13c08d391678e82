//! Google's QUIC before the IETF's: versions Q024 to Q046, and the handshake messages of its own crypto.
//!
//! ```text
//! until Q043   flags u8 (01 version, 08 connection id of 8 bytes), connection id, [version "Q0xx"], packet
//!              number 1 to 6, authentication hash 12, frames
//! Q044, Q046   1xxxxxxx, version "Q0xx", lengths of the connection ids in one byte, connection id, ...
//! message      "CHLO" or "REJ\0" ..., count u16, 0 u16, count x (tag 4, end of value u32), values   little-endian
//! ```
//!
//! From Google's documents "QUIC Wire Layout Specification" and "QUIC Crypto".

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Flags of the public header.
const VERSION: u8 = 0x01;
const CID: u8 = 0x08;
/// Where a message's tag may stand: behind headers, hash and the frame's header.
const MAX_BEFORE_MESSAGE: usize = 64;
/// Most tags of a message: real ones have about thirty.
const MAX_TAGS: u16 = 128;

/// What a client's packet with a version in it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientPacket<'a> {
    pub(super) version: u32,
    pub(super) cid: [u8; 8],
    /// The handshake message, from its tag on.
    pub(super) message: Option<&'a [u8]>,
}

/// Reads a client's packet.
pub(super) fn client(mut datagram: Cursor<'_>) -> Result<ClientPacket<'_>, Reject> {
    let flags = datagram.u8()?;
    let (version, cid);
    if flags & 0x80 != 0 {
        version = version_of(&mut datagram)?;
        require(matches!(version.to_be_bytes(), [_, _, b'4', b'4' | b'6']))?;
        // Eight bytes for the server's id, none for the client's.
        datagram.tag(&[0x50])?;
        cid = datagram.array()?;
    } else {
        require(flags & (VERSION | CID | 0xc2) == VERSION | CID)?;
        cid = datagram.array()?;
        version = version_of(&mut datagram)?;
        require(matches!(version.to_be_bytes(), [_, _, b'2' | b'3', _] | [_, _, b'4', b'0'..=b'3']))?;
    }
    let rest = datagram.rest();
    let at = rest.windows(4).take(MAX_BEFORE_MESSAGE).position(|tag| tag == b"CHLO");
    Ok(ClientPacket { version, cid, message: at.and_then(|at| rest.get(at..)) })
}

fn version_of(datagram: &mut Cursor<'_>) -> Result<u32, Reject> {
    let version = datagram.array()?;
    let [q, zero, tens, ones] = version;
    require(q == b'Q' && zero == b'0' && tens.is_ascii_digit() && ones.is_ascii_digit())?;
    Ok(u32::from_be_bytes(version))
}

/// Whether a server's packet is of the connection `cid`.
pub(super) fn is_of(mut datagram: Cursor<'_>, cid: [u8; 8]) -> Result<bool, Reject> {
    let flags = datagram.u8()?;
    if flags & 0x80 != 0 {
        version_of(&mut datagram)?;
        // None for the client's, eight bytes for the server's id.
        datagram.tag(&[0x05])?;
    } else if flags & CID == 0 {
        return Ok(false);
    }
    Ok(datagram.array()? == cid)
}

/// The value of a handshake message's tag, as far as the message came.
pub(in crate::protocols) fn value(message: &[u8], tag: [u8; 4]) -> Option<&[u8]> {
    let mut cursor = Cursor::closed(message);
    cursor.skip(4).ok()?;
    let count = cursor.u16_le().ok()?;
    cursor.skip(2).ok()?;
    let (mut begin, mut found) = (0_usize, None);
    for _ in 0..count.min(MAX_TAGS) {
        let this: [u8; 4] = cursor.array().ok()?;
        let end = cursor.u32_le().ok()? as usize;
        if this == tag {
            found = Some(begin..end);
        }
        begin = end;
    }
    cursor.rest().get(found?)
}

/// Whether a message's table of tags can be one: tags counted, values one behind the other.
pub(super) fn is_message(message: &[u8]) -> bool {
    let judge = |mut cursor: Cursor<'_>| {
        cursor.skip(4)?;
        let count = cursor.u16_le()?;
        cursor.tag(&[0, 0])?;
        require((1..=MAX_TAGS).contains(&count))?;
        let mut last = 0;
        for _ in 0..count {
            cursor.skip(4)?;
            let end = cursor.u32_le()?;
            require(end >= last)?;
            last = end;
        }
        Ok::<(), Reject>(())
    };
    judge(Cursor::closed(message)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHLO: &[u8] = b"CHLO\x02\x00\x00\x00SNI\0\x09\x00\x00\x00UAID\x0c\x00\x00\x00a.exampleabc";

    #[test]
    fn a_message_gives_the_values_of_its_tags() {
        assert!(is_message(CHLO));
        assert_eq!(value(CHLO, *b"SNI\0"), Some(&b"a.example"[..]));
        assert_eq!(value(CHLO, *b"UAID"), Some(&b"abc"[..]));
        assert_eq!(value(CHLO, *b"PDMD"), None);
    }

    #[test]
    fn a_message_cut_anywhere_gives_no_wrong_value() {
        for cut in 0..CHLO.len() {
            let name = value(&CHLO[..cut], *b"SNI\0");
            assert!(name.is_none() || name == Some(b"a.example"));
        }
    }
}
