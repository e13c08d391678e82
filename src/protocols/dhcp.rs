//! Dynamic Host Configuration Protocol (DHCP) for IPv4, and the Bootstrap Protocol (BOOTP) below it.
//!
//! ```text
//! initiator   op 1, hardware type, hardware address length, hops, xid (4), secs (2), flags (2), 4 addresses (4 each),
//! responder   op 2, ...  hardware address (16), server name (64), file (128), 63 82 53 63, options
//! ```
//!
//! The layout is BOOTP's ([RFC 2131] section 2); options are code, length and value, until code 255
//! ([RFC 2132] section 2). Client and server mostly broadcast, so that question and answer are flows of their own.
//!
//! [RFC 2131]: https://www.rfc-editor.org/rfc/rfc2131
//! [RFC 2132]: https://www.rfc-editor.org/rfc/rfc2132

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;
use crate::layout::laid_out;

/// DHCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "dhcp",
    title: "Dynamic Host Configuration Protocol",
    specification: "RFC 2131 section 2, RFC 2132 section 2, RFC 951 section 3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[REQUEST]),
    responder_first: ByteSet::of(&[REPLY]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dhcp.message_types", "what was said, as DISCOVER, OFFER ..."),
        ("dhcp.host_name", "the name that the client gives itself (option 12)"),
        ("dhcp.vendor_class", "what the client's software says it is (option 60)"),
    ],
    headline: &["dhcp.host_name", "dhcp.message_types"],
    confused_with: "nothing: the magic cookie stands at byte 236",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Server and client; a client never listens elsewhere. 4011: boot servers (PXE specification 2.1 section 2.2).
const PORTS: &[u16] = &[67, 68, 4011];
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
/// From the start to the options' magic cookie, in bytes (RFC 2131 section 2).
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// The four addresses between flags and hardware address, and the fewest bytes behind the fixed fields (RFC 951: 64).
const ADDRESSES: usize = 16;
const MIN_OPTIONS: usize = 8;
/// Highest hardware type assigned (IANA "ARP Parameters"), and the longest hardware address that has room.
const MAX_HARDWARE: u8 = 39;
const MAX_ADDRESS: u8 = 16;
/// Most relays that a message may pass (RFC 1542 section 4.1.1).
const MAX_HOPS: u8 = 16;
/// Most options of one message that are read.
const MAX_OPTIONS: usize = 128;

mod option {
    pub(super) const PAD: u8 = 0;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const MESSAGE_TYPE: u8 = 53;
    pub(super) const VENDOR_CLASS: u8 = 60;
    pub(super) const END: u8 = 255;
}

/// Names of message types (IANA "DHCP Message Type 53 Values").
const TYPES: [&str; 8] =
    ["DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (request, reply) = (message(opening.request(), REQUEST), message(opening.reply(), REPLY));
    // Between the two ports everything is DHCP's, whoever was seen first.
    let at_home = opening.is_on(PORTS) || opening.endpoints.iter().all(|end| PORTS.contains(&end.port));
    let weigh = |message: Result<Message<'_>, Reject>| match message?.options {
        Some(Ok(())) => Ok(Confidence::Message),
        Some(Err(Reject::Incomplete)) => Ok(Confidence::Signature),
        // Without the cookie it is BOOTP, which has little to be known by but its ports.
        None if at_home => Ok(Confidence::Signature),
        _ => Err(Reject::Mismatch),
    };
    let xids = (request.map(|m| m.xid), reply.map(|m| m.xid));
    let rule = "boot-message: fixed fields, magic cookie and options (RFC 2131 section 2)";
    match xids {
        (Ok(asked), Ok(answered)) if asked != answered => Ok(Evidence::new(weigh(request)?, rule)),
        _ => Evidence::of(weigh(request), weigh(reply), rule),
    }
}

#[derive(Clone, Copy)]
struct Message<'a> {
    xid: u32,
    /// What follows the cookie, and whether it was well-formed; none without a cookie.
    options: Option<Result<(), Reject>>,
    rest: Cursor<'a>,
}

