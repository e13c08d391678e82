//! rsync's daemon protocol: a greeting with the version from both sides, as rsyncd's documentation describes it.
//!
//! ```text
//! both        @RSYNCD: 31.0 md5 md4␊         version, subversion, digests
//! initiator   module␊                        or an empty line for a list of the modules
//! responder   @RSYNCD: OK␊                   or AUTHREQD, EXIT, @ERROR
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// rsync's daemon.
pub const INSPECTOR: Inspector = Inspector {
    name: "rsync",
    title: "rsync daemon protocol",
    specification: "rsync: csprotocol.txt",
    ports: &[873],
    // Whoever joins in the middle sees lines.
    initiator_first: ByteSet::range(0x20, 0x7e),
    responder_first: ByteSet::of(b"@"),
    inspect,
    describe: Some(describe),
    attributes: &[("rsync.version", "the server's version, else the client's"), ("rsync.module", "the module that was asked for")],
    confused_with: "nothing: no other protocol begins with @RSYNCD:",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest line in bytes.
const MAX_LINE: usize = 512;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |version: Result<&[u8], Reject>| version.map(|_| Confidence::Message);
    // Of a client that was joined in the middle the greeting may be missing, and the rest is lines too.
    let mut asked = greeting(&mut opening.request());
    if asked == Err(Reject::Mismatch) && !opening.from_start && opening.request().line(MAX_LINE).is_ok_and(is_text) {
        asked = Err(Reject::Incomplete);
    }
    Evidence::of(
        confidence(asked),
        confidence(greeting(&mut opening.reply())),
        "greeting: @RSYNCD: and a version (csprotocol.txt)",
    )
    // The module is asked for right behind the greeting.
    .map(|evidence| evidence.wanting_more(opening.initiator.pieces().len() < 2))
}

fn greeting<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    cursor.tag(b"@RSYNCD: ")?;
    let line = cursor.line(MAX_LINE)?;
    require(line.first().is_some_and(u8::is_ascii_digit) && is_text(line))?;
    Ok(line)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    let asked = greeting(&mut request).ok();
    // Digests that the side knows may follow the version.
    let version = greeting(&mut opening.reply()).ok().or(asked);
    attributes.set_some("rsync.version", version.and_then(|words| words.split(|&byte| byte == b' ').next()));
    let module = request.line(MAX_LINE).ok().filter(|line| asked.is_some() && !line.is_empty() && is_text(line));
    attributes.set_some("rsync.module", module);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "two greetings", &[b"@RSYNCD: 31.0\n", b"data\n"], &[b"@RSYNCD: 30.0\n"]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"@RSYNCD: 31.0 md5 md4\n"]),
    Example::not(Transport::Tcp, "no version", &[b"@RSYNCD: OK\n"], &[]),
];
