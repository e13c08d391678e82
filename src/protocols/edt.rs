//! Citrix Enlightened Data Transport (EDT): ICA or CGP over UDP 1494 and 2598.
//!
//! The protocol is not public. It is believed to stand on UDT, whose handshake then counts on its two ports;
//! without DTLS around it, CGP's greeting is seen in the client's first data.

use super::{cgp, udt};
use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Verdict};
use crate::follow::Sizes;
use crate::key::Transport;

/// EDT.
pub const INSPECTOR: Inspector = Inspector {
    name: "edt",
    title: "Citrix Enlightened Data Transport",
    specification: "not public; ports and stack from Citrix adaptive transport and CTX220732",
    carriers: Carriers::UDP,
    ports: PORTS,
    refines: Some("udt"),
    // Data may begin with anything: CGP's greeting is looked for behind the first bytes.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::OWN_PORTS,
    inspect,
    follow: Some(|_| Box::new(Sizes::default())),
    confused_with: "UDT file transfers and SRT on other ports; DTLS, in which EDT travels to gateways",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[1494, 2598];
/// How far into the client's data CGP's greeting may stand, in bytes.
const GREETING_WITHIN: usize = 200;

fn inspect(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS))?;
    let mut possible = opening.initiator.is_silent();
    for (place, datagram) in opening.initiator.datagrams().enumerate() {
        let head = datagram.bytes.get(..datagram.bytes.len().min(GREETING_WITHIN)).unwrap_or_default();
        if head.windows(cgp::GREETING.len()).any(|window| window == cgp::GREETING) {
            return Ok(Evidence::message("cgp: CGP's greeting inside the client's first data over UDP"));
        }
        if let (0, Ok(handshake)) = (place, udt::handshake(&datagram)) {
            require(handshake.version == 4)?;
            possible = true;
        }
    }
    match (udt::INSPECTOR.inspect)(opening) {
        Ok(evidence) => {
            // That this is EDT's layout is an assumption: telling bytes at most.
            let rule = "handshake: a UDT-style handshake on Citrix's own port";
            Ok(Evidence { confidence: Confidence::Signature, rule, ..evidence }.wanting_more(true))
        }
        Err(_) if possible => Err(Reject::Incomplete),
        Err(reject) => Err(reject),
    }
}

const HANDSHAKE: &[u8] = b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x01\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x64\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "a handshake that is repeated", &[HANDSHAKE, HANDSHAKE, HANDSHAKE], &[]).on(2598),
    Example::udp(Confidence::Signature, "a UDT-style handshake on 2598", &[HANDSHAKE], &[]).on(2598),
    Example::udp(
        Confidence::Message,
        "CGP inside",
        &[HANDSHAKE, b"\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03\x1aCGP/01\x01"],
        &[],
    )
    .on(2598),
    Example::not(Transport::Udp, "the same handshake elsewhere", &[HANDSHAKE], &[]),
    Example::not(Transport::Udp, "a client's ephemeral port was 2598", &[b"\x12\x34\x01\0\0\x01"], &[]).on(53),
];
