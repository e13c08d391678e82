//! Apache ZooKeeper: the connection request and response, zookeeper.jute, and the four letter words.
//!
//! ```text
//! initiator   length:32 44 or 45   version:32 0   last zxid:64   timeout:32   session:64   length:32 16   password 16  [read-only]
//! responder   length:32 36 or 37   version:32 0   timeout:32     session:64   length:32 16   password 16  [read-only]
//! ```

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// ZooKeeper.
pub const INSPECTOR: Inspector = Inspector {
    name: "zookeeper",
    title: "Apache ZooKeeper",
    specification: "ZooKeeper: zookeeper.jute, ConnectRequest and ConnectResponse; Administrator's Guide, Four Letter Words",
    ports: &[2181],
    initiator_first: ByteSet::of(b"\0rscdmew"),
    responder_first: LETTERS.or(ByteSet::of(&[0])),
    inspect,
    describe: Some(describe),
    attributes: &[("zookeeper.timeout_ms", "the session timeout that the client asked for, in milliseconds")],
    confused_with: "nothing: two lengths and the version bind 96 bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let answers_in_text = opening.initiator.is_silent() && opening.reply().rest().first().is_some_and(|&byte| byte != 0);
    if answers_in_text || opening.request().rest().first().is_some_and(u8::is_ascii_lowercase) {
        return word(opening);
    }
    Evidence::of(
        request(opening.request()).map(|_| Confidence::Message),
        response(opening.reply()),
        "connect: a connection request or response whose lengths agree (zookeeper.jute)",
    )
}

/// Gives the timeout.
fn request(mut cursor: Cursor<'_>) -> Result<u32, Reject> {
    require(matches!(cursor.u32()?, 44 | 45))?;
    cursor.tag(&[0; 4])?;
    cursor.u64()?;
    let timeout = cursor.u32()?;
    cursor.u64()?;
    require(cursor.u32()? == 16)?;
    Ok(timeout)
}

fn response(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    require(matches!(cursor.u32()?, 36 | 37))?;
    cursor.tag(&[0; 4])?;
    cursor.u32()?;
    cursor.u64()?;
    require(cursor.u32()? == 16)?;
    Ok(Confidence::Message)
}

/// Words and what their answers begin with.
fn word(opening: &Opening<'_>) -> Verdict {
    const WORDS: &[(&[u8], &[u8])] = &[
        (b"ruok", b"imok"),
        (b"stat", b"Zookeeper version"),
        (b"srvr", b"Zookeeper version"),
        (b"conf", b"clientPort="),
        (b"mntr", b"zk_version"),
        (b"envi", b"Environment:"),
    ];
    let words: Vec<&[u8]> = WORDS.iter().map(|(word, _)| *word).collect();
    let (mut request, mut reply) = (opening.request(), opening.reply());
    let place = request.one_of(&words)?;
    require(request.rest().trim_ascii().is_empty())?;
    let (_, answer) = WORDS.get(place).ok_or(Reject::Mismatch)?;
    reply.tag(answer)?;
    Ok(Evidence::dialogue("four-letters: a word and its own answer (Administrator's Guide)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("zookeeper.timeout_ms", request(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a session",
        &[b"\0\0\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x75\x30\0\0\0\0\0\0\0\0\0\0\0\x100123456789abcdef\0"],
        &[b"\0\0\0\x25\0\0\0\0\0\0\x75\x30\x01\0\0\0\0\0\0\x05\0\0\0\x100123456789abcdef\0"],
    ),
    Example::tcp(Confidence::Dialogue, "are you ok", &[b"ruok\n"], &[b"imok"]),
    Example::not(Transport::Tcp, "a word that is answered otherwise", &[b"stat\n"], &[b"ERROR\r\n"]),
    Example::not(Transport::Tcp, "another length", &[b"\0\0\0\x2e\0\0\0\0\0\0\0\0"], &[]),
];
