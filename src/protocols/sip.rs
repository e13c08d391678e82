//! Session Initiation Protocol: [RFC 3261].
//!
//! ```text
//! request   INVITE sip:bob@b.example SIP/2.0␍␊      method, URI, version; then fields: Via, From, To,
//! response  SIP/2.0 200 OK␍␊                        Call-ID, CSeq (or their short forms), an empty line, a body
//! between   ␍␊␍␊, zeros, or STUN                     keepalives (RFC 5626)
//! ```
//!
//! The version at the line's end, or at its beginning, tells it from HTTP and RTSP. A session description in
//! the body says where media will come: announced as RTP and RTCP.
//!
//! [RFC 3261]: https://www.rfc-editor.org/rfc/rfc3261

use crate::byteset::{ByteSet, LETTERS};
use crate::context::Announcement;
use crate::cursor::{Cursor, decimal, require};
use crate::follow::{Follower, Heard, Told};
use crate::formats::{headers, lines, sdp};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::{Endpoint, Transport};

/// SIP.
pub const INSPECTOR: Inspector = Inspector {
    name: "sip",
    title: "Session Initiation Protocol",
    specification: "RFC 3261 section 7",
    carriers: Carriers::ALL,
    ports: &[5060, 5062, 5080],
    // Methods and the version; keepalives.
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    follow: Some(|opening| Box::new(Watch { ends: opening.endpoints })),
    attributes: &[
        ("sip.method", "the first request's method"),
        ("sip.uri", "the first request's URI"),
        ("sip.status", "the first response's status code"),
        ("sip.from", "who calls, as the first message says"),
        ("sip.to", "who is called, as the first message says"),
        ("sip.call_id", "the first message's Call-ID"),
        ("sip.user_agent", "what the first request was made by"),
        ("sip.server", "what the first response was made by"),
    ],
    headline: &["sip.from", "sip.to"],
    confused_with: "HTTP and RTSP, whose lines have the same form with another version",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Methods and the version; keepalives; the types of SCTP's chunks.
const FIRST: ByteSet = LETTERS.or(ByteSet::range(0, 15));
const VERSION: &[u8] = b"SIP/2.0";
/// Longest method in letters; the longest one registered has nine.
const MAX_METHOD: usize = 20;
/// Longest keepalive in bytes: CR LF twice, zeros, or a word of a maker's own.
const MAX_KEEPALIVE: usize = 4;

/// Datagrams that may be something else before the flow is given up.
const MAX_DAMAGED: usize = 2;

/// A message's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Response(u64),
}

/// Reads the first line of a message, with the keepalives before it; the fields are left.
fn start<'a>(message: &mut Cursor<'a>) -> Result<Start<'a>, Reject> {
    while matches!(message.rest().first(), Some(b'\r' | b'\n' | 0)) {
        message.u8()?;
    }
    let begins = message.rest();
    if begins.iter().zip(VERSION).take_while(|(a, b)| a == b).count() >= begins.len().clamp(1, VERSION.len()) {
        message.tag(VERSION)?;
        message.tag(b" ")?;
        let code = message.take(3)?;
        let code = decimal(code)?;
        require((100..700).contains(&code))?;
        lines::text_line(message)?;
        return Ok(Start::Response(code));
    }
    let method_len = begins.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    require((1..=MAX_METHOD).contains(&method_len) && begins.get(method_len).is_none_or(|&byte| byte == b' '))?;
    // The URI's scheme decides before the line has ended: `sip:`, `sips:`, `tel:`; only these name whom to call.
    let uri = begins.get(method_len + 1..).unwrap_or_default();
    let may_begin = |scheme: &&[u8]| uri.iter().zip(*scheme).all(|(a, b)| a.eq_ignore_ascii_case(b));
    require([&b"sip:"[..], b"sips:", b"tel:"].iter().any(may_begin))?;
    let line = lines::text_line(message)?;
    let mut words = line.split(|&byte| byte == b' ');
    let (method, uri) = (words.next().ok_or(Reject::Mismatch)?, words.next().ok_or(Reject::Mismatch)?);
    require(words.next() == Some(VERSION))?;
    Ok(Start::Request { method, uri })
}

/// Fields that every message has, with their short forms (section 7.3.3).
const NEEDED: [[&str; 2]; 5] =
    [["Via", "v"], ["From", "f"], ["To", "t"], ["Call-ID", "i"], ["CSeq", "CSeq"]];

/// Judges one message: the first line is telling, with the fields that every message has it is whole.
fn judge(mut message: Cursor<'_>) -> Result<Confidence, Reject> {
    start(&mut message)?;
    let found = NEEDED.iter().filter(|names| headers::field(message, &names[..]).is_some()).count();
    Ok(if found >= 3 { Confidence::Message } else { Confidence::Signature })
}

/// The messages of a side: its datagrams, those in SCTP's chunks, or what its stream begins with.
fn messages<'a>(opening: &Opening<'a>, side: Side) -> Vec<Cursor<'a>> {
    use crate::formats::sctp;
    let said = opening.said(side);
    match opening.transport {
        Transport::Tcp if said.is_silent() => Vec::new(),
        Transport::Tcp => vec![said.stream()],
        Transport::Udp => said.datagrams().map(|datagram| datagram.cursor()).collect(),
        Transport::Sctp => {
            said.datagrams().flat_map(|packet| sctp::messages(packet.cursor())).map(|(_, message)| message).collect()
        }
    }
}