fn message(mut cursor: Cursor<'_>, op: u8) -> Result<Message<'_>, Reject> {
    let (before, whole) = (cursor.len(), cursor.total());
    cursor.tag(&[op])?;
    let (hardware, address, hops) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    require((1..=MAX_HARDWARE).contains(&hardware) && address <= MAX_ADDRESS && hops <= MAX_HOPS)?;
    let xid = cursor.u32()?;
    cursor.skip(2)?;
    // All flags but the first must be zero (RFC 2131 section 2, figure 2).
    require(matches!(cursor.u16()?, 0 | 0x8000))?;
    if cursor.is_cut() && before < FIXED + COOKIE.len() {
        // Cut before the cookie: the addresses, which say nothing, and the hardware address's padding.
        require(whole.is_some_and(|len| len >= FIXED + MIN_OPTIONS) && address <= MAX_ADDRESS)?;
        let padding = cursor.rest().get(ADDRESSES + usize::from(address)..).unwrap_or_default();
        let padding = padding.get(..padding.len().min(16 - usize::from(address))).unwrap_or_default();
        require(padding.iter().all(|&byte| byte == 0))?;
        return Ok(Message { xid, options: None, rest: cursor });
    }
    cursor.skip(FIXED - (before - cursor.len()))?;
    let options = if cursor.tag(&COOKIE).is_ok() { Some(options(cursor, |_, _| ())) } else { None };
    Ok(Message { xid, options, rest: cursor })
}

/// Reads options to their end, which may be the datagram's where no end was written.
fn options<'a>(mut cursor: Cursor<'a>, mut tell: impl FnMut(u8, &'a [u8])) -> Result<(), Reject> {
    for _ in 0..MAX_OPTIONS {
        match cursor.u8() {
            Ok(option::PAD) => {}
            Ok(option::END) | Err(Reject::Mismatch) => return Ok(()),
            Ok(code) => {
                let len = cursor.u8()?;
                tell(code, cursor.take(len.into())?);
            }
            Err(Reject::Incomplete) => return Err(Reject::Incomplete),
        }
    }
    Ok(())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut types: Vec<String> = Vec::new();
    for (side, op) in [(Side::Initiator, REQUEST), (Side::Responder, REPLY)] {
        for datagram in opening.said(side).datagrams() {
            let Ok(Message { options: Some(_), rest, .. }) = message(datagram.cursor(), op) else { continue };
            let _ = options(rest, |code, value| match (code, value) {
                (option::MESSAGE_TYPE, &[kind]) => {
                    let name = TYPES.get(usize::from(kind).wrapping_sub(1)).copied().unwrap_or("OTHER");
                    if !types.iter().any(|known| known == name) {
                        types.push(name.to_owned());
                    }
                }
                (option::HOST_NAME, name) => attributes.set("dhcp.host_name", name),
                (option::VENDOR_CLASS, class) => attributes.set("dhcp.vendor_class", class),
                _ => {}
            });
        }
    }
    attributes.set_some("dhcp.message_types", (!types.is_empty()).then_some(types));
}

const DISCOVER: &[u8] = &laid_out::<254>(&[
    (0, b"\x01\x01\x06\0\x12\x34\x56\x78"),
    (28, b"\x02\0\0\0\0\x01"),
    (FIXED, b"\x63\x82\x53\x63\x35\x01\x01\x0c\x04host\x3c\x01x\xff"),
]);
const OFFER: &[u8] = &laid_out::<244>(&[
    (0, b"\x02\x01\x06\0\x12\x34\x56\x78"),
    (FIXED, b"\x63\x82\x53\x63\x35\x01\x02\xff"),
]);
const BOOTP: &[u8] = &laid_out::<300>(&[(0, b"\x01\x01\x06\0\x12\x34\x56\x78"), (28, b"\x02\0\0\0\0\x01")]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a client's broadcast", &[DISCOVER], &[]),
    Example::udp(Confidence::Message, "a server's broadcast", &[], &[OFFER]),
    Example::udp(Confidence::Dialogue, "a relay's message and the server's answer", &[DISCOVER], &[OFFER]),
    Example::udp(Confidence::Signature, "BOOTP on its port", &[BOOTP], &[]).on(67),
    Example::not(Transport::Udp, "no cookie, on another port", &[BOOTP], &[]),
    Example::not(Transport::Udp, "a client's message from the server", &[], &[DISCOVER]),
];
