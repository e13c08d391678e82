//! HTTP/2 without TLS: the connection preface and frames, [RFC 9113] sections 3.4, 4.1 and 6.
//!
//! ```text
//! initiator   PRI * HTTP/2.0␍␊␍␊SM␍␊␍␊        24 bytes, then a SETTINGS frame
//! responder   a SETTINGS frame
//! frame       length:24  type:8  flags:8  R:1 stream:31  payload
//! ```
//!
//! Or by HTTP/1.1's `Upgrade: h2c`, answered 101 (RFC 7540 section 3.2). Without the beginning, frames whose lengths
//! chain up are telling: nine bytes of header each, of which some fifty bits are bound.
//!
//! [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113

use super::http;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// HTTP/2 in clear.
pub const INSPECTOR: Inspector = Inspector {
    name: "http2",
    title: "Hypertext Transfer Protocol version 2, without TLS",
    specification: "RFC 9113 sections 3.4, 4.1 and 6; RFC 7540 section 3.2 for the upgrade",
    ports: &[80, 8080, 50051],
    refines: Some("http"),
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("http2.upgraded", "whether HTTP/1.1's upgrade began it")],
    confused_with: "HTTP/1.1, of which its preface is a request on purpose; TLS on the same ports",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Largest frame payload in bytes before SETTINGS_MAX_FRAME_SIZE raises it (RFC 9113 section 6.5.2).
const MAX_FRAME: u32 = 16_384;

/// Frames in a row that are believed without a preface: 2^-50 each, were the bytes random.
const MIN_FRAMES: usize = 2;

/// RFC 9113 sections 6.1 to 6.10.
const SETTINGS: u8 = 4;

/// The fixed part of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = preface(opening.request());
    if asked == Err(Reject::Mismatch)
        && let Some(evidence) = upgraded(opening)
    {
        return Ok(evidence);
    }
    let answered = settings(opening.reply());
    match (asked, answered) {
        (Ok(()), Ok(())) => Ok(Evidence::dialogue(
            "preface-and-settings: HTTP/2's preface, answered by SETTINGS (RFC 9113 section 3.4)",
        )
        .wanting_more(opening.initiator.pieces().len() < 4)),
        (Ok(()), Err(_)) => Ok(Evidence::message("preface: HTTP/2's connection preface (RFC 9113 section 3.4)")),
        (Err(Reject::Incomplete), Ok(())) if opening.initiator.is_silent() => {
            Ok(Evidence::signature("settings: a SETTINGS frame of HTTP/2 (RFC 9113 section 6.5)").from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) if !opening.from_start => mid_stream(opening),
        (Err(Reject::Mismatch), _) if may_upgrade(opening) => Err(Reject::Incomplete),
        (Err(reject), _) => Err(reject),
    }
}

/// Whether a request to upgrade could still come, or be granted.
fn may_upgrade(opening: &Opening<'_>) -> bool {
    let granted = || !matches!(http::response(opening), Ok((code, _)) if code != 101);
    match http::request(opening) {
        Ok((_, head)) => (!head.is_whole || head.says("upgrade", "h2c")) && granted(),
        Err(reject) => reject == Reject::Incomplete,
    }
}

fn preface(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(PREFACE)
}

/// Whether a server's first frame is SETTINGS with settings that exist.
fn settings(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let len = cursor.u24()?;
    // Each setting takes six bytes, and there are nine of them (IANA "HTTP/2 Settings"); a few may repeat or be grease.
    require(len % 6 == 0 && len <= 6 * 16)?;
    cursor.tag(&[SETTINGS, 0, 0, 0, 0, 0])?;
    let mut body = cursor.within(len as usize)?;
    while !body.is_empty() {
        let id = body.u16()?;
        body.u32()?;
        require(matches!(id, 1..=9 | 0x10) || id & 0x0f0f == 0x0a0a)?;
    }
    Ok(())
}

