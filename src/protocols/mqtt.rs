//! MQTT, by which things publish to a broker: versions 3.1, [3.1.1] and [5.0].
//!
//! ```text
//! type and flags | remaining length, 1 to 4 bytes of 7 bits | ...
//! initiator   10 len  00 04 MQTT 04|05 flags keepalive  ...  client id ...    CONNECT (00 06 MQIsdp 03 in 3.1)
//! responder   20 len  00|01 code ...                                          CONNACK
//! both        3x PUBLISH, 82 SUBSCRIBE, 90 SUBACK, C0 00 PINGREQ, D0 00 PINGRESP ...
//! ```
//!
//! A flow whose beginning is lost shows packets without a name. Such are claimed only where both sides
//! consist of whole packets of their direction, or on MQTT's port.
//!
//! [3.1.1]: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
//! [5.0]: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// MQTT.
pub const INSPECTOR: Inspector = Inspector {
    name: "mqtt",
    title: "MQTT",
    specification: "MQTT 5.0 (OASIS) section 2.1; MQTT 3.1.1 section 3.1",
    ports: &[1883],
    initiator_first: ByteSet::of(&[
        0x10, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0, 0xf0,
    ])
    .or(ByteSet::range(0x30, 0x3d)),
    responder_first: ByteSet::of(&[0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0])
        .or(ByteSet::range(0x30, 0x3d)),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("mqtt.version", "protocol version that the client asks for"),
        ("mqtt.client_id", "client identifier"),
        ("mqtt.user_name_sent", "whether the client sends a user name"),
        ("mqtt.connect_code", "the broker's answer: 0 accepted, else the reason for the refusal"),
        ("mqtt.topic", "topic that is first published to by the client"),
    ],
    headline: &["mqtt.client_id", "mqtt.topic"],
    confused_with: "LDAP, whose messages begin with 30 as a PUBLISH does, and SMTP's `220`: their next bytes are no topic",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Packets read of a side.
const MAX_PACKETS: usize = 16;

/// A control packet.
#[derive(Clone, Copy)]
struct Packet<'a> {
    kind: u8,
    flags: u8,
    /// What the remaining length encloses; open where the end has not come.
    body: Cursor<'a>,
}

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;

/// Packets of a broker by itself that show it elsewhere than on its port: its answer, and two more.
const MIN_PACKETS: u32 = 3;

fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Reject> {
    let first = cursor.u8()?;
    let (kind, flags) = (first >> 4, first & 0x0f);
    // Section 2.1.3: the flags of all but PUBLISH are fixed, and its quality of service is at most 2.
    require(match kind {
        0 => false,
        PUBLISH => flags & 6 != 6,
        6 | 8 | 10 => flags == 2,
        _ => flags == 0,
    })?;
    let len = variable(cursor)?;
    require(kind != 12 && kind != 13 || len == 0)?;
    Ok(Packet { kind, flags, body: cursor.within(len)? })
}

/// Reads a variable byte integer (section 1.5.5).
fn variable(cursor: &mut Cursor<'_>) -> Result<usize, Reject> {
    let mut value = 0;
    for shift in [0, 7, 14, 21] {
        let byte = cursor.u8()?;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Reject::Mismatch)
}

/// Reads a string with two bytes of length.
fn string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = usize::from(cursor.u16()?);
    cursor.take(len)
}

/// A CONNECT packet, read to its end.
struct Connect<'a> {
    version: u8,
    client_id: &'a [u8],
    names_user: bool,
}

/// Reads the name and the version that a CONNECT begins with (section 3.1.2).
fn protocol(body: &mut Cursor<'_>) -> Result<u8, Reject> {
    let is_old = body.one_of(&[b"\x00\x04MQTT", b"\x00\x06MQIsdp"])? == 1;
    // A bridge sets the highest bit.
    let version = body.u8()? & 0x7f;
    require(if is_old { version == 3 } else { matches!(version, 4 | 5) })?;
    Ok(version)
}

