//! The datagrams of NetFT: route control packets, and frames of the virtual adapter.

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a route control packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rcp {
    pub(super) version: u8,
    pub(super) is_response: bool,
    pub(super) sequence: u32,
    /// Source and destination that it names.
    pub(super) pair: Option<(IpAddr, IpAddr)>,
    pub(super) signed: bool,
    pub(super) fit: Fit,
}

/// How well a packet's lengths fit its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The total length has no room in the datagram.
    Odd,
    /// It has room.
    Room,
    /// It is the datagram's, and the extensions are well-formed.
    Exact,
}

/// Bytes of the base header.
const BASE_LEN: u16 = 16;
/// Bytes of an extension's header.
const EXTENSION_HEADER: u16 = 8;
/// Most extensions followed: an address pair and a signature are known.
const MAX_EXTENSIONS: usize = 3;

/// Reads a route control packet. Identifier, type and next header are 61 bits; what no document confirms, the total
/// length and the extensions, adds to its weight and takes nothing from it.
pub(super) fn rcp(mut cursor: Cursor<'_>, wire_len: u32) -> Result<Rcp, Reject> {
    cursor.tag(&[0x55; 4])?;
    let version = cursor.u8()?;
    cursor.skip(1)?;
    let kind = cursor.u16_le()?;
    require(kind <= 1)?;
    let mut next = cursor.u16_le()?;
    require(next <= 3)?;
    let total = cursor.u16_le()?;
    let sequence = cursor.u32_le()?;
    let fits = total >= BASE_LEN && u32::from(total) <= wire_len;
    let (mut pair, mut signed, mut extended) = (None, false, true);
    let mut body = cursor.within(usize::from(total.saturating_sub(BASE_LEN))).unwrap_or(cursor);
    for _ in 0..MAX_EXTENSIONS {
        if next == 0 {
            break;
        }
        signed |= next == 3;
        match extension(&mut body, next, &mut pair) {
            Ok(following) => next = following,
            Err(reject) => {
                // The capture may have cut the frame: what is here was sound.
                extended = reject == Reject::Incomplete;
                break;
            }
        }
    }
    let fit = match (fits, extended && u32::from(total) == wire_len) {
        (false, _) => Fit::Odd,
        (true, false) => Fit::Room,
        (true, true) => Fit::Exact,
    };
    Ok(Rcp { version, is_response: kind == 1, sequence, pair, signed, fit })
}

fn extension(body: &mut Cursor<'_>, kind: u16, pair: &mut Option<(IpAddr, IpAddr)>) -> Result<u16, Reject> {
    let next = body.u16_le()?;
    require(next <= 3)?;
    let len = body.u16_le()?;
    require(len >= EXTENSION_HEADER)?;
    body.skip(4)?;
    let mut contents = body.within(usize::from(len - EXTENSION_HEADER))?;
    match (kind, len) {
        (1, 16..40) => {
            let mut address = || contents.array::<4>().map(|four| IpAddr::from(Ipv4Addr::from(four)));
            *pair = Some((address()?, address()?));
        }
        // An early description has 16 + 16 bytes for IPv4 too; how the four lie in them is not known.
        (1, _) => require(len >= 40)?,
        (2, _) => {
            require(len >= 40)?;
            let mut address = || contents.array::<16>().map(|all| IpAddr::from(Ipv6Addr::from(all)));
            *pair = Some((address()?, address()?));
        }
        _ => {}
    }
    Ok(next)
}

/// Bytes of content by which it is told whether it is random: fewer show nothing.
const TELLING: usize = 128;

