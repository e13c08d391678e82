//! The Android Debug Bridge between computer and device: messages of 24 bytes, AOSP's "protocol.txt".
//!
//! ```text
//!  command:32   two arguments:32   length:32   check sum:32   magic:32 = the command's complement     little-endian
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ADB.
pub const INSPECTOR: Inspector = Inspector {
    name: "adb",
    title: "Android Debug Bridge",
    specification: "AOSP, adb/protocol.txt, section Protocol overview and basics",
    ports: &[5555],
    initiator_first: ByteSet::of(b"CAOWSQ"),
    responder_first: ByteSet::of(b"CAOWSQ"),
    inspect,
    describe: Some(describe),
    attributes: &[("adb.device", "what the device said of itself")],
    confused_with: "nothing: a command and its complement are 64 bound bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const COMMANDS: &[&[u8; 4]] = &[b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"WRTE", b"CLSE", b"SYNC", b"STLS"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |message: Result<&[u8], Reject>| message.map(|_| Confidence::Message);
    Evidence::of(
        confidence(message(opening.request())),
        confidence(message(opening.reply())),
        "message: a command and its complement (adb/protocol.txt)",
    )
}

/// Gives as much of the data as is here.
fn message(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let so_far = cursor.rest();
    require(COMMANDS.iter().any(|command| command.iter().zip(so_far).all(|(a, b)| a == b)))?;
    let command = cursor.u32_le()?;
    cursor.skip(8)?;
    let len = cursor.u32_le()?;
    cursor.skip(4)?;
    require(cursor.u32_le()? == !command && len <= 1 << 24)?;
    let rest = cursor.rest();
    Ok(rest.get(..rest.len().min(len as usize)).unwrap_or_default())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let banner = message(opening.reply()).ok().filter(|data| data.starts_with(b"device:"));
    attributes.set_some("adb.device", banner);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a device is connected to",
        &[b"CNXN\0\0\0\x01\0\x10\0\0\x07\0\0\0\x32\x02\0\0\xbc\xb1\xa7\xb1host::\0"],
        &[b"AUTH\x01\0\0\0\0\0\0\0\x14\0\0\0\0\0\0\0\xbe\xaa\xab\xb7"],
    ),
    Example::tcp(Confidence::Message, "only the computer was captured", &[b"CNXN\0\0\0\x01\0\x10\0\0\0\0\0\0\0\0\0\0\xbc\xb1\xa7\xb1"], &[]),
    Example::not(Transport::Tcp, "no complement", &[b"CNXN\0\0\0\x01\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0"], &[]),
];
