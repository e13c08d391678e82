//! H.323: call signalling (H.225.0 over Q.931), media control (H.245) and registration (RAS), as ITU-T H.225.0,
//! H.245 and Q.931 define them.
//!
//! ```text
//! signalling  TPKT 03 00 length u16, Q.931: 08, call reference, message type, elements; 7E user-user: 05, PER
//! H.245       TPKT, PER
//! RAS         PER in a datagram, ports 1718 and 1719
//! ```
//!
//! PER is not self-describing, but the first messages name their protocol: `06 00 08 91 4A 00 0v` is
//! itu-t(0) recommendation(0) h(8) 2250 version(0) v, and `06 00 08 81 75 00 0v` the same for H.245. Of H.245's others the
//! determination of master and slave is known by its lengths. A call's messages name the port of H.245, and that the ports of
//! media: both are announced.

mod called;
mod control;
mod watch;

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// H.323.
pub const INSPECTOR: Inspector = Inspector {
    name: "h323",
    title: "H.323 (H.225.0, H.245, RAS)",
    specification: "ITU-T H.225.0, H.245, Q.931; RFC 1006 (TPKT)",
    carriers: Carriers::TCP_UDP,
    ports: &[1720, 1719, 1718],
    initiator_first: ByteSet::range(0, 0x7f),
    responder_first: ByteSet::range(0, 0x7f),
    inspect,
    describe: Some(describe),
    follow: Some(watch::follow),
    attributes: &[
        ("h323.message", "the first signalling message: setup, alerting, connect ..."),
        ("h323.h245", "where H.245 is awaited: the address of who said so, and the port"),
        ("h323.media", "where media is awaited, as H.245 says: the address of who said so, and the port"),
    ],
    confused_with: "other users of TPKT: RDP, S7 and MMS go on with COTP, Q.931 with 08; Megaco's text",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The object identifiers' bytes, without the version at their end.
const H225: [u8; 6] = [0x06, 0x00, 0x08, 0x91, 0x4a, 0x00];
const H245: [u8; 6] = [0x06, 0x00, 0x08, 0x81, 0x75, 0x00];
/// Versions so far: 1 to 8 of H.225.0, 1 to 17 of H.245.
const MAX_VERSION: u8 = 17;
/// Where RAS names its protocol at the latest, in bytes: behind the choice, optional fields and a sequence number.
const MAX_BEFORE_IDENTIFIER: usize = 16;
/// Longest TPKT frame in bytes that signalling has in practice.
const MAX_FRAME: u16 = 8192;

/// Whether `bytes` contains `identifier` and a version that exists.
fn names(bytes: &[u8], identifier: [u8; 6]) -> bool {
    bytes.windows(7).any(|window| window.starts_with(&identifier) && matches!(window.last(), Some(1..=MAX_VERSION)))
}

/// What a TPKT frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// Q.931 with H.225.0 in its user-user element, and the message type.
    Signalling(u8),
    /// Q.931 without it.
    Bare(u8),
    /// H.245 that names itself, or whose lengths agree.
    Control,
    /// An answer of H.245 that is nothing but fixed.
    ControlAnswer,
    /// PER of which nothing can be said.
    Opaque,
}

fn frame(stream: &mut Cursor<'_>) -> Result<Frame, Reject> {
    stream.tag(&[3, 0])?;
    let len = stream.u16()?;
    require((5..=MAX_FRAME).contains(&len))?;
    let mut body = stream.sub(usize::from(len) - 4)?;
    if names(body.rest(), H245) {
        return Ok(Frame::Control);
    }
    if body.rest().len() == usize::from(len) - 4 {
        match control::shows(body.rest()) {
            Some(control::Shows::Request) => return Ok(Frame::Control),
            Some(control::Shows::Answer) => return Ok(Frame::ControlAnswer),
            None => {}
        }
    }
    let named = names(body.rest(), H225);
    let first = body.u8()?;
    if first != 8 {
        // COTP's header begins with its own length, then says what it is (X.224 section 13): data are F0 in two bytes, requests,
        // confirmations and ends of a connection fill their frame.
        let fills = usize::from(first) == usize::from(len) - 5;
        let cotp = match body.rest().first() {
            Some(0xf0) => first == 2,
            Some(0xe0 | 0xd0 | 0xc0 | 0x80) => fills,
            _ => false,
        };
        return if cotp { Err(Reject::Mismatch) } else { Ok(Frame::Opaque) };
    }
    // A call reference of one or two bytes (Q.931 section 4.3).
    let reference = body.u8()?;
    require((1..=2).contains(&reference))?;
    body.skip(reference.into())?;
    let kind = body.u8()?;
    require(message_name(kind).is_some())?;
    Ok(if named { Frame::Signalling(kind) } else { Frame::Bare(kind) })
}

/// Q.931's message types that H.225.0 uses (table 4 and section 7.3 of H.225.0).
const fn message_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x01 => "alerting",
        0x02 => "call-proceeding",
        0x03 => "progress",
        0x05 => "setup",
        0x07 => "connect",
        0x0d => "setup-acknowledge",
        0x0f => "connect-acknowledge",
        0x5a => "release-complete",
        0x62 => "facility",
        0x6e => "notify",
        0x75 => "status-inquiry",
        0x7b => "information",
        0x7d => "status",
        _ => return None,
    })
}