/// Whether a TCP segment's content inside a tunnelled frame is neither encrypted nor compressed.
///
/// Of random bytes each of the 16 half-bytes is as frequent as the others. The sum of squared deviations from
/// that, in units of what is expected (chi-square with 15 degrees of freedom), exceeds 100 once in 10^14.
pub(super) fn is_readable(frame: &Tunnelled, bytes: &[u8]) -> bool {
    const TCP: u8 = 6;
    // Ethernet, and the IP header of either version without options.
    let headers = if frame.source.is_ipv6() { 14 + 40 } else { 14 + 20 };
    let Some(segment) = bytes.get(headers..).filter(|_| frame.protocol == TCP) else { return false };
    let Some(&offset) = segment.get(12) else { return false };
    let content = segment.get(usize::from(offset >> 4) * 4..).unwrap_or_default();
    if content.len() < TELLING {
        return false;
    }
    let mut seen = [0_u64; 16];
    for byte in content {
        for half in [byte >> 4, byte & 0x0f] {
            if let Some(count) = seen.get_mut(usize::from(half)) {
                *count += 1;
            }
        }
    }
    let halves = 2 * content.len() as u64;
    // Sum of (16 n_i - N)^2 against 100 * 16 * N: the same without a fraction.
    let deviation: u64 = seen.iter().map(|count| (16 * count).abs_diff(halves).pow(2)).sum();
    deviation > 100 * 16 * halves
}

/// What a tunnelled frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tunnelled {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    /// Source and destination port of TCP or UDP.
    pub(super) ports: Option<(u16, u16)>,
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;

/// Reads an Ethernet frame of the virtual adapter. Its length has to agree with the inner IP header's;
/// together with both addresses' prefixes one in about 2^60 random datagrams would pass.
pub(super) fn tunnelled(mut cursor: Cursor<'_>, wire_len: u32) -> Result<Tunnelled, Reject> {
    let destination_mac = cursor.array::<6>()?;
    let source_mac = cursor.array::<6>()?;
    let local = |mac: [u8; 6]| mac.first().is_some_and(|byte| byte & 2 != 0);
    // Bit 0 of an address's first byte says multicast: never a sender.
    let unicast = source_mac.first().is_some_and(|byte| byte & 1 == 0);
    require(local(destination_mac) && local(source_mac) && unicast)?;
    let ethertype = cursor.u16()?;
    let (source, destination, protocol) = match ethertype {
        ETHERTYPE_IPV6 => {
            require(cursor.u8()? >> 4 == 6)?;
            cursor.skip(3)?;
            require(u32::from(cursor.u16()?) + 54 == wire_len)?;
            let protocol = cursor.u8()?;
            cursor.skip(1)?;
            let (source, destination) =
                (Ipv6Addr::from(cursor.array::<16>()?), Ipv6Addr::from(cursor.array::<16>()?));
            require(source.is_unicast_link_local())?;
            require(destination.is_unicast_link_local() || destination.is_multicast())?;
            (source.into(), destination.into(), protocol)
        }
        ETHERTYPE_IPV4 => {
            require(cursor.u8()? == 0x45)?;
            cursor.skip(1)?;
            require(u32::from(cursor.u16()?) + 14 == wire_len)?;
            cursor.skip(5)?;
            let protocol = cursor.u8()?;
            cursor.skip(2)?;
            let (source, destination) =
                (Ipv4Addr::from(cursor.array::<4>()?), Ipv4Addr::from(cursor.array::<4>()?));
            require(source.is_link_local() && destination.is_link_local())?;
            (IpAddr::from(source), IpAddr::from(destination), protocol)
        }
        _ => return Err(Reject::Mismatch),
    };
    let mut port = || cursor.u16().ok();
    let ports = if matches!(protocol, 6 | 17) { port().zip(port()) } else { None };
    Ok(Tunnelled { source, destination, protocol, ports })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable_and_what_looks_random_is_not() {
        let frame = Tunnelled {
            source: Ipv6Addr::UNSPECIFIED.into(),
            destination: Ipv6Addr::UNSPECIFIED.into(),
            protocol: 6,
            ports: None,
        };
        let with = |content: &[u8]| {
            let mut bytes = vec![0; 14 + 40];
            bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5 << 4, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(content);
            bytes
        };
        let text = b"S\0M\0B\0 shares and what clusters tell each other. ".repeat(8);
        let random: Vec<u8> = (1..400_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(is_readable(&frame, &with(&text)));
        assert!(!is_readable(&frame, &with(&random)));
        assert!(!is_readable(&frame, &with(text.split_at(60).0)), "too short to tell");
        assert!(!is_readable(&frame, &with(&[])[..60]), "cut by the capture");
    }
}
