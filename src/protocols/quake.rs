//! Quake and the games that took over its protocols: the commands of connectionless packets (QuakeWorld, Quake II and III), and
//! the control packets of the first Quake.
//!
//! ```text
//!  FF FF FF FF "getstatus" LF      answered by FF FF FF FF "statusResponse" LF \\key\\value…
//!  80 00 length:16  01 "QUAKE" 00 03                              (connect; 02 asks for the server's description)
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// Quake.
pub const INSPECTOR: Inspector = Inspector {
    name: "quake",
    title: "Quake, QuakeWorld, Quake II and III",
    specification: "the connectionless commands of id Software's published sources",
    carriers: Carriers::UDP,
    ports: &[26000, 27500, 27910, 27950, 27960, 28960],
    initiator_first: ByteSet::of(&[0xff, 0x80]),
    responder_first: ByteSet::of(&[0xff, 0x80]),
    inspect,
    describe: Some(describe),
    attributes: &[("quake.command", "the first command")],
    confused_with: "the Source engine's queries and Steam's discovery, which begin FF FF FF FF too",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Commands of clients and servers; a byte that cannot belong to a longer word follows.
const COMMANDS: &[&[u8]] = &[
    b"getstatus", b"getinfo", b"getchallenge", b"getservers", b"statusResponse", b"infoResponse", b"challengeResponse",
    b"getserversResponse", b"connectResponse", b"rcon ", b"heartbeat ", b"status\n", b"info ", b"connect ", b"print\n", b"challenge ",
];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |command: Result<&[u8], Reject>| command.map(|_| Confidence::Message);
    Evidence::of(
        confidence(command(opening.request())),
        confidence(command(opening.reply())),
        "command: a connectionless command (id Software's sources)",
    )
}

fn command(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    if cursor.rest().first() == Some(&0x80) {
        let whole = cursor.rest();
        cursor.tag(&[0x80, 0])?;
        let len = cursor.u16()?;
        require(usize::from(len) == whole.len())?;
        require(matches!(cursor.u8()?, 1 | 2))?;
        cursor.tag(b"QUAKE\0")?;
        return Ok(b"control");
    }
    cursor.tag(&[0xff; 4])?;
    let place = cursor.one_of(COMMANDS)?;
    let command = COMMANDS.get(place).copied().unwrap_or_default();
    require(!cursor.rest().first().is_some_and(u8::is_ascii_lowercase) || command.ends_with(b" ") || command.ends_with(b"\n"))?;
    Ok(command)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = command(opening.request()).or_else(|_| command(opening.reply()));
    attributes.set_some("quake.command", first.ok().map(<[u8]>::trim_ascii));
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a status", &[b"\xff\xff\xff\xffgetstatus\n"], &[b"\xff\xff\xff\xffstatusResponse\n\\a\\b\n"]),
    Example::udp(Confidence::Message, "the first Quake", &[b"\x80\0\0\x0c\x02QUAKE\0\x03"], &[]),
    Example::not(Transport::Udp, "the Source engine", &[b"\xff\xff\xff\xffTSource Engine Query\0"], &[]),
    Example::not(Transport::Udp, "a longer word", &[b"\xff\xff\xff\xffgetinformation"], &[]),
];
