//! Link-Local Multicast Name Resolution (LLMNR): DNS' layout with flags of its own, on port 5355.
//!
//! ```text
//! initiator   id, flags 0, one question       to 224.0.0.252 or ff02::1:3, over TCP or as a reverse query to a host
//! responder   the same id, QR, the question, its records        from port 5355 of the host that has the name
//! ```
//!
//! [RFC 4795] section 2.1.1: where DNS has RD, RA and their neighbours there are T and four zeros.
//!
//! [RFC 4795]: https://www.rfc-editor.org/rfc/rfc4795

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::formats::dns::{Extent, Message, SHAPE, messages};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// LLMNR.
pub const INSPECTOR: Inspector = Inspector {
    name: "llmnr",
    title: "Link-Local Multicast Name Resolution",
    specification: "RFC 4795 section 2.1",
    carriers: Carriers::TCP_UDP,
    ports: &[PORT],
    refines: Some("dns"),
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: SHAPE,
    inspect,
    describe: Some(describe),
    attributes: &[("llmnr.queries", "the first names that were asked for")],
    confused_with: "DNS, whose layout it has: port and group tell it apart, and flags that wish for recursion exclude it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORT: u16 = 5355;
/// The groups (RFC 4795 section 2).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 252);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 3);
/// Opcode, T (a response's only) and the four bits that must be zero (section 2.1.1).
const ZERO_IN_QUERY: u16 = 0x79ff;
const ZERO_IN_RESPONSE: u16 = 0x78f0;
const MAX_TOLD: usize = 8;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [_, responder] = opening.endpoints;
    let to_group = responder.address == IpAddr::V4(GROUP_V4) || responder.address == IpAddr::V6(GROUP_V6);
    require(to_group || opening.is_on(&[PORT]))?;
    let judge = |side| -> Result<(u16, Confidence), Reject> {
        let messages = messages(opening, side)?;
        let first = messages.iter().flatten().next().ok_or(Reject::Incomplete)?;
        let expected = first.is_response() == (side == Side::Responder) && is_llmnr(first);
        // Nobody but LLMNR sends to the group, whatever flags a sender sets.
        let [questions, ..] = first.counts;
        require(expected || to_group && side == Side::Initiator && questions == 1 && first.opcode() == 0)?;
        Ok((first.id, if first.extent == Extent::Whole { Confidence::Message } else { Confidence::Signature }))
    };
    let rule = "one-question: a DNS message with LLMNR's flags, on its port or to its group (RFC 4795 section 2.1)";
    let (asked, answered) = (judge(Side::Initiator), judge(Side::Responder));
    match (asked, answered) {
        (Ok((asked, _)), Ok((answered, _))) if asked != answered => Ok(Evidence::message(rule)),
        _ => Evidence::of(asked.map(|(_, confidence)| confidence), answered.map(|(_, confidence)| confidence), rule),
    }
}

/// One question, and in a query nothing else but what the additional section may hold (RFC 4795 section 2.1.1).
fn is_llmnr(message: &Message<'_>) -> bool {
    let [questions, answers, authorities, _] = message.counts;
    let zero = if message.is_response() { ZERO_IN_RESPONSE } else { ZERO_IN_QUERY };
    let fits = message.is_response() || answers == 0 && authorities == 0;
    questions == 1 && fits && message.flags & zero == 0 && !message.netbios
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut names: Vec<String> = Vec::new();
    for side in [Side::Initiator, Side::Responder] {
        let Ok(messages) = messages(opening, side) else { continue };
        for (name, _) in messages.iter().flatten().flat_map(|message| message.questions().take(1)) {
            if names.len() < MAX_TOLD && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    attributes.set_some("llmnr.queries", (!names.is_empty()).then_some(names));
}

const QUERY: &[u8] = b"\x51\x0e\0\0\0\x01\0\0\0\0\0\0\x07printer\0\0\x01\0\x01";
const RESPONSE: &[u8] =
    b"\x51\x0e\x80\0\0\x01\0\x01\0\0\0\0\x07printer\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x1e\0\x04\xc0\0\x02\x09";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a question to the group, answered elsewhere", &[QUERY], &[]).on(PORT),
    Example::udp(Confidence::Message, "a host's answer, which is a flow of its own", &[], &[RESPONSE]).on(PORT),
    Example::udp(Confidence::Dialogue, "a question to one host, and its answer", &[QUERY], &[RESPONSE]).on(PORT),
    Example::tcp(Confidence::Dialogue, "the same over TCP", &[b"\0\x19", QUERY], &[b"\0\x29", RESPONSE]).on(PORT),
    Example::not(Transport::Udp, "the same question on another port", &[QUERY], &[]),
    Example::not(
        Transport::Udp,
        "a query for recursion, to a DNS server that listens there",
        &[b"\x51\x0e\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01"],
        &[],
    )
    .on(PORT),
];
