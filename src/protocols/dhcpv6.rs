//! Dynamic Host Configuration Protocol for IPv6 (DHCPv6).
//!
//! ```text
//! client, server   type (1), transaction id (3), options           RFC 8415 section 8
//! relay            type 12 or 13, hops, link and peer address (16 each), options    section 9
//! option           code (2), length (2), value                     section 21.1
//! ```
//!
//! The options must fill the datagram. A client asks ff02::1:2, so that the answer is a flow of its own.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;
use crate::layout::laid_out;

/// DHCPv6.
pub const INSPECTOR: Inspector = Inspector {
    name: "dhcpv6",
    title: "Dynamic Host Configuration Protocol for IPv6",
    specification: "RFC 8415 sections 8, 9 and 21",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(1, LAST_TYPE),
    responder_first: ByteSet::range(1, LAST_TYPE),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dhcpv6.message_types", "what was said, as SOLICIT, ADVERTISE ..."),
        ("dhcpv6.fqdn", "the name that the client gives itself (option 39)"),
        ("dhcpv6.vendor_class", "what the client's software says it is (option 16)"),
    ],
    confused_with: "other datagrams of a small type and a chain of lengths; the first options are known ones",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Servers and relays, and clients, to which relays and servers speak unasked (RFC 8415 section 7.2).
const PORTS: &[u16] = &[547, 546];
/// Last message type assigned (IANA "DHCPv6 Message Types").
const LAST_TYPE: u8 = 36;
const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;
/// Last option code assigned (IANA "DHCPv6 Option Codes"), with room for those to come.
const LAST_OPTION: u16 = 160;
/// Most relays (RFC 8415 section 7.6).
const MAX_HOPS: u8 = 32;
/// Names of message types from 1 on (RFC 8415 section 7.3).
const TYPES: [&str; 13] = [
    "SOLICIT", "ADVERTISE", "REQUEST", "CONFIRM", "RENEW", "REBIND", "REPLY", "RELEASE", "DECLINE", "RECONFIGURE",
    "INFORMATION-REQUEST", "RELAY-FORW", "RELAY-REPL",
];

mod option {
    pub(super) const CLIENT_ID: u16 = 1;
    pub(super) const SERVER_ID: u16 = 2;
    pub(super) const OPTION_REQUEST: u16 = 6;
    pub(super) const ELAPSED_TIME: u16 = 8;
    pub(super) const RELAY_MESSAGE: u16 = 9;
    pub(super) const VENDOR_CLASS: u16 = 16;
    pub(super) const CLIENT_FQDN: u16 = 39;
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let at_home = opening.is_on(PORTS);
    let (request, reply) = (message(opening.request(), at_home), message(opening.reply(), at_home));
    let rule = "options: a known type, and known options that fill the datagram (RFC 8415 section 21.1)";
    let weigh = |message: Result<Message<'_>, Reject>, from_server: bool| {
        let message = message?;
        let answers = matches!(message.kind, 2 | 7 | 10 | RELAY_REPLY);
        if answers == from_server { Ok(message.confidence) } else { Err(Reject::Incomplete) }
    };
    match (request, reply) {
        (Ok(asked), Ok(answered)) if asked.id != answered.id => Ok(Evidence::message(rule)),
        _ => Evidence::of(weigh(request, false), weigh(reply, true), rule),
    }
}

#[derive(Clone, Copy)]
struct Message<'a> {
    kind: u8,
    /// Transaction id; of relays 0.
    id: u32,
    options: Cursor<'a>,
    confidence: Confidence,
}

/// Whether a client's or server's identifier is of a known type and has that type's length (RFC 8415 section 11, RFC 6355).
fn is_identifier(value: &[u8]) -> bool {
    match value {
        [0, 1, _, _, rest @ ..] => (4 + 1..=4 + 20).contains(&rest.len()),
        [0, 2, rest @ ..] => (4 + 1..=128).contains(&rest.len()),
        [0, 3, _, _, rest @ ..] => (1..=20).contains(&rest.len()),
        [0, 4, rest @ ..] => rest.len() == 16,
        _ => false,
    }
}

/// Whether the first option, of which the capture cut the rest off, is one of those that every message has.
fn begins_known(mut options: Cursor<'_>) -> bool {
    let mut first = || {
        let (code, len) = (options.u16()?, options.u16()?);
        let mut value = options.within(len.into())?;
        match code {
            // The kinds of identifiers (RFC 8415 section 11.1).
            option::CLIENT_ID | option::SERVER_ID => require(matches!(value.u16()?, 1..=4)),
            option::OPTION_REQUEST => require(len % 2 == 0),
            option::ELAPSED_TIME => require(len == 2),
            _ => Err(Reject::Mismatch),
        }
    };
    first().is_ok()
}

