//! Multicast DNS (mDNS): DNS' messages on port 5353, sent to a group or straight to who asked.
//!
//! ```text
//! anyone :5353 -> 224.0.0.251 or ff02::fb :5353    questions, known answers, announcements
//! anyone :any  -> the group :5353                  a question of a simple resolver, answered to its port
//! host   :5353 -> who asked                        an answer
//! ```
//!
//! The layout is DNS' ([RFC 6762] section 18), so port and group make the difference; but DNS that merely
//! leaves from port 5353 stays DNS, and so does a query that wishes for recursion, which mDNS has not
//! (section 18.6).
//!
//! [RFC 6762]: https://www.rfc-editor.org/rfc/rfc6762

use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::formats::dns::{Extent, Message, SHAPE, messages};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::{Endpoint, Transport};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// mDNS.
pub const INSPECTOR: Inspector = Inspector {
    name: "mdns",
    title: "Multicast DNS",
    specification: "RFC 6762 section 18",
    carriers: Carriers::UDP,
    ports: &[PORT],
    refines: Some("dns"),
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: SHAPE,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("mdns.queries", "the first names that were asked for"),
        ("mdns.answers", "the first names that were answered or announced"),
    ],
    confused_with: "unicast DNS whose client uses port 5353 as its own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The port of every mDNS message's receiver or sender, and mostly of both (RFC 6762 section 5.2).
const PORT: u16 = 5353;
/// The groups (RFC 6762 section 3).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// RD: recursion desired.
const RD: u16 = 0x0100;
/// Most names that are told of each kind.
const MAX_TOLD: usize = 8;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [initiator, responder] = opening.endpoints;
    let to_group = is_group(responder);
    require(opening.is_on(&[PORT]) || to_group && initiator.port == PORT)?;
    let symmetric = to_group || initiator.port == PORT;
    let judge = |side| -> Result<Confidence, Reject> {
        let messages = messages(opening, side)?;
        let first = messages.iter().flatten().next().ok_or(Reject::Incomplete)?;
        let expected = first.is_response() == (side == Side::Responder);
        if !(symmetric || expected && first.flags & RD == 0) {
            return Err(Reject::Mismatch);
        }
        weigh(first)
    };
    match (judge(Side::Initiator), judge(Side::Responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(confidence), _) => Ok(Evidence::new(confidence, RULE)),
        (_, Ok(confidence)) => Ok(Evidence::new(confidence, RULE).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

const RULE: &str = "multicast-message: a DNS message between mDNS' port and group (RFC 6762 section 18)";

fn is_group(end: Endpoint) -> bool {
    end.address == IpAddr::V4(GROUP_V4) || end.address == IpAddr::V6(GROUP_V6)
}

/// A query without names at all is no mDNS; opcode and response code are zero (RFC 6762 sections 18.3 and 18.11).
fn weigh(message: &Message<'_>) -> Result<Confidence, Reject> {
    require(message.opcode() == 0 && message.counts != [0; 4] && !message.netbios)?;
    Ok(if message.extent == Extent::Whole { Confidence::Message } else { Confidence::Signature })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (mut asked, mut answered, mut open) = (Vec::new(), Vec::new(), false);
    let tell = |list: &mut Vec<String>, text: String| {
        if list.len() < MAX_TOLD && !list.contains(&text) {
            list.push(text);
        }
    };
    for side in [Side::Initiator, Side::Responder] {
        let Ok(messages) = messages(opening, side) else { continue };
        for message in messages.iter().flatten() {
            open |= message.extent != Extent::Whole;
            message.questions().take(MAX_TOLD).for_each(|(name, _)| tell(&mut asked, name));
            if message.is_response() {
                message.records().take(MAX_TOLD).for_each(|record| tell(&mut answered, message.name_of(&record)));
            }
        }
    }
    for (key, list) in [("mdns.queries", asked), ("mdns.answers", answered)] {
        attributes.set_list(key, list, open);
    }
}

const QUERY: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\x80\x01";
const RESPONSE: &[u8] = b"\0\0\x84\0\0\0\0\x01\0\0\0\0\x02pc\x05local\0\0\x01\x80\x01\0\0\0\x78\0\x04\xc0\0\x02\x05";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a question that wishes for a unicast answer", &[QUERY], &[]).on(PORT),
    Example::udp(Confidence::Message, "a host answers from mDNS' port", &[], &[RESPONSE]).on(PORT),
    Example::not(Transport::Udp, "the same question on another port", &[QUERY], &[]),
    Example::not(
        Transport::Udp,
        "a query for recursion, to a DNS server that listens there",
        &[b"\x11\x22\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01"],
        &[],
    )
    .on(PORT),
    Example::not(Transport::Udp, "an announcement from a port that is not mDNS'", &[RESPONSE], &[]).on(PORT),
];
