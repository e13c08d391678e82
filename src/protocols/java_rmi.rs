//! Java Remote Method Invocation's wire protocol: the [specification], section 10.2.
//!
//! ```text
//! initiator   "JRMI"  version:16  4B stream, 4C single operation, 4D multiplex
//! responder   4E  length:16 host  port:32            (to a stream)
//! ```
//!
//! [specification]: https://docs.oracle.com/en/java/javase/21/docs/specs/rmi/protocol.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Java RMI.
pub const INSPECTOR: Inspector = Inspector {
    name: "java-rmi",
    title: "Java Remote Method Invocation",
    specification: "Java RMI Specification section 10.2",
    ports: &[1099, 1098],
    initiator_first: ByteSet::of(b"J"),
    responder_first: ByteSet::of(b"NOQ"),
    inspect,
    describe: Some(describe),
    attributes: &[("java_rmi.client", "the client's name or address as the server sees it")],
    confused_with: "nothing: no other protocol begins with JRMI",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        header(opening.request()),
        acknowledgement(opening.reply()).map(|_| Confidence::Signature),
        "header: RMI's header (Java RMI Specification 10.2)",
    )
    // The answer's one byte and a host name say too little by themselves.
    .and_then(|evidence| if opening.initiator.is_silent() { Err(Reject::Incomplete) } else { Ok(evidence) })
}

fn header(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(b"JRMI")?;
    require(matches!(cursor.u16()?, 1 | 2))?;
    require((0x4b..=0x4d).contains(&cursor.u8()?))?;
    Ok(Confidence::Message)
}

/// ProtocolAck with the client's endpoint, ProtocolNotSupported, or a single operation's return.
fn acknowledgement(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    if cursor.u8()? != 0x4e {
        return Ok(&[]);
    }
    let len = cursor.u16()?;
    require(len <= 255)?;
    let host = cursor.take(len.into())?;
    require(is_text(host))?;
    cursor.u32()?;
    Ok(host)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let host = acknowledgement(opening.reply()).ok().filter(|host| !host.is_empty());
    attributes.set_some("java_rmi.client", host);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a stream is acknowledged", &[b"JRMI\0\x02K"], &[b"N\0\x09192.0.2.1\0\0\x86\x92"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"JRMI\0\x02L"], &[]),
    Example::not(Transport::Tcp, "a protocol that is none of the three", &[b"JRMI\0\x02Z"], &[]),
];