/// A stream's frames: the best of them, and the first signalling message.
fn stream(mut cursor: Cursor<'_>, port: bool) -> Result<(Confidence, Option<u8>), Reject> {
    let (mut best, mut first, mut frames) = (None, None, 0_u32);
    for _ in 0..8 {
        match frame(&mut cursor) {
            Ok(Frame::Signalling(kind)) => {
                best = best.max(Some(Confidence::Message));
                first = first.or(Some(kind));
            }
            Ok(Frame::Control) => best = best.max(Some(Confidence::Message)),
            Ok(Frame::ControlAnswer) => best = best.max(Some(Confidence::Signature)),
            // Q.931 by itself: TPKT's length and 20 bits more, on the port only.
            Ok(Frame::Bare(kind)) if port => {
                best = best.max(Some(Confidence::Signature));
                first = first.or(Some(kind));
            }
            Ok(_) => {}
            // Frames of which nothing can be said are no evidence, and none against it: another flow may name them.
            Err(Reject::Mismatch) if best.is_none() && !(frames > 0 && cursor.is_empty()) => return Err(Reject::Mismatch),
            Err(_) => break,
        }
        frames += 1;
    }
    best.map(|confidence| (confidence, first)).ok_or(Reject::Incomplete)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "identifier: a message that names H.225.0 or H.245, or is one of H.245's by its lengths (ITU-T H.225.0 annex H, H.245 annex A)";
    if opening.transport == Transport::Tcp {
        let port = opening.is_on(INSPECTOR.ports);
        let judge = |cursor| stream(cursor, port).map(|(confidence, _)| confidence);
        return match (judge(opening.request()), judge(opening.reply())) {
            // The other side's frames may not name themselves, or have their header in a segment of its own.
            (Ok(confidence), Err(_)) => Ok(Evidence::new(confidence, rule)),
            (Err(_), Ok(confidence)) => Ok(Evidence::new(confidence, rule).from(Side::Responder)),
            (request, reply) => Evidence::of(request, reply, rule),
        };
    }
    let side = |side| {
        let head = |bytes: &[u8]| names(bytes.get(..bytes.len().min(MAX_BEFORE_IDENTIFIER + 7)).unwrap_or_default(), H225);
        let named = opening.said(side).datagrams().any(|datagram| head(datagram.bytes));
        if named { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    };
    Evidence::of(side(Side::Initiator), side(Side::Responder), rule)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if opening.transport == Transport::Tcp {
        let first = [opening.request(), opening.reply()].into_iter().find_map(|cursor| stream(cursor, true).ok()?.1);
        attributes.set_some("h323.message", first.and_then(message_name));
    }
}

const SETUP: &[u8] = b"\x03\x00\x00\x1b\x08\x02\x00\x01\x05\x04\x03\x88\x93\xa5\x7e\x00\x09\x05\x20\xa8\x06\x00\x08\x91\x4a\x00\x04";
const ALERTING: &[u8] = b"\x03\x00\x00\x17\x08\x02\x80\x01\x01\x7e\x00\x0a\x05\x23\x80\x06\x00\x08\x91\x4a\x00\x04\x00";
const CAPABILITIES: &[u8] = b"\x03\x00\x00\x10\x02\x70\x01\x06\x00\x08\x81\x75\x00\x07\x80\x00";
const GATEKEEPER: &[u8] = b"\x02\x20\x00\x00\x00\x06\x00\x08\x91\x4a\x00\x04\x00\x11\x02\x00";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a call rings", &[SETUP], &[ALERTING]),
    Example::tcp(Confidence::Message, "a call is set up", &[SETUP], &[]),
    Example::tcp(Confidence::Message, "H.245 on whichever port", &[CAPABILITIES], &[]),
    Example::tcp(Confidence::Message, "H.245 that begins with who is master", &[b"\x03\x00\x00\x0b\x01\x00\x32\x80\xa1\xb2\xc3"], &[]),
    Example::tcp(Confidence::Signature, "H.245 of which only an answer is here", &[], &[b"\x03\x00\x00\x06\x20\xa0"]),
    Example::tcp(Confidence::Signature, "Q.931 without H.225.0, on the port", &[b"\x03\x00\x00\x09\x08\x02\x00\x01\x5a"], &[]).on(1720),
    Example::udp(Confidence::Message, "a gatekeeper is looked for", &[GATEKEEPER], &[]),
    Example::not(Transport::Tcp, "RDP, which goes on with COTP", &[b"\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"], &[]),
    Example::not(Transport::Tcp, "a number that does not end the frame", &[b"\x03\x00\x00\x0c\x01\x00\x32\x80\xa1\xb2\xc3\xd4"], &[]),
    Example::not(Transport::Udp, "a version that does not exist", &[b"\x02\x20\x00\x00\x00\x06\x00\x08\x91\x4a\x00\x40\x00"], &[]),
];
