//! Remote Framebuffer, the protocol of VNC: [RFC 6143] section 7.1.
//!
//! ```text
//! server  RFB 003.008␊          12 bytes exactly
//! client  RFB 003.008␊          the version to use, not above the server's
//! server  count u8, security types ...        version 3.3: one type u32
//! ```
//!
//! A viewer that listens has the server connect to it: either side may be the server.
//!
//! [RFC 6143]: https://www.rfc-editor.org/rfc/rfc6143

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// VNC.
pub const INSPECTOR: Inspector = Inspector {
    name: "vnc",
    title: "Virtual Network Computing (Remote Framebuffer)",
    specification: "RFC 6143 section 7.1",
    ports: &[5900, 5901, 5902, 5903, 5800, 5500],
    initiator_first: ByteSet::of(b"R"),
    responder_first: ByteSet::of(b"R"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("vnc.server_version", "the version that the listening side tells"),
        ("vnc.client_version", "the version that the connecting side tells"),
        ("vnc.security_types", "the security types that the server offers"),
    ],
    confused_with: "nothing: no other protocol begins with RFB and a version of this form",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Length of the version message in bytes (section 7.1.1).
const VERSION: usize = 12;

/// Reads `RFB xxx.yyy` and a line feed; gives the version.
fn version<'a>(stream: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    stream.tag(b"RFB ")?;
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let begins = stream.rest();
    let (major, minor) = (begins.get(..3.min(begins.len())), begins.get(4..7.min(begins.len()).max(4)));
    require(digits(major.unwrap_or_default()) && digits(minor.unwrap_or_default()))?;
    require(begins.get(3).is_none_or(|&byte| byte == b'.') && begins.get(7).is_none_or(|&byte| byte == b'\n'))?;
    let message = stream.take(VERSION - 4)?;
    message.get(..7).ok_or(Reject::Mismatch)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |mut cursor: Cursor<'_>| version(&mut cursor).map(|_| Confidence::Message);
    Evidence::of(
        confidence(opening.request()),
        confidence(opening.reply()),
        "version: a version message of twelve bytes (RFC 6143 section 7.1.1)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (mut client, mut server) = (opening.request(), opening.reply());
    let chosen = version(&mut client).ok();
    attributes.set_some("vnc.client_version", chosen);
    attributes.set_some("vnc.server_version", version(&mut server).ok());
    let listed = chosen.is_some_and(|version| version != b"003.003");
    if let (true, Ok(count)) = (listed, server.u8()) {
        let types = server.take(count.into()).unwrap_or_default();
        if !types.is_empty() {
            attributes.set("vnc.security_types", types.iter().map(|&kind| security(kind)).collect::<Vec<_>>());
        }
    }
}

/// The security type's name (section 7.1.2, IANA "Remote Framebuffer Security Types").
fn security(kind: u8) -> String {
    match kind {
        1 => "none",
        2 => "vnc",
        5 => "ra2",
        6 => "ra2ne",
        16 => "tight",
        17 => "ultra",
        18 => "tls",
        19 => "vencrypt",
        30 => "apple",
        _ => return kind.to_string(),
    }
    .to_owned()
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "both tell their version",
        &[b"RFB 003.008\n\x01"],
        &[b"RFB 003.008\n\x02\x01\x02"],
    ),
    Example::tcp(Confidence::Message, "the client has not answered yet", &[], &[b"RFB 003.889\n"]),
    Example::not(Transport::Tcp, "a word that begins alike", &[], &[b"RFB protocol\n"]),
    Example::not(Transport::Tcp, "a version without its line feed", &[], &[b"RFB 003.008 "]),
];
