//! ZMTP, by which ZeroMQ's sockets speak over TCP: [23/ZMTP 3.0] and its predecessors.
//!
//! ```text
//! both   FF | 8 bytes | 7F | major | minor | mechanism, 20 bytes | as server | 31 zeros        version 3
//!        FF | 8 bytes | 7F | 01 | socket type | 00 len identity                                version 2
//! ```
//!
//! [23/ZMTP 3.0]: https://rfc.zeromq.org/spec/23/

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ZMTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "zmtp",
    title: "ZeroMQ Message Transport Protocol",
    specification: "23/ZMTP 3.0, greeting; 15/ZMTP 2.0, greeting",
    ports: &[5555, 5556],
    initiator_first: ByteSet::of(&[0xff]),
    responder_first: ByteSet::of(&[0xff]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("zmtp.version", "version that the initiator greets with"),
        ("zmtp.mechanism", "security mechanism that the initiator greets with: NULL, PLAIN, CURVE ..."),
    ],
    confused_with: "telnet, which begins with FF too: its tenth byte is hardly 7F",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A greeting: version and, from 3 on, mechanism.
type Greeting<'a> = (u8, u8, Option<&'a [u8]>);

fn greeting<'a>(cursor: &mut Cursor<'a>) -> Result<Greeting<'a>, Reject> {
    cursor.tag(&[0xff])?;
    // A length that old peers read as a long one; those of 3 leave it open.
    let padding: [u8; 8] = cursor.array()?;
    cursor.tag(&[0x7f])?;
    let major = cursor.u8()?;
    let minor = cursor.u8()?;
    if major < 3 {
        // Version 2 has the socket type here, and then the identity as a final frame.
        require(major <= 2 && minor <= 11)?;
        require(matches!(padding, [0, 0, 0, 0, 0, 0, 0, 1..=255] | [0, 0, 0, 0, 0, 0, 1, 0]))?;
        require(cursor.u8()? == 0)?;
        return Ok((major, 0, None));
    }
    require(major == 3 && minor <= 1)?;
    let field = cursor.take(20)?;
    let mechanism = field.split(|&byte| byte == 0).next().unwrap_or_default();
    require(matches!(mechanism, b"NULL" | b"PLAIN" | b"CURVE" | b"GSSAPI"))?;
    require(cursor.u8()? <= 1)?;
    cursor.tag(&[0; 31])?;
    Ok((major, minor, Some(mechanism)))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |mut cursor: Cursor<'_>| greeting(&mut cursor).map(|_| Confidence::Message);
    // A peer may wait with the rest of its greeting until it has seen the other's version.
    Evidence::of(
        judged(opening.request()),
        judged(opening.reply()),
        "greeting: signature, version and mechanism (23/ZMTP 3.0, greeting)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((major, minor, mechanism)) = greeting(&mut opening.request()) {
        attributes.set("zmtp.version", format!("{major}.{minor}"));
        attributes.set_some("zmtp.mechanism", mechanism);
    }
}

const GREETING: &[u8] = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both greet", &[GREETING], &[GREETING]),
    Example::tcp(
        Confidence::Message,
        "a publisher of version 2",
        &[],
        &[b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x01\x00\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "telnet negotiates",
        &[b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27\xff\xfd\x1f"],
        &[],
    ),
];