fn side(opening: &Opening<'_>, side: Side) -> Result<Confidence, Reject> {
    let (mut best, mut others) = (Err(Reject::Incomplete), 0_usize);
    let mut count = 0_usize;
    for message in messages(opening, side) {
        let keepalive = message.len() <= MAX_KEEPALIVE && opening.transport != Transport::Tcp;
        let stun = message.rest().get(4..8) == Some(&[0x21, 0x12, 0xa4, 0x42]);
        match judge(message) {
            Ok(confidence) => {
                count += 1;
                best = Ok(best.map_or(confidence, |best: Confidence| best.max(confidence)));
            }
            Err(Reject::Mismatch) if !keepalive && !stun => others += 1,
            Err(_) => {}
        }
    }
    // A datagram may be damaged; that most of them are SIP is enough.
    require(others <= count + MAX_DAMAGED && (opening.transport == Transport::Udp || others == 0))?;
    if others > count { Err(Reject::Incomplete) } else { best }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        side(opening, Side::Initiator),
        side(opening, Side::Responder),
        "start-line: a request or status line of SIP/2.0 (RFC 3261 section 7)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut told = [false; 2];
    for side in [Side::Initiator, Side::Responder] {
        for mut message in messages(opening, side) {
            let Ok(start) = start(&mut message) else { continue };
            let [request, response] = &mut told;
            match start {
                Start::Request { method, uri } if !*request => {
                    *request = true;
                    attributes.set("sip.method", method);
                    attributes.set("sip.uri", uri);
                    attributes.set_some("sip.user_agent", headers::field(message, &["User-Agent"]));
                }
                Start::Response(code) if !*response => {
                    *response = true;
                    attributes.set("sip.status", code);
                    attributes.set_some("sip.server", headers::field(message, &["Server", "User-Agent"]));
                }
                _ => continue,
            }
            if attributes.value("sip.call_id").is_none() {
                attributes.set_some("sip.from", headers::field(message, &["From", "f"]));
                attributes.set_some("sip.to", headers::field(message, &["To", "t"]));
                attributes.set_some("sip.call_id", headers::field(message, &["Call-ID", "i"]));
            }
        }
    }
}

/// Announces the media that messages describe.
#[derive(Debug)]
struct Watch {
    ends: [Endpoint; 2],
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let [initiator, responder] = self.ends;
        let speaker = if heard.side == Side::Initiator { initiator } else { responder };
        // The address in the description may be one that NAT has replaced: the speaker's own is right as often as can be.
        for medium in sdp::media(heard.bytes).filter(sdp::Medium::is_rtp) {
            for (name, port) in [("rtp", Some(medium.port)), ("rtcp", medium.port.checked_add(1))] {
                let Some(port) = port else { continue };
                told.announce(Announcement {
by: None,
                    name,
                    transport: Transport::Udp,
                    listener: Endpoint { address: speaker.address, port },
                    frame: heard.frame,
                    said_by: "a SIP message's session description",
                });
            }
        }
    }
}

const REQUEST: &[u8] = b"OPTIONS sip:b@b.example SIP/2.0\r\nVia: SIP/2.0/UDP a.example\r\nf: a\r\nt: b\r\ni: 1@a\r\nCSeq: 1 OPTIONS\r\n\r\n";
const RESPONSE: &[u8] = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a.example\r\nFrom: a\r\nTo: b\r\nCall-ID: 1@a\r\nCSeq: 1 OPTIONS\r\n\r\n";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a request and its response", &[REQUEST], &[RESPONSE]),
    Example::udp(Confidence::Message, "only the response was captured", &[], &[RESPONSE]),
    Example::udp(Confidence::Message, "zeros that keep a NAT open, then a request", &[b"\0\0\0\0", REQUEST], &[]),
    Example::tcp(Confidence::Dialogue, "over TCP", &[REQUEST], &[RESPONSE]),
    Example::tcp(Confidence::Signature, "a method of somebody's own, and the fields still to come", &[b"PROBE sip:b@b.example SIP/2.0\r\nVia: S"], &[]),
    Example::not(Transport::Tcp, "RTSP", &[b"OPTIONS rtsp://b.example/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"], &[]),
    Example::not(Transport::Tcp, "HTTP", &[b"OPTIONS sip:x HTTP/1.1\r\nHost: a\r\n\r\n"], &[]),
    Example::not(Transport::Udp, "a status out of range", &[], &[b"SIP/2.0 999 Huh\r\n\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_description_announces_media_on_the_speakers_host() {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        let mut watch = Watch { ends: [end(1, 5060), end(2, 5060)] };
        let bytes = b"SIP/2.0 200 OK\r\n\r\nv=0\r\nc=IN IP4 192.0.2.2\r\nm=audio 4000 RTP/AVP 0\r\n";
        let heard = Heard {
            side: Side::Responder,
            bytes,
            wire_len: bytes.len() as u32,
            time: crate::packet::Timestamp(0),
            frame: 7,
            gap: false,
            fragmented: false,
        };
        let mut told = Told::default();
        watch.hear(&heard, &mut told);
        let announced: Vec<_> = told.drain().map(|a| (a.name, a.listener)).collect();
        assert_eq!(announced, [("rtp", end(2, 4000)), ("rtcp", end(2, 4001))]);
    }
}