/// HTTP/1.1's upgrade, granted; or asked for, and then taken as granted by the preface.
fn upgraded(opening: &Opening<'_>) -> Option<Evidence> {
    let (_, request) = http::request(opening).ok()?;
    if !request.says("upgrade", "h2c") {
        return None;
    }
    match http::response(opening) {
        Ok((101, answer)) if answer.says("upgrade", "h2c") => Some(Evidence::dialogue(
            "upgrade-granted: HTTP's upgrade to h2c, answered 101 (RFC 7540 section 3.2)",
        )),
        _ if request.body.starts_with(PREFACE) => {
            Some(Evidence::message("preface-after-upgrade: HTTP/2's preface after a request to upgrade (RFC 7540 section 3.2)"))
        }
        _ => None,
    }
}

/// Frames at the first byte of one of the packets.
fn mid_stream(opening: &Opening<'_>) -> Verdict {
    let frames = [opening.initiator, opening.responder].map(frames_in);
    match frames {
        [a, b] if a >= MIN_FRAMES && b >= MIN_FRAMES => {
            Ok(Evidence::message("frames: HTTP/2 frames in both directions (RFC 9113 section 4.1)"))
        }
        _ => Err(Reject::Incomplete),
    }
}

fn frames_in(said: Said<'_>) -> usize {
    let mut cursor = said.stream();
    let mut seen: Vec<Frame> = Vec::new();
    while let Ok(frame) = frame(&mut cursor) {
        seen.push(frame);
        if seen.len() == 2 * MIN_FRAMES {
            break;
        }
    }
    seen.len()
}

/// Reads one frame whose fields fit its type.
fn frame(cursor: &mut Cursor<'_>) -> Result<Frame, Reject> {
    let len = cursor.u24()?;
    let (kind, flags, stream) = (cursor.u8()?, cursor.u8()?, cursor.u32()?);
    require(len <= MAX_FRAME && stream < 0x8000_0000)?;
    let on_stream = stream != 0;
    // RFC 9113 section 6: the flags that each type defines, its lengths, and whether it belongs to a stream.
    let fits = match kind {
        0 => on_stream && flags & !0x09 == 0,
        1 => on_stream && flags & !0x2d == 0 && len > 0,
        2 => on_stream && len == 5 && flags == 0,
        3 => on_stream && len == 4 && flags == 0,
        SETTINGS => !on_stream && len % 6 == 0 && (flags == 0 || flags == 1 && len == 0),
        5 => on_stream && flags & !0x0c == 0 && len >= 4,
        6 => !on_stream && len == 8 && flags & !1 == 0,
        7 => !on_stream && len >= 8 && flags == 0,
        8 => len == 4 && flags == 0,
        9 => on_stream && flags & !4 == 0,
        _ => false,
    };
    require(fits)?;
    cursor.skip(len as usize)?;
    Ok(Frame { kind, flags })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    // Who joins later cannot tell.
    let upgraded = http::request(opening).is_ok();
    attributes.set_some("http2.upgraded", (upgraded || preface(opening.request()).is_ok()).then_some(upgraded));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a preface and SETTINGS",
        &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
        &[b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\0\0\x04\x01\0\0\0\0"],
    ),
    Example::tcp(Confidence::Message, "only the initiator was captured", &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], &[]),
    Example::tcp(Confidence::Signature, "only the responder was captured", &[], &[b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\x10\0\0"]),
    Example::tcp(
        Confidence::Dialogue,
        "an upgrade",
        &[b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"],
        &[b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"],
    ),
    Example::not(
        Transport::Tcp,
        "an upgrade that is not granted",
        &[b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"],
        &[b"HTTP/1.1 200 OK\r\n\r\n"],
    ),
    Example::not(Transport::Tcp, "lengths that chain up to nothing", &[b"\0\0\x04\x04\0\0\0\0\0"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_as_long_as_they_fit_their_type() {
        let frames: &[u8] = b"\0\0\0\x04\x01\0\0\0\0\0\0\x04\x08\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0";
        assert_eq!(frames_in(Said::new(frames, &[], false)), 2);
        assert_eq!(frames_in(Said::new(&[0; 64], &[], false)), 0);
    }
}
