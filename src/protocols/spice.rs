//! SPICE, the remote display of virtual machines: "The SPICE protocol", section on establishing a connection.
//!
//! ```text
//! both  "REDQ", major u32 (2), minor u32, size u32 of what follows          little-endian
//! client: connection id u32, channel type u8, channel id u8, counts and offsets of capabilities
//! server: error u32, RSA public key 162, counts and offset of capabilities
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SPICE.
pub const INSPECTOR: Inspector = Inspector {
    name: "spice",
    title: "SPICE remote display",
    specification: "The SPICE protocol, version 1.0",
    ports: &[5900, 5901, 5930, 3128],
    initiator_first: ByteSet::of(b"R"),
    responder_first: ByteSet::of(b"R"),
    inspect,
    describe: Some(describe),
    attributes: &[("spice.channel", "what the connection is for: main, display, inputs ...")],
    confused_with: "VNC, which is found on the same ports and begins with RFB",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Largest size of the link message: a key and some capabilities.
const MAX_SIZE: u32 = 4096;

fn link<'a>(stream: &mut Cursor<'a>) -> Result<Cursor<'a>, Reject> {
    stream.tag(b"REDQ")?;
    let (major, minor, size) = (stream.u32_le()?, stream.u32_le()?, stream.u32_le()?);
    require(matches!(major, 1 | 2) && minor < 256 && (4..=MAX_SIZE).contains(&size))?;
    stream.within(size as usize)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |mut cursor: Cursor<'_>| link(&mut cursor).map(|_| Confidence::Message);
    Evidence::of(judge(opening.request()), judge(opening.reply()), "link: the magic, a version and a size")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    let channel = link(&mut request).and_then(|mut body| {
        body.skip(4)?;
        body.u8()
    });
    attributes.set_some(
        "spice.channel",
        channel.ok().and_then(|kind| {
            ["main", "display", "inputs", "cursor", "playback", "record", "tunnel", "smartcard", "usbredir", "port", "webdav"]
                .get(usize::from(kind).wrapping_sub(1))
                .copied()
        }),
    );
}

const CLIENT: &[u8] = b"REDQ\x02\x00\x00\x00\x02\x00\x00\x00\x12\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x12\x00\x00\x00";
const SERVER: &[u8] = b"REDQ\x02\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a main channel is opened", &[CLIENT], &[SERVER]),
    Example::tcp(Confidence::Message, "nobody answers", &[CLIENT], &[]),
    Example::not(Transport::Tcp, "VNC", &[b"RFB 003.008\n"], &[]),
    Example::not(Transport::Tcp, "a size that cannot be", &[b"REDQ\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff"], &[]),
];
