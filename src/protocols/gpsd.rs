//! gpsd, which shares a receiver of satellite positions with many clients: JSON in lines.
//!
//! ```text
//! responder   {"class":"VERSION","release":"3.25",...,"proto_major":3,"proto_minor":15} CR LF
//! initiator   ?WATCH={"enable":true,...};
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// gpsd.
pub const INSPECTOR: Inspector = Inspector {
    name: "gpsd",
    title: "gpsd client protocol",
    specification: "gpsd_json(5): VERSION, WATCH",
    ports: &[2947],
    initiator_first: ByteSet::of(b"?"),
    responder_first: ByteSet::of(b"{"),
    inspect,
    describe: Some(describe),
    attributes: &[("gpsd.release", "release that the server says it has")],
    confused_with: "other protocols of JSON in lines: the first class is VERSION",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn version<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    cursor.tag(b"{\"class\":\"VERSION\",\"release\":\"")?;
    let release = cursor.until(b'"', 64)?;
    require(is_text(release))?;
    Ok(release)
}

fn command(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.one_of(&[b"?WATCH", b"?POLL", b"?VERSION", b"?DEVICE"])?;
    Ok(Confidence::Signature)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        command(opening.request()),
        version(&mut opening.reply()).map(|_| Confidence::Message),
        "version: the object of class VERSION that a server begins with (gpsd_json)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("gpsd.release", version(&mut opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client watches",
        &[b"?WATCH={\"enable\":true};\r\n"],
        &[b"{\"class\":\"VERSION\",\"release\":\"3.25\",\"rev\":\"3.25\",\"proto_major\":3,\"proto_minor\":15}\r\n"],
    ),
    Example::not(Transport::Tcp, "another class", &[], &[b"{\"class\":\"ERROR\",\"message\":\"x\"}\r\n"]),
];
