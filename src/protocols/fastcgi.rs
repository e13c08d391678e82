//! FastCGI: records between a web server and an application, the [specification], sections 3.3 and 5.
//!
//! ```text
//!  version 1   type   request id:16   content length:16   padding length   reserved 0   content
//!  begin request (type 1): role:16 1..3   flags 0 or 1   five zeros
//! ```
//!
//! [specification]: https://fastcgi-archives.github.io/FastCGI_Specification.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// FastCGI.
pub const INSPECTOR: Inspector = Inspector {
    name: "fastcgi",
    title: "FastCGI",
    specification: "FastCGI Specification sections 3.3 and 5",
    ports: &[9000],
    initiator_first: ByteSet::of(&[1]),
    responder_first: ByteSet::of(&[1]),
    inspect,
    confused_with: "nothing: the first record binds some eighty bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let id = begin(opening.request())?;
    match answer(opening.reply()) {
        Ok(answered) => {
            require(answered == id)?;
            Ok(Evidence::dialogue("records: a request begins, and is answered under its id (FastCGI section 5)"))
        }
        Err(Reject::Incomplete) => Ok(Evidence::message("begin-request: a request begins (FastCGI section 5.1)")),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

fn begin(mut cursor: Cursor<'_>) -> Result<u16, Reject> {
    cursor.tag(&[1, 1])?;
    let id = cursor.u16()?;
    cursor.tag(&[0, 8])?;
    cursor.u8()?;
    cursor.tag(&[0, 0])?;
    require((1..=3).contains(&cursor.u8()?) && cursor.u8()? <= 1)?;
    cursor.tag(&[0; 5])?;
    Ok(id)
}

/// Standard output, standard error or the end.
fn answer(mut cursor: Cursor<'_>) -> Result<u16, Reject> {
    cursor.tag(&[1])?;
    require(matches!(cursor.u8()?, 3 | 6 | 7))?;
    cursor.u16()
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a request and its output", &[b"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0"], &[b"\x01\x06\0\x01\0\x05\0\0hello"]),
    Example::tcp(Confidence::Message, "only the web server was captured", &[b"\x01\x01\0\x01\0\x08\0\0\0\x01\x01\0\0\0\0\0"], &[]),
    Example::not(Transport::Tcp, "a role that does not exist", &[b"\x01\x01\0\x01\0\x08\0\0\0\x09\0\0\0\0\0\0"], &[]),
];
