//! QUIC's long headers: RFC 9000 section 17.2, RFC 9369 section 3.2 (version 2), RFC 8999 (what no version changes).
//!
//! ```text
//! 1TTTxxxx  version u32  DCID <0..20>  SCID <0..20>
//!   Initial    token length varint, token, length varint, packet number and payload
//!   0-RTT, Handshake                       length varint, packet number and payload
//!   Retry      token, integrity tag 16
//! 1xxxxxxx  00000000  DCID  SCID  supported versions u32 ...        Version Negotiation
//! ```

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Longest connection id in bytes, in all versions so far (RFC 9000 section 17.2).
const MAX_CID: u8 = 20;
/// Shortest protected part of a packet in bytes: four for the packet number, and the sample of header protection (RFC 9001 section 5.4.2).
const MIN_PROTECTED: u64 = 20;

/// A version's family: what its packets are protected with and how its types are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// Salt of the keys of Initial packets.
    pub(super) salt: [u8; 20],
    /// Whether it is version 2, which has labels and type numbers of its own.
    pub(super) second: bool,
    /// Whether Google's own handshake is inside instead of TLS.
    pub(super) google: bool,
}

/// RFC 9001 section 5.2; drafts 33 and 34 have it too.
const SALT_1: [u8; 20] =
    [0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a];
/// RFC 9369 section 3.3.1.
const SALT_2: [u8; 20] =
    [0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9];
/// draft-ietf-quic-tls-29 to -32, section 5.2.
const SALT_DRAFT_29: [u8; 20] =
    [0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99];
/// draft-ietf-quic-tls-23 to -28, section 5.2; Meta's mvfst versions are built on draft 27.
const SALT_DRAFT_23: [u8; 20] =
    [0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02];
/// draft-ietf-quic-tls-21 and -22, section 5.2.
const SALT_DRAFT_22: [u8; 20] = [
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64,
    0x4a,
];
/// draft-ietf-quic-v2-02 to -09, section 3.3.1: version 2 before it had its number.
const SALT_DRAFT_V2: [u8; 20] = [
    0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5,
    0xd3,
];
/// Google QUIC T050: TLS in packets of the IETF's form.
const SALT_T050: [u8; 20] = [
    0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83,
    0x10,
];
/// Google QUIC Q050: Google's handshake in packets of the IETF's form.
const SALT_Q050: [u8; 20] =
    [0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45];
/// Google QUIC T051: TLS in packets of the IETF's form.
const SALT_T051: [u8; 20] =
    [0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d];

/// The family of a version, if it is known.
pub(super) const fn family(version: u32) -> Option<Family> {
    let (salt, second, google) = match version {
        1 | 0xff000021..=0xff000022 => (SALT_1, false, false),
        0x6b3343cf => (SALT_2, true, false),
        0x709a50c4 => (SALT_DRAFT_V2, true, false),
        0xff000016 | 0xfaceb001 => (SALT_DRAFT_22, false, false),
        0xff00001d..=0xff000020 => (SALT_DRAFT_29, false, false),
        0xff000017..=0xff00001c | 0xfaceb002 | 0xfaceb00e | 0xfaceb011 | 0xfaceb013 => (SALT_DRAFT_23, false, false),
        // "Q050", "T050" and "T051".
        0x51303530 => (SALT_Q050, false, true),
        0x54303530 => (SALT_T050, false, false),
        0x54303531 => (SALT_T051, false, false),
        _ => return None,
    };
    Some(Family { salt, second, google })
}

/// What a version is called.
pub(super) fn version_name(version: u32) -> String {
    match (version, version.to_be_bytes()) {
        (1, _) => "1".to_owned(),
        (0x6b3343cf, _) => "2".to_owned(),
        (0xff000000..=0xff0000ff, [.., draft]) => format!("draft-{draft}"),
        (0xfaceb000..=0xfaceb0ff, [.., last]) => format!("mvfst-{last:x}"),
        (_, [b'Q' | b'T', b'0', tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => {
            let [first, zero, ..] = version.to_be_bytes();
            [first, zero, tens, ones].map(char::from).iter().collect()
        }
        _ => format!("0x{version:08x}"),
    }
}

/// A packet's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,
}

/// A packet with a long header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) kind: Kind,
    pub(super) version: u32,
    pub(super) destination: &'a [u8],
    pub(super) source: &'a [u8],
    /// The packet from its first byte to its packet number.
    pub(super) header: &'a [u8],
    /// Packet number and payload, as far as they were captured.
    pub(super) protected: Cursor<'a>,
}

