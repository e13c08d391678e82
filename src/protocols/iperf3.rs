//! iperf 3, which measures throughput: its control connection, and its streams over TCP and UDP.
//!
//! ```text
//! every connection   client   cookie: 36 letters of base 32, 00                              37 bytes
//! control            server   09 exchange of parameters; 0a more streams; 01 start; 02 runs; ff no
//!                    client   length:32   {"tcp":true,"time":10 ...}
//! a stream, TCP      either   random bytes, or a repeated block
//! a stream, UDP      client   39 38 37 36         server   36 37 38 39
//!                    either   seconds:32  microseconds:32  number:32 from 1   payload
//! ```
//!
//! The cookie is random; what chance makes of 37 bytes passes once in 10^35.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// iperf 3.
pub const INSPECTOR: Inspector = Inspector {
    name: "iperf3",
    title: "iperf 3 throughput test",
    specification: "iperf3(1); iperf 3 as its own packets show, version 3.12",
    carriers: Carriers::TCP_UDP,
    ports: &[5201],
    initiator_first: LETTERS.or(ByteSet::of(&[HELLO[0], HELLO_SWAPPED[0]])),
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "nothing: a cookie, or two numbers that mirror each other; a stream joined later is noise",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The alphabet of RFC 4648 section 6 in small letters.
const LETTERS: ByteSet = ByteSet::range(b'a', b'z').or(ByteSet::range(b'2', b'7'));
/// Letters of a cookie, which a zero ends.
const COOKIE: usize = 36;
/// What the server says first: that parameters are exchanged, or that it is busy.
const PARAMETERS: u8 = 9;
const DENIED: u8 = 0xff;
/// Longest text of parameters in bytes.
const MAX_PARAMETERS: u32 = 0x1_0000;
/// What opens a stream over UDP and what answers it, in the byte orders of either kind of machine.
const HELLO: [u8; 4] = [0x39, 0x38, 0x37, 0x36];
const HELLO_SWAPPED: [u8; 4] = [0x36, 0x37, 0x38, 0x39];

/// Reads what a client begins every connection with.
fn cookie(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let letters = cursor.take(COOKIE)?;
    require(letters.iter().all(|&byte| LETTERS.contains(byte)))?;
    cursor.tag(&[0])
}

/// Reads what follows in a control connection; nothing, where it has not been said yet.
fn parameters(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    require((2..MAX_PARAMETERS).contains(&cursor.u32()?))?;
    cursor.tag(b"{\"")
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Udp {
        return stream(opening);
    }
    let mut request = opening.request();
    cookie(&mut request)?;
    let rule = "cookie: 36 letters of base 32 and a zero (iperf 3, every connection)";
    let answer = opening.reply().u8();
    if matches!(answer, Ok(PARAMETERS | DENIED)) && parameters(&mut request) != Err(Reject::Mismatch) {
        return Ok(Evidence::dialogue(
            "control: a cookie, and a server that asks for parameters or declines (iperf 3, control connection)",
        ));
    }
    Ok(Evidence::message(rule))
}

/// Judges a stream over UDP by its first datagrams, which are four bytes long each.
fn stream(opening: &Opening<'_>) -> Verdict {
    let hello = |said: crate::inspect::Said<'_>| -> Result<[u8; 4], Reject> {
        let first = said.datagrams().next().ok_or(Reject::Incomplete)?;
        let mut cursor = first.cursor();
        let bytes = cursor.array()?;
        require(bytes == HELLO || bytes == HELLO_SWAPPED)?;
        Ok(bytes)
    };
    let asked = hello(opening.initiator)?;
    let alone = opening.initiator.datagrams().next().is_some_and(|first| first.wire_len == 4);
    require(alone)?;
    match hello(opening.responder) {
        Ok(answered) if answered != asked => Ok(Evidence::dialogue(
            "hello: four bytes, and the same ones mirrored in the answer (iperf 3, streams over UDP)",
        )),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        // 32 bits and a length.
        Err(Reject::Incomplete) => {
            Ok(Evidence::signature("hello: the four bytes that open a stream (iperf 3, streams over UDP)").from(Side::Initiator))
        }
    }
}

const CONNECT: &[u8] = b"aabbccddeeffgghhiijjkkllmmnnoopp2345\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a control connection", &[CONNECT, b"\0\0\0\x2c{\"tcp\":true,\"omit\":0,\"time\":1,\"parallel\":1}"], &[b"\x09\x0a\x01"]),
    Example::tcp(Confidence::Dialogue, "a busy server", &[CONNECT], &[b"\xff"]),
    Example::tcp(Confidence::Message, "a stream", &[CONNECT, b"\xcd\x38\x13\x2e\xbe\xd1\x47\x37"], &[]),
    Example::udp(Confidence::Dialogue, "a stream over UDP, backwards", &[&HELLO], &[&HELLO_SWAPPED, b"\0\0\xcd\x79\0\x09\xb8\x5e\0\0\0\x01noise"]),
    Example::udp(Confidence::Signature, "a stream that nobody answers", &[&HELLO], &[]),
    Example::not(Transport::Udp, "an echo of the four bytes", &[&HELLO], &[&HELLO]),
    Example::not(Transport::Udp, "a text that begins so", &[b"9876543210"], &[b"6789"]),
    Example::not(Transport::Tcp, "a cookie with a capital", &[b"Aabbccddeeffgghhiijjkkllmmnnoopp2345\0"], &[b"\x09"]),
    Example::not(Transport::Tcp, "a word that is longer", &[b"aabbccddeeffgghhiijjkkllmmnnoopp234567"], &[]),
];
