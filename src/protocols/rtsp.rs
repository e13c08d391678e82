//! Real Time Streaming Protocol: [RFC 2326] (1.0), RFC 7826 (2.0).
//!
//! ```text
//! request   DESCRIBE rtsp://a.example/b RTSP/1.0␍␊ CSeq: 2␍␊ ...      response  RTSP/1.0 200 OK␍␊ CSeq: 2␍␊ ...
//! SETUP's   Transport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257
//! media in the same connection: $ (24), channel u8, length u16, RTP or RTCP packet    (section 10.12)
//! ```
//!
//! [RFC 2326]: https://www.rfc-editor.org/rfc/rfc2326

use crate::byteset::{ByteSet, LETTERS};
use crate::context::Announcement;
use crate::cursor::{Cursor, decimal, require};
use crate::follow::{Follower, Heard, Told};
use crate::formats::{headers, lines};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::{Endpoint, Transport};
use crate::sequence;

/// RTSP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rtsp",
    title: "Real Time Streaming Protocol",
    specification: "RFC 2326 sections 4 to 6",
    ports: &[554, 8554, 7070, 322],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    follow: Some(|opening| Box::new(Watch { ends: opening.endpoints })),
    attributes: &[
        ("rtsp.method", "the first request's method"),
        ("rtsp.uri", "the first request's URI"),
        ("rtsp.user_agent", "what the first request was made by"),
        ("rtsp.status", "the first response's status code"),
        ("rtsp.server", "what the first response was made by"),
    ],
    confused_with: "HTTP and SIP, whose lines have the same form with another version",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = LETTERS.or(ByteSet::of(b"$"));
/// What is spoken by either version.
const VERSIONS: [&[u8]; 2] = [b"RTSP/1.0", b"RTSP/2.0"];
/// Longest method in characters; GET_PARAMETER has thirteen.
const MAX_METHOD: usize = 20;
/// Interleaved packets that have to follow each other where a stream begins with them.
const MIN_PACKETS: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Response(u64),
}

/// Reads a message's first line; the fields are left.
fn start<'a>(message: &mut Cursor<'a>) -> Result<Start<'a>, Reject> {
    match message.one_of(&VERSIONS) {
        Ok(_) => {
            message.tag(b" ")?;
            let code = decimal(message.take(3)?)?;
            require((100..600).contains(&code))?;
            lines::text_line(message)?;
            return Ok(Start::Response(code));
        }
        Err(Reject::Incomplete) => return Err(Reject::Incomplete),
        Err(Reject::Mismatch) => {}
    }
    let begins = message.rest();
    let method_len = begins.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'_').count();
    require((1..=MAX_METHOD).contains(&method_len) && begins.get(method_len).is_none_or(|&byte| byte == b' '))?;
    let line = lines::text_line(message)?;
    let mut words = line.split(|&byte| byte == b' ');
    let (method, uri) = (words.next().ok_or(Reject::Mismatch)?, words.next().ok_or(Reject::Mismatch)?);
    require(words.next().is_some_and(|version| VERSIONS.contains(&version)))?;
    Ok(Start::Request { method, uri })
}

/// Judges what a side begins with: a message, or interleaved packets in the middle of a connection.
fn judge(cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    if cursor.rest().first() == Some(&b'$') {
        let packets = sequence::in_stream(cursor, interleaved)?;
        return if packets >= MIN_PACKETS { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) };
    }
    let mut message = cursor;
    start(&mut message)?;
    // Every message has a sequence number (section 12.17); servers in a hurry leave it out of errors.
    let numbered = headers::field(message, &["CSeq"]).is_some();
    Ok(if numbered { Confidence::Message } else { Confidence::Signature })
}

