//! CVS' password server: its authentication, "The CVS client/server protocol", section "Connection and Authentication".
//!
//! ```text
//! initiator   BEGIN AUTH REQUEST␊ /root␊ user␊ scrambled password␊ END AUTH REQUEST␊
//! responder   I LOVE YOU␊        or I HATE YOU, E text, error text
//! ```

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// CVS' password server.
pub const INSPECTOR: Inspector = Inspector {
    name: "cvs",
    title: "CVS password server",
    specification: "The CVS client/server protocol, Connection and Authentication",
    ports: &[2401],
    initiator_first: ByteSet::of(b"B"),
    responder_first: ByteSet::of(b"IEe"),
    inspect,
    describe: Some(describe),
    attributes: &[("cvs.root", "the repository"), ("cvs.user", "the user; the password is never shown")],
    confused_with: "nothing: the first line is its own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let answer = |mut cursor: Cursor<'_>| {
        cursor.one_of(&[b"I LOVE YOU", b"I HATE YOU", b"E ", b"error "]).map(|_| Confidence::Message)
    };
    request(opening.request())?;
    Evidence::of(
        Ok(Confidence::Message),
        answer(opening.reply()),
        "authentication: BEGIN AUTH, VERIFICATION or GSSAPI REQUEST (CVS client/server protocol)",
    )
}

fn request(mut cursor: Cursor<'_>) -> Result<Cursor<'_>, Reject> {
    cursor.tag(b"BEGIN ")?;
    cursor.one_of(&[b"AUTH REQUEST\n", b"VERIFICATION REQUEST\n", b"GSSAPI REQUEST\n"])?;
    Ok(cursor)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(mut cursor) = request(opening.request()) {
        attributes.set_some("cvs.root", cursor.line(512).ok());
        attributes.set_some("cvs.user", cursor.line(512).ok());
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a login",
        &[b"BEGIN AUTH REQUEST\n/cvs\nalice\nAy::'d\nEND AUTH REQUEST\n"],
        &[b"I LOVE YOU\n"],
    ),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"BEGIN VERIFICATION REQUEST\n/cvs\n"], &[]),
    Example::not(Transport::Tcp, "another beginning", &[b"BEGIN:VCARD\n"], &[]),
];
