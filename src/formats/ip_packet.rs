//! IP packets and Ethernet frames inside another protocol's datagram: whether their lengths fit what encloses them.

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Ethernet's type of IPv4, ARP, VLAN tags and IPv6 (IEEE 802 numbers).
pub mod ether_type {
    /// IPv4.
    pub const IPV4: u16 = 0x0800;
    /// Address resolution.
    pub const ARP: u16 = 0x0806;
    /// IEEE 802.1Q tag.
    pub const VLAN: u16 = 0x8100;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// An Ethernet frame inside another protocol.
    pub const BRIDGED: u16 = 0x6558;
}

/// Reads an IPv4 header of 20 bytes or more (RFC 791 section 3.1) or an IPv6 header (RFC 8200 section 3), whose length
/// must be that of `cursor`. Gives the protocol that follows, and the rest after the header.
///
/// # Errors
/// [`Reject::Mismatch`] when version, length or header checksum do not fit.
pub fn packet(mut cursor: Cursor<'_>) -> Result<(u8, Cursor<'_>), Reject> {
    let whole = cursor;
    let first = cursor.u8()?;
    match first >> 4 {
        4 => {
            let header = usize::from(first & 0xf) * 4;
            require(header >= 20)?;
            cursor.skip(1)?;
            let len = usize::from(cursor.u16()?);
            require(len >= header && fits(whole, len))?;
            cursor.skip(5)?;
            let protocol = cursor.u8()?;
            let mut rest = whole;
            require(ones_sum(rest.take(header)?) == 0xffff)?;
            Ok((protocol, rest))
        }
        6 => {
            cursor.skip(3)?;
            let len = usize::from(cursor.u16()?);
            require(fits(whole, len + 40))?;
            let protocol = cursor.u8()?;
            cursor.skip(33)?;
            Ok((protocol, cursor))
        }
        _ => Err(Reject::Mismatch),
    }
}

/// Reads an Ethernet frame that carries IPv4, IPv6 or ARP, tagged or not.
///
/// # Errors
/// [`Reject::Mismatch`] when it carries something else, or as [`packet`].
pub fn frame(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.skip(12)?;
    let mut kind = cursor.u16()?;
    if kind == ether_type::VLAN {
        cursor.skip(2)?;
        kind = cursor.u16()?;
    }
    match kind {
        ether_type::IPV4 | ether_type::IPV6 => {
            let version = if kind == ether_type::IPV4 { 4 } else { 6 };
            let padded = trimmed(cursor)?;
            require(padded.rest().first().is_some_and(|first| first >> 4 == version))?;
            packet(padded).map(drop)
        }
        // Ethernet and IPv4 addresses (RFC 826).
        ether_type::ARP => cursor.tag(&[0, 1, 8, 0, 6, 4]),
        _ => Err(Reject::Mismatch),
    }
}

/// A packet without the padding that short Ethernet frames have.
fn trimmed(cursor: Cursor<'_>) -> Result<Cursor<'_>, Reject> {
    let mut ahead = cursor;
    let first = ahead.u8()?;
    ahead.skip(if first >> 4 == 4 { 1 } else { 3 })?;
    let len = usize::from(ahead.u16()?) + if first >> 4 == 4 { 0 } else { 40 };
    let mut rest = cursor;
    // Minimum frame: 60 bytes, of which 14 are the header (IEEE 802.3 section 3.2.7).
    if cursor.len() <= 46 && len < cursor.len() { rest.sub(len) } else { Ok(cursor) }
}

fn fits(whole: Cursor<'_>, len: usize) -> bool {
    if whole.is_open() { len >= whole.len() } else { len == whole.len() }
}

/// The sum in ones' complement of 16-bit words (RFC 1071), which over a header with its checksum is all ones.
fn ones_sum(header: &[u8]) -> u16 {
    let sum = header.chunks_exact(2).fold(0_u32, |sum, word| match word {
        [high, low] => sum + u32::from(u16::from_be_bytes([*high, *low])),
        _ => sum,
    });
    let folded = (sum & 0xffff) + (sum >> 16);
    u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &[u8] =
        b"\x45\0\0\x1c\0\0\0\0\x40\x11\xf6\xcd\xc0\0\x02\x01\xc0\0\x02\x02\0\x35\0\x35\0\x08\0\0";

    #[test]
    fn a_packet_must_have_the_length_of_what_encloses_it() {
        assert_eq!(packet(Cursor::closed(V4)).map(|(protocol, rest)| (protocol, rest.len())), Ok((17, 8)));
        assert_eq!(packet(Cursor::closed(&V4[..27])).map(drop), Err(Reject::Mismatch));
        assert!(packet(Cursor::open(&V4[..27])).is_ok());
    }

    #[test]
    fn a_wrong_header_checksum_is_noticed() {
        let mut spoilt = V4.to_vec();
        spoilt[8] = 0x3f;
        assert_eq!(packet(Cursor::closed(&spoilt)).map(drop), Err(Reject::Mismatch));
    }

    #[test]
    fn a_short_frame_may_be_padded() {
        let mut bytes = [&[2; 12][..], &[8, 0], V4].concat();
        bytes.resize(60, 0);
        assert_eq!(frame(Cursor::closed(&bytes)), Ok(()));
        bytes[12] = 9;
        assert_eq!(frame(Cursor::closed(&bytes)), Err(Reject::Mismatch));
    }
}
