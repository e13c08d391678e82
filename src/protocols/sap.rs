//! SAP, announcing multicast sessions with their descriptions: [RFC 2974].
//!
//! ```text
//! 20 .. 3F (version 1 and flags)   words of authentication   hash:16   origin's address, 4 or 16 bytes
//! authentication   "application/sdp" 00 (or nothing)   a session description, "v=0" ...   or "o=" where it is deleted
//! ```
//!
//! Announcements that are encrypted or compressed show 3 bits of all this and are not claimed.
//!
//! [RFC 2974]: https://www.rfc-editor.org/rfc/rfc2974

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// The Session Announcement Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "sap",
    title: "Session Announcement Protocol",
    specification: "RFC 2974 section 6",
    carriers: Carriers::UDP,
    ports: &[9875],
    initiator_first: ByteSet::range(0x20, 0x3f),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("sap.session", "the announced session's name")],
    confused_with: "other protocols that carry session descriptions, SIP and RTSP, which are text from the first byte on",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

mod flag {
    pub(super) const IPV6: u8 = 0x10;
    pub(super) const RESERVED: u8 = 0x08;
    pub(super) const DELETION: u8 = 0x04;
    pub(super) const ENCRYPTED: u8 = 0x02;
    pub(super) const COMPRESSED: u8 = 0x01;
}
/// Longest name of the payload's type in bytes that is believed.
const MAX_TYPE: usize = 64;

/// Reads an announcement up to its payload.
fn announcement(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let flags = cursor.u8()?;
    require(flags >> 5 == 1 && flags & (flag::RESERVED | flag::ENCRYPTED | flag::COMPRESSED) == 0)?;
    let authentication = 4 * usize::from(cursor.u8()?);
    cursor.u16()?;
    cursor.skip(if flags & flag::IPV6 != 0 { 16 } else { 4 })?;
    cursor.skip(authentication)?;
    let deletion = flags & flag::DELETION != 0;
    if matches!(cursor.rest(), [b'v' | b'o', b'=', ..]) {
        return cursor.tag(if deletion { b"o=" } else { b"v=0" });
    }
    let kind = cursor.until(0, MAX_TYPE)?;
    require(kind.eq_ignore_ascii_case(b"application/sdp"))?;
    cursor.tag(if deletion { b"o=" } else { b"v=0" })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    in_datagrams(&opening.said(Side::Initiator), announcement)?;
    Ok(Evidence::message("announcement: a header, and a session description behind it (RFC 2974 section 6)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut cursor = opening.request();
    if announcement(&mut cursor).is_ok() {
        let named = cursor.rest().split(|byte| matches!(byte, b'\r' | b'\n')).find_map(|line| line.strip_prefix(b"s="));
        attributes.set_some("sap.session", named);
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "an announcement",
        &[b"\x20\0\x12\x34\xc0\0\x02\x01application/sdp\0v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=News\r\n"],
        &[],
    ),
    Example::udp(Confidence::Message, "a session is deleted", &[b"\x24\0\x12\x34\xc0\0\x02\x01o=- 1 1 IN IP4 192.0.2.1\r\n"], &[]),
    Example::not(Transport::Udp, "a description that is none", &[b"\x20\0\x12\x34\xc0\0\x02\x01application/sdp\0x=0\r\n"], &[]),
    Example::not(Transport::Udp, "another version", &[b"\x40\0\x12\x34\xc0\0\x02\x01v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"], &[]),
];
