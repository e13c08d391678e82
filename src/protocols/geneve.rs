//! Generic Network Virtualization Encapsulation (Geneve), where its content could not be followed.
//!
//! ```text
//! 0 (2 bits)   options' length in words (6 bits)   O C, 0 (6 bits)   protocol (2)   network id (3)   0   options   frame or packet
//! ```
//!
//! RFC 8926 section 3.4. A flow stays Geneve only where nothing inside makes a flow of its own.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::formats::ip_packet::{self, ether_type};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Generic Network Virtualization Encapsulation.
pub const INSPECTOR: Inspector = Inspector {
    name: "geneve",
    title: "Generic Network Virtualization Encapsulation",
    specification: "RFC 8926 section 3.4",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(0, 0x3f),
    responder_first: ByteSet::range(0, 0x3f),
    inspect,
    confused_with: "nothing on its port; elsewhere the frame inside must fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[6081];
fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut whole = true;
    in_datagrams(&opening.initiator, |cursor| {
        let protocol = header(cursor)?;
        whole &= match protocol {
            ether_type::BRIDGED => ip_packet::frame(*cursor).is_ok(),
            _ => ip_packet::packet(*cursor).is_ok(),
        };
        Ok(())
    })?;
    match (whole, opening.is_on(PORTS)) {
        (true, _) => Ok(Evidence::message("frame: Geneve's header before a frame that fits (RFC 8926 section 3.4)")),
        (false, true) => Ok(Evidence::signature("header: Geneve's header on its port (RFC 8926 section 3.4)")),
        (false, false) => Err(Reject::Incomplete),
    }
}

/// Reads the header and its options: what follows.
fn header(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    let (first, flags) = (cursor.u8()?, cursor.u8()?);
    require(first >> 6 == 0 && flags & 0x3f == 0)?;
    let protocol = cursor.u16()?;
    require(matches!(protocol, ether_type::BRIDGED | ether_type::IPV4 | ether_type::IPV6))?;
    cursor.skip(3)?;
    require(cursor.u8()? == 0)?;
    let mut options = cursor.sub(usize::from(first) * 4)?;
    while !options.is_empty() {
        // Class, type, three reserved bits and the length in words (section 3.5).
        options.skip(3)?;
        let len = options.u8()?;
        require(len >> 5 == 0)?;
        options.skip(usize::from(len) * 4)?;
    }
    Ok(protocol)
}

const HEADER: &[u8] = b"\0\0\x65\x58\0\0\x64\0";
const PACKET: &[u8] =
    b"\0\0\x08\0\0\0\x64\0\x45\0\0\x1c\0\0\0\0\x40\x11\xf6\xcd\xc0\0\x02\x01\xc0\0\x02\x02\0\x35\0\x35\0\x08\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a packet inside", &[PACKET], &[]),
    Example::udp(Confidence::Signature, "a header alone, on its port", &[HEADER], &[]).on(6081),
    Example::not(Transport::Udp, "a header alone, on another port", &[HEADER], &[]),
    Example::not(Transport::Udp, "reserved bits that are set", &[b"\0\x01\x65\x58\0\0\x64\0"], &[]).on(6081),
];
