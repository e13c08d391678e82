//! BGP Monitoring Protocol (BMP), from routers to a collector, over TCP.
//!
//! ```text
//! 3 (1)   length with header (4)   type (1): 4 initiation, 3 peer up, 0 route monitoring, 1 statistics, 2 peer down, 5 termination
//! initiation   elements: type (2), length (2), text        others   per-peer header (42), ...
//! ```
//!
//! RFC 7854 section 4. A router begins with an initiation, whose elements fill it; the collector says nothing.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// BGP Monitoring Protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "bmp",
    title: "BGP Monitoring Protocol",
    specification: "RFC 7854 section 4",
    ports: &[1790, 11019],
    initiator_first: ByteSet::of(&[3]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("bmp.system_name", "the router's name, as its initiation says"),
        ("bmp.system", "what the router is, as its initiation says"),
        ("bmp.message", "the free text of the initiation"),
        ("bmp.peers", "the first peers that are up: address and autonomous system"),
    ],
    confused_with: "TPKT, whose length has two bytes: the elements must fill the initiation",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message in bytes that is believed: a BGP message and headers.
const MAX_LENGTH: u32 = 70_000;
const PEER_UP: u8 = 3;
const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;
const LAST_TYPE: u8 = 6;
/// Header, and the header of each peer, in bytes.
const HEADER: u32 = 6;
const PEER_HEADER: u32 = 42;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut initiated = false;
    let mut place = 0;
    let count = in_stream(opening.initiator.stream(), |cursor| {
        let kind = message(cursor)?;
        initiated |= kind == INITIATION && place == 0;
        place += 1;
        require(initiated || !opening.from_start)
    });
    if initiated {
        return Ok(Evidence::message(if place > 1 {
            "messages: an initiation whose elements fill it, then messages about peers (RFC 7854 section 4)"
        } else {
            "initiation: an initiation whose elements fill it (RFC 7854 section 4.3)"
        }));
    }
    // From the middle of a session: several messages of fitting lengths.
    let rule = "later-messages: messages about peers whose lengths follow each other (RFC 7854 section 4)";
    if count? >= 2 { Ok(Evidence::signature(rule)) } else { Err(Reject::Incomplete) }
}

/// A message's type, and what follows its header.
fn head<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, Cursor<'a>), Reject> {
    cursor.tag(&[3])?;
    let (len, kind) = (cursor.u32()?, cursor.u8()?);
    require((HEADER..=MAX_LENGTH).contains(&len) && kind <= LAST_TYPE)?;
    let body = cursor.within((len - HEADER) as usize)?;
    require(matches!(kind, INITIATION | TERMINATION) || len >= HEADER + PEER_HEADER)?;
    Ok((kind, body))
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    let (kind, mut body) = head(cursor)?;
    if matches!(kind, INITIATION | TERMINATION) {
        while !body.is_empty() {
            let (element, len) = (body.u16()?, body.u16()?);
            require(element <= 16)?;
            body.skip(len.into())?;
        }
    } else {
        // Peer type: global, with or without distinguisher, local (section 4.2, RFC 9069).
        require(body.u8()? <= 3)?;
        body.skip(body.len())?;
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind) }
}

/// Messages that are described, and peers of which addresses are kept.
const MAX_MESSAGES: usize = 64;
const MAX_PEERS: usize = 8;

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut stream = opening.initiator.stream();
    let mut peers = Vec::new();
    for _ in 0..MAX_MESSAGES {
        let Ok((kind, mut body)) = head(&mut stream) else { break };
        match kind {
            INITIATION => while let Ok((key, text)) = element(&mut body) {
                if let Some(key) = key {
                    attributes.set(key, text);
                }
            }
            PEER_UP if peers.len() < MAX_PEERS => peers.extend(peer(body).ok()),
            _ => {}
        }
    }
    attributes.set_list("bmp.peers", peers, opening.initiator.is_cut());
}

/// An initiation's element: the attribute that it is (section 4.4), and its text.
fn element<'a>(body: &mut Cursor<'a>) -> Result<(Option<&'static str>, &'a [u8]), Reject> {
    let (kind, len) = (body.u16()?, body.u16()?);
    let text = body.take(len.into())?;
    let key = match kind {
        0 => Some("bmp.message"),
        1 => Some("bmp.system"),
        2 => Some("bmp.system_name"),
        _ => None,
    };
    Ok((key, text))
}

/// The peer of a message (section 4.2): type, flags, distinguisher, address, autonomous system.
fn peer(mut body: Cursor<'_>) -> Result<String, Reject> {
    body.u8()?;
    let flags = body.u8()?;
    body.skip(8)?;
    let (high, low) = (body.u64()?, body.u64()?);
    let bits = u128::from(high) << 64 | u128::from(low);
    // Flag V: version 6; of version 4 the last four bytes are the address.
    let address: IpAddr = if flags & 0x80 != 0 {
        Ipv6Addr::from_bits(bits).into()
    } else {
        Ipv4Addr::from_bits(u32::try_from(bits).map_err(|_| Reject::Mismatch)?).into()
    };
    Ok(format!("{address} AS{}", body.u32()?))
}

const INITIATED: &[u8] = b"\x03\0\0\0\x14\x04\0\x01\0\x02ab\0\x02\0\x04host";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a router introduces itself", &[INITIATED], &[]),
    Example::not(Transport::Tcp, "an element that is too long", &[b"\x03\0\0\0\x0e\x04\0\x02\0\x05host"], &[]),
    Example::not(Transport::Tcp, "TPKT, which begins with 3 and 0 too", &[b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Said;
    use crate::key::Endpoint;

    fn opening(said: &[u8]) -> Opening<'_> {
        Opening {
            transport: Transport::Tcp,
            initiator: Said::new(said, &[], false),
            responder: Said::default(),
            endpoints: [40_000, 1790].map(|port| Endpoint { address: [192, 0, 2, 1].into(), port }),
            responder_listens: true,
            from_start: true,
        }
    }

    #[test]
    fn an_initiation_and_a_peer_tell_who_they_are_and_the_reason_says_what_was_seen() {
        let mut peer = b"\x03\0\0\0\x30\x03\0\0".to_vec();
        peer.extend([0; 8 + 12]);
        peer.extend([192, 0, 2, 9, 0, 0, 0xfd, 0xe8]);
        peer.extend([0; 12]);
        let said = [INITIATED, &peer].concat();
        let mut attributes = Attributes::default();
        describe(&opening(&said), &mut attributes);
        let told: Vec<_> = attributes.iter().map(|(key, value)| (key, value.to_string())).collect();
        let expected = [("bmp.system", "ab"), ("bmp.system_name", "host"), ("bmp.peers", "192.0.2.9 AS65000")];
        assert_eq!(told, expected.map(|(key, value)| (key, value.to_owned())));
        let rule = |said| inspect(&opening(said)).unwrap().rule_name();
        assert_eq!((rule(INITIATED), rule(&said)), ("initiation", "messages"));
    }
}
