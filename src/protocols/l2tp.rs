//! L2TP's control connection over UDP: [RFC 2661] section 3 (version 2), RFC 3931 section 4.1.2 (version 3).
//!
//! ```text
//! flags: T 8000 control, L 4000 length, S 0800 sequence, version 2 or 3 in the low four bits
//! C802 length u16, tunnel u16, session u16, Ns u16, Nr u16, AVPs        C803 length u16, connection u32, Ns, Nr, AVPs
//! AVP  M, H, 0000, length 10 bits, vendor u16, type u16, value; the first one is the message type (0)
//! ```
//!
//! [RFC 2661]: https://www.rfc-editor.org/rfc/rfc2661

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// L2TP.
pub const INSPECTOR: Inspector = Inspector {
    name: "l2tp",
    title: "Layer Two Tunneling Protocol",
    specification: "RFC 2661 section 3, RFC 3931",
    carriers: Carriers::UDP,
    ports: &[1701],
    // Control messages; data messages, whose payload is a flow of its own, have other flags.
    initiator_first: ByteSet::of(&[0xc8, 0x00, 0x02, 0x40, 0x42]),
    responder_first: ByteSet::of(&[0xc8, 0x00, 0x02, 0x40, 0x42]),
    inspect,
    describe: Some(describe),
    attributes: &[("l2tp.version", "2 or 3"), ("l2tp.host", "the initiator's host name")],
    confused_with: "nothing: its flags, length and attributes agree in more than 60 bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HOST_NAME: u16 = 7;

struct Message<'a> {
    version: u8,
    avps: Cursor<'a>,
}

fn message(mut datagram: Cursor<'_>) -> Result<Message<'_>, Reject> {
    datagram.tag(&[0xc8])?;
    let version = datagram.u8()?;
    require(matches!(version, 2 | 3))?;
    let len = usize::from(datagram.u16()?);
    require(len >= 12)?;
    let mut body = datagram.within(len - 4)?;
    datagram.end()?;
    body.skip(8)?;
    let avps = body;
    let mut first = true;
    while !body.is_empty() {
        let (kind, value) = avp(&mut body)?;
        // The message type comes first, and only it may (section 4.4.1).
        require(!first || kind == 0 && value.len() == 2)?;
        first = false;
    }
    Ok(Message { version, avps })
}

fn avp<'a>(rest: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let head = rest.u16()?;
    require(head & 0x3c00 == 0)?;
    let len = usize::from(head & 0x03ff);
    require(len >= 6)?;
    let vendor = rest.u16()?;
    let kind = rest.u16()?;
    let value = rest.take(len - 6)?;
    Ok((if vendor == 0 { kind } else { u16::MAX }, value))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side| {
        let (mut with_avps, mut any) = (false, false);
        for datagram in opening.said(side).datagrams() {
            match message(datagram.cursor()) {
                Ok(message) => {
                    any = true;
                    with_avps |= !message.avps.is_empty();
                }
                // Data messages may come between.
                Err(_) if datagram.bytes.first() != Some(&0xc8) => {}
                Err(reject) => return Err(reject),
            }
        }
        match (any, with_avps) {
            (true, true) => Ok(Confidence::Message),
            // An acknowledgement without attributes: 32 bits.
            (true, false) => Ok(Confidence::Signature),
            _ => Err(Reject::Incomplete),
        }
    };
    Evidence::of(
        judge(Side::Initiator),
        judge(Side::Responder),
        "control-message: flags, length and attributes that agree (RFC 2661 sections 3.1 and 4.1)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for datagram in opening.initiator.datagrams() {
        let Ok(mut message) = message(datagram.cursor()) else { continue };
        attributes.set("l2tp.version", message.version);
        while let Ok((kind, value)) = avp(&mut message.avps) {
            if kind == HOST_NAME {
                attributes.set("l2tp.host", value);
            }
        }
    }
}

/// A request to start, with the host name `lac`.
const START: &[u8] = b"\xc8\x02\x00\x1d\x00\x00\x00\x00\x00\x00\x00\x00\x80\x08\x00\x00\x00\x00\x00\x01\x80\x09\x00\x00\x00\x07lac";
const ACKNOWLEDGED: &[u8] = b"\xc8\x02\x00\x0c\x00\x07\x00\x00\x00\x00\x00\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request to start is acknowledged", &[START], &[ACKNOWLEDGED]),
    Example::udp(Confidence::Message, "nobody answers", &[START], &[]),
    Example::udp(Confidence::Signature, "an acknowledgement by itself", &[ACKNOWLEDGED], &[]),
    Example::not(Transport::Udp, "attributes that leave the message", &[b"\xc8\x02\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x80\x09\x00\x00\x00\x00\x00\x01"], &[]),
];
