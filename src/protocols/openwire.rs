//! OpenWire, Apache ActiveMQ's protocol: both sides begin with WireFormatInfo, OpenWire's [specification].
//!
//! ```text
//!  length:32   type 1   "ActiveMQ"   version:32   …
//! ```
//!
//! [specification]: https://activemq.apache.org/components/classic/documentation/openwire-version-2-specification

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// OpenWire.
pub const INSPECTOR: Inspector = Inspector {
    name: "openwire",
    title: "Apache ActiveMQ OpenWire",
    specification: "OpenWire version 2 specification, WireFormatInfo",
    ports: &[61616],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("openwire.version", "the version that the initiator offered")],
    confused_with: "nothing: the name ActiveMQ stands after a length and a type",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest WireFormatInfo in bytes that is believed; its properties take some hundreds.
const MAX_LEN: u32 = 1 << 16;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |version: Result<u32, Reject>| version.map(|_| Confidence::Message);
    Evidence::of(
        confidence(hello(opening.request())),
        confidence(hello(opening.reply())),
        "wire-format-info: OpenWire's first command (OpenWire specification, WireFormatInfo)",
    )
}

fn hello(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    let len = cursor.u32()?;
    require((13..=MAX_LEN).contains(&len))?;
    cursor.tag(b"\x01ActiveMQ")?;
    let version = cursor.u32()?;
    require((1..=32).contains(&version))?;
    Ok(version)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("openwire.version", hello(opening.request()).ok());
}

const HELLO: &[u8] = b"\0\0\0\x12\x01ActiveMQ\0\0\0\x0c\x01\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides tell their format", &[HELLO], &[HELLO]),
    Example::tcp(Confidence::Message, "only the client was captured", &[HELLO], &[]),
    Example::not(Transport::Tcp, "another name", &[b"\0\0\0\x12\x01ActiveXX\0\0\0\x0c"], &[]),
];