impl<'a> Packet<'a> {
    /// Reads the next packet of a datagram, if its version is known or it negotiates one.
    pub(super) fn parse(datagram: &mut Cursor<'a>) -> Result<Self, Reject> {
        let start = datagram.rest();
        let first = datagram.u8()?;
        require(first & 0x80 != 0)?;
        let version = datagram.u32()?;
        let cid = |cursor: &mut Cursor<'a>| {
            let len = cursor.u8()?;
            require(len <= MAX_CID)?;
            cursor.take(len.into())
        };
        let (destination, source) = (cid(datagram)?, cid(datagram)?);
        let end = Cursor::closed(&[]);
        let mut packet =
            Self { kind: Kind::VersionNegotiation, version, destination, source, header: &[], protected: end };
        if version == 0 {
            require(!datagram.is_empty() && (datagram.is_open() || datagram.len().is_multiple_of(4)))?;
            datagram.skip(datagram.len())?;
            return Ok(packet);
        }
        let family = family(version).ok_or(Reject::Mismatch)?;
        require(first & 0x40 != 0)?;
        // Version 2 counts its types from Retry on (RFC 9369 section 3.2).
        packet.kind = match (first >> 4 & 3).wrapping_sub(family.second.into()) & 3 {
            0 => Kind::Initial,
            1 => Kind::ZeroRtt,
            2 => Kind::Handshake,
            _ => Kind::Retry,
        };
        match packet.kind {
            Kind::Retry => {
                // A token, and the tag of 16 bytes that protects the packet's integrity.
                require(datagram.is_open() || datagram.len() > 16)?;
                datagram.skip(datagram.len())?;
                return Ok(packet);
            }
            Kind::Initial => {
                let token = varint(datagram)?;
                datagram.skip(usize::try_from(token).map_err(|_| Reject::Mismatch)?)?;
            }
            _ => {}
        }
        let len = varint(datagram)?;
        require((MIN_PROTECTED..=0xffff).contains(&len))?;
        packet.header = start.get(..start.len() - datagram.len()).unwrap_or_default();
        packet.protected = datagram.within(usize::try_from(len).map_err(|_| Reject::Mismatch)?)?;
        Ok(packet)
    }
}

/// A number of one, two, four or eight bytes, as its two highest bits say (RFC 9000 section 16).
pub(super) fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Reject> {
    let first = cursor.u8()?;
    let mut number = u64::from(first & 0x3f);
    for _ in 1..1_u32 << (first >> 6) {
        number = number << 8 | u64::from(cursor.u8()?);
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_specification_are_read() {
        // RFC 9000 appendix A.1.
        for (bytes, number) in [
            (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c][..], 151_288_809_941_952_652),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
        ] {
            assert_eq!(varint(&mut Cursor::closed(bytes)), Ok(number));
        }
    }

    #[test]
    fn version_2_numbers_its_types_from_retry_on() {
        for (first, kind) in [(0xc0, Kind::Retry), (0xd0, Kind::Initial), (0xe0, Kind::ZeroRtt), (0xf0, Kind::Handshake)] {
            let token = if kind == Kind::Initial { &[0][..] } else { &[] };
            let bytes = [&[first, 0x6b, 0x33, 0x43, 0xcf, 0, 0], token, &[20], &[7; 20]].concat();
            assert_eq!(Packet::parse(&mut Cursor::closed(&bytes)).unwrap().kind, kind);
        }
    }

    #[test]
    fn versions_have_names() {
        assert_eq!(version_name(0xff00001d), "draft-29");
        assert_eq!(version_name(0x51303436), "Q046");
        assert_eq!(version_name(0x1a2a3a4a), "0x1a2a3a4a");
    }
}