/// A packet of RTP or RTCP in the connection: 26 bits and a length each.
fn interleaved(stream: &mut Cursor<'_>) -> Result<(), Reject> {
    stream.tag(b"$")?;
    require(stream.u8()? < 16)?;
    let len = stream.u16()?;
    let mut packet = stream.sub(len.into())?;
    require(packet.u8()? >> 6 == 2)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        judge(opening.request()),
        judge(opening.reply()),
        "start-line: a request or status line of RTSP, or its interleaved packets (RFC 2326 sections 6, 7 and 10.12)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for mut message in [opening.request(), opening.reply()] {
        match start(&mut message) {
            Ok(Start::Request { method, uri }) => {
                attributes.set("rtsp.method", method);
                attributes.set("rtsp.uri", uri);
                attributes.set_some("rtsp.user_agent", headers::field(message, &["User-Agent"]));
            }
            Ok(Start::Response(code)) => {
                attributes.set("rtsp.status", code);
                attributes.set_some("rtsp.server", headers::field(message, &["Server"]));
            }
            Err(_) => {}
        }
    }
}

/// Announces the ports that a server's Transport fields tell.
#[derive(Debug)]
struct Watch {
    ends: [Endpoint; 2],
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let mut message = Cursor::open(heard.bytes);
        if heard.side == Side::Initiator || start(&mut message).is_err() {
            return;
        }
        let Some(transport) = headers::field(message, &["Transport"]) else { return };
        let [client, server] = self.ends;
        for parameter in transport.split(|&byte| byte == b';') {
            let (listener, range) = match (parameter.strip_prefix(b"client_port="), parameter.strip_prefix(b"server_port=")) {
                (Some(range), _) => (client, range),
                (_, Some(range)) => (server, range),
                _ => continue,
            };
            let ports = range.split(|&byte| byte == b'-').filter_map(|port| u16::try_from(decimal(port).ok()?).ok());
            for (name, port) in ["rtp", "rtcp"].into_iter().zip(ports) {
                told.announce(Announcement {
by: None,
                    name,
                    transport: Transport::Udp,
                    listener: Endpoint { address: listener.address, port },
                    frame: heard.frame,
                    said_by: "an RTSP server's Transport field",
                });
            }
        }
    }
}

const REQUEST: &[u8] = b"DESCRIBE rtsp://a.example/b RTSP/1.0\r\nCSeq: 2\r\n\r\n";
const RESPONSE: &[u8] = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n";
const MEDIA: &[u8] = b"$\x00\x00\x0c\x80\x60\x00\x01\x00\x00\x00\xa0SRC1";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a request and its response", &[REQUEST], &[RESPONSE]),
    Example::tcp(Confidence::Message, "nobody answers", &[REQUEST], &[]),
    Example::tcp(Confidence::Signature, "a status line whose fields are still to come", &[], &[b"RTSP/1.0 454 Session Not Found\r\n"]),
    Example::tcp(Confidence::Signature, "media in the middle of a connection", &[], &[MEDIA, MEDIA, MEDIA]),
    Example::not(Transport::Tcp, "HTTP", &[b"DESCRIBE /b HTTP/1.1\r\nCSeq: 2\r\n\r\n"], &[]),
    Example::not(Transport::Tcp, "SIP", &[b"OPTIONS sip:b@b.example SIP/2.0\r\n\r\n"], &[]),
    Example::not(Transport::Tcp, "a shell's prompt", &[], &[b"$ ls\r\n$ ls\r\n$ ls\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_field_announces_both_ends_ports() {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        let mut watch = Watch { ends: [end(1, 40_000), end(2, 554)] };
        let bytes = b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257\r\n\r\n";
        let heard = Heard {
            side: Side::Responder,
            bytes,
            wire_len: bytes.len() as u32,
            time: crate::packet::Timestamp(0),
            frame: 1,
            gap: false,
            fragmented: false,
        };
        let mut told = Told::default();
        watch.hear(&heard, &mut told);
        let announced: Vec<_> = told.drain().map(|a| (a.name, a.listener)).collect();
        assert_eq!(announced, [("rtp", end(1, 4588)), ("rtcp", end(1, 4589)), ("rtp", end(2, 6256)), ("rtcp", end(2, 6257))]);
    }
}
