//! The Extensible Messaging and Presence Protocol: an XML stream in each direction, [RFC 6120] sections 4.7 and 8.
//!
//! ```text
//! initiator   <?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' …>
//! responder   <?xml version='1.0'?><stream:stream id='…' …><stream:features>…
//! both        <iq …>, <message …>, <presence …>, </stream:stream>
//! ```
//!
//! [RFC 6120]: https://www.rfc-editor.org/rfc/rfc6120

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// XMPP.
pub const INSPECTOR: Inspector = Inspector {
    name: "xmpp",
    title: "Extensible Messaging and Presence Protocol",
    specification: "RFC 6120 sections 4.7 and 8",
    ports: PORTS,
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("xmpp.to", "the domain that the client asked for"), ("xmpp.starttls", "whether the client asked for TLS")],
    confused_with: "other XML in streams; WhatsApp on port 5222, which is no XML",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Clients, clients with TLS from the start, servers.
const PORTS: &[u16] = &[5222, 5223, 5269, 5280];

const FIRST: ByteSet = ByteSet::of(b"< \r\n\t");

/// Bytes in which the stream's opening tag must have ended.
const MAX_HEADER: usize = 2048;

/// Stanzas (RFC 6120 section 8), stream elements, and the end.
const STANZAS: &[&[u8]] =
    &[b"<iq", b"<message", b"<presence", b"<stream:", b"</stream:stream>", b"<auth ", b"<starttls", b"<success", b"<proceed", b"<challenge", b"<response"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(PORTS);
    let part = |cursor: Cursor<'_>| match (header(cursor), stanza(cursor, on_port)) {
        (Ok(confidence), _) | (_, Ok(confidence)) => Ok(confidence),
        (Err(Reject::Mismatch), Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    };
    let rule = "stream: an XML stream of XMPP (RFC 6120 section 4.7)";
    match (part(opening.request()), part(opening.reply())) {
        (Ok(asked), Ok(answered)) if asked < Confidence::Message || answered < Confidence::Message => {
            Ok(Evidence::message("stanzas: stanzas from both sides (RFC 6120 section 8)"))
        }
        (asked, answered) => Evidence::of(asked, answered, rule),
    }
}

fn header(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    while cursor.rest().first().is_some_and(u8::is_ascii_whitespace) {
        cursor.u8()?;
    }
    if cursor.rest().starts_with(b"<?") {
        cursor.tag(b"<?xml")?;
        cursor.until(b'>', 128)?;
        while cursor.rest().first().is_some_and(u8::is_ascii_whitespace) {
            cursor.u8()?;
        }
    }
    cursor.one_of(&[b"<stream:stream", b"<open "])?;
    let attributes = cursor.until(b'>', MAX_HEADER)?;
    let named = ["jabber:", "etherx.jabber.org/streams", "urn:ietf:params:xml:ns:xmpp"];
    require(named.iter().any(|name| mentions(attributes, name)))?;
    Ok(Confidence::Message)
}

/// Without the stream's beginning: a stanza, on XMPP's port or in its namespaces.
fn stanza(mut cursor: Cursor<'_>, on_port: bool) -> Result<Confidence, Reject> {
    cursor.one_of(STANZAS)?;
    let rest = cursor.rest();
    let named = mentions(rest, "jabber:") || mentions(rest, "xmpp");
    if on_port || named { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) }
}

/// The value of an XML attribute in either quotes.
fn attribute<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let at = bytes.windows(name.len()).position(|window| window == name.as_bytes())?;
    let (&quote, rest) = bytes.get(at + name.len()..)?.split_first()?;
    rest.split(|&byte| byte == quote).next()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let bytes = opening.initiator.bytes();
    if header(opening.request()).is_ok() {
        attributes.set_some("xmpp.to", attribute(bytes, " to="));
    }
    attributes.set("xmpp.starttls", mentions(bytes, "<starttls"));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "two streams",
        &[b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' version='1.0'>"],
        &[b"<?xml version='1.0'?><stream:stream id='1' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"],
    ),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"<stream:stream xmlns=\"jabber:server\" to=\"a\">"], &[]),
    Example::tcp(Confidence::Signature, "a stanza on XMPP's port", &[b"<iq type='get' id='1'><ping/></iq>"], &[]).on(5222),
    Example::not(Transport::Tcp, "other XML", &[b"<?xml version='1.0'?><note><to>x</to></note>"], &[]),
    Example::not(Transport::Tcp, "a stream of something else", &[b"<stream:stream xmlns='urn:other'>"], &[]),
];
