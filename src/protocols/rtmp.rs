//! Real-Time Messaging Protocol: Adobe's "RTMP specification 1.0", sections 5.2 (handshake) and 5.3 (chunks).
//!
//! ```text
//! client  C0: 03   C1: time u32, zero u32 (or a version), random 1528
//! server  S0: 03   S1: the same form              S2: C1 given back
//! client  C2: S1 given back, then chunks: connect as an AMF command
//! chunk   format 2 bits, stream 6 bits, timestamp u24, length u24, type u8 (14 command), stream id u32
//! ```
//!
//! The echo is 1528 random bytes; implementations that sign instead of echoing are told by the `connect`
//! command that stands where the handshake's lengths put it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// RTMP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rtmp",
    title: "Real-Time Messaging Protocol",
    specification: "Adobe RTMP 1.0, section 5",
    ports: &[1935],
    initiator_first: ByteSet::of(&[3, 6]),
    responder_first: ByteSet::of(&[3, 6]),
    inspect,
    describe: Some(describe),
    attributes: &[("rtmp.app", "the application that the client connects to")],
    confused_with: "TPKT, which begins with 3 too; Telnet and X11, whose ports it is found on",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Length of C1, S1, C2 and S2 in bytes (section 5.2.3).
const BLOCK: usize = 1536;
/// Plain, and RTMPE's encrypted handshake.
const VERSIONS: [u8; 2] = [3, 6];
/// Where the bytes that the peer echoes begin in a block: behind its own time and the time it was read.
const ECHOED: usize = 8;

/// Version and first block.
fn hello<'a>(stream: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    require(VERSIONS.contains(&stream.u8()?))?;
    stream.take(BLOCK)
}

/// Whether two blocks have the same random bytes.
fn echoes(block: &[u8], echo: &[u8]) -> bool {
    block.get(ECHOED..).is_some_and(|random| Some(random) == echo.get(ECHOED..))
}

/// Reads the chunk that carries `connect`; gives its payload from the command's name on.
fn connect(mut chunks: Cursor<'_>) -> Result<Cursor<'_>, Reject> {
    // A full header on a chunk stream below 64; librtmp sends its chunk size or acknowledgement first.
    for _ in 0..4 {
        require(chunks.u8()? & 0xc0 == 0)?;
        chunks.skip(3)?;
        let len = chunks.u24()?;
        let kind = chunks.u8()?;
        chunks.skip(4)?;
        match kind {
            0x14 => {
                chunks.tag(b"\x02\x00\x07connect")?;
                return Ok(chunks);
            }
            1..=6 if len <= 8 => chunks.skip(len as usize)?,
            _ => return Err(Reject::Mismatch),
        }
    }
    Err(Reject::Mismatch)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (mut client, mut server) = (opening.request(), opening.reply());
    let (first, second) = (hello(&mut client), hello(&mut server));
    if matches!(first, Err(Reject::Mismatch)) || matches!(second, Err(Reject::Mismatch)) {
        return Err(Reject::Mismatch);
    }
    let (client_echo, server_echo) = (client.take(BLOCK), server.take(BLOCK));
    let echoed = |block: Result<&[u8], Reject>, echo: Result<&[u8], Reject>| {
        block.is_ok_and(|block| echo.is_ok_and(|echo| echoes(block, echo)))
    };
    if echoed(first, server_echo) || echoed(second, client_echo) {
        return Ok(Evidence::dialogue("handshake: one side gives back the other's random block (section 5.2)"));
    }
    if client_echo.is_ok() && connect(client).is_ok() {
        let rule = "connect: the connect command behind a handshake of exact length (section 7.2.1.1)";
        return Ok(if second.is_ok() { Evidence::dialogue(rule) } else { Evidence::message(rule) });
    }
    Err(Reject::Incomplete)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut client = opening.request();
    let chunk = hello(&mut client).and_then(|_| client.take(BLOCK)).and_then(|_| connect(client));
    let Ok(chunk) = chunk else { return };
    // AMF0: a property's name, then a string: marker, length, text.
    let rest = chunk.rest();
    let Some(at) = rest.windows(5).position(|window| window == b"\x00\x03app") else { return };
    let mut value = Cursor::closed(rest.get(at + 5..).unwrap_or_default());
    let app = value.tag(&[2]).and_then(|()| value.u16()).and_then(|len| value.take(len.into()));
    attributes.set_some("rtmp.app", app.ok());
}

/// A version, and a block in which one mark stands for 1528 random bytes.
const fn block(mark: u8) -> [u8; 1 + BLOCK] {
    let mut bytes = [mark; 1 + BLOCK];
    let [version, ..] = &mut bytes;
    *version = 3;
    bytes
}

const CLIENT: &[u8] = &block(b'c');
const SERVER: &[u8] = &block(b's');
const CLIENT_ECHO: &[u8] = &[b'c'; BLOCK];
const SIGNED: &[u8] = &[b'x'; BLOCK];
const CONNECT: &[u8] = b"\x03\x00\x00\x00\x00\x00\x19\x14\x00\x00\x00\x00\x02\x00\x07connect\x00?\xf0\0\0\0\0\0\0\x03\x00\x03app\x02\x00\x04live";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "the server gives the client's block back", &[CLIENT], &[SERVER, CLIENT_ECHO]),
    Example::tcp(Confidence::Dialogue, "signed blocks, then connect", &[CLIENT, SIGNED, CONNECT], &[SERVER]),
    Example::tcp(Confidence::Message, "only the client was captured", &[CLIENT, SIGNED, CONNECT], &[]),
    Example::not(Transport::Tcp, "the client's first block only", &[CLIENT], &[]),
    Example::not(Transport::Tcp, "TPKT", &[b"\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"], &[]),
];
