//! Cassandra and ScyllaDB: the CQL binary protocol, versions [1 to 5].
//!
//! ```text
//! version | flags | stream, 1 byte in 1 and 2, else 2 | opcode | length of the body
//! initiator   04 00 0000 05 00000000       OPTIONS, or 01 STARTUP with CQL_VERSION
//! responder   84 00 0000 06 ...            SUPPORTED, 02 READY, 03 AUTHENTICATE, 00 ERROR
//! ```
//!
//! After a STARTUP of version 5 frames are wrapped once more; by then the flow is known.
//!
//! [1 to 5]: https://github.com/apache/cassandra/tree/trunk/doc

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// CQL.
pub const INSPECTOR: Inspector = Inspector {
    name: "cassandra",
    title: "Cassandra Query Language binary protocol",
    specification: "Apache Cassandra, CQL binary protocol v4 sections 2 to 4",
    ports: &[9042, 19042, 7000],
    initiator_first: ByteSet::of(&[1, 2, 3, 4, 5, 0x42, 0xca]),
    responder_first: ByteSet::of(&[0x81, 0x82, 0x83, 0x84, 0x85, 0xc2, 0xca]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("cassandra.version", "protocol version of the client's first frame"),
        ("cassandra.opcode", "opcode of the client's first frame (1 startup, 5 options, 7 query ...)"),
        ("cassandra.response", "opcode of the server's first frame (0 error, 2 ready, 3 authenticate, 6 supported ...)"),
    ],
    confused_with: "SOCKS 4 and 5, which begin with 04 and 05; their next bytes are no opcode and length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Begins what one node says to another, on 7000.
const INTERNODE: &[u8] = &[0xca, 0x55, 0x2d, 0xfa];
/// Longest body that a server accepts (section 2.5), in bytes.
const MAX_BODY: u32 = 256 << 20;

/// A frame.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    version: u8,
    stream: u16,
    opcode: u8,
    body: Cursor<'a>,
}

fn frame<'a>(cursor: &mut Cursor<'a>, side: Side) -> Result<Frame<'a>, Reject> {
    let version = cursor.u8()?;
    let is_response = side == Side::Responder;
    // DataStax' own versions are 0x41 and up.
    require(is_response == (version & 0x80 != 0) && matches!(version & 0x7f, 1..=5 | 0x42))?;
    require(cursor.u8()? < 0x20)?;
    let stream = if version & 0x7f <= 2 { u16::from(cursor.u8()?) } else { cursor.u16()? };
    let opcode = cursor.u8()?;
    require(match side {
        Side::Initiator => matches!(opcode, 1 | 4 | 5 | 7 | 9..=11 | 13 | 15),
        Side::Responder => matches!(opcode, 0 | 2 | 3 | 6 | 8 | 12 | 14 | 16),
    })?;
    let len = cursor.u32()?;
    require(len <= MAX_BODY)?;
    // OPTIONS and READY have no body, all others have one.
    require((len == 0) == matches!(opcode, 2 | 5))?;
    let body = cursor.within(len as usize)?;
    let mut ahead = body;
    if matches!(opcode, 7 | 9) {
        // QUERY and PREPARE begin with their text, in four bytes of length.
        let text = ahead.u32()?;
        require(text <= len - 4)?;
        require(ahead.rest().iter().take(text as usize).all(|&byte| byte >= b'\t'))?;
    }
    if opcode == 1 {
        ahead.skip(2)?;
        ahead.skip(2)?;
        // The map's first key, whichever of the known ones it is.
        ahead.one_of(&[b"CQL_VERSION", b"COMPRESSION", b"DRIVER_", b"NO_COMPACT", b"THROW_ON_OVERLOAD", b"CLIENT_ID", b"APPLICATION_"])?;
    }
    Ok(Frame { version: version & 0x7f, stream, opcode, body })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    // Compressed or wrapped frames may follow the first: it decides.
    if opening.initiator.bytes().first() == INTERNODE.first() {
        let magic = opening.request().tag(INTERNODE).map(|()| Confidence::Signature);
        let rule = "internode: the magic number between nodes (Cassandra internode messaging, handshake)";
        let reply = opening.reply().tag(INTERNODE).map(|()| Confidence::Signature);
        return Evidence::of(magic, reply.or(Err(Reject::Incomplete)), rule);
    }
    let (request, reply) = (frame(&mut opening.request(), Side::Initiator), frame(&mut opening.reply(), Side::Responder));
    let rule = "frame: version, opcode and length of its direction (CQL binary protocol section 2)";
    let judged = |frame: Frame<'_>| {
        if frame.body.is_open() {
            return Err(Reject::Incomplete);
        }
        // A header of zeros and four small numbers is one opening in a million: telling, but no more.
        Ok(if frame.opcode == 1 { Confidence::Message } else { Confidence::Signature })
    };
    if matches!(request, Err(Reject::Incomplete)) && reply.is_ok() && !opening.is_on(INSPECTOR.ports) {
        // NetBIOS' positive answer, 82 00 00 00, and a length would pass for an error of version 2.
        return Err(Reject::Incomplete);
    }
    let telling = matches!(&request, Ok(Frame { opcode: 1 | 7 | 9, .. }));
    if !telling && matches!(reply, Err(Reject::Incomplete)) && !opening.is_on(INSPECTOR.ports) {
        return request.and(Err(Reject::Incomplete));
    }
    let fitting = match (&request, &reply) {
        (Ok(request), Ok(reply)) => {
            request.version == reply.version && request.stream == reply.stream || reply.opcode == 0
        }
        _ => true,
    };
    let evidence = Evidence::of(request.and_then(judged), reply.and_then(judged), rule)?;
    if !fitting {
        return Ok(Evidence { confidence: Confidence::Signature, ..evidence });
    }
    Ok(evidence)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = |said: Said<'_>, side| {
        let mut cursor = said.cursor(Transport::Tcp);
        frame(&mut cursor, side).ok().map(|frame| (frame.version, frame.opcode))
    };
    let request = first(opening.initiator, Side::Initiator);
    attributes.set_some("cassandra.version", request.map(|(version, _)| version));
    attributes.set_some("cassandra.opcode", request.map(|(_, opcode)| opcode));
    let reply = first(opening.responder, Side::Responder);
    attributes.set_some("cassandra.response", reply.map(|(_, opcode)| opcode));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client starts and the server is ready",
        &[b"\x04\x00\x00\x01\x01\x00\x00\x00\x16\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0"],
        &[b"\x84\x00\x00\x01\x02\x00\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Signature,
        "a client asks for the options",
        &[b"\x04\x00\x00\x00\x05\x00\x00\x00\x00"],
        &[],
    )
    .on(9042),
    Example::tcp(
        Confidence::Signature,
        "one node speaks to another",
        &[b"\xca\x55\x2d\xfa\x0c\x0a\x0c\x11\x06\xc6\x12\x00\x02\x1b\x58\xf3\xcb\x19\xb3"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "NetBIOS' positive answer, and SMB",
        &[],
        &[b"\x82\x00\x00\x00\x00\x00\x00\x05\xffSMB\x72"],
    ),
    Example::not(
        Transport::Tcp,
        "SOCKS 4 that connects to port 80",
        &[b"\x04\x01\x00\x50\x0a\x00\x00\x01root\x00"],
        &[],
    ),
];