/// Reads a message; off the own ports, one that names somebody properly.
fn message(mut cursor: Cursor<'_>, at_home: bool) -> Result<Message<'_>, Reject> {
    let kind = cursor.u8()?;
    require((1..=LAST_TYPE).contains(&kind))?;
    let relayed = matches!(kind, RELAY_FORWARD | RELAY_REPLY);
    let id = if relayed {
        require(cursor.u8()? <= MAX_HOPS)?;
        cursor.skip(32)?;
        0
    } else {
        cursor.u24()?
    };
    let options = cursor;
    let mut identified = false;
    let confidence = match walk(options, |code, value| {
        identified |= match code {
            option::CLIENT_ID | option::SERVER_ID => is_identifier(value) || at_home && value.len() >= 3,
            option::ELAPSED_TIME => at_home && value.len() == 2,
            option::RELAY_MESSAGE => {
                relayed && value.len() >= 4 && (at_home || message(Cursor::closed(value), false).is_ok())
            }
            option::OPTION_REQUEST => at_home && value.len() % 2 == 0,
            _ => false,
        };
    }) {
        Ok(()) => Confidence::Message,
        Err(Reject::Incomplete) => Confidence::Signature,
        Err(reject) => return Err(reject),
    };
    // One of who sends it, what is wished for, since when, or what is relayed is in every message.
    if identified || at_home && options.is_cut() && begins_known(options) {
        Ok(Message { kind, id, options, confidence })
    } else if options.is_open() {
        Err(Reject::Incomplete)
    } else {
        Err(Reject::Mismatch)
    }
}

fn walk<'a>(mut cursor: Cursor<'a>, mut tell: impl FnMut(u16, &'a [u8])) -> Result<(), Reject> {
    while !cursor.is_empty() {
        let (code, len) = (cursor.u16()?, cursor.u16()?);
        require((1..=LAST_OPTION).contains(&code))?;
        tell(code, cursor.take(len.into())?);
    }
    if cursor.is_open() { Err(Reject::Incomplete) } else { Ok(()) }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut types: Vec<String> = Vec::new();
    for side in [Side::Initiator, Side::Responder] {
        for datagram in opening.said(side).datagrams() {
            let Ok(message) = message(datagram.cursor(), true) else { continue };
            if let Some(&name) = TYPES.get(usize::from(message.kind) - 1)
                && !types.iter().any(|known| known == name)
            {
                types.push(name.to_owned());
            }
            let _ = walk(message.options, |code, value| match code {
                // Flags, then a name in labels (RFC 4704 section 4.2).
                option::CLIENT_FQDN => {
                    attributes.set("dhcpv6.fqdn", crate::formats::dns::dotted(value, 1));
                }
                // Enterprise number, then classes behind their lengths (RFC 8415 section 21.16).
                option::VENDOR_CLASS => attributes.set_some("dhcpv6.vendor_class", value.get(6..)),
                _ => {}
            });
        }
    }
    attributes.set_some("dhcpv6.message_types", (!types.is_empty()).then_some(types));
}

const SOLICIT: &[u8] = b"\x01\x12\x34\x56\0\x01\0\x0a\0\x03\0\x01\x02\0\0\0\0\x01\0\x08\0\x02\0\0\0\x06\0\x02\0\x17";
const ADVERTISE: &[u8] =
    b"\x02\x12\x34\x56\0\x01\0\x0a\0\x03\0\x01\x02\0\0\0\0\x01\0\x02\0\x0a\0\x03\0\x01\x02\0\0\0\0\x02";
const RELAYED: &[u8] = &laid_out::<68>(&[(0, &[12, 0, 0x20, 1]), (18, &[0xfe, 0x80]), (34, &[0, 9, 0, 30]), (38, SOLICIT)]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a client's question to the group", &[SOLICIT], &[]),
    Example::udp(Confidence::Message, "a server's answer", &[], &[ADVERTISE]),
    Example::udp(Confidence::Dialogue, "a question to one server, and its answer", &[SOLICIT], &[ADVERTISE]),
    Example::udp(Confidence::Message, "a relay's message", &[RELAYED], &[]),
    Example::not(Transport::Udp, "an option that is too long", &[b"\x01\x12\x34\x56\0\x08\0\x03\0\0"], &[]),
    Example::not(Transport::Udp, "no option of those that every message has", &[b"\x01\x12\x34\x56\0\x0e\0\0"], &[]),
];