fn connect(mut body: Cursor<'_>) -> Result<Connect<'_>, Reject> {
    let version = protocol(&mut body)?;
    let flags = body.u8()?;
    require(flags & 1 == 0 && flags & 0x18 != 0x18)?;
    body.skip(2)?;
    if version == 5 {
        let properties = variable(&mut body)?;
        body.skip(properties)?;
    }
    let client_id = string(&mut body)?;
    if flags & 4 != 0 {
        if version == 5 {
            let properties = variable(&mut body)?;
            body.skip(properties)?;
        }
        string(&mut body)?;
        string(&mut body)?;
    }
    let names_user = flags & 0x80 != 0;
    if names_user {
        string(&mut body)?;
    }
    if flags & 0x40 != 0 {
        string(&mut body)?;
    }
    body.end()?;
    Ok(Connect { version, client_id, names_user })
}

/// The reason code of a CONNACK (section 3.2.2).
fn connack(mut body: Cursor<'_>) -> Result<u8, Reject> {
    require(body.u8()? & 0xfe == 0)?;
    let code = body.u8()?;
    require(code <= 5 || code >= 0x80)?;
    if !body.is_empty() {
        let properties = variable(&mut body)?;
        body.skip(properties)?;
        body.end()?;
    }
    Ok(code)
}

/// Judges a packet of `side` in a flow whose beginning is lost.
fn judge_any(packet: Packet<'_>, side: Side) -> Result<(), Reject> {
    let Packet { kind, flags, mut body } = packet;
    require(match side {
        Side::Initiator => !matches!(kind, 2 | 9 | 11 | 13),
        Side::Responder => !matches!(kind, 1 | 8 | 10 | 12),
    })?;
    // What was declared, whether it is here or not.
    let len = body.total().unwrap_or(body.len());
    match kind {
        PUBLISH => {
            let topic = string(&mut body)?;
            let text = std::str::from_utf8(topic).map_err(|_| Reject::Mismatch)?;
            // A topic has at least one character and no wildcard (section 4.7).
            require(!text.chars().any(|c| c.is_control() || c == '#' || c == '+'))?;
            if flags & 6 != 0 { body.skip(2) } else { Ok(()) }
        }
        // A packet identifier, never zero, and in version 5 a reason and properties (sections 3.4 to 3.7).
        4..=7 => {
            require((2..=64).contains(&len))?;
            require(body.u16()? != 0)
        }
        8 | 10 => {
            require(len >= 5)?;
            require(body.u16()? != 0)
        }
        9 | 11 => require(len >= 2),
        14 => require(len <= 64),
        _ => Ok(()),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.initiator.bytes().first() == Some(&(CONNECT << 4)) {
        return inspect_start(opening);
    }
    if opening.initiator.is_silent() && opening.responder.bytes().first() == Some(&(CONNACK << 4)) {
        let mut ahead = opening.reply();
        let body = packet(&mut ahead)?.body;
        connack(body)?;
        // What follows the answer has to be a broker's: grants of subscriptions, and messages with topics.
        let more = of_said(&opening.responder, Transport::Tcp, |cursor| {
            let packet = packet(cursor)?;
            judge_any(packet, Side::Responder)
        });
        return if more.is_ok_and(|packets| packets >= MIN_PACKETS) {
            let rule = "broker: a broker's answer, and whole packets behind it (MQTT 5.0 sections 2.1 and 3.2)";
            Ok(Evidence::signature(rule).from(Side::Responder))
        } else if opening.is_on(INSPECTOR.ports) {
            Ok(Evidence::signature("connack: only the broker's answer, on MQTT's port (MQTT 5.0 section 3.2)")
                .from(Side::Responder))
        } else {
            // Four bytes of a broker alone: one opening in a million by chance, and many by design.
            Err(Reject::Incomplete)
        };
    }
    if opening.from_start && !opening.initiator.is_silent() {
        // The first packet of a client must be CONNECT (section 3.1).
        return Err(Reject::Mismatch);
    }
    inspect_middle(opening)
}

fn inspect_start(opening: &Opening<'_>) -> Verdict {
    let mut body = packet(&mut opening.request())?.body;
    let request = match connect(body) {
        Ok(_) => Confidence::Message,
        Err(Reject::Incomplete) => protocol(&mut body).map(|_| Confidence::Signature)?,
        Err(Reject::Mismatch) => return Err(Reject::Mismatch),
    };
    let reply = packet(&mut opening.reply()).and_then(|packet| {
        require(packet.kind == CONNACK)?;
        connack(packet.body).map(|_| Confidence::Message)
    });
    // What is published to is told by the packets behind it.
    Evidence::of(Ok(request), reply, "connect: CONNECT with the protocol's name (MQTT 5.0 section 3.1)")
        .map(|evidence| evidence.wanting_more(opening.initiator.pieces().len() < 3))
}

fn inspect_middle(opening: &Opening<'_>) -> Verdict {
    let count = |side: Side| {
        of_said(&opening.said(side), Transport::Tcp, |cursor| {
            let packet = packet(cursor)?;
            judge_any(packet, side)
        })
    };
    let at_home = opening.is_on(INSPECTOR.ports);
    let cut = opening.initiator.is_cut() || opening.responder.is_cut();
    let rule = "packets: whole control packets of each side's direction (MQTT 5.0 section 2.1)";
    match (count(Side::Initiator), count(Side::Responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        // One packet each is 20 bits, and of the first bytes of cut packets there are many.
        (Ok(asked), Ok(answered)) if at_home || !cut || asked + answered >= 4 => Ok(Evidence::signature(rule)),
        (Ok(_), Err(_)) if at_home => Ok(Evidence::signature(rule)),
        (Err(_), Ok(_)) if at_home => Ok(Evidence::signature(rule).from(Side::Responder)),
        _ => Err(Reject::Incomplete),
    }
}

/// The first packet of a kind that a side sent.
fn first(said: Said<'_>, kind: u8) -> Option<Packet<'_>> {
    let mut stream = said.stream();
    (0..MAX_PACKETS).map_while(|_| packet(&mut stream).ok()).find(|packet| packet.kind == kind)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Some(connect) =
        first(opening.initiator, CONNECT).and_then(|packet| connect(packet.body).ok())
    {
        let version = match connect.version {
            3 => "3.1",
            4 => "3.1.1",
            _ => "5.0",
        };
        attributes.set("mqtt.version", version);
        attributes.set("mqtt.client_id", connect.client_id);
        attributes.set("mqtt.user_name_sent", connect.names_user);
    }
    let code = first(opening.responder, CONNACK).and_then(|packet| connack(packet.body).ok());
    attributes.set_some("mqtt.connect_code", code);
    let topic = first(opening.initiator, PUBLISH).and_then(|mut packet| string(&mut packet.body).ok());
    attributes.set_some("mqtt.topic", topic);
}

const EXAMPLES: &[Example] = &[
    Example::not(Transport::Tcp, "text that begins as a PUBREL of more bytes than one has", &[], &[b"bjects are listed here"]).on(1883),
    Example::tcp(
        Confidence::Signature,
        "a broker by itself: it accepts, grants a subscription and delivers",
        &[],
        &[b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x00", b"\x30\x06\x00\x03a/b1"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "a client of 3.1.1 is accepted",
        &[b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab"],
        &[b"\x20\x02\x00\x00"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "a client of 5.0 with a user name is refused",
        &[b"\x10\x14\x00\x04MQTT\x05\x82\x00\x3c\x00\x00\x02ab\x00\x03bob"],
        &[b"\x20\x03\x00\x86\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "a client of 3.1",
        &[b"\x10\x10\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x02ab"],
        &[],
    ),
    Example::tcp(Confidence::Signature, "only the broker's answer, on the port", &[], &[b"\x20\x02\x00\x00"])
        .on(1883),
    Example::not(Transport::Tcp, "a broker that refuses to say anything", &[], &[b"\x20\x02\x00\x00"]),
    Example::not(Transport::Tcp, "another name", &[b"\x10\x0e\x00\x04MQTX\x04\x02\x00\x3c\x00\x02ab"], &[]),
    Example::not(Transport::Tcp, "an LDAP bind", &[b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"], &[]),
    Example::not(Transport::Tcp, "a mail server's greeting", &[], &[b"220 mx.example ESMTP\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::{Opening, Piece};
    use crate::key::Endpoint;

    fn mid_stream(initiator: &[u8], responder: &[u8], port: u16) -> Verdict {
        let piece = |bytes: &[u8]| [Piece { time: crate::packet::Timestamp(0), frame: 1, end: bytes.len() as u32, wire_len: bytes.len() as u32, fragmented: false }];
        let (a, b) = (piece(initiator), piece(responder));
        let end = |port| Endpoint { address: [10, 0, 0, 1].into(), port };
        inspect(&Opening {
            transport: Transport::Tcp,
            initiator: Said::new(initiator, &a, false),
            responder: Said::new(responder, &b, false),
            endpoints: [end(50000), end(port)],
            responder_listens: true,
            from_start: false,
        })
    }

    #[test]
    fn a_flow_without_its_beginning_is_told_by_both_sides_or_by_its_port() {
        let confidence = |verdict: Verdict| verdict.ok().map(|evidence| evidence.confidence);
        assert_eq!(confidence(mid_stream(b"\xc0\x00", b"\xd0\x00", 999)), Some(Confidence::Signature));
        assert_eq!(confidence(mid_stream(b"\x30\x06\x00\x03a/bx", b"", 1883)), Some(Confidence::Signature));
        assert_eq!(mid_stream(b"\x30\x06\x00\x03a/bx", b"", 999), Err(Reject::Incomplete));
        assert_eq!(mid_stream(b"\x30\x06\x00\x03a/#x", b"", 1883), Err(Reject::Mismatch));
    }
}
