//! Kerberos version 5 (RFC 4120): tickets over UDP and TCP 88, and changed passwords (RFC 3244) on 464.
//!
//! ```text
//! TCP       length (4), then a message                       section 7.2.2
//! message   6A (AS-REQ) length, 30 length, A1 03 02 01 05 (version), A2 03 02 01 0A (type) ..   section 5.4.1
//!           6B 6D (replies), 6E 6F (AP), 74 75 76, 7E (error): A0 version, A1 type ..
//! kpasswd   length (2), version 0001 or FF80 (2), AP length (2), an AP message ..
//! ```
//!
//! The application tag has to be the type that stands inside, and every length has to agree with the one around it.

mod message;

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;
use message::Message;

/// Kerberos.
pub const INSPECTOR: Inspector = Inspector {
    name: "kerberos",
    title: "Kerberos",
    specification: "RFC 4120 sections 5 and 7.2, RFC 3244",
    carriers: Carriers::TCP_UDP,
    ports: &[88, 464],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("kerberos.messages", "the first message of each side: AS-REQ, TGS-REP, KRB-ERROR ..."),
        ("kerberos.realm", "the realm"),
        ("kerberos.client", "the client's name"),
        ("kerberos.service", "the service that a ticket is asked for"),
        ("kerberos.error", "the server's error code (RFC 4120 section 7.5.9)"),
        ("kerberos.password_change", "whether it is about changing a password"),
    ],
    headline: &["kerberos.error", "kerberos.client"],
    confused_with: "LDAP and SNMP, whose messages are ASN.1 sequences too, but universal ones",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The application tags, and the first byte of a length: no message is larger than 32 MiB.
const FIRST: ByteSet =
    ByteSet::of(&[0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x74, 0x75, 0x76, 0x7e]).or(ByteSet::range(0, 0x20));

/// A side's first message, and whether it changes a password.
fn first<'a>(opening: &Opening<'a>, side: Side) -> Result<(Message<'a>, bool), Reject> {
    let said = opening.said(side);
    let mut cursor = said.cursor(opening.transport);
    if opening.transport == Transport::Tcp {
        let len = cursor.u32()? as usize;
        // The top bit is reserved (section 7.2.2).
        require((10..1 << 25).contains(&len))?;
        cursor = cursor.within(len)?;
    }
    match cursor.rest().first() {
        Some(0..=0x20) => change(cursor),
        _ => message::message(cursor).map(|message| (message, false)),
    }
}

/// A password's change: the AP message behind its header (RFC 3244 section 2).
fn change(mut cursor: Cursor<'_>) -> Result<(Message<'_>, bool), Reject> {
    let available = cursor.len();
    let len = usize::from(cursor.u16()?);
    require(len == available || (cursor.is_open() && len > available))?;
    // Version 1, or FF80 where the password is set; a reply's version is 1.
    require(matches!(cursor.u16()?, 1 | 0xff80))?;
    let inner = usize::from(cursor.u16()?);
    // Without an AP message a reply is a KRB-ERROR.
    let message = if inner == 0 { cursor } else { cursor.within(inner)? };
    message::message(message).map(|message| (message, true))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "message: a Kerberos message whose tag, type and lengths agree (RFC 4120 section 5)";
    let confidence = |message: &Message<'_>| {
        if message.whole { Confidence::Message } else { Confidence::Signature }
    };
    match (first(opening, Side::Initiator), first(opening, Side::Responder)) {
        (Ok((asked, _)), Ok((told, _))) if message::answers(asked.kind, told.kind) => {
            Ok(Evidence::dialogue("answered: a request and the reply of its kind (RFC 4120 section 5.4)"))
        }
        (Ok((asked, _)), Err(Reject::Incomplete)) if !message::is_reply(asked.kind) => {
            Ok(Evidence::new(confidence(&asked), rule))
        }
        (Err(Reject::Incomplete), Ok((told, _))) if message::is_reply(told.kind) => {
            Ok(Evidence::new(confidence(&told), rule).from(Side::Responder))
        }
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let sides = [Side::Initiator, Side::Responder].map(|side| first(opening, side).ok());
    let kinds = sides.iter().flatten().map(|(message, _)| message::name(message.kind).to_owned());
    attributes.set("kerberos.messages", kinds.collect::<Vec<_>>());
    let changes = sides.iter().flatten().any(|&(_, changes)| changes);
    attributes.set_some("kerberos.password_change", changes.then_some(true));
    for (message, _) in sides.iter().flatten() {
        let told = message.names();
        attributes.set_some("kerberos.realm", told.realm);
        attributes.set_some("kerberos.client", told.client);
        attributes.set_some("kerberos.service", told.service);
        attributes.set_some("kerberos.error", told.error);
    }
}

/// AS-REQ for krbtgt/X in realm X.
const AS_REQ: &[u8] = b"\x6a\x47\x30\x45\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x39\x30\x37\
    \xa0\x07\x03\x05\0\x40\x81\0\x10\xa1\x0e\x30\x0c\xa0\x03\x02\x01\x01\xa1\x05\x30\x03\x1b\x01u\xa2\x03\x1b\x01X\
    \xa3\x17\x30\x15\xa0\x03\x02\x01\x02\xa1\x0e\x30\x0c\x1b\x06krbtgt\x1b\x02XY";
/// KRB-ERROR 25: preauthentication is required.
const ERROR: &[u8] = b"\x7e\x14\x30\x12\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa6\x06\x02\x04\0\0\0\x19";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and an error", &[AS_REQ], &[ERROR]),
    Example::tcp(Confidence::Dialogue, "the same over TCP", &[b"\0\0\0\x49", AS_REQ], &[b"\0\0\0\x16", ERROR]),
    Example::tcp(
        Confidence::Signature,
        "a request whose tail is missing",
        &[b"\0\0\0\x49", AS_REQ.split_at(40).0],
        &[],
    ),
    Example::tcp(
        Confidence::Signature,
        "no more than the lengths",
        &[b"\0\0\0\x49", AS_REQ.split_at(9).0],
        &[],
    ),
    Example::udp(Confidence::Message, "only the server was captured", &[], &[ERROR]),
    Example::udp(
        Confidence::Message,
        "a password that is to be changed",
        &[b"\0\x14\0\x01\0\x0e\x6e\x0c\x30\x0a\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e"],
        &[],
    )
    .on(464),
    Example::not(
        Transport::Udp,
        "a type that is not the tag's",
        &[b"\x6a\x0c\x30\x0a\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0c"],
        &[],
    )
    .on(88),
    Example::not(Transport::Udp, "SNMP", &[b"\x30\x0a\x02\x01\x01\x04\x06public\xa0\x03"], &[]).on(88),
];
