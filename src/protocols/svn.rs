//! Subversion's own protocol (ra_svn): parenthesised lists from both sides, Subversion's "protocol" file, sections 1 and 2.
//!
//! ```text
//! responder   ( success ( 2 2 ( ) ( edit-pipeline svndiff1 ) ) )
//! initiator   ( 2 ( edit-pipeline svndiff1 ) 28:svn://example.org/repository )
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Subversion's own protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "svn",
    title: "Subversion protocol",
    specification: "Subversion: subversion/libsvn_ra_svn/protocol, sections 1 and 2",
    ports: &[3690],
    initiator_first: ByteSet::of(b"("),
    responder_first: ByteSet::of(b"("),
    inspect,
    describe: Some(describe),
    attributes: &[("svn.url", "the repository that was asked for")],
    confused_with: "Subversion over HTTP or SSH, which are those protocols",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let greeting = |mut cursor: Cursor<'_>| {
        cursor.one_of(&[b"( success ( ", b"( failure ( "]).map(|_| Confidence::Message)
    };
    Evidence::of(
        url(opening.request()).map(|_| Confidence::Message),
        greeting(opening.reply()),
        "greeting: Subversion's lists (protocol, section 2)",
    )
}

/// `( version ( capabilities ) length:url`.
fn url(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(b"( ")?;
    require(cursor.u8()?.is_ascii_digit())?;
    cursor.tag(b" ( ")?;
    let words = cursor.until(b')', 1024)?;
    require(words.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_')))?;
    cursor.tag(b" ")?;
    let len = crate::cursor::decimal(cursor.until(b':', 5)?)?;
    let url = cursor.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    require(url.starts_with(b"svn"))?;
    Ok(url)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("svn.url", url(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a greeting and its answer",
        &[b"( 2 ( edit-pipeline svndiff1 ) 17:svn://host/repos/ ) "],
        &[b"( success ( 2 2 ( ) ( edit-pipeline ) ) ) "],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"( success ( 2 2 ( ANONYMOUS ) ( ) ) ) "]),
    Example::not(Transport::Tcp, "another list", &[b"( hello world )"], &[b"( welcome )"]),
];
