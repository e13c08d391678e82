//! Trivial File Transfer Protocol (TFTP): the request, and the transfer on ports of its own.
//!
//! ```text
//! client :any -> server :69     opcode 1 or 2, file name, 0, mode, 0 [option, 0, value, 0 ...]
//! server :new -> client :any    3 block data | 4 block | 5 code text 0 | 6 option 0 value 0 ...
//! client :any -> server :new    the same
//! ```
//!
//! [RFC 1350] section 5, options in RFC 2347. The transfer is another flow, which the request names beforehand:
//! it goes to the port that the request came from. There each block of data is acknowledged by its number.
//!
//! [RFC 1350]: https://www.rfc-editor.org/rfc/rfc1350

use crate::attributes::Attributes;
use crate::byteset::ByteSet;
use crate::context::Announcement;
use crate::cursor::{Cursor, is_text, require};
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::{Endpoint, Transport};

/// TFTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "tftp",
    title: "Trivial File Transfer Protocol",
    specification: "RFC 1350 section 5, RFC 2347",
    carriers: Carriers::UDP,
    ports: &[69],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    follow: Some(follow),
    attributes: &[
        ("tftp.file", "the file's name"),
        ("tftp.mode", "netascii, octet or mail"),
        ("tftp.operation", "read or write"),
    ],
    confused_with: "other datagrams that begin with a small number: blocks must be answered by their numbers",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest file name in bytes that is believed: a request fits one datagram of 512 bytes (RFC 2347).
const MAX_NAME: usize = 480;
/// Largest block in bytes (RFC 2348).
const MAX_BLOCK: usize = 65_464;
/// Last error code (RFC 1350 appendix, RFC 2347).
const LAST_ERROR: u16 = 8;
/// Blocks that must be answered before a transfer is believed without its request: 32 bits of opcodes and numbers each.
const ENOUGH: u32 = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    if let Ok(request) = request(opening.request()) {
        let evidence = Evidence::message("request: opcode, file name and mode (RFC 1350 section 5)");
        // A server that refuses may do so from its own port.
        let answered = opening.reply().u16().is_ok_and(|opcode| matches!(opcode, 3..=6));
        let confidence = if answered { Confidence::Dialogue } else { evidence.confidence };
        require(!request.file.is_empty() && (answered || opening.responder.is_silent()))?;
        return Ok(Evidence { confidence, ..evidence });
    }
    let answered = blocks(&opening.initiator, &opening.responder)?.max(blocks(&opening.responder, &opening.initiator)?);
    if answered >= ENOUGH {
        return Ok(Evidence::dialogue("acknowledged-blocks: data, answered by block number (RFC 1350 section 2)"));
    }
    Err(Reject::Incomplete)
}

struct Request<'a> {
    opcode: u16,
    file: &'a [u8],
    mode: &'a [u8],
}

fn request(mut cursor: Cursor<'_>) -> Result<Request<'_>, Reject> {
    let opcode = cursor.u16()?;
    require(matches!(opcode, 1 | 2))?;
    let file = cursor.until(0, MAX_NAME)?;
    let mode = cursor.until(0, 8)?;
    let known: [&[u8]; 3] = [b"octet", b"netascii", b"mail"];
    require(is_text(file) && known.iter().any(|word| mode.eq_ignore_ascii_case(word)))?;
    Ok(Request { opcode, file, mode })
}

/// How many blocks of `data` were acknowledged in `acknowledgements`.
fn blocks(data: &Said<'_>, acknowledgements: &Said<'_>) -> Result<u32, Reject> {
    let mut answered = 0;
    for datagram in data.datagrams() {
        let mut cursor = datagram.cursor();
        let (opcode, block) = (cursor.u16()?, cursor.rest().first_chunk().map_or(0, |b| u16::from_be_bytes(*b)));
        match opcode {
            3 => require(datagram.wire_len >= 4 && cursor.len() <= MAX_BLOCK + 2)?,
            4 => require(datagram.wire_len == 4)?,
            5 => require(block <= LAST_ERROR && (datagram.is_cut() || cursor.rest().last() == Some(&0)))?,
            6 => require(datagram.is_cut() || cursor.rest().last() == Some(&0))?,
            1 | 2 => request(datagram.cursor()).map(drop)?,
            _ => return Err(Reject::Mismatch),
        }
        let acknowledges = |other: &[u8]| matches!(other, [0, 4, number @ ..] if number == block.to_be_bytes());
        if opcode == 3 && acknowledgements.datagrams().any(|other| acknowledges(other.bytes)) {
            answered += 1;
        }
    }
    Ok(answered)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(request) = request(opening.request()) {
        attributes.set("tftp.file", request.file);
        attributes.set("tftp.mode", request.mode);
        attributes.set("tftp.operation", if request.opcode == 1 { "read" } else { "write" });
    }
}

fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    let [client, _] = opening.endpoints;
    Box::new(Requests { client, done: false })
}

/// Waits for the request, and says where the transfer will go.
#[derive(Debug)]
struct Requests {
    client: Endpoint,
    done: bool,
}

impl Follower for Requests {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        if heard.side == Side::Initiator && !self.done && request(Cursor::closed(heard.bytes)).is_ok() {
            told.announce(Announcement {
by: None,
                name: INSPECTOR.name,
                transport: Transport::Udp,
                listener: self.client,
                frame: heard.frame,
                said_by: "the client's TFTP request, whose answer goes to the port it came from",
            });
            self.done = true;
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a request, answered from another port", &[b"\0\x01boot/kernel\0octet\0"], &[]),
    Example::udp(Confidence::Message, "a request with an option", &[b"\0\x02a\0OCTET\0blksize\x001428\0"], &[]),
    Example::udp(Confidence::Dialogue, "a server that refuses", &[b"\0\x01a\0octet\0"], &[b"\0\x05\0\x01none\0"]),
    Example::udp(
        Confidence::Dialogue,
        "the transfer",
        &[b"\0\x03\0\x01abcdefgh", b"\0\x03\0\x02abc"],
        &[b"\0\x04\0\x01", b"\0\x04\0\x02"],
    ),
    Example::not(Transport::Udp, "a mode that is none", &[b"\0\x01boot/kernel\0binary\0"], &[]),
    Example::not(Transport::Udp, "blocks that nobody acknowledges", &[b"\0\x03\0\x01abc", b"\0\x03\0\x02abc"], &[]),
];
