//! Fox, which Tridium's Niagara stations and workbenches speak in building automation.
//!
//! ```text
//! initiator   fox a 1 -1 fox hello LF { LF fox.version=s:1.0 LF ... };;
//! responder   fox a 0 -1 fox hello LF { LF ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Niagara Fox.
pub const INSPECTOR: Inspector = Inspector {
    name: "fox",
    title: "Niagara Fox",
    specification: "Tridium Niagara: Fox frames, as its diagnostics show them",
    ports: &[1911, 4911, 3011],
    initiator_first: ByteSet::of(b"f"),
    responder_first: ByteSet::of(b"f"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("fox.host", "host name that the station says it has"),
        ("fox.version", "Niagara version that the station says it has"),
    ],
    confused_with: "nothing: fox, a frame type and two numbers",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn frame(cursor: &mut Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(b"fox ")?;
    require(cursor.u8()?.is_ascii_lowercase())?;
    cursor.tag(b" ")?;
    let line = cursor.until(b'\n', 128)?;
    let mut words = line.split(|&byte| byte == b' ');
    let is_number = |word: Option<&[u8]>| {
        word.is_some_and(|word| !word.is_empty() && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'))
    };
    require(is_text(line) && is_number(words.next()) && is_number(words.next()))?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        frame(&mut opening.request()),
        frame(&mut opening.reply()),
        "frame: fox, a type and two numbers (Niagara Fox frames)",
    )
}

/// Longest line of a greeting that is read, in bytes.
const MAX_LINE: usize = 512;

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut lines = opening.responder.stream();
    for _ in 0..40 {
        let Ok(line) = lines.line(MAX_LINE) else { return };
        if let Some(host) = line.strip_prefix(b"hostName=s:") {
            attributes.set("fox.host", host);
        } else if let Some(version) = line.strip_prefix(b"app.version=s:") {
            attributes.set("fox.version", version);
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a workbench and a station greet",
        &[b"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\n};;\n"],
        &[b"fox a 0 -1 fox hello\n{\nhostName=s:station1\napp.version=s:3.8.38\n};;\n"],
    ),
    Example::not(Transport::Tcp, "text", &[b"fox hunting is not allowed\n"], &[]),
];
